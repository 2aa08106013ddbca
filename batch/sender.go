package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Sender delivers batches. A transport.Client is one.
//
// Send blocks until the batch is delivered, which nil says, or given up; what
// is worth another try, Send tries again by itself. An error is final: the
// records are counted as dropped. If there is a method
//
//	Undelivered() []int
//
// in the error's chain, it names the records that were not delivered by their
// indices in the batch, and the others count as delivered; without it, none
// was delivered.
//
// records holds at least one record, each a JSON object on one line without
// the line's end. The slices and their bytes belong to the buffer: they must
// not be modified, and not be used after Send has returned. seq numbers the
// batches of a Buffer from 1.
//
// ctx ends when Close gives up. A Send that does not return then is left
// behind, and its batch stays pending. A Send that panics, or ends its goroutine,
// has delivered nothing. Send is called by up to [WithMaxInFlight] goroutines at once.
//
// A Sender may go on trying with a few records while all others are delivered. It has
// a method for that,
//
//	SendAside(ctx context.Context, seq uint64, records [][]byte, aside func(left []int)) error
//
// which is called instead of Send, and calls aside when others need no longer wait for
// the batch, with the indices of the records that are not delivered: the others are
// delivered then, and belong to the buffer again. aside may replace the slices of those
// that are left in records by others with the same bytes, so nobody may read records
// meanwhile; with nil it only has the batch leave its place. It may be called again, and
// does nothing after SendAside has returned. As batches that have left their places do
// not count, there may be 64 times as many at once as [WithMaxInFlight] says.
//
// A Sender that goes on trying may say so before anything is lost, by a method
//
//	Notify(f func(error)) (stop func())
//
// which New calls once. The Sender then calls f with the reason when nothing can
// be delivered any more, again when the reason has changed, and with nil when it
// can; f returns at once and may be called by any goroutine. Close calls stop, and
// ignores later calls of f. The error handler gets the reason in a [*StallError]
// once it has held for ten seconds, and then each minute, but not before records
// wait; if a method
//
//	Setup() bool
//
// in its chain returns true, somebody must mend the set-up, and the handler gets
// it at once; if a method
//
//	Works() bool
//
// returns true, records are delivered all the same, and the handler gets the reason
// as it is. A Flush or Close that gives up meanwhile has it in its error.
type Sender interface {
	Send(ctx context.Context, seq uint64, records [][]byte) error
}

// asideSender is what a Sender may be too; see there.
type asideSender interface {
	SendAside(ctx context.Context, seq uint64, records [][]byte, aside func(left []int)) error
}

// undelivered is what a Sender's error may have in its chain.
type undelivered interface {
	error
	Undelivered() []int
}

// outcome is what came of a Send: all says that no record was delivered,
// otherwise indices names those that were not.
type outcome struct {
	all     bool
	indices []int
	err     error
}

// errNoReturn is the error of a Send that ended its goroutine.
var errNoReturn = errors.New("batch: Send did not return")

// trySend calls the sender and reads its error. A panic of either is an error.
func trySend(ctx context.Context, s Sender, seq uint64, records [][]byte, aside func(left []int)) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = outcome{all: true, err: fmt.Errorf("batch: Send panicked: %v", p)}
		}
	}()
	n := len(records) // which the sender might change
	var err error
	if a, ok := s.(asideSender); ok {
		err = a.SendAside(ctx, seq, records, aside)
	} else {
		err = s.Send(ctx, seq, records)
	}
	if err == nil {
		return outcome{}
	}
	_ = err.Error() // if that panics, as with a nil pointer, then better here
	all, lost := lostRecords(err, n)
	return outcome{all, lost, err}
}

// lostRecords reads an error of Send for a batch of n records.
func lostRecords(err error, n int) (all bool, lost []int) {
	var u undelivered
	if !errors.As(err, &u) {
		return true, nil
	}
	return indices(u.Undelivered(), n)
}

// indices returns the indices ascending and each once. If one is none of n records, the
// contract is broken, and nothing is known: then all are.
func indices(list []int, n int) (all bool, sane []int) {
	sane = slices.Clone(list)
	slices.Sort(sane)
	sane = slices.Compact(sane)
	if len(sane) > 0 && (sane[0] < 0 || sane[len(sane)-1] >= n) {
		return true, nil
	}
	return false, sane
}
