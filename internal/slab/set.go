package slab

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Levels is the number of levels that a record may have, from 0 (the least
// important) on. The last is Marker.
const Levels = 8

// Config is what a Set is made of. All sizes are in bytes.
type Config struct {
	SlabBytes   int           // size of one slab
	MaxBytes    int           // all live slabs together; at least 4 slabs
	MaxRecord   int           // a larger record is refused
	Limits      [Levels]int   // a level gets a new slab only while live slabs stay within this; none decreases
	Evict       Eviction      // what makes way when there is no room
	FullBytes   int           // Wake is called when sealed slabs, or one slab, hold this much
	FullRecords int           // or one slab holds so many records; at least 1
	Wake        func()        // tells the collector to look; must not block; called by producers
	Mutex       bool          // append under a mutex; see mutexTwin
	Evicted     func(Evicted) // told of each eviction, under the Set's lock; must not block
}

// Set is a bounded set of slabs. Begin and the methods of Token may be used by
// any number of goroutines at once, Take by one at a time, all others by any.
type Set struct {
	cfg  Config
	base time.Time // keys are nanoseconds since then
	pool sync.Pool // of *Token

	// Read by every append, written rarely; on lines of their own.
	_     [cacheLines]byte
	gate  atomic.Uint32 // the lowest level that is admitted; closedGate after Close
	epoch atomic.Uint32 // moved by Tick; a Token compares its use between two values
	armed atomic.Bool   // the collector knows that there is something to collect
	full  atomic.Uint32 // of the levels with the highest limit, those below find no room
	_     [cacheLines]byte

	orphans atomic.Pointer[slab] // to be sealed, each with the next; see orphan

	twin     *mutexTwin // nil but in tests and benchmarks
	shared   []slot     // slabs without an owner that have room
	maxOwned int32      // Tokens that may own a slab at once
	owned    atomic.Int32
	open     atomic.Int32 // live slabs that are not sealed; stored under mu
	maxOpen  int32        // with so many, a Token gets none before it has a record
	made     atomic.Int64 // Tokens, ever

	room  chan struct{} // see Room
	freed atomic.Uint64 // how often room has come

	mu       sync.Mutex
	live     []*slab  // in order of acquisition
	free     []*slab  // the last in is the first out, since it is the warmest
	liveSize int      // bytes of live slabs, and of those with deferred records
	peak     int      // the highest liveSize since the last Shrink
	sealed   int      // bytes in sealed slabs that are in no batch yet
	roomy    []*slab  // sealed slabs in which there is much room; see reopen
	kept     []kept   // of the last eviction, for reuse
	finished bool     // nothing more is taken
	batches  []*Batch // for reuse
	lastSeq  uint64   // of the batch that was taken last
	flights  []*Batch // taken and not done, in order of Seq
	flushes  []*Flush
	cursors  []cursor // of the last Take, for reuse
	deferred deferred
	totals   totals
}

// totals counts records; guarded by Set.mu.
type totals struct {
	recycled  uint64 // committed in slabs that were recycled since
	delivered uint64
	lost      uint64 // committed, then evicted or not delivered
}

const closedGate = Levels + 1

// New returns an empty Set. It panics if the configuration cannot work; the
// batch package refuses such options with an error before.
func New(cfg Config) *Set {
	slabs := cfg.MaxBytes / cfg.SlabBytes
	if slabs < 4 || cfg.SlabBytes < 16*entryBytes {
		panic("slab: too few or too small slabs")
	}
	if cfg.Evict == Lesser && cfg.Limits[Levels-1] > cfg.MaxBytes-cfg.SlabBytes {
		panic("slab: no slab is left for what an eviction keeps")
	}
	s := &Set{cfg: cfg, base: time.Now(), room: make(chan struct{}, 1)}
	s.shared = make([]slot, maxShared(slabs))
	s.maxOwned = int32(min(2*runtime.GOMAXPROCS(0), maxOwned(slabs)))
	s.maxOpen = s.maxOwned + int32(len(s.shared))
	s.pool.New = func() any { return s.newToken() }
	if cfg.Mutex {
		s.twin = newMutexTwin(s)
	}
	return s
}

// Slabs that wait for more records at low rates must leave most of the budget to
// those that are full.
func maxShared(slabs int) int { return max(1, min(16, slabs/8)) }
func maxOwned(slabs int) int  { return slabs / 4 }

// MaxWaiting returns how many of so many slabs may be held without being full.
// A level that gets no more than these may be refused for ever.
func MaxWaiting(slabs int) int { return maxShared(slabs) + maxOwned(slabs) }

// Key returns the key that stands for the time t.
func (s *Set) Key(t time.Time) int64 { return int64(t.Sub(s.base)) }

// acquire returns a live slab without an owner for a record of the given level, with
// room for want bytes, or for least if there is none better; or nil if the budget has no
// room for it, or if too many slabs are held; see crowded.
func (s *Set) acquire(level uint8, want, least int) (sl *slab, crowded bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reap()
	if want > least && s.open.Load() > s.maxOpen { // there is no record yet
		return nil, true
	}
	return s.acquireLocked(level, want, least), false
}

// acquireLocked takes what others have left before it evicts anything.
func (s *Set) acquireLocked(level uint8, want, least int) *slab {
	floor := s.Key(time.Now()) - maxAge
	sl := s.reopen(want)
	if sl == nil && !s.fits(s.cfg.SlabBytes, level) {
		sl = s.reopen(least)
	}
	if sl != nil {
		sl.floor = max(sl.floor, floor)
		return sl
	}
	if !s.makeRoom(s.cfg.SlabBytes, level) {
		return nil
	}
	if n := len(s.free); n > 0 {
		sl, s.free = s.free[n-1], s.free[:n-1]
	} else {
		sl = newSlab(s.cfg.SlabBytes)
	}
	sl.floor = floor
	s.enlist(sl)
	return sl
}

// stow publishes rec in a slab that nobody owns, and reports whether the budget has room
// for that. So one who waits for the lock has no slab in his hands: while many did that,
// there was room in none.
func (s *Set) stow(rec []byte, key int64, level uint8) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reap()
	sl := s.acquireLocked(level, len(rec), len(rec))
	if sl == nil {
		return false
	}
	n, end := sl.state()
	key = max(key, sl.floor)
	if n > 0 {
		key = max(key, sl.key(n-1))
	}
	end += uint32(copy(sl.body[end:], rec))
	putEntry(sl.body[entryAt(len(sl.body), n):], key, end, level)
	sl.committed.Store(pack(n+1, end))
	if (int(n)+1)%s.cfg.FullRecords == 0 {
		s.cfg.Wake()
	}
	s.sealLocked(sl)
	return true
}

