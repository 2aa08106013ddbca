package batch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// This file tests what the error handler is told of a Sender that delivers nothing, and
// does not say so by itself.

// mute makes a Sender a Notifier that says nothing.
type mute struct{ batch.Sender }

func (mute) Notify(func(error)) (stop func()) { return nil }

// TestASilentStallIsTold checks when the handler is told, and of what.
func TestASilentStallIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		down   time.Duration // since the record was logged, after which all is delivered
		hang   bool          // Send hangs so long, or else returns an error at once
		closes bool          // Close gives up before
		want   []string
	}{
		"short":       {7 * time.Second, false, false, nil},
		"hangs short": {9 * time.Second, true, false, nil},
		"long":        {125 * time.Second, false, false, []string{"10: 1 for 10: 503", "70: 1 for 70: 503", "again 0"}},
		"hangs long":  {125 * time.Second, true, false, []string{"10: 1 for 10: no answer yet", "70: 1 for 70: no answer yet", "again 0"}},
		"closed":      {time.Hour, false, true, []string{"10: 1 for 10: 503", "32: *batch.LossError"}},
	} {
		for _, notifier := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, notifier %v", name, notifier), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					s := newScript(func(ctx context.Context, _ *batch.Batch) batch.Result {
						if left := c.down - time.Since(start); left > 0 {
							if c.hang {
								nap(ctx, left)
								return batch.Result{}
							}
							return batch.Result{Err: errDown}
						}
						return batch.Result{}
					})
					var sender batch.Sender = s
					if notifier {
						sender = mute{s}
					}
					var got []string
					b := newBuffer(t, sender, told(start, &got), batch.WithFlushLevel(batch.Trace))
					add(t, b, "a")
					if c.closes {
						time.Sleep(30 * time.Second)
						ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
						defer cancel()
						if err := b.Close(ctx); !errors.Is(err, errDown) {
							t.Errorf("Close: %v", err)
						}
					}
					time.Sleep(time.Hour)
					synctest.Wait()
					if n := len(got); n > 0 && n == len(c.want) && c.want[n-1] == "again 0" && strings.HasSuffix(got[n-1], ", 0 lost") {
						got[n-1] = "again 0" // when, depends on when it was tried
					}
					if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
						t.Errorf("told %q, want %q", got, c.want)
					}
				})
			})
		}
	}
}

func TestAStallSaysThatNothingIsDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
			nap(ctx, 15*time.Second)
			return batch.Result{}
		})
		b := newBuffer(t, s, batch.WithFlushLevel(batch.Trace), batch.WithErrorHandler(func(err error) { got = append(got, err.Error()) }))
		add(t, b, "a")
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []string{"batch: 1 record waiting, nothing delivered for 10s: no answer yet", "batch: delivering again after 15s, 0 lost"}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

// TestTheEndOfAStallSaysWhatItCost checks the losses in a RecoveredError.
func TestTheEndOfAStallSaysWhatItCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			if time.Since(start) < 20*time.Second {
				return batch.Result{Lost: failures(errBad, 0), Err: errDown}
			}
			return batch.Result{}
		})
		var got []*batch.RecoveredError
		b := newBuffer(t, s, batch.WithMaxRecordBytes(100), batch.WithMaxInFlight(1), batch.WithErrorHandler(func(err error) {
			var r *batch.RecoveredError
			if errors.As(err, &r) {
				got = append(got, r)
			}
		}))
		b.Append(batch.Info, time.Now(), record(101)) // before the stall
		time.Sleep(500 * time.Millisecond)
		for i := range 200 {
			add(t, b, fmt.Sprint(i))
		}
		time.Sleep(5 * time.Second)
		b.Append(batch.Info, time.Now(), record(101))
		time.Sleep(time.Minute)
		synctest.Wait()
		// The marker of the first loss goes first, and then one record with each try.
		if len(got) != 1 || got[0].Lost < 5 || got[0].Lost != b.Stats().Dropped-1 || got[0].For < 10*time.Second || got[0].For > 30*time.Second {
			t.Errorf("told %+v: %v", got, b.Stats())
		}
	})
}

// TestWhatASendReturnsThatHung checks that its answer takes the place of there being none,
// for whatever reason it has delivered nothing.
func TestWhatASendReturnsThatHung(t *testing.T) {
	for name, r := range map[string]batch.Result{
		"lost":  {Lost: failures(errBad, 0)},
		"retry": {Err: errBad},
	} {
		for _, notifier := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, notifier %v", name, notifier), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
						if b.Seq == 1 {
							nap(ctx, 15*time.Second)
						} else {
							<-ctx.Done()
						}
						return r
					})
					var sender batch.Sender = s
					if notifier {
						sender = mute{s}
					}
					var got []string
					b := newBuffer(t, sender, told(time.Now(), &got), batch.WithFlushLevel(batch.Trace), batch.WithCloseTimeout(time.Second))
					add(t, b, "a")
					synctest.Wait()
					add(t, b, "b")
					time.Sleep(75 * time.Second)
					synctest.Wait()
					text := strings.Join(got, "\n")
					if !strings.HasPrefix(text, "10: 2 for 10: no answer yet\n") || !strings.Contains(text, " for 20: bad record") || strings.Contains(text, "again") {
						t.Errorf("told %q", got)
					}
				})
			})
		}
	}
}

// TestAHangThatOthersCover checks that a Send which hangs is told of ten seconds after the
// last delivery of another one.
func TestAHangThatOthersCover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
			if b.Seq == 1 {
				<-ctx.Done()
			}
			return batch.Result{}
		})
		var got []string
		b := newBuffer(t, s, told(time.Now(), &got), batch.WithFlushLevel(batch.Trace), batch.WithCloseTimeout(time.Second))
		add(t, b, "hangs")
		for range 5 {
			time.Sleep(5 * time.Second)
			add(t, b, "goes")
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(got) != 1 || got[0] != "35: 1 for 10: no answer yet" {
			t.Errorf("told %q", got)
		}
	})
}

// TestADeferredRecordThatHangsIsTold checks that it is watched as others are.
func TestADeferredRecordThatHangsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
			if b.Deferred == 0 {
				return batch.Result{Deferred: failures(errBad, 0)}
			}
			<-ctx.Done()
			return batch.Result{}
		})
		var got []string
		b := newBuffer(t, s, told(time.Now(), &got), batch.WithFlushLevel(batch.Trace), batch.WithCloseTimeout(time.Second))
		add(t, b, "a")
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(got) != 1 || !strings.HasSuffix(got[0], ": 1 for 10: no answer yet") {
			t.Errorf("told %q", got)
		}
	})
}

// TestLossesAreNoStall checks that a Sender which gives all up is not said to wait.
func TestLossesAreNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result { return lost(b, errBad) })
		var got []string
		b := newBuffer(t, s, told(time.Now(), &got))
		for range 60 {
			add(t, b, "a")
			time.Sleep(time.Second)
		}
		synctest.Wait()
		for _, line := range got {
			if !strings.HasSuffix(line, "*batch.LossError") {
				t.Errorf("told %q", line)
			}
		}
		if len(got) < 5 {
			t.Errorf("told %q", got)
		}
	})
}
