package check

import "fmt"

// The steps of a send: batch.Buffer.send, and Set.Done.

const (
	sNone uint8 = iota // not used
	sMade              // the batch is in Set.flights, the goroutine not started
	sSend
	sKeep
	sAside
	sDone
	sAgain
	sLess
	sPoke
)

var senderSteps = []step{
	sNone:  {"none", func(*model, *state, int) bool { return false }},
	sMade:  {"not started", func(*model, *state, int) bool { return false }},
	sSend:  {"send", (*model).sSend},
	sKeep:  {"aside, leave: Keep under mu", (*model).sKeep},
	sAside: {"aside: poke", (*model).sAside},
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
// reading once is enough. Before its end it may say what is left of the batch.
func (m *model) sSend(s *state, who int) bool {
	x := &s.senders[who]
	if !x.aside && m.maybe(m.cfg.keeps > 0, "goes aside") {
		x.pc = sKeep
		return true
	}
	for i, at := range x.batch.at[:x.batch.n] {
		if x.has(i) {
			m.sees(s, at)
		}
	}
	x.pc = sDone
	if m.cfg.fail {
		x.outcome = uint8(m.choose(3))
		m.note += [...]string{" (sent)", " (all lost)", " (the first lost)"}[x.outcome]
	}
	return true
}

// sKeep is flight.leave. It holds flights.mu around Keep, which nobody can tell from
// one step.
func (m *model) sKeep(s *state, who int) bool {
	x := &s.senders[who]
	left := uint8(1)<<x.batch.n - 1
	if n := int(x.batch.n); n > 1 {
		if i := m.choose(n + 1); i < n {
			left = 1 << i
		}
	}
	if m.keep(s, x, left) {
		m.note += fmt.Sprintf(" (left: %b)", left)
	}
	x.pc, x.aside = sAside, true
	s.aside++
	return true
}

func (m *model) sAside(s *state, who int) bool {
	poke(s)
	s.senders[who].pc = sSend
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
		}
		if !x.has(i) && (fate == delivered || m.bug != doneLosesKept) {
			continue
		}
		if fate == dropped {
			n++
		}
		m.become(s, at.rec, flying, fate)
	}
	s.lost += n
	s.delivered += x.size() - n
	if m.bug == doneCountsKept {
		s.delivered += x.batch.n - x.size()
	}
	slabs := x.slabs
	m.unpinAll(s, x)
	m.unkeep(s, x)
	if m.bug == doneTwice && x.pc == sDone {
		x.pc, x.slabs = sAgain, slabs
		return true
	}
	seq := x.seq
	*x = sender{pc: sLess, aside: x.aside}
	s.flushLost(seq, n)
	if m.bug != doneForgetsFlush {
		m.checkFlushes(s)
	}
	return true
}

func (m *model) sLess(s *state, who int) bool {
	s.inFlight--
	if s.senders[who].aside {
		s.aside--
	}
	s.senders[who] = sender{pc: sPoke}
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