// maxAge is how much older than its slab a record is taken for. One that says that
// it is older would be sent before all others, so that a flood of such records
// could hold those others up for ever.
const maxAge = int64(time.Second)

// acquireFor publishes rec in a sealed slab of just its size, and reports
// whether the budget has room for that.
func (s *Set) acquireFor(rec []byte, key int64, level uint8) bool {
	size := len(rec) + entryBytes
	if !s.reserve(size, level) {
		return false
	}
	// Filled without the lock, which must be held for short.
	sl := newSlab(size)
	copy(sl.body, rec)
	putEntry(sl.body[len(rec):], key, uint32(len(rec)), level)
	sl.committed.Store(pack(1, uint32(len(rec))))

	s.mu.Lock()
	defer s.mu.Unlock()
	s.liveSize -= size // enlist adds it
	s.enlist(sl)
	s.sealLocked(sl)
	return true
}

// reserve takes size bytes of the budget for a slab that is to be made.
func (s *Set) reserve(size int, level uint8) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reap()
	if !s.makeRoom(size, level) {
		return false
	}
	s.trimFree(size)
	s.liveSize += size
	return true
}

// trimFree makes room for size bytes besides the live slabs: free slabs are memory
// too, and all together stay within the budget. The caller holds s.mu.
func (s *Set) trimFree(size int) {
	for len(s.free) > 0 && s.liveSize+len(s.free)*s.cfg.SlabBytes+size > s.cfg.MaxBytes {
		s.free = slices.Delete(s.free, 0, 1)
	}
}

