// Package batch is the buffer between loggers and Logs.to: records go in from
// any number of goroutines without a lock, and leave in batches through a
// [Sender], such as a transport.Client.
//
// A [Buffer] is made with [New], shared by any number of adapters (slogx,
// zapcore, zerologw, logrusx), and closed once at the end:
//
//	buf, err := batch.New(client)
//	if err != nil { ... }
//	defer buf.Close(context.Background())
//
// # What it promises
//
// Logging never blocks, unless [WithBlocking] is chosen, and never panics, not
// even after Close. Memory is bounded in bytes: what is queued, in flight and
// waiting to be sent again stays within [WithMaxBytes] together. When that is not enough,
// the least important records go first, also those that are queued already (see
// [WithWatermark]), or the oldest ([WithDropOldest]). Every record that a logger hands over is counted once as
// accepted and is, at every moment, either delivered, dropped (for a
// [Reason]), or pending: see [Stats].
//
// # Order
//
// The records of a batch stand in the order of their times, and what one
// goroutine logs stays in the order in which it logged it, as long as its times do
// not go back. Batches are numbered in the same order. With [WithMaxInFlight](1)
// that is also the order in which they are delivered, but for records that the Sender
// defers, because they fail while others are taken: these come later, each by itself.
// With more than one in flight, a later batch may overtake an earlier one that is being
// retried, and only the order within each batch holds. Records whose time was set by hand are placed by that time
// relative to other goroutines' records, or in the present if it is in the future;
// but none much more than a second before those that were logged when it was, so
// that old ones hold nobody up. Two records that the clock gives the same time,
// because it is too coarse to tell them apart, may change places if the goroutine
// has moved to another processor in between.
//
// # When the Sender cannot deliver
//
// What came of a batch, a [Sender] says record by record. What is to be retried stays
// in its batch, which is sent again, with longer and longer pauses, and keeps its place
// among those in flight ([WithMaxInFlight]). What fails by itself is set aside, within
// a sixteenth of the budget, and sent again alone. The Buffer itself gives nothing up: it
// makes room for new records as it always does, and tells the error handler that records
// wait ([StallError]), and when they no longer do ([RecoveredError]).
//
// # Several buffers
//
// Each has a budget of its own, and a process with a hundred buffers of 16 MiB may hold
// 1.6 GiB of records in an outage, and more while they recover, since each Sender then
// makes the bodies of its requests. One buffer serves any number of loggers and adapters:
// have them share one, unless they send to different places or must not lose records to
// each other's bursts, and then give each a part of the memory with WithMaxBytes, which may
// be as little as 64 KiB.
//
// # What can be lost
//
// Records that are refused because the budget is spent, that the sender gives
// up or the server refuses, that are pending when the deadline of Close
// passes, or when the process is killed. All but the last are counted.
//
// # Tests with testing/synctest
//
// A Buffer belongs to the bubble in which it is made. One that is made outside may
// be logged to inside, but not flushed, synced or closed there, and it tells its
// error handler nothing of what it loses there.
package batch
