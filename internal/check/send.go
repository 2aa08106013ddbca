package check

// The steps of a send: batch.Buffer.send, and Set.Done.

const (
	sNone uint8 = iota // not used
	sMade              // the batch is in Set.flights, the goroutine not started
	sSend
	sDone
	sAgain
	sLess
	sPoke
)

var senderSteps = []step{
	sNone:  {"none", func(*model, *state, int) bool { return false }},
	sMade:  {"not started", func(*model, *state, int) bool { return false }},
	sSend:  {"send", (*model).sSend},
	sDone:  {"account: Done under mu", (*model).sDone},
	sAgain: {"seeded: Done once more", (*model).sDone},
	sLess:  {"send: inFlight.end", (*model).sLess},
	sPoke:  {"send: poke", (*model).sPoke},
}

// flies reports whether the batch is in Set.flights.
func (x *sender) flies() bool { return x.pc >= sMade && x.pc <= sDone }

// What a send comes to.
const (
	sent uint8 = iota
	lostAll
	lostFirst
)

// sSend reads the bytes of the whole batch. The send may take as long as it
// likes; what it must find at its end it must find at all times, so that
// reading once is enough.
func (m *model) sSend(s *state, who int) bool {
	x := &s.senders[who]
	for _, at := range x.batch.at[:x.batch.n] {
		m.mayRead(s, at.slab, at.i)
		if s.at(at.slab).body[at.i] != at.rec {
			m.fail("record %d has changed while it was sent", at.rec)
		}
	}
	x.pc = sDone
	if m.cfg.fail {
		x.outcome = uint8(m.choose(3))
		m.note += [...]string{" (sent)", " (all lost)", " (the first lost)"}[x.outcome]
	}
	return true
}

// sDone is Set.Done.
func (m *model) sDone(s *state, who int) bool {
	x := &s.senders[who]
	n := uint8(0)
	for i, at := range x.batch.at[:x.batch.n] {
		fate := delivered
		if x.outcome == lostAll || x.outcome == lostFirst && i == 0 {
			fate = dropped
			n++
		}
		m.become(s, at.rec, flying, fate)
	}
	s.lost += n
	s.delivered += x.batch.n - n
	for sl := ref(1); sl <= maxSlabs; sl++ {
		if in(x.slabs, sl) {
			m.unpin(s, sl)
			m.recycleIfDone(s, sl)
		}
	}
	if m.bug == doneTwice && x.pc == sDone {
		x.pc = sAgain
		return true
	}
	seq := x.seq
	*x = sender{pc: sLess}
	s.flushLost(seq, n)
	if m.bug != doneForgetsFlush {
		m.checkFlushes(s)
	}
	return true
}

func (m *model) sLess(s *state, who int) bool {
	s.inFlight--
	s.senders[who].pc = sPoke
	if m.bug == noPokeAfterSend {
		s.senders[who].pc = sNone
	}
	return true
}

func (m *model) sPoke(s *state, who int) bool {
	poke(s)
	s.senders[who].pc = sNone
	return true
}
