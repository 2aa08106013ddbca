package batch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// This file tests Senders that are made of others.

// TestSendRest checks what comes of two Results, by record: L for lost, D for deferred, R
// for retried, and a dot for delivered.
func TestSendRest(t *testing.T) {
	down := errors.New("second down")
	for name, c := range map[string]struct {
		first, second batch.Result
		rest          string // what second gets
		want          string
		err           error
		state         any
	}{
		"all delivered":       {batch.Result{}, batch.Result{}, "", ".....", nil, "mine"},
		"nothing to retry":    {batch.Result{Lost: failures(errBad, 1), Deferred: failures(errBad, 4)}, batch.Result{}, "", ".L..D", nil, "mine"},
		"the rest delivered":  {batch.Result{Err: errDown}, batch.Result{}, "a b c d e", ".....", nil, nil},
		"some of it":          {batch.Result{Lost: failures(errBad, 1), Deferred: failures(errBad, 3), Err: errDown}, batch.Result{Lost: failures(errBad, 1), Retry: []int{0}, Err: down}, "a c e", "RLLD.", down, nil},
		"out of order":        {batch.Result{Retry: []int{4, 0, 2}, Err: errDown}, batch.Result{Deferred: failures(errBad, 0), Retry: []int{1}, Err: down}, "e a c", "R...D", down, nil},
		"nothing of it":       {batch.Result{Retry: []int{1, 2}, Err: errDown}, batch.Result{Err: down}, "b c", ".RR..", down, "mine"},
		"first breaks rules":  {batch.Result{Lost: failures(errBad, 9), Err: errDown}, batch.Result{}, "", "broken", errDown, "mine"},
		"second breaks rules": {batch.Result{Retry: []int{1, 2}, Err: errDown}, batch.Result{Lost: failures(errBad, 2)}, "b c", ".LL..", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := &batch.Batch{Seq: 7, Ordered: true, State: "mine", Deferred: 2, Token: []byte("t"), Crowding: 0.5}
			for _, n := range []string{"a", "b", "c", "d", "e"} {
				b.Records = append(b.Records, named(n))
			}
			rest := ""
			r := b.SendRest(t.Context(), c.first, senderFunc(func(_ context.Context, b *batch.Batch) batch.Result {
				rest = names(b.Records)
				if b.Seq != 7 || !b.Ordered || b.State != nil || b.Deferred != 2 || string(b.Token) != "t" || b.Crowding != 0.5 {
					t.Errorf("second gets %+v", b)
				}
				return c.second
			}))
			if got := fates(r, 5); got != c.want || rest != c.rest || r.Err != c.err || b.State != c.state { //nolint:errorlint // the same one
				t.Errorf("%s, second got %q, %v, State %v", got, rest, r.Err, b.State)
			}
			if names(b.Records) != "a b c d e" {
				t.Errorf("the batch has changed: %s", names(b.Records))
			}
		})
	}
}

// fates returns what r says of each of n records.
func fates(r batch.Result, n int) string {
	list := []byte("......"[:n])
	set := func(i int, fate byte) {
		if i < 0 || i >= n {
			list = []byte("broken")
		} else if string(list) != "broken" {
			list[i] = fate
		}
	}
	for _, i := range r.Retry {
		set(i, 'R')
	}
	for _, f := range r.Deferred {
		set(f.Index, 'D')
	}
	for _, f := range r.Lost {
		set(f.Index, 'L')
	}
	return string(list)
}

// TestSendRestOfABadSender checks that what the first has delivered stays so.
func TestSendRestOfABadSender(t *testing.T) {
	b := &batch.Batch{Records: [][]byte{named("a"), named("b")}}
	first := batch.Result{Retry: []int{1}, Err: errDown}
	for name, next := range map[string]batch.Sender{
		"panics": senderFunc(func(context.Context, *batch.Batch) batch.Result { panic("oops") }),
		"nil":    nil,
	} {
		if r := b.SendRest(t.Context(), first, next); fates(r, 2) != ".L" || r.Err != nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r := b.SendRest(ended, first, senderFunc(func(context.Context, *batch.Batch) batch.Result {
		t.Error("called after the end")
		return batch.Result{}
	}))
	if fates(r, 2) != ".R" || !errors.Is(r.Err, errDown) {
		t.Errorf("after the end: %+v", r)
	}
}

// TestAFallback checks a whole Buffer over two Senders that fail in turn.
func TestAFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		half := func(n int) func(context.Context, *batch.Batch) batch.Result {
			return func(_ context.Context, b *batch.Batch) (r batch.Result) {
				for i := range b.Records {
					if (int(time.Now().UnixMilli())/100+i)%3 != n {
						r.Retry, r.Err = append(r.Retry, i), errDown
					}
				}
				return r
			}
		}
		first, second := newScript(half(0)), newScript(half(1))
		b := newBuffer(t, senderFunc(func(ctx context.Context, b *batch.Batch) batch.Result {
			return b.SendRest(ctx, first.Send(ctx, b), second)
		}), batch.WithMaxInFlight(1))
		const n = 100
		for i := range n {
			add(t, b, fmt.Sprint(i))
			time.Sleep(70 * time.Millisecond)
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, name := range append(first.delivered, second.delivered...) {
			if seen[name] {
				t.Errorf("%s is delivered twice", name)
			}
			seen[name] = true
		}
		if len(seen) != n || len(first.delivered) == 0 || len(second.delivered) == 0 {
			t.Errorf("%d and %d delivered", len(first.delivered), len(second.delivered))
		}
	})
}
