package check

import (
	"fmt"
	"strings"
)

// result is what a search has found.
type result struct {
	states, steps int
	depth         int
	rests         int    // states in which everything has come to rest
	wrong         string // the first violation, by the shortest way to it
	trace         []string
	partial       bool // the limit was reached
}

// visited is a set of states, by their prints, with open addressing.
type visited struct {
	slots []fingerprint
	n     int
}

// add adds p and reports whether it was missing.
func (v *visited) add(p fingerprint) bool {
	if p == (fingerprint{}) {
		p[0] = 1
	}
	if v.n*4 >= len(v.slots)*3 {
		v.grow()
	}
	if !v.put(p) {
		return false
	}
	v.n++
	return true
}

func (v *visited) put(p fingerprint) bool {
	mask := uint64(len(v.slots) - 1)
	for i := p[0] & mask; ; i = (i + 1) & mask {
		switch v.slots[i] {
		case p:
			return false
		case fingerprint{}:
			v.slots[i] = p
			return true
		}
	}
}

func (v *visited) grow() {
	old := v.slots
	v.slots = make([]fingerprint, max(1<<12, 2*len(old)))
	for _, p := range old {
		if p != (fingerprint{}) {
			v.put(p)
		}
	}
}

// search visits all states breadth first. A state is known by its place in the
// order of discovery; how it was come by is kept for the trace.
type search struct {
	*model
	threads []thread
	seen    visited
	enc     encoder
	to      state    // the successor at hand; see each
	from    []uint32 // the state before
	by      []uint16 // which of its successors this is
	result
}

type found struct {
	s  state
	id uint32
}

func explore(cfg config, b bug, limit int) result {
	s := &search{model: &model{cfg: cfg, bug: b}}
	s.threads = s.model.threads()
	first := found{}
	s.from, s.by = []uint32{0}, []uint16{0}
	s.states = 1
	s.encode(&s.enc, &first.s)
	s.seen.add(s.enc.fingerprint())
	level := []found{first}
	var next []found
	for len(level) > 0 && s.result.wrong == "" {
		next = next[:0]
		for i := range level {
			next = s.expand(&level[i], next)
			if s.result.wrong != "" {
				break
			}
		}
		if s.states > limit {
			s.partial = true
			break
		}
		level, next = next, level
		s.depth++
	}
	return s.result
}

// expand makes each possible step from a state.
func (s *search) expand(f *found, next []found) []found {
	nth, busy := 0, false
	for i := range s.threads {
		t := &s.threads[i]
		s.each(t, &f.s, func(to *state) bool {
			busy = busy || !t.idle(&f.s)
			if s.wrong() == "" {
				s.canon(to)
				s.encode(&s.enc, to)
				s.steps++
				if !s.seen.add(s.enc.fingerprint()) {
					nth++
					return true
				}
				s.inspect(to)
			}
			s.from = append(s.from, f.id)
			s.by = append(s.by, uint16(nth))
			nth++
			s.states++
			if s.wrong() != "" {
				s.report(len(s.from) - 1)
				return false
			}
			next = append(next, found{*to, uint32(len(s.from) - 1)})
			return true
		})
		if s.wrong() != "" {
			return next
		}
	}
	if !busy {
		s.rests++
		if s.rest(&f.s); s.wrong() != "" {
			s.report(int(f.id))
		}
	}
	return next
}

func (s *search) wrong() string { return s.model.wrong }

// idle reports whether the next step of the thread need never be made.
func (t *thread) idle(s *state) bool { return t.lazy && t.pc(s) == 0 }

// each calls f with what each choice of the thread's next step leads to, until
// it returns false. What f is given is used again for the next.
func (s *search) each(t *thread, from *state, f func(*state) bool) {
	m := s.model
	if from.locked() && strings.HasSuffix(t.list[t.pc(from)].name, " under mu") {
		return
	}
	m.choice, m.width = m.choice[:0], m.width[:0]
	for {
		s.to = *from
		m.asked, m.note, m.wrong = 0, "", ""
		if t.list[t.pc(from)].run(m, &s.to, t.who) && !f(&s.to) {
			return
		}
		if !m.chooseNext() {
			return
		}
	}
}

// report says what is wrong, and how it came to that. The states on the way are
// known by their canonical form alone, in which slabs and producers change their
// names from step to step, so the way is walked again without that.
func (s *search) report(id int) {
	var path []uint16
	for ; id != 0; id = int(s.from[id]) {
		path = append(path, s.by[id])
	}
	var canonical, plain state
	for i := len(path) - 1; i >= 0; i-- {
		want, fails := s.follow(&canonical, path[i])
		s.walk(&plain, want, fails)
	}
	if s.wrong() == "" {
		s.inspect(&plain)
	}
	if s.wrong() == "" {
		s.rest(&plain)
	}
	s.result.wrong = s.wrong()
}

// follow makes the nth step from a canonical state, and returns the fingerprint of
// what it leads to, or that it is the step itself that fails.
func (s *search) follow(at *state, nth uint16) (to fingerprint, fails bool) {
	s.all(at, func(_ *thread, next *state) bool {
		if nth > 0 {
			nth--
			return true
		}
		if fails = s.wrong() != ""; !fails {
			s.canon(next)
			s.encode(&s.enc, next)
			to = s.enc.fingerprint()
			*at = *next
		}
		return false
	})
	return to, fails
}

// walk makes the step that leads to the state with the fingerprint.
func (s *search) walk(at *state, want fingerprint, fails bool) {
	s.all(at, func(t *thread, next *state) bool {
		if (s.wrong() != "") != fails {
			return true
		}
		plain := *next
		if !fails {
			s.canon(next)
			s.encode(&s.enc, next)
			if s.enc.fingerprint() != want {
				return true
			}
		}
		s.trace = append(s.trace, fmt.Sprintf("%s %d: %s%s", t.kind, t.who, t.list[t.pc(at)].name, s.note))
		*at = plain
		return false
	})
}

// all calls f with each state that a step leads to, in the order of expand,
// until it returns false.
func (s *search) all(from *state, f func(*thread, *state) bool) {
	for i := range s.threads {
		t := &s.threads[i]
		more := true
		s.each(t, from, func(to *state) bool {
			more = f(t, to)
			return more
		})
		if !more {
			return
		}
	}
}
