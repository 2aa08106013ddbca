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
// Records have size one, a slab takes as much of the budget as the records that it
// has room for, and so does a large one. What is left of a batch when its send calls
// Keep is one record, or all. Sends leave their places for that alone, and however
// many have. How often a Token was used is not counted: where the code compares that
// with hotRecords, the model does both. Timers may fire whenever they run; that of a
// producer that waits for room never does, so that a wake-up that is lost shows.
// Markers of gaps, urgent levels, memory that is given back, and the mutex twin are
// not modelled. Sections under the lock other than that of look load committed of
// all slabs at once.
//
// # What is checked
//
// In every state: each slab is free, or is owned, shared, sealed or orphaned in
// one place; done ≤ taken ≤ committed; pins are what the batches and the look
// hold; each record of a batch is in no other, and lies in a slab that this one
// pins, or is a copy that is counted; the budget holds; the counts add up and are
// true; no level is refused that has room, or admitted with its limit passed. And if
// the process were killed there, and its slabs lay in a file, each committed record
// that is neither delivered nor dropped, nor copied by Keep, would be found in them,
// whole, and once.
//
// At every step: only the owner of a slab writes to it, and never below
// committed; only what is committed is read; no record is taken, delivered or
// dropped that is not to be; those of one producer are taken in order; a Flush
// returns when its records are gone, and reports those that are lost.
//
// Where nothing more will happen: no goroutine waits, no record is pending, no
// slab is lost. That there is always a way there is not checked.
package check
