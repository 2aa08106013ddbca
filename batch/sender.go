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
// behind, and its batch stays pending. A Send that panics has delivered
// nothing. Send is called by up to [WithMaxInFlight] goroutines at once.
type Sender interface {
	Send(ctx context.Context, seq uint64, records [][]byte) error
}

// undelivered is what a Sender's error may have in its chain.
type undelivered interface {
	error
	Undelivered() []int
}

// lostRecords reads an error of Send for a batch of n records: all says that
// none was delivered, otherwise indices names those that were not.
func lostRecords(err error, n int) (all bool, indices []int) {
	var u undelivered
	switch {
	case err == nil:
		return false, nil
	case !errors.As(err, &u):
		return true, nil
	}
	indices = slices.Clone(u.Undelivered())
	slices.Sort(indices)
	indices = slices.Compact(indices)
	// An index that is not one breaks the contract; nothing is known then.
	if len(indices) > 0 && (indices[0] < 0 || indices[len(indices)-1] >= n) {
		return true, nil
	}
	return false, indices
}

// trySend calls the sender and makes a panic an error.
func trySend(ctx context.Context, s Sender, seq uint64, records [][]byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("batch: Send panicked: %v", p)
		}
	}()
	return s.Send(ctx, seq, records)
}
