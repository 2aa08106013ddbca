package check

// ref names a slab; zero is none, as a nil pointer is.
type ref = uint8

// entry is an index entry. Records are numbers from 1 on; zero is what was in
// the memory before. Of a deferred record it has the token, which stands in front of
// that: the nth that was given with it is n.
type entry struct {
	rec   uint8
	key   uint8
	token uint8
}

// memory is one slab: slab.slab. Its records all have size one, so that the
// number of records and the end of the last, which are one word in the code,
// are one number here.
type memory struct {
	committed uint8
	body      [maxPerSlab]uint8
	index     [maxPerSlab]entry

	taken   uint8
	pins    uint8
	settled uint8 // set of places of deferred records, from the index
	sealed  bool
	odd     bool  // made for one large record
	cut     uint8 // of a copy that an eviction has made: the records that it has room for
	free    bool  // in Set.free
}

// token is slab.Token. One without a slab is like any other, so a pool need
// not hold it. The key of its last record is read from the slab instead of
// Token.last, since hold sets it from there.
type token struct {
	slab ref
	n    uint8
	lent bool
}

// producer is a goroutine that appends records one after the other.
type producer struct {
	pc   uint8
	ret  uint8 // where giveBack goes on
	next uint8 // records that it is through with
	key  uint8
	at   uint8 // the place of the record in the slab
	tok  token
	hand ref // a slab that is in no Token, in a variable of the goroutine
	slot uint8

	got   bool // it has the signal of Set.room, and has not passed it on
	hot   bool // Token.cold >= hotRecords
	moved bool // the record outgrew its room, or never had any
	ok    bool // the record is committed
	armed bool // what an early load of armed has seen; see armedBeforeCommit
	crowd bool // Token.crowded
	tried bool // it has looked for a slab, and found none
}

// cursor is slab.cursor.
type cursor struct {
	slab ref
	rank uint8
	n    uint8
	i    uint8
	key  uint8
}

// place is where a record of a batch is, and which one was found there.
type place struct {
	slab ref
	i    uint8
	rec  uint8
}

// batch is slab.Batch.
type batch struct {
	n  uint8
	at [maxBatch]place
}

// collector is the goroutine of batch.Buffer.collect.
type collector struct {
	pc       uint8
	due      bool
	timer    bool // the flush interval runs
	defers   bool // deferTimer runs
	drain    bool // in Buffer.drain
	pending  uint8
	before   uint8
	after    uint8
	horizon  uint8
	scan     uint8 // which live slab look loads next
	ncursors uint8
	cursors  [maxSlabs]cursor
	batch    batch
}

// sender is the goroutine of one send, with its batch. Those of which Settle has left
// something are Set.flights.
type sender struct {
	pc    uint8
	seq   uint8
	out   outcome
	slabs uint8    // set of slabs that are pinned
	again bool     // it sends a deferred record
	alone deferral // that one
	batch batch
}

// outcome is slab.Settlement, as sets of places of the batch.
type outcome struct {
	lost, deferred, retry uint8
}

// deferral is slab.deferral.
type deferral struct {
	slab  ref
	i     uint8
	rec   uint8
	seq   uint8
	times uint8
	token uint8 // zero stands for nil
}

// flush is slab.Flush. A target of a slab that was recycled since, which the
// code tells by slab.gen, is stale.
type flush struct {
	active bool // in Set.flushes
	done   bool // the channel is closed
	seq    uint8
	lost   uint8
	moved  bool // Flush.moved
	target [maxSlabs]uint8
	must   uint16 // records that were committed and not gone when it was made
}

const stale = 255

// caller is a goroutine that calls Flush or Close.
type caller struct {
	pc   uint8
	late bool // its context has ended
}

// dying is a Token that the garbage collector has found.
type dying struct {
	pc  uint8
	tok token
}

// reclaimer is the collector in Set.Reclaim, which it calls while the buffer is
// idle. Here it is a goroutine of its own and may run at any time, which is more.
type reclaimer struct {
	pc   uint8
	hand ref
}

// What has become of a record. The model knows; the code does not.
const (
	unborn    uint8 = iota
	queued          // committed, in no batch
	flying          // in a batch
	waiting         // deferred, in no batch
	again           // deferred, and in a batch by itself
	delivered       // by a sender
	dropped         // evicted or not delivered
	refused         // never committed, and the caller was told
	forgotten       // its goroutine ended before the commit
)

// deferred is slab.deferred. The order of waiting, a heap in the code, means nothing.
type deferred struct {
	waiting  [maxWaiting]deferral
	nwaiting uint8
	slabs    [maxSlabs]ref
	nslabs   uint8
	open     bool
}

// state is everything at one instant.
type state struct {
	// slab.Set
	slabs    [maxSlabs]memory
	live     [maxSlabs]ref
	nlive    uint8
	deferred deferred
	reserved uint8 // slabs counted in liveSize that reserve has promised
	backlog  uint8 // Set.sealed, in records
	slots    [maxSlots]ref
	pool     [maxPool]token
	gate     uint8
	owned    uint8
	lastSeq  uint8
	orphans  uint8 // set of slabs
	full     uint8 // Set.full: the levels of the highest limit below this one find no room
	armed    bool
	finished bool
	room     bool     // there is a signal in Set.room
	flushes  [2]flush // of the goroutine that calls Flush, and of Close

	// slab.totals
	recycled, delivered, lost uint8

	// batch.Buffer
	wake      bool
	inFlight  uint8
	again     uint8 // Buffer.deferred
	halted    bool
	drained   bool
	cancelled bool
	stopped   bool

	clock     uint8
	drops     uint8
	reclaims  uint8
	defers    uint8 // records deferred so far
	retries   uint8 // batches retried so far
	reclaimer reclaimer
	producers [maxProducers]producer
	collector collector
	senders   [maxSenders]sender
	flusher   caller
	closer    caller
	dying     [maxPool]dying

	// What the model knows beyond the code.
	records [maxRecords + 1]uint8
	last    [maxProducers]uint8 // the number of the last record taken
	late    uint16              // records committed after the collector's last look
	told    uint16              // records that Close has counted as dropped
}

func bit(i uint8) uint16 { return 1 << i }

// in reports whether the slab is in the set.
func in(set uint8, r ref) bool { return set>>(r-1)&1 == 1 }
