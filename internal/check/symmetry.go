package check

import "bytes"

// Producers that append like records are interchangeable: of the states that
// differ only in which of them is which, the search keeps one.

// alike reports whether two producers may be exchanged.
func (m *model) alike(p, q int) bool {
	return m.cfg.each[p] == m.cfg.each[q] && m.level(p) == m.level(q) && m.cfg.large>>p&1 == m.cfg.large>>q&1
}

// sortProducers puts like producers in an order that their states give.
func (m *model) sortProducers(s *state) {
	for i := 1; i < m.cfg.producers; i++ {
		for j := i; j > 0 && m.alike(j, j-1) && m.before(s, j, j-1); j-- {
			m.exchange(s, j, j-1)
		}
	}
}

// before compares what two producers are doing, and then what has become of
// their records. If all of that is equal, their order stays as it is.
func (m *model) before(s *state, i, j int) bool {
	return bytes.Compare(m.looks(&m.enc[0], s, i), m.looks(&m.enc[1], s, j)) < 0
}

func (m *model) looks(e *encoder, s *state, p int) []byte {
	e.n = 0
	e.producer(&s.producers[p])
	first := p*m.cfg.records + 1
	e.u8(s.records[first : first+m.cfg.records]...)
	e.u8(s.last[p])
	return e.buf[:e.n]
}

// exchange makes i what j was, and the reverse.
func (m *model) exchange(s *state, i, j int) {
	var name [maxRecords + 1]uint8
	for r := range name {
		name[r] = uint8(r)
	}
	for k := 1; k <= m.cfg.records; k++ {
		a, b := i*m.cfg.records+k, j*m.cfg.records+k
		name[a], name[b] = uint8(b), uint8(a)
		s.records[a], s.records[b] = s.records[b], s.records[a]
	}
	s.producers[i], s.producers[j] = s.producers[j], s.producers[i]
	s.last[i], s.last[j] = s.last[j], s.last[i]
	for k := range s.slabs {
		d := &s.slabs[k]
		for l := range d.body {
			d.body[l], d.index[l].rec = name[d.body[l]], name[d.index[l].rec]
		}
	}
	s.collector.batch.renameRecords(&name)
	for k := range s.senders {
		s.senders[k].alone.rec = name[s.senders[k].alone.rec]
		s.senders[k].batch.renameRecords(&name)
	}
	for k := range s.deferred.waiting {
		s.deferred.waiting[k].rec = name[s.deferred.waiting[k].rec]
	}
	for k := range s.flushes {
		s.flushes[k].must = renameRecords(s.flushes[k].must, &name)
	}
	s.late, s.told = renameRecords(s.late, &name), renameRecords(s.told, &name)
}

func (b *batch) renameRecords(name *[maxRecords + 1]uint8) {
	for i := range b.at {
		b.at[i].rec = name[b.at[i].rec]
	}
}

func renameRecords(set uint16, name *[maxRecords + 1]uint8) (to uint16) {
	for r := range uint8(maxRecords + 1) {
		if set&bit(r) != 0 {
			to |= bit(name[r])
		}
	}
	return to
}
