package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// This file tests Senders that break their contract. It costs them the batch, and nobody
// else anything.

// nilError is an error type whose methods cannot bear a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }
func (e *nilError) Setup() bool   { return len(e.text) == 0 }
func (e *nilError) Works() bool   { return len(e.text) == 0 }

// TestWhatASenderMayReturn checks each Result for a batch of ten records, or what else
// may come of it, and that the next batch is delivered.
func TestWhatASenderMayReturn(t *testing.T) {
	var typedNil *nilError
	list := func(i ...int) []batch.Failure { return failures(errBad, i...) }
	returns := func(r batch.Result) senderFunc {
		return func(context.Context, *batch.Batch) batch.Result { return r }
	}
	for name, c := range map[string]struct {
		send     senderFunc
		lost     uint64 // of ten
		deferred uint64
		retried  int    // records of the next call for the batch
		text     string // in what the handler gets
	}{
		"all":                    {send: func(_ context.Context, b *batch.Batch) batch.Result { return lost(b, errBad) }, lost: 10, text: "bad record"},
		"some":                   {send: returns(batch.Result{Lost: list(7, 2)}), lost: 2, text: "bad record"},
		"lost twice":             {send: returns(batch.Result{Lost: list(2, 2, 2)}), lost: 1, text: "bad record"},
		"deferred twice":         {send: returns(batch.Result{Deferred: list(2, 2)}), deferred: 1},
		"retried twice":          {send: returns(batch.Result{Retry: []int{3, 3, 1}, Err: errDown}), retried: 2},
		"lost and deferred":      {send: returns(batch.Result{Lost: list(2), Deferred: list(2, 3)}), lost: 1, deferred: 1, text: "bad record"},
		"lost and retried":       {send: returns(batch.Result{Lost: list(2), Retry: []int{2, 4}, Err: errDown}), lost: 1, retried: 1, text: "bad record"},
		"deferred and retried":   {send: returns(batch.Result{Deferred: list(2), Retry: []int{2, 4}, Err: errDown}), deferred: 1, retried: 1},
		"all three":              {send: returns(batch.Result{Lost: list(2), Deferred: list(2), Retry: []int{2}, Err: errDown}), lost: 1, text: "bad record"},
		"lost beyond":            {send: returns(batch.Result{Lost: list(10)}), lost: 10, text: "batch: Send names record 10 of a batch of 10"},
		"lost, negative":         {send: returns(batch.Result{Lost: list(3, -1)}), lost: 10, text: "batch: Send names record -1 of a batch of 10"},
		"deferred beyond":        {send: returns(batch.Result{Lost: list(1), Deferred: list(3, 11)}), lost: 10, text: "batch: Send names record 11"},
		"retried beyond":         {send: returns(batch.Result{Deferred: list(1), Retry: []int{math.MaxInt}, Err: errDown}), lost: 10, text: fmt.Sprint("batch: Send names record ", math.MaxInt)},
		"retried, negative":      {send: returns(batch.Result{Retry: []int{math.MinInt}, Err: errDown}), lost: 10, text: "batch: Send names record -9"},
		"Err alone":              {send: returns(batch.Result{Err: errDown}), retried: 10},
		"Err and an empty Retry": {send: returns(batch.Result{Retry: []int{}, Err: errDown}), retried: 10},
		"Err and others":         {send: returns(batch.Result{Lost: list(0), Deferred: list(9), Err: errDown}), lost: 1, deferred: 1, retried: 8, text: "bad record"},
		"Err and nothing left":   {send: func(_ context.Context, b *batch.Batch) batch.Result { r := lost(b, errBad); r.Err = errDown; return r }, lost: 10, text: "bad record"},
		"Retry without Err":      {send: returns(batch.Result{Retry: []int{1}}), retried: 1},
		"lost without Err":       {send: returns(batch.Result{Lost: []batch.Failure{{Index: 1}}}), lost: 1, text: "batch: the Sender gives no reason"},
		"deferred without Err":   {send: returns(batch.Result{Deferred: []batch.Failure{{Index: 1}}}), deferred: 1},
		"typed nil, lost":        {send: returns(batch.Result{Lost: failures(typedNil, 1)}), lost: 1, text: "batch: an error of the Sender panics: runtime error: invalid memory address"},
		"typed nil, deferred":    {send: returns(batch.Result{Deferred: failures(typedNil, 1)}), deferred: 1},
		"typed nil, retried":     {send: returns(batch.Result{Err: typedNil}), retried: 10},
		"panic":                  {send: func(context.Context, *batch.Batch) batch.Result { panic("oops") }, lost: 10, text: "batch: Send panicked: oops"},
		"panic with a typed nil": {send: func(context.Context, *batch.Batch) batch.Result { panic(typedNil) }, lost: 10, text: "batch: Send panicked: "},
		"Goexit":                 {send: func(context.Context, *batch.Batch) batch.Result { runtime.Goexit(); return batch.Result{} }, lost: 10, text: "batch: Send did not return"},
		"a long token":           {send: returns(batch.Result{Deferred: []batch.Failure{{Index: 1, Err: errBad, Token: make([]byte, 256)}}}), deferred: 1},
		"writes into Records":    {send: func(_ context.Context, b *batch.Batch) batch.Result { clear(b.Records); return batch.Result{} }},
		"cuts Records": {send: func(_ context.Context, b *batch.Batch) batch.Result {
			b.Records = b.Records[:1]
			return lost(b, errBad)
		}, lost: 1, text: "bad record"},
		"writes and defers": {send: func(_ context.Context, b *batch.Batch) batch.Result {
			b.Records[1], b.Seq, b.Ordered = []byte(`{"m":"another"}`), 77, true
			return batch.Result{Deferred: list(1)}
		}, deferred: 1},
		"writes and retries": {send: func(_ context.Context, b *batch.Batch) batch.Result {
			*b = batch.Batch{Records: b.Records[:0], Seq: 77, Ordered: true, Deferred: 7, Token: make([]byte, 300)}
			return batch.Result{Err: errDown}
		}, retried: 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told []string
				first := true
				s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
					if first {
						first = false
						return c.send(ctx, b)
					}
					return batch.Result{}
				})
				b := newBuffer(t, s, batch.WithFlushInterval(time.Millisecond), batch.WithErrorHandler(func(err error) { told = append(told, err.Error()) }))
				for range 10 {
					add(t, b, "a")
				}
				time.Sleep(10 * time.Millisecond)
				st := b.Stats()
				sum(t, st)
				if st.DroppedFor(batch.ReasonUndelivered) != c.lost || st.Deferred != c.deferred || st.Pending != c.deferred+uint64(c.retried) || st.Delivered != 10-c.lost-st.Pending {
					t.Errorf("%v, %d deferred", st, st.Deferred)
				}
				add(t, b, "next")
				if err := b.Flush(t.Context()); err != nil {
					t.Errorf("Flush: %v", err)
				}
				if got := s.order(); !strings.Contains(got, "next") {
					t.Errorf("delivered %q", got)
				}
				for _, call := range s.got()[1:] {
					switch n := len(call.batch.Records); {
					case call.batch.Deferred > 0 && (n != 1 || len(call.batch.Token) > 0),
						call.batch.Deferred == 0 && call.batch.Seq == 1 && n != c.retried && !strings.Contains(call.names, "+"),
						call.batch.Seq > 3, call.batch.Ordered:
						t.Errorf("then %d records, token of %d bytes, %d deferred, %d", n, len(call.batch.Token), call.batch.Deferred, call.batch.Seq)
					}
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if (len(told) > 0) != (c.text != "") || len(told) > 0 && !strings.Contains(told[0], c.text) {
					t.Errorf("the handler got %q", told)
				}
				if st := b.Stats(); st.Pending != 0 || st.Delivered != 11-c.lost {
					t.Errorf("in the end %v", st)
				}
			})
		})
	}
	if _, err := batch.New(senderFunc(nil)); err == nil {
		t.Error("a nil function is taken for a Sender")
	}
}

