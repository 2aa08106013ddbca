package check

// The steps of the collector: batch.Buffer.collect, dispatch, rest and drain.
// The gaps of the batch package, which add a record of its own to a batch, are
// left out, and so is memory that is given back.

const (
	cSleep uint8 = iota
	cFull
	cGate
	cInFlight
	cPending
	cAlone
	cFlushing
	cBefore
	cLook
	cLoad
	cPin
	cAfter
	cRead
	cTook
	cLaunch
	cIdle
	cDisarm
	cSecond
	cArm
	cQuiet
	cDrainIdle
	cDrained
	cDrainSleep
	cEnded
)

var collectorSteps = []step{
	cSleep:      {"collect: select", (*model).cSleep},
	cFull:       {"dispatch, Pressed: load full", (*model).cFull},
	cGate:       {"dispatch, Pressed: load gate", (*model).cGate},
	cInFlight:   {"dispatch: inFlight.room", (*model).cInFlight},
	cPending:    {"dispatch: Pending under mu", (*model).cPending},
	cAlone:      {"mayGo: inFlight.allSlow", (*model).cAlone},
	cFlushing:   {"mayGo: Flushing under mu", (*model).cFlushing},
	cBefore:     {"Take: read the clock", (*model).cBefore},
	cLook:       {"Take: look under mu", (*model).cLook},
	cLoad:       {"look: load committed of a slab", (*model).cLoad},
	cPin:        {"look: pin, and unlock mu", (*model).cPin},
	cAfter:      {"Take: read the clock again", (*model).cAfter},
	cRead:       {"Take: read a record", (*model).cRead},
	cTook:       {"Take: took under mu", (*model).cTook},
	cLaunch:     {"launch: inFlight.start", (*model).cLaunch},
	cIdle:       {"rest: Pending under mu", (*model).cIdle},
	cDisarm:     {"rest: Disarm, store armed", (*model).cDisarm},
	cSecond:     {"rest: Pending under mu again", (*model).cSecond},
	cArm:        {"rest: Arm, store armed", (*model).cArm},
	cQuiet:      {"drain: inFlight.none", (*model).cQuiet},
	cDrainIdle:  {"drain: Pending under mu", (*model).cDrainIdle},
	cDrained:    {"drain: close drained", (*model).cDrained},
	cDrainSleep: {"drain: select", (*model).cDrainSleep},
	cEnded:      {"ended", func(*model, *state, int) bool { return false }},
}

// cSleep is the select of collect.
func (m *model) cSleep(s *state, _ int) bool {
	c := &s.collector
	var can [3]uint8
	n := 0
	for i, ready := range [3]bool{s.wake, c.timer, s.halted} {
		if ready {
			can[n] = uint8(i)
			n++
		}
	}
	if n == 0 {
		return false
	}
	switch can[m.choose(n)] {
	case 0:
		s.wake = false
		m.note += " (woken)"
	case 1:
		c.timer, c.due = false, true
		m.note += " (flush interval)"
	default:
		c.timer, c.drain, c.due = false, true, true
		m.note += " (halted)"
	}
	c.pc = cFull
	return true
}

func (m *model) cFull(s *state, _ int) bool {
	s.collector.pc = cGate
	if s.full {
		s.collector.due = true
		s.collector.pc = cInFlight
	}
	return true
}

func (m *model) cGate(s *state, _ int) bool {
	s.collector.due = s.collector.due || s.gate > 0
	s.collector.pc = cInFlight
	return true
}

// cInFlight also looks at the context of the sends. Those that have left their places
// have little enough.
func (m *model) cInFlight(s *state, _ int) bool {
	if int(s.inFlight-s.aside) < m.cfg.sends && !s.cancelled {
		s.collector.pc = cPending
	} else {
		s.collector.dispatched()
	}
	return true
}

// dispatched goes on after dispatch.
func (c *collector) dispatched() {
	c.pending = 0
	c.pc = cIdle
	if c.drain {
		c.pc = cQuiet
	}
}

// pendingRecords is Set.Pending.
func (s *state) pendingRecords() (n uint8) {
	for _, sl := range s.live[:s.nlive] {
		n += s.at(sl).committed - s.at(sl).taken
	}
	return n
}

func (m *model) cPending(s *state, _ int) bool {
	c := &s.collector
	c.pending = s.pendingRecords()
	switch {
	case c.pending == 0:
		c.dispatched()
	case int(c.pending) >= m.cfg.batch:
		c.pc = cBefore
	case c.due:
		c.pc = cAlone
	default:
		c.pc = cFlushing
	}
	return true
}

func (m *model) cAlone(s *state, _ int) bool {
	s.collector.pc = cFlushing
	if s.inFlight == s.aside {
		s.collector.pc = cBefore
	}
	return true
}

func (m *model) cFlushing(s *state, _ int) bool {
	if s.flushing() {
		s.collector.pc = cBefore
	} else {
		s.collector.dispatched()
	}
	return true
}

func (m *model) cLaunch(s *state, _ int) bool {
	s.inFlight++
	for i := range s.senders {
		if s.senders[i].pc == sMade {
			s.senders[i].pc = sSend
		}
	}
	s.collector.pc = cInFlight
	return true
}

func (m *model) cIdle(s *state, _ int) bool {
	c := &s.collector
	if s.pendingRecords() > 0 {
		c.timer, c.pc = true, cSleep
		return true
	}
	c.due = false
	c.pc = cDisarm
	return true
}

func (m *model) cDisarm(s *state, _ int) bool {
	s.armed = false
	s.collector.pc = cSecond
	if m.bug == noSecondLook {
		s.collector.timer, s.collector.pc = false, cSleep
	}
	return true
}

func (m *model) cSecond(s *state, _ int) bool {
	if s.pendingRecords() > 0 {
		s.collector.pc = cArm
	} else {
		s.collector.timer, s.collector.pc = false, cSleep
	}
	return true
}

func (m *model) cArm(s *state, _ int) bool {
	s.armed = true
	s.collector.timer, s.collector.pc = true, cSleep
	return true
}

func (m *model) cQuiet(s *state, _ int) bool {
	c := &s.collector
	switch {
	case s.inFlight > 0:
		c.pc = cDrainSleep
	case s.cancelled:
		c.pc = cDrained
	default:
		c.pc = cDrainIdle
	}
	return true
}

// cDrainIdle is the last look at the slabs. What is committed after it stays.
func (m *model) cDrainIdle(s *state, _ int) bool {
	c := &s.collector
	switch {
	case s.pendingRecords() == 0:
		c.pc = cDrained
	case m.bug == drainSleeps:
		c.pc = cDrainSleep
	default:
		c.due = true
		c.pc = cFull
	}
	return true
}

func (m *model) cDrained(s *state, _ int) bool {
	s.drained = true
	s.collector = collector{pc: cEnded}
	return true
}

func (m *model) cDrainSleep(s *state, _ int) bool {
	switch {
	case s.wake && (!s.stopped || m.choose(2) == 0):
		s.wake = false
		s.collector.due = true
		s.collector.pc = cFull
	case s.stopped:
		s.collector = collector{pc: cEnded}
	default:
		return false
	}
	return true
}