// fits reports whether size bytes may be taken by a record of the given level as
// things are.
func (s *Set) fits(size int, level uint8) bool {
	return s.liveSize+size <= s.cfg.Limits[level]
}

// makeRoom reports whether size bytes may be taken by a record of the given
// level, after an eviction if that is the policy. On failure it closes the
// gate to the level, so that the next refusals cost one load.
func (s *Set) makeRoom(size int, level uint8) bool {
	if s.fits(size, level) || s.evict(size, level) {
		return true
	}
	if size == s.cfg.SlabBytes && len(s.roomy) == 0 {
		s.closeGate(level)
	}
	return false
}

// closeGate makes the next refusals of the level cost one load. The highest
// levels pass the gate always, and find full.
func (s *Set) closeGate(level uint8) {
	switch next := uint32(level) + 1; {
	case s.cfg.Limits[level] == s.top():
		if s.full.Load() < next {
			s.full.Store(next)
			s.cfg.Wake() // once, and not for each refusal
		}
	case s.gate.Load() < next:
		s.gate.Store(next)
		s.cfg.Wake()
	}
}

// top returns the highest of the limits.
func (s *Set) top() int { return s.cfg.Limits[Levels-1] }

func (s *Set) enlist(sl *slab) {
	s.live = append(s.live, sl)
	s.open.Add(1)
	s.grow(len(sl.body))
}

// grow counts bytes of a slab that has come to live ones or to deferred records.
func (s *Set) grow(bytes int) {
	s.liveSize += bytes
	s.peak = max(s.peak, s.liveSize)
	s.moveGate()
}

// moveGate refuses the levels whose limit is passed, so that none of them gets into a slab
// that a more important one has acquired, and admits those that could get a slab now.
// Where a level may have others evicted, it is admitted as long as there are enough.
func (s *Set) moveGate() {
	finds := func(level uint8) bool { return s.cfg.Evict == Lesser && s.finds(s.cfg.SlabBytes, level) }
	passed, short := uint8(0), uint8(0) // the levels below are beyond their limits, or would be with one slab more
	for passed < Levels-1 && s.liveSize > s.cfg.Limits[passed] && !finds(passed) {
		passed++
	}
	for short < Levels-1 && !s.fits(s.cfg.SlabBytes, short) && s.cfg.Limits[short] < s.top() && !finds(short) {
		short++
	}
	g := s.gate.Load()
	switch {
	case g == closedGate:
	case g < uint32(passed):
		s.gate.Store(uint32(passed))
		s.cfg.Wake() // room is to be made
	case g > uint32(short):
		s.gate.Store(uint32(short))
	}
}

// seal makes sl a slab that nobody writes to any more.
func (s *Set) seal(sl *slab) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealLocked(sl)
}

func (s *Set) sealLocked(sl *slab) {
	_, bytes := sl.pending()
	sl.sealed = true
	s.open.Add(-1)
	s.sealed += bytes
	if s.recycleIfDone(sl) {
		return
	}
	if s.sealed >= s.cfg.FullBytes {
		s.cfg.Wake()
	}
	if sl.room() >= s.cfg.SlabBytes/roomyShare {
		sl.roomy = true
		s.roomy = append(s.roomy, sl)
		s.openGate()
		return
	}
	s.mayEvict()
}

// roomyShare is the part of a slab that must be free for others to go on with it: one in
// so many bytes.
const roomyShare = 16