// TestABadEndOfADeferredRecord checks what a Sender may do with one that it has deferred.
func TestABadEndOfADeferredRecord(t *testing.T) {
	for name, c := range map[string]struct {
		send senderFunc
		lost uint64
	}{
		"beyond": {func(context.Context, *batch.Batch) batch.Result { return batch.Result{Deferred: failures(errBad, 1)} }, 1},
		"panic":  {func(context.Context, *batch.Batch) batch.Result { panic("oops") }, 1},
		"Goexit": {func(context.Context, *batch.Batch) batch.Result { runtime.Goexit(); return batch.Result{} }, 1},
		"lost":   {func(_ context.Context, b *batch.Batch) batch.Result { return lost(b, errBad) }, 1},
		"token": {func(_ context.Context, b *batch.Batch) batch.Result {
			b.Token = make([]byte, 1<<16)
			return batch.Result{Err: errDown}
		}, 0},
		"a long token": {func(context.Context, *batch.Batch) batch.Result {
			return batch.Result{Deferred: []batch.Failure{{Err: errBad, Token: make([]byte, 1<<16)}}}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
					switch b.Deferred {
					case 0:
						return batch.Result{Deferred: []batch.Failure{{Err: errBad, Token: []byte("t1")}}}
					case 1:
						return c.send(ctx, b)
					default:
						return batch.Result{}
					}
				})
				b := newBuffer(t, s)
				for _, name := range []string{"a", "b"} {
					add(t, b, name)
					if err := b.Flush(t.Context()); (err != nil) != (c.lost > 0) {
						t.Errorf("Flush: %v", err)
					}
				}
				st := b.Stats()
				sum(t, st)
				if st.DroppedFor(batch.ReasonUndelivered) != 2*c.lost || st.Delivered != 2-2*c.lost || st.Deferred != 0 {
					t.Errorf("%v", st)
				}
				for _, call := range s.got() {
					if name := strings.TrimSuffix(call.names, " +"); name != "a" && name != "b" && (name != "+" || call.batch.Deferred > 0) || len(call.batch.Token) > 2 || len(call.batch.Records[0]) != len(named("a")) && name != "+" {
						t.Errorf("sent %.50q with a token of %d bytes", call.names, len(call.batch.Token))
					}
				}
			})
		})
	}
}

