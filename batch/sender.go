package batch

import (
	"context"
	"slices"
	"time"
)

// Sender delivers batches. A transport.Client is one.
//
// Send tries to deliver the batch and returns soon, within some ten seconds, with what
// came of it: the zero Result says that all is delivered. It should not go on for long
// with a few records that fail while others are taken, but return these as deferred,
// and not wait for long while nothing is taken at all, but return what is left in
// Retry. The Buffer keeps both, and calls Send again. How often to try a record and
// when to give it up is the Sender's to say.
//
// ctx ends when Close gives up. A Send that does not return then is left behind, and
// its batch stays pending. A Send that panics, or ends its goroutine, has delivered
// nothing: the records are lost. Send is called by up to [WithMaxInFlight] goroutines
// at once for batches, and by up to 32 more for records that were deferred, or were not for
// want of room.
//
// What else a Sender is able to do it says by further interfaces: [Notifier] and
// [Hurrier]. A Sender that breaks these rules costs records of the batches that it gets,
// at most, and the counts stay true.
type Sender interface {
	Send(ctx context.Context, b *Batch) Result
}

// Batch is what Send gets. It belongs to the Buffer, with all that it holds: a Sender
// must not change it, but for State, and not use it after Send has returned.
type Batch struct {
	// Seq numbers the batches of a Buffer from 1. It is the same each time that what
	// is left of a batch, or a record of it that was deferred, is sent again.
	Seq uint64
	// Records has one record at least, each a JSON object on one line without the
	// line's end. When a batch is sent again it has what is left, in the same order.
	Records [][]byte
	// Ordered says that the records are to arrive one after the other, as
	// WithMaxInFlight(1) promises.
	Ordered bool
	// State is nil when a batch is sent first. What a Sender puts there it finds again
	// when it gets what is left of the batch: the records that it has returned in Retry,
	// and in Deferred, if there was no room for them.
	State any

	// Deferred is how often the record was deferred, or retried since: a batch with a
	// record that was deferred has only that one. It is zero for other batches, and so is
	// what follows.
	Deferred int
	// Token is what the Sender gave with the record when it deferred it last, or, with
	// several Senders behind one, another one.
	Token []byte
	// Crowding is how much of the room for deferred records is taken, from 0 to 1. A
	// Sender should give up sooner what it defers the less room there is.
	Crowding float64
}

// Result says what came of a batch. A record that is in no list is delivered.
//
// An index that stands in several lists, or more than once, counts once: Lost wins,
// then Deferred. If an index is none of the batch, nothing is known of it, and all of
// its records are lost, so that such a Sender is noticed and holds nobody up.
type Result struct {
	// Lost are the records that will never be delivered. They count as dropped, with
	// ReasonUndelivered.
	Lost []Failure
	// Deferred are the records that failed by themselves, for all that is known. The
	// Buffer sets them aside, goes on with others, and sends each again in a batch of
	// its own: soon at first, then each quarter of its age, and each half minute in
	// the end; within half a second while a Flush, a Sync or a Close waits. They take
	// a sixteenth of the budget at most. Those that find no room there stay in their
	// batch, and are retried.
	Deferred []Failure
	// Retry are the indices of the records that are not delivered because nothing is,
	// at present. They stay where they are, and are sent again, those of a batch
	// together. From the start of one Send to that of the next passes a quarter of a
	// second, twice as long each time up to ten seconds while nothing of them is settled,
	// and half a second at most while a Flush, a Sync or a Close waits; so the next Send
	// comes at once if one took longer. They have their place among the batches in flight
	// meanwhile. One that was deferred is deferred as it was.
	Retry []int
	// Err is why the records in Retry are not delivered. With Err and an empty Retry,
	// all records are retried that are neither lost nor deferred.
	Err error
}

// Failure is one record that was not delivered.
type Failure struct {
	Index int           // of the record in the batch
	Err   error         // why; the error handler gets the last one
	Token []byte        // of a deferred record: comes back with it; longer than 255 bytes it is dropped
	Wait  time.Duration // of a deferred record: it is not sent again before, unless somebody waits; no longer than an hour
}

// SendRest has another Sender try the records that r, what came of b, would have
// retried, and returns what came of both. A Sender that falls back on another one is
// made of it:
//
//	func (f fallback) Send(ctx context.Context, b *batch.Batch) batch.Result {
//		return b.SendRest(ctx, f.first.Send(ctx, b), f.second)
//	}
//
// If nothing is to be retried, or ctx has ended, it returns r. next gets a Batch of its
// own without State. If it settles something, State becomes nil in b too: the records
// that come again are then not those that the first Sender has returned.
func (b *Batch) SendRest(ctx context.Context, r Result, next Sender) Result {
	s := r.check(len(b.Records))
	if len(s.retry) == 0 || s.broken != nil || ctx.Err() != nil {
		return r
	}
	rest := &Batch{Seq: b.Seq, Ordered: b.Ordered, Deferred: b.Deferred, Token: b.Token, Crowding: b.Crowding}
	for _, i := range s.retry {
		rest.Records = append(rest.Records, b.Records[i])
	}
	t := trySend(ctx, next, rest)
	out := Result{Lost: slices.Concat(s.lost, at(s.retry, t.lost)), Deferred: slices.Concat(s.deferred, at(s.retry, t.deferred)), Err: t.err}
	if t.broken != nil {
		for _, i := range s.retry {
			out.Lost = append(out.Lost, Failure{Index: i, Err: t.broken})
		}
	}
	for _, i := range t.retry {
		out.Retry = append(out.Retry, s.retry[i])
	}
	if len(out.Retry) < len(s.retry) {
		b.State = nil
	}
	return out
}

// at returns the failures of the records that stand at these places in another batch.
func at(places []int, list []Failure) []Failure {
	for i := range list {
		list[i].Index = places[list[i].Index]
	}
	return list
}

// Notifier is a [Sender] that tells when it cannot deliver, before anything is lost by
// that. Of one that is none, or says nothing, the Buffer goes by what Send returns: nothing
// can be delivered as long as Send returns records to retry and none is delivered, or when
// a Send has taken ten seconds in which none was.
type Notifier interface {
	// Notify is called once, by New. f is to be called with the reason when nothing
	// can be delivered any more, again when the reason has changed, and with nil when
	// it can. f returns at once and may be called by any goroutine. Close calls stop,
	// which must return at once and may be nil; f ignores what comes later.
	//
	// The error handler gets the reason in a [*StallError] once it has held for ten
	// seconds, and then each minute, but not before records wait; at once, if it is a
	// [SetupError] that says so; and as it is, if it is a [WorksError] that says so.
	// A Flush or Close that gives up meanwhile has it in its error. When the reason
	// was told and has passed, the handler gets a [*RecoveredError].
	Notify(f func(error)) (stop func())
}

// Hurrier is a [Sender] that may wait before it tries again.
type Hurrier interface {
	// Hurry is called when somebody begins to wait for all that is pending, in a
	// Flush, a Sync or a Close: the Sender should try at once, and again within half
	// a second each time, until done is called. ctx ends when nobody waits any
	// longer. Several may wait at once. Hurry and done must return at once; done may be
	// nil.
	Hurry(ctx context.Context) (done func())
}

// SetupError is an error of a Sender that may be a fault of the set-up, which lasts
// until somebody mends it, such as a credential that is refused.
type SetupError interface {
	error
	Setup() bool
}

// WorksError is an error of a Sender that may say that records are delivered all the
// same.
type WorksError interface {
	error
	Works() bool
}
