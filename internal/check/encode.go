package check

import "math/bits"

// fingerprint is what the set of visited states holds of one: 128 bits of a hash. Two
// of a hundred million states have the same with a probability of 1 in 10^22.
type fingerprint [2]uint64

// encoder turns a state into bytes. Numbers that are small share one.
type encoder struct {
	n   int
	buf [512]byte
}

func (e *encoder) u8(v ...uint8) {
	for _, x := range v {
		e.buf[e.n] = x
		e.n++
	}
}

func (e *encoder) bools(v ...bool) {
	var b uint8
	for i, x := range v {
		if x {
			b |= 1 << i
		}
	}
	e.u8(b)
}

func (e *encoder) u16(v uint16) { e.u8(uint8(v), uint8(v>>8)) }

func (e *encoder) token(t *token) {
	e.u8(t.slab, t.n)
	e.bools(t.lent)
}

func (m *model) encode(e *encoder, s *state) {
	e.n = 0
	for i := range s.slabs[:] {
		d := &s.slabs[i]
		e.u8(d.committed<<4|d.taken, d.pins<<4|d.cut)
		e.bools(d.sealed, d.odd, d.free)
		if d.body == [maxPerSlab]uint8{} && d.index == [maxPerSlab]entry{} {
			continue
		}
		for j := range m.cfg.perSlab {
			e.u8(d.body[j]<<4|d.index[j].rec, d.index[j].key)
		}
		if m.cfg.defers > 0 {
			e.u8(d.settled)
			for j := range m.cfg.perSlab {
				e.u8(d.index[j].token)
			}
		}
	}
	e.u8(s.nlive<<4|s.reserved, s.backlog, s.orphans, s.gate<<4|s.owned, s.lastSeq)
	e.u8(s.slots[:]...)
	e.u8(s.inFlight<<4|s.drops, s.clock, s.recycled, s.delivered, s.lost)
	e.u8(s.full)
	e.bools(s.armed, s.finished, s.wake, s.halted, s.drained, s.cancelled)
	e.bools(s.room, s.stopped, s.flusher.late, s.closer.late)
	e.u8(s.flusher.pc<<4|s.closer.pc, s.reclaims<<4|s.reclaimer.pc, s.reclaimer.hand)
	if m.cfg.defers > 0 {
		e.deferred(&s.deferred)
		e.u8(s.again, s.defers)
	}
	e.u8(s.retries)
	for i := range s.pool {
		if s.pool[i].slab != 0 {
			e.token(&s.pool[i])
		}
		e.u8(s.dying[i].pc)
		e.token(&s.dying[i].tok)
	}
	for i := range s.producers[:m.cfg.producers] {
		e.producer(&s.producers[i])
	}
	e.collector(&s.collector)
	for i := range s.senders {
		e.sender(&s.senders[i])
	}
	for i := range s.flushes {
		e.flush(&s.flushes[i])
	}
	for i := 1; i <= m.cfg.producers*m.cfg.records; i++ {
		e.u8(s.records[i])
	}
	e.u8(s.last[:m.cfg.producers]...)
	e.u16(s.late)
	e.u16(s.told)
}

func (e *encoder) producer(p *producer) {
	e.u8(p.pc, p.next)
	if p.pc == pTime {
		return
	}
	e.u8(p.ret, p.key, p.at, p.hand, p.slot)
	e.token(&p.tok)
	e.bools(p.hot, p.moved, p.ok, p.armed, p.got, p.crowd, p.tried)
}

func (e *encoder) collector(c *collector) {
	e.u8(c.pc, c.pending, c.before, c.after, c.horizon, c.scan, c.ncursors)
	e.bools(c.due, c.timer, c.drain, c.defers)
	for i := range c.cursors[:c.ncursors] {
		x := &c.cursors[i]
		e.u8(x.slab, x.rank, x.n, x.i, x.key)
	}
	e.batch(&c.batch)
}

func (e *encoder) batch(b *batch) {
	e.u8(b.n)
	for i := range b.at[:b.n] {
		e.u8(b.at[i].slab<<4|b.at[i].i, b.at[i].rec)
	}
}

func (e *encoder) sender(x *sender) {
	e.u8(x.pc)
	e.bools(x.again)
	if x.flies() || x.pc == sAgain {
		e.u8(x.seq, x.out.lost<<4|x.out.deferred, x.out.retry, x.slabs)
		if x.again {
			e.deferral(&x.alone)
		}
		e.batch(&x.batch)
	}
}

func (e *encoder) deferred(df *deferred) {
	e.u8(df.nwaiting<<4 | df.nslabs)
	e.u8(df.slabs[:df.nslabs]...)
	e.bools(df.open)
	for i := range df.waiting[:df.nwaiting] {
		e.deferral(&df.waiting[i])
	}
}

func (e *encoder) deferral(d *deferral) {
	e.u8(d.slab<<4|d.i, d.rec, d.seq, d.times<<4|d.token)
}

func (e *encoder) flush(f *flush) {
	e.bools(f.active, f.done)
	if f.active || f.done {
		e.u8(f.seq, f.lost)
		e.u8(f.target[:]...)
		e.u16(f.must)
	}
}

// fingerprint returns the hash of what is encoded.
func (e *encoder) fingerprint() fingerprint {
	for e.n%8 != 0 {
		e.u8(0)
	}
	a, b := uint64(0x9e3779b97f4a7c15), uint64(e.n)^0xd1b54a32d192ed03
	for i := 0; i < e.n; i += 8 {
		w := uint64(0)
		for j := range 8 {
			w |= uint64(e.buf[i+j]) << (8 * j)
		}
		a, b = mix(a^w, 0xe7037ed1a0b428db)+b, mix(b^bits.RotateLeft64(w, 29), 0x8ebc6af09c88c6e3)^a
	}
	return fingerprint{mix(a, 0xa0761d6478bd642f) ^ b, mix(b, 0x589965cc75374cc3) ^ a}
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
