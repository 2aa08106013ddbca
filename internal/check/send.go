package check

import "fmt"

// The steps of a send: batch.Buffer.send and sendAgain, with Set.Settle.

const (
	sNone uint8 = iota // not used
	sMade              // the batch is in Set.flights, the goroutine not started
	sSend
	sSettle
	sAgain
	sLess
	sPoke
)

var senderSteps = []step{
	sNone:   {"none", func(*model, *state, int) bool { return false }},
	sMade:   {"not started", func(*model, *state, int) bool { return false }},
	sSend:   {"send", (*model).sSend},
	sSettle: {"settle: Settle under mu", (*model).sSettle},
	sAgain:  {"seeded: Settle once more, under mu", (*model).sSettle},
	sLess:   {"send: inFlight.end, or deferred.Add(-1)", (*model).sLess},
	sPoke:   {"send: poke", (*model).sPoke},
}

// flies reports whether the batch is in Set.flights.
func (x *sender) flies() bool { return x.pc >= sMade && x.pc <= sSettle }

// sSend reads the bytes of the whole batch, and says what came of it. The send may
// take as long as it likes; what it must find at its end it must find at all times, so
// that reading once is enough.
func (m *model) sSend(s *state, who int) bool {
	x := &s.senders[who]
	for _, at := range x.batch.at[:x.batch.n] {
		m.sees(s, at)
	}
	var list [3 + 2*maxBatch]outcome
	n := m.outcomes(s, x, &list)
	x.out = list[m.choose(n)]
	x.pc = sSettle
	if x.out != (outcome{}) {
		m.note += fmt.Sprintf(" (%b lost, %b deferred, %b to retry)", x.out.lost, x.out.deferred, x.out.retry)
	}
	if x.out.deferred != 0 {
		s.defers++
	}
	if x.out.retry != 0 {
		s.retries++
	}
	return true
}

// outcomes lists what may come of a batch: all is sent; all is lost, or the first; one
// is deferred, or one or all are to be retried, and the others are sent; or the first is
// deferred and the others are to be retried. The last ones end with the context.
func (m *model) outcomes(s *state, x *sender, list *[3 + 2*maxBatch]outcome) (n int) {
	add := func(o outcome) {
		for _, p := range list[:n] {
			if p == o {
				return
			}
		}
		list[n] = o
		n++
	}
	all := uint8(1)<<x.batch.n - 1
	add(outcome{})
	if m.cfg.fail {
		add(outcome{lost: all})
		add(outcome{lost: 1})
	}
	if s.cancelled {
		return n
	}
	defers := int(s.defers) < m.cfg.defers
	if defers {
		for i := range x.batch.n {
			add(outcome{deferred: 1 << i})
		}
	}
	if int(s.retries) < m.cfg.retries && !x.again {
		add(outcome{retry: all})
		add(outcome{retry: 1 << (x.batch.n - 1)})
		if defers && x.batch.n > 1 {
			add(outcome{deferred: 1, retry: all - 1})
		}
	}
	return n
}

// sSettle is Buffer.settle. What is left of the batch is sent again.
func (m *model) sSettle(s *state, who int) bool {
	x := &s.senders[who]
	was := *x
	switch left := m.settle(s, x); {
	case m.bug == settleTwice && x.pc == sSettle && !left:
		*x = was
		x.pc = sAgain
	case left:
		x.pc, x.out = sSend, outcome{}
	default:
		*x = sender{pc: sLess, again: x.again}
		if m.bug != settleForgetsFlush {
			m.checkFlushes(s)
		}
	}
	return true
}

func (m *model) sLess(s *state, who int) bool {
	if s.senders[who].again {
		s.again--
	} else {
		s.inFlight--
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
