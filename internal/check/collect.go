package check

// The steps of the collector: batch.Buffer.collect, dispatch, rest and drain.
// The gaps of the batch package, which add a record of its own to a batch, are
// left out, and so is memory that is given back.

const (
	cSleep uint8 = iota
	cFull
	cGate
	cDeferred
	cTake
	cNext
	cTimer
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
	cDrainNext
	cDrained
	cDrainSleep
	cEnded
)

var collectorSteps = []step{
	cSleep:      {"collect: select", (*model).cSleep},
	cFull:       {"dispatch, Pressed: load full", (*model).cFull},
	cGate:       {"dispatch, Pressed: load gate", (*model).cGate},
	cDeferred:   {"sendDeferred: look at the context, and load deferred", (*model).cDeferred},
	cTake:       {"sendDeferred: TakeDeferred under mu", (*model).cTake},
	cNext:       {"sendDeferred: NextDeferred under mu", (*model).cNext},
	cTimer:      {"sendDeferred: load deferred, and set the timer", (*model).cTimer},
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
	cDrainNext:  {"drain: NextDeferred under mu", (*model).cDrainNext},
	cDrained:    {"drain: close drained", (*model).cDrained},
	cDrainSleep: {"drain: select", (*model).cDrainSleep},
	cEnded:      {"ended", func(*model, *state, int) bool { return false }},
}

// cSleep is the select of collect.
func (m *model) cSleep(s *state, _ int) bool {
	c := &s.collector
	var can [4]uint8
	n := 0
	for i, ready := range [4]bool{s.wake, c.timer, c.defers, s.halted} {
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
	case 2:
		c.defers = false
		m.note += " (a deferred record is due)"
	default:
		c.timer, c.drain, c.due = false, true, true
		m.note += " (halted)"
	}
	c.pc = cFull
	return true
}

func (m *model) cFull(s *state, _ int) bool {
	s.collector.pc = cGate
	if s.full > 0 {
		s.collector.due = true
		m.pressed(&s.collector)
	}
	return true
}

func (m *model) cGate(s *state, _ int) bool {
	s.collector.due = s.collector.due || s.gate > 0
	m.pressed(&s.collector)
	return true
}

// pressed goes on after Pressed. Without deferred records, sendDeferred does nothing.
func (m *model) pressed(c *collector) {
	c.pc = cInFlight
	if m.cfg.defers > 0 {
		c.pc = cDeferred
	}
}

// cDeferred loads deferred, which the collector alone increases.
func (m *model) cDeferred(s *state, _ int) bool {
	s.collector.pc = cNext
	if !s.cancelled && int(s.again) < m.cfg.alone {
		s.collector.pc = cTake
	}
	return true
}

// cTake also counts the send and starts it, which nobody can tell from one step.
func (m *model) cTake(s *state, _ int) bool {
	s.collector.pc = cNext
	if m.takeDeferred(s) {
		s.again++
		s.collector.pc = cDeferred
	}
	return true
}

func (m *model) cNext(s *state, _ int) bool {
	c := &s.collector
	if c.pc = cTimer; s.finished || s.deferred.nwaiting == 0 {
		c.defers = false
		c.pc = cInFlight
	}
	return true
}

func (m *model) cTimer(s *state, _ int) bool {
	s.collector.defers = int(s.again) < m.cfg.alone && m.bug != deferTimerForgotten
	s.collector.pc = cInFlight
	return true
}

// cInFlight also looks at the context of the sends.
func (m *model) cInFlight(s *state, _ int) bool {
	if int(s.inFlight) < m.cfg.sends && !s.cancelled {
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
	if s.inFlight == 0 {
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

// cQuiet loads both counts, which the collector alone increases.
func (m *model) cQuiet(s *state, _ int) bool {
	c := &s.collector
	switch {
	case s.inFlight > 0 || s.again > 0 && m.bug != drainForgetsAgain:
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
	c.pending = s.pendingRecords()
	switch {
	case m.cfg.defers > 0 && m.bug != drainForgetsWaiting:
		c.pc = cDrainNext
	default:
		m.drain(c)
	}
	return true
}

// cDrainNext finds out whether a deferred record waits. If one does, its timer runs, or
// the end of a send wakes the collector.
func (m *model) cDrainNext(s *state, _ int) bool {
	m.drain(&s.collector)
	if !s.finished && s.deferred.nwaiting > 0 {
		s.collector.pc = cDrainSleep
	}
	return true
}

// drain goes on after the looks of drain, if no deferred record waits.
func (m *model) drain(c *collector) {
	switch {
	case c.pending == 0:
		c.pc = cDrained
	case m.bug == drainSleeps:
		c.pc = cDrainSleep
	default:
		c.due = true
		c.pc = cFull
	}
	c.pending = 0
}

func (m *model) cDrained(s *state, _ int) bool {
	s.drained = true
	s.collector = collector{pc: cEnded}
	return true
}

func (m *model) cDrainSleep(s *state, _ int) bool {
	c := &s.collector
	switch {
	case s.wake && (!s.stopped && !c.defers || m.choose(2) == 0):
		s.wake = false
		c.due = true
		c.pc = cFull
	case c.defers && (!s.stopped || m.choose(2) == 0):
		c.defers = false
		c.due = true
		c.pc = cFull
		m.note += " (a deferred record is due)"
	case s.stopped:
		s.collector = collector{pc: cEnded}
	default:
		return false
	}
	return true
}