// reopen takes a slab with room for size bytes out of those that were sealed before they
// were full, or returns nil if there is none. The caller owns it then.
func (s *Set) reopen(size int) *slab {
	for i, sl := range slices.Backward(s.roomy) {
		if sl.room() >= size {
			s.roomy = slices.Delete(s.roomy, i, i+1)
			_, bytes := sl.pending()
			s.sealed -= bytes
			s.open.Add(1)
			sl.sealed, sl.roomy, sl.mask = false, false, 0
			return sl
		}
	}
	return nil
}

// orphan leaves a slab that nobody owns any more to whoever holds s.mu next. It does not
// wait for the lock; see stow.
func (s *Set) orphan(sl *slab) {
	for {
		sl.next = s.orphans.Load()
		if s.orphans.CompareAndSwap(sl.next, sl) {
			return
		}
	}
}

// reapOrphans makes the slabs that nobody owns useful again, before somebody is refused
// for want of them.
func (s *Set) reapOrphans() {
	if s.orphans.Load() != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reap()
	}
}

// reap seals the slabs that nobody owns. The caller holds s.mu.
func (s *Set) reap() {
	if s.orphans.Load() == nil {
		return
	}
	for sl := s.orphans.Swap(nil); sl != nil; {
		next := sl.next
		sl.next = nil
		s.sealLocked(sl)
		sl = next
	}
}

// recycleIfDone makes sl free if nothing in it is left to send.
func (s *Set) recycleIfDone(sl *slab) bool {
	n, _ := sl.state()
	if !sl.sealed || sl.pins > 0 || sl.taken < n {
		return false
	}
	s.recycle(sl)
	s.openGate()
	return true
}

// recycle makes a live slab free in which nothing is left to send.
func (s *Set) recycle(sl *slab) {
	n, _ := sl.state()
	s.totals.recycled += uint64(n)
	sl.gen++
	s.live = without(s.live, sl)
	if sl.roomy {
		s.roomy = without(s.roomy, sl)
	}
	s.release(sl)
}

// without returns the list without a slab that is in it.
func without(list []*slab, sl *slab) []*slab {
	i := slices.Index(list, sl)
	return slices.Delete(list, i, i+1)
}

// release makes a slab free that holds nothing any more.
func (s *Set) release(sl *slab) {
	s.liveSize -= len(sl.body)
	if len(sl.body) == s.cfg.SlabBytes {
		sl.taken, sl.takenEnd, sl.sealed, sl.roomy, sl.mask = 0, 0, false, false, 0
		sl.committed.Store(0)
		s.free = append(s.free, sl)
	}
}

// openGate admits the levels that could get a slab now, and lets those who
// wait for room try again.
func (s *Set) openGate() {
	s.full.Store(0)
	s.freed.Add(1)
	s.moveGate()
	s.Pass()
}

// Room returns a channel on which one of those that wait for room gets a signal
// when a slab has become free, or the Set has been closed. The first to wait gets
// it. If it then gets anything but Full it must Pass it on, for there may be room
// for more. The channel is always the same. There is no signal for the slabs of
// Tokens that are gone.
func (s *Set) Room() <-chan struct{} { return s.room }

// Freed returns a number that changes whenever room comes.
func (s *Set) Freed() uint64 { return s.freed.Load() }

// Pass lets the next who waits for room try.
func (s *Set) Pass() {
	select {
	case s.room <- struct{}{}:
	default: // somebody has been told who has not looked yet
	}
}

// Finish makes every later Take return nothing. What is queued stays so.
func (s *Set) Finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
}

// CloseGate refuses every later Begin. A Token that has begun may still commit.
func (s *Set) CloseGate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate.Store(closedGate)
	s.Pass()
}

// Disarm tells producers to wake the collector at the next commit. The
// collector must look once more after it, and Arm if there is something.
func (s *Set) Disarm() { s.armed.Store(false) }

// Arm tells producers that the collector is awake.
func (s *Set) Arm() { s.armed.Store(true) }