// TestASendThatNeverReturns checks that Close returns at its deadline, and that the counts
// are right then and after the Send has returned all the same.
func TestASendThatNeverReturns(t *testing.T) {
	for name, end := range map[string]func(*batch.Batch) batch.Result{
		"delivers": func(*batch.Batch) batch.Result { return batch.Result{} },
		"loses":    func(b *batch.Batch) batch.Result { return lost(b, errBad) },
		"defers":   func(*batch.Batch) batch.Result { return batch.Result{Deferred: failures(errBad, 0)} },
		"retries":  func(*batch.Batch) batch.Result { return batch.Result{Err: errDown} },
		"panics":   func(*batch.Batch) batch.Result { panic("oops") },
		"exits":    func(*batch.Batch) batch.Result { runtime.Goexit(); return batch.Result{} },
	} {
		for _, deferred := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, deferred %v", name, deferred), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					release := make(chan struct{})
					s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
						if deferred && b.Deferred == 0 {
							return batch.Result{Deferred: failures(errBad, 0)}
						}
						<-release
						return end(b)
					})
					b := newBuffer(t, s)
					add(t, b, "a")
					time.Sleep(2 * time.Second)
					start := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
					defer cancel()
					var u *batch.UndeliveredError
					if err := b.Close(ctx); !errors.As(err, &u) || u.Records != 1 {
						t.Errorf("Close: %v", err)
					}
					if took := time.Since(start); took > 3*time.Second+20*time.Millisecond {
						t.Errorf("Close took %v", took)
					}
					if st := b.Stats(); st.Pending != 1 || st.Dropped != 0 {
						t.Errorf("after Close: %v", st)
					}
					close(release)
					synctest.Wait()
					st := b.Stats()
					sum(t, st)
					delivered := uint64(0)
					if name == "delivers" {
						delivered = 1
					}
					if st.Pending != 0 || st.Delivered != delivered || st.DroppedFor(batch.ReasonAbandoned) != 1-delivered || len(s.got()) > 2 {
						t.Errorf("in the end %v, in %d calls", st, len(s.got()))
					}
				})
			})
		}
	}
}

// TestASenderThatKeepsItsBatch checks that the counts are right if a Sender goes on to
// read and write what it must not.
func TestASenderThatKeepsItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept []*batch.Batch
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			for _, k := range kept {
				k.Seq, k.Records, k.State, k.Token = 99, nil, "mine", nil
			}
			kept = append(kept, b)
			if len(kept) < 6 {
				return batch.Result{Retry: []int{len(b.Records) - 1}, Err: errDown} // one call after the other
			}
			return batch.Result{}
		})
		b := newBuffer(t, s, batch.WithMaxInFlight(1))
		for range 20 {
			add(t, b, "a", "b", "c")
			time.Sleep(100 * time.Millisecond)
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		for _, c := range s.got() {
			if c.batch.Seq == 99 || c.batch.State == "mine" {
				t.Error("what was written into one batch is in the next")
			}
		}
		if st := b.Stats(); st.Delivered != 60 {
			t.Errorf("%v", st)
		}
	})
}

// TestABusySenderCostsLittle counts the calls in an hour of a Sender that always defers, or
// always retries.
func TestABusySenderCostsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("an hour of it takes seconds")
	}
	const n = 1000
	for name, c := range map[string]struct {
		send senderFunc
		most int
	}{
		// Some 20 in the first two minutes, and then two or three a minute, of each record.
		"defers": {func(_ context.Context, b *batch.Batch) (r batch.Result) {
			for i := range b.Records {
				r.Deferred = append(r.Deferred, batch.Failure{Index: i, Err: errBad})
			}
			return r
		}, n * (30 + 3*60)},
		"retries": {func(context.Context, *batch.Batch) batch.Result { return batch.Result{Err: errDown} }, 7 + 6*60},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				s := newScript(nil)
				b := newBuffer(t, senderFunc(func(ctx context.Context, b *batch.Batch) batch.Result {
					s.mu.Lock()
					calls++
					s.mu.Unlock()
					return c.send(ctx, b)
				}), batch.WithCloseTimeout(time.Second))
				for range n {
					add(t, b, "a")
				}
				time.Sleep(time.Hour)
				s.mu.Lock()
				defer s.mu.Unlock()
				if calls > c.most || calls < c.most/4 {
					t.Errorf("%d calls, want %d at most", calls, c.most)
				}
			})
		})
	}
}

// TestAPanicWithNil checks one that recover does not see by a setting of GODEBUG.
func TestAPanicWithNil(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(t, newScript(func(context.Context, *batch.Batch) batch.Result { panic(nil) }))
		add(t, b, "a")
		_ = b.Flush(t.Context())
		if st := b.Stats(); st.DroppedFor(batch.ReasonUndelivered) != 1 || st.Delivered != 0 {
			t.Errorf("%v", st)
		}
	})
}
