package check

import "fmt"

// model makes the steps of one configuration.
type model struct {
	cfg config
	bug bug

	wrong string // the first violation of the step that was made last
	note  string // what the step chose, for the trace

	// What the step has been asked to choose so far, and out of how many.
	choice, width []int
	asked         int

	enc [2]encoder // see before
}

// step is one atomic step of a goroutine. It reports whether it could be made;
// if not, the state is as it was.
type step struct {
	name string
	run  func(m *model, s *state, who int) bool
}

// choose returns a number below n. A step is made once for each.
func (m *model) choose(n int) int {
	if m.asked == len(m.choice) {
		m.choice = append(m.choice, 0)
		m.width = append(m.width, n)
	}
	m.asked++
	return m.choice[m.asked-1]
}

// chooseNext turns to the next combination of choices.
func (m *model) chooseNext() bool {
	for len(m.choice) > 0 {
		last := len(m.choice) - 1
		if m.choice[last]++; m.choice[last] < m.width[last] {
			return true
		}
		m.choice, m.width = m.choice[:last], m.width[:last]
	}
	return false
}

// maybe is a choice between no and yes, if the configuration has it.
func (m *model) maybe(has bool, note string) bool {
	if !has || m.choose(2) == 0 {
		return false
	}
	m.note += " (" + note + ")"
	return true
}

// fail says that the step, or the state after it, is wrong.
func (m *model) fail(format string, args ...any) {
	if m.wrong == "" {
		m.wrong = fmt.Sprintf(format, args...)
	}
}

// now reads the clock.
func (m *model) now(s *state) uint8 {
	if m.cfg.clock == ticking || s.clock == 0 {
		s.clock++
	}
	return s.clock
}

// rec returns the number of the record that the producer is at.
func (m *model) rec(s *state, p int) uint8 {
	return uint8(p*m.cfg.records) + s.producers[p].next + 1
}

// producerOf returns who appends the record, and as which one.
func (m *model) producerOf(rec uint8) (p, i uint8) {
	return (rec - 1) / uint8(m.cfg.records), (rec - 1) % uint8(m.cfg.records)
}

// poke is batch.Buffer.poke, which is Config.Wake: the channel holds one signal.
func poke(s *state) { s.wake = true }

// thread is a goroutine, or what acts like one.
type thread struct {
	kind string
	who  int
	pc   func(s *state) uint8
	list []step
	lazy bool // what its first step begins need never happen
}

func (m *model) threads() (ts []thread) {
	for p := range m.cfg.producers {
		ts = append(ts, thread{"producer", p, func(s *state) uint8 { return s.producers[p].pc }, producerSteps, false})
	}
	ts = append(ts, thread{"collector", 0, func(s *state) uint8 { return s.collector.pc }, collectorSteps, false})
	for i := range maxSenders {
		ts = append(ts, thread{"sender", i, func(s *state) uint8 { return s.senders[i].pc }, senderSteps, false})
	}
	if m.cfg.flush {
		ts = append(ts, thread{"flush", 0, func(s *state) uint8 { return s.flusher.pc }, flusherSteps, true})
	}
	if m.cfg.close {
		ts = append(ts, thread{"close", 0, func(s *state) uint8 { return s.closer.pc }, closerSteps, true})
	}
	if m.cfg.drops > 0 {
		ts = append(ts, thread{"gc", 0, func(*state) uint8 { return 0 }, gcSteps, true})
		for i := range maxPool {
			ts = append(ts, thread{"cleanup", i, func(s *state) uint8 { return s.dying[i].pc }, cleanupSteps, false})
		}
	}
	if m.cfg.reclaim > 0 {
		ts = append(ts, thread{"reclaim", 0, func(s *state) uint8 { return s.reclaimer.pc }, reclaimSteps, true})
	}
	return ts
}
