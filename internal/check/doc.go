// Package check explores a model of internal/slab, and of what the batch
// package does with it, through all interleavings of small configurations. It
// is for tests alone.
//
// # What is a step
//
// A step is one atomic load, store, addition, swap or compare-and-swap; one
// section under Set.mu; one write of the bytes of a record, or of its index
// entry; one reading of a record or of the clock; one operation on a channel.
// The look of Take is several, since it loads committed of one slab after the
// other while producers, who need no lock for that, go on. The name of each step
// says which function of the code it stands for, and the functions of the model
// that stand for one of the code have its name.
//
// Atomics in Go are sequentially consistent, and so is the model.
//
// # What is left out
//
// Records have size one, and tokens have none; a slab takes as much of the budget as
// the records that it has room for, and so does a large one. The share of deferred
// records is one slab. Of what a Sender may return there are a few kinds; see outcomes.
// A deferred record may be due whenever the collector looks, and how often records
// are deferred is bounded. How often a Token was used is not counted: where the code
// compares that with hotRecords, the model does both. Timers may fire whenever they
// run; that of a producer that waits for room never does, so that a wake-up that is
// lost shows. All records of one producer have one level, of which there are two. An
// eviction copies from more than one slab only in large configurations; tests of
// internal/slab do that. A send that has left something does not pause. Markers of gaps, urgent
// levels, memory that is given back, and the mutex twin are not modelled. Sections
// under the lock other than that of look load committed of all slabs at once.
//
// # What is checked
//
// In every state: each slab is free, or is owned, shared, sealed, orphaned or deferred in
// one place; done ≤ taken ≤ committed; pins are what the batches and the look
// hold, or the deferred records that are not settled; each record of a batch is in no
// other, and lies in a slab that this one holds; the budget holds, and the share of
// deferred records; there is room for those of them that are to move; the counts add up
// and are true; no level is refused that has room, or could have some evicted, or admitted
// with its limit passed. And
// if the process were killed there, and its slabs lay in a file, each committed record
// that is neither delivered nor dropped would be found in them, whole, and once, with its
// token if it is deferred. See recover for what that would have to know.
//
// In the middle of an eviction, too, each such record would be found, and the budget holds;
// nothing is evicted that is as important as what comes, or for a record that gets no room.
//
// At every step: only the owner of a slab writes to it, and never below
// committed; only what is committed is read; no record is taken, delivered or
// dropped that is not to be; those of one producer are taken in order; a deferred record
// comes back with the token that it was given last; a Flush returns when its records are
// gone, and reports those that are lost; a Close that has not given up leaves none in a
// batch.
//
// Where nothing more will happen: no goroutine waits, no record is pending, no
// slab is lost. That there is always a way there is not checked.
package check
