// Package slab is the memory of the batch buffer: a bounded set of slabs that
// producers write into without a lock and one collector reads batches from.
// All of the library's lock-free code is in this package.
//
// # Who owns what, and when
//
// A slab is a fixed run of bytes. Records grow from its start, one index entry
// of 16 bytes for each record grows down from its end, and it is full when
// the two meet. At every instant a slab is in one of these states:
//
//	free      in Set.free. Nobody reads or writes it. Owner: Set.mu.
//	owned     one Token holds it (Token.slab) and may write behind the
//	          committed mark. Owner of the bytes behind the mark: that Token.
//	shared    it lies in one of the Set.shared slots and has no writer until
//	          a Token takes it out of the slot, which makes it owned.
//	sealed    no Token writes to it. It waits for the collector and for the
//	          batches that hold parts of it. If much room was left in it, it
//	          stands in Set.roomy too, and may be reopened, which makes it owned.
//	orphaned  it is in Set.orphans: its Token has left it there, or was freed by
//	          the garbage collector. Whoever holds Set.mu next seals it; until
//	          then nobody owns it, and what is committed in it is still collected.
//	deferred  it holds deferred records, and stands in Set.deferred. Owner:
//	          Set.mu. See below.
//
// The collector's Reclaim seals what is owned or shared and little used. It takes
// the Token out of the pool, or the slab out of the slot, as a producer would, and
// so never meets one.
//
// A slab that is neither free nor deferred is live, and stands in Set.live in the order
// in which slabs were acquired. All transitions but owned to shared and back, and owned
// to orphaned, are made under Set.mu, which a producer takes once per slab and not per
// record.
//
// Within a live slab two marks only ever move forward until it is recycled, and
// the first is never ahead of the second: taken and committed.
//
// committed packs the number of records and the end of the last one into one
// atomic word. Only the Token that owns the slab stores it, after the record
// and its index entry are written: what lies below it never changes again and
// may be read by anybody who has loaded it, what lies above belongs to the
// owner alone. taken counts the records that are in batches; only the
// collector moves it, under Set.mu. pins counts the batches in flight that
// hold part of the slab. A slab is recycled, or records in it
// are evicted, only when it is sealed and pins is zero, so that neither a writer nor a
// reader of its bytes is left.
//
// # Slabs that are left before they are full
//
// A burst, or a garbage collection that frees Tokens, leaves slabs in which there is
// much room. Who needs a slab gets one of these first, so that the budget is spent on
// records. Only about as many slabs as processors need are held without being full: beyond
// that (see crowded), goroutines that are between Begin and Commit write to memory of
// their own, and Commit copies the record under Set.mu into a slab that nobody owns.
//
// # Eviction
//
// Where the least important makes way, who finds no room has records evicted that are
// less important than his: of the least important level that there is in sealed slabs of
// which no batch holds a part, the oldest. What is more important in their slabs is copied
// to a new one of just its size, in order of the keys, which then is in Set.live in the
// place of the oldest of them. So slabs that hold little because of earlier evictions come
// together. One slab of the budget is never acquired, so that the copy stays within it.
//
// Nothing is evicted for one who gets no room all the same, and room is what is within the
// limit of his level, so that none gets it before a more important one. A level is refused
// by the gate only if too little could be evicted for it; as that may change whenever a slab
// is sealed or a batch lets go of one, the gate is moved then.
//
// # Deferred records
//
// A record that fails while others are delivered is deferred, so that it does not hold
// the slabs of its batch. Settle copies it behind its token into the slab of deferred
// records that is being filled, the last of Set.deferred.slabs, and puts it into
// Set.deferred.waiting. TakeDeferred takes it from there into a batch of its own.
//
// Such a slab is written under Set.mu alone. committed says what is in it, as in others;
// taken means nothing. Its records are settled one by one, in any order, and the index
// entry of each says whether it is. pins counts those that are not: each is in waiting, or
// is the only one of a batch in flight. With the last of them the slab becomes free. No
// Take, eviction or Flush looks at it, but its bytes are part of liveSize, and so of the
// budget and of the limits of the levels.
//
// All such slabs together stay within a share of the budget, but for one record that is
// larger. A record that is deferred again moves to the slab that is being filled, for
// which there may be one slab beyond the share. In that one, room is kept for what is
// left in the slab with the least, so that a few records that fail for long come together
// in a few slabs; only tokens that grow can take it. What finds no room to move stays in
// its place.
//
// # What a kill would leave
//
// Suppose that the slabs were in a file, and the process were killed. Each committed
// record that is neither delivered nor dropped is in them, whole, and once: below the
// committed mark of a live slab, in no batch or in one in flight, or in a deferred slab,
// in an entry that is not settled. The copy of a record that is deferred, or moves, is
// committed before the original is let go, both in one section under Set.mu; and so is
// the copy of what an eviction leaves. With the copy of a deferred record is the last token, but for a record that stayed in its place when it was deferred
// again, with which is an earlier one. Which records of a live slab are delivered the slab
// does not say.
//
// # The order of records
//
// Each record carries a key, the time that its logger took, as nanoseconds since
// the Set was made. A Token stores no key smaller than the one before it in the
// same slab, nor one much older than the slab, so each slab is a sorted run, and a
// batch is a merge of runs. Suppose that one goroutine appends p and then r, and
// moves to another slab in between. Every key stored up to p in p's slab was not
// later than the clock when p was committed, if all loggers read the clock, and r's
// key was read after, so key(p) ≤ key(r), and the merge puts p first. (Where the
// clock is too coarse to tell the two apart, the keys are equal, and the order of
// their slabs decides.) Across batches the collector reads the clock (call it T)
// before it looks at any slab, and leaves records with a later key for the next
// batch: if r is taken, then p was committed before T, was therefore seen, and is
// taken too.
//
// Times that are set by hand could be in the future. A key is compared with the
// clock if it is not within a millisecond of what the Token has read of it last, and
// becomes the present if it is ahead by more. So none is ahead by more than a
// millisecond, and who shares a slab with one that is loses his place by no more.
// A record that is ahead waits until the clock has passed its key.
//
// Times that are long past would be taken before all others, for as long as they
// come. A slab has a floor therefore, a second before it was acquired: a key below
// becomes the floor. The record after one that has a slab of its own has a floor too,
// above that one's key.
//
// # Room
//
// Who gets no slab makes do with what others have left in a shared one. A producer
// that may wait gets a signal in Set.room when a slab becomes free, or can be reopened.
// The channel holds one, and who has got room passes it on, so that each of those that wait tries and
// none wakes in vain. An orphan gives none until it is sealed.
//
// # Waking the collector
//
// An idle collector has stored false to armed and has then looked at all slabs
// once more. A producer commits and then loads armed. Atomics in Go are
// sequentially consistent, so either the producer sees false and wakes the
// collector, or the collector's last look sees the record.
package slab
