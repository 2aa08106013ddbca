package batch

// This file is what is told at once of records that are logged while or after the Buffer is
// closed: the process may be about to end, and the record to say why.

// maxLate is how many bytes of such a record are shown at most.
const maxLate = 4 << 10

// beginLate returns room for a record of which only the error handler will know, for the
// first of each level.
func (b *Buffer) beginLate(l Level) (Entry, bool) {
	bit := uint32(1) << l
	if b.report.handler == nil || b.lateTold.Load()&bit != 0 || b.lateTold.Or(bit)&bit != 0 {
		return Entry{}, false
	}
	return Entry{b: b, draft: &draft{room: make([]byte, 0, 1024), level: l}}, true
}

// commitLate counts the record as dropped and tells the handler, for which it waits a
// little.
func (e Entry) commitLate(record []byte) {
	if len(record) == 0 {
		e.discardLate()
		return
	}
	b := e.b
	b.refuse(ReasonClosed, e.draft.level)
	switch {
	case b.cfg.mask == nil:
	case len(record) > b.cfg.maxRecord: // it may be cut in the middle of what is to be redacted
		record = []byte("a record that is too large to be redacted")
	default:
		var ok bool
		if record, ok = b.cfg.mask.Append(nil, record); !ok {
			record = []byte("a record that cannot be redacted")
		}
	}
	b.report.example("that was logged after Close: " + oneLine(record, maxLate))
	b.report.briefly(func() { b.report.now(nil) })
}

// discardLate lets the next record of the level be the first.
func (e Entry) discardLate() { e.b.lateTold.And(^(uint32(1) << e.draft.level)) }
