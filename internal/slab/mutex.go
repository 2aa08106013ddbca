package slab

import "sync"

// mutexTwin replaces the lock-free append by the plainest one that keeps the
// same promises: records are encoded into scratch memory and copied into one
// slab under one mutex. Tests run over both, and benchmarks compare them;
// nothing else uses it.
type mutexTwin struct {
	mu    sync.Mutex
	token Token // owns the one slab; guarded by mu
}

func newMutexTwin(s *Set) *mutexTwin {
	return &mutexTwin{token: Token{set: s, own: &ownership{set: s}, last: minKey, hint: minHint, cold: hotRecords}}
}

// prepare reports whether there is room for a likely record.
func (m *mutexTwin) prepare(level uint8) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := &m.token
	t.level = level
	return t.slab != nil && t.room() >= t.hint || t.rotate(t.hint, leastRoom) ||
		t.slab != nil && t.room() >= leastRoom
}

// commit copies the record into the slab.
func (m *mutexTwin) commit(rec []byte, key int64, level uint8) (why Refusal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := &m.token
	t.level = level
	key = max(key, t.last)
	switch {
	case len(rec) > t.set.cfg.MaxRecord:
		return TooLarge
	case len(rec) > t.set.cfg.SlabBytes-entryBytes:
		if !t.set.acquireFor(rec, key, level) {
			return Full
		}
		t.after(key)
		return None
	case len(rec) > t.room() && !t.rotate(len(rec), len(rec)):
		return Full
	}
	copy(t.body[t.end:], rec)
	t.hint = max(t.hint, min(len(rec), maxHint))
	end := t.end + uint32(len(rec))
	putEntry(t.body[t.stop:], key, end, level)
	t.n, t.end, t.stop, t.last = t.n+1, end, t.stop-entryBytes, key
	t.slab.committed.Store(pack(t.n, end))
	if t.n >= t.wakeN || end >= t.wakeEnd {
		t.setWake()
		t.set.cfg.Wake()
	}
	return None
}

// scratch returns memory of the Token's own to encode into.
func (t *Token) scratch() []byte {
	if t.set.twin == nil {
		return make([]byte, 0, minHint) // it is not needed often
	}
	if t.private == nil {
		t.private = make([]byte, 0, maxHint)
	}
	return t.private
}
