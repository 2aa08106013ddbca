package check

// The steps of the goroutines that call Flush and Close, of batch/buffer.go.

const (
	fStart uint8 = iota
	fPoke
	fWait
	fUndelivered
	fReturned
)

var flusherSteps = []step{
	fStart:       {"Flush under mu", (*model).fStart},
	fPoke:        {"poke", (*model).fPoke},
	fWait:        {"wait", (*model).fWait},
	fUndelivered: {"Undelivered under mu", (*model).fUndelivered},
	fReturned:    {"returned", func(*model, *state, int) bool { return false }},
}

func (m *model) fStart(s *state, _ int) bool {
	m.makeFlush(s, 0)
	s.flusher.pc = fPoke
	return true
}

func (m *model) fPoke(s *state, _ int) bool {
	poke(s)
	s.flusher.pc = fWait
	return true
}

func (m *model) fWait(s *state, _ int) bool {
	if !s.flushes[0].done && !s.stopped && !m.cfg.hasty {
		return false
	}
	s.flusher.pc = fUndelivered
	return true
}

func (m *model) fUndelivered(s *state, _ int) bool {
	m.undelivered(s, 0)
	s.flusher.pc = fReturned
	return true
}

const (
	kGate uint8 = iota
	kFlush
	kPoke
	kWait
	kUndelivered
	kHalt
	kDrain
	kCancel
	kLastWords
	kFinish
	kStop
	kTell
	kReturned
)

var closerSteps = []step{
	kGate:        {"CloseGate under mu", (*model).kGate},
	kFlush:       {"Flush under mu", (*model).kFlush},
	kPoke:        {"poke", (*model).kPoke},
	kWait:        {"wait for the Flush", (*model).kWait},
	kUndelivered: {"Undelivered under mu", (*model).kUndelivered},
	kHalt:        {"close halted", (*model).kHalt},
	kDrain:       {"wait for the drain", (*model).kDrain},
	kCancel:      {"end: cancel", (*model).kCancel},
	kLastWords:   {"end: wait for the last sends", (*model).kLastWords},
	kFinish:      {"end: Finish under mu", (*model).kFinish},
	kStop:        {"end: close stopped", (*model).kStop},
	kTell:        {"end: Stats under mu", (*model).kTell},
	kReturned:    {"returned", func(*model, *state, int) bool { return false }},
}

// kGate is Set.CloseGate.
func (m *model) kGate(s *state, _ int) bool {
	s.gate = closedGate
	s.room = true
	s.closer.pc = kFlush
	return true
}

func (m *model) kFlush(s *state, _ int) bool {
	m.makeFlush(s, 1)
	s.closer.pc = kPoke
	return true
}

func (m *model) kPoke(s *state, _ int) bool {
	poke(s)
	s.closer.pc = kWait
	return true
}

func (m *model) kWait(s *state, _ int) bool {
	if !s.flushes[1].done {
		if !m.cfg.giveUp {
			return false
		}
		m.note += " (gives up)"
		s.closer.late = true
	}
	s.closer.pc = kUndelivered
	return true
}

func (m *model) kUndelivered(s *state, _ int) bool {
	m.undelivered(s, 1)
	s.closer.pc = kHalt
	return true
}

func (m *model) kHalt(s *state, _ int) bool {
	s.halted = true
	s.closer.pc = kDrain
	if s.closer.late {
		s.closer.pc = kCancel
	}
	return true
}

func (m *model) kDrain(s *state, _ int) bool {
	if !s.drained {
		if !m.cfg.giveUp {
			return false
		}
		m.note += " (gives up)"
		s.closer.late = true
	}
	s.closer.pc = kCancel
	return true
}

func (m *model) kCancel(s *state, _ int) bool {
	s.cancelled = true
	s.closer.pc = kLastWords
	return true
}

// kLastWords waits for a while, which may be too short whatever happens.
func (m *model) kLastWords(s *state, _ int) bool {
	if !s.drained && !s.closer.late {
		return false
	}
	s.closer.pc = kFinish
	return true
}

// kFinish is Set.Finish.
func (m *model) kFinish(s *state, _ int) bool {
	s.finished = true
	s.closer.pc = kStop
	return true
}

func (m *model) kStop(s *state, _ int) bool {
	s.stopped = true
	s.closer.pc = kTell
	return true
}

// kTell is Set.Stats, by which what is queued or waits counts as dropped from now on.
func (m *model) kTell(s *state, _ int) bool {
	for rec, fate := range s.records {
		switch {
		case fate == queued || fate == waiting:
			s.told |= bit(uint8(rec))
		case (fate == flying || fate == again) && !s.closer.late:
			m.fail("Close has not given up, but record %d is %s", rec, fates[fate])
		}
	}
	s.closer.pc = kReturned
	return true
}
