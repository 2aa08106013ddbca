package batch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// talker is a sender that tells why it cannot deliver, which the test decides. It hangs
// with all records but the beat.
type talker struct {
	mu      sync.Mutex
	f       func(error)
	stopped int
	release chan struct{}
}

func (s *talker) Notify(f func(error)) func() {
	s.f = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stopped++
	}
}

func (s *talker) Send(ctx context.Context, b *batch.Batch) batch.Result {
	if names(b.Records) == "beat" {
		return batch.Result{}
	}
	select {
	case <-s.release:
		return batch.Result{}
	case <-ctx.Done():
		return batch.Result{Err: ctx.Err()}
	}
}

// wait lets the time pass until at, while something is delivered if the sender works.
func (s *talker) wait(t *testing.T, b *batch.Buffer, at time.Time, works bool) {
	t.Helper()
	for time.Now().Before(at) {
		if works {
			b.Append(batch.Fatal, time.Now(), named("beat"))
		}
		time.Sleep(min(time.Until(at), 3500*time.Millisecond))
		synctest.Wait()
	}
}

// setup is a reason that somebody must mend.
type setup struct{ error }

func (setup) Setup() bool { return true }

// puzzle is a reason that keeps nothing from being delivered.
type puzzle struct{ error }

func (puzzle) Works() bool { return true }

// spiteful is a reason that cannot be compared with another one.
type spiteful []string

func (s spiteful) Error() string { return s[0] }

// told collects what the error handler gets, with the seconds since the start.
func told(start time.Time, list *[]string) batch.Option {
	return batch.WithErrorHandler(func(err error) {
		var s *batch.StallError
		var r *batch.RecoveredError
		at := time.Since(start).Seconds()
		switch {
		case errors.As(err, &s):
			*list = append(*list, fmt.Sprintf("%g: %d for %g: %v", at, s.Pending, s.For.Seconds(), s.Err))
		case errors.As(err, &r):
			*list = append(*list, fmt.Sprintf("%g: again after %g, %d lost", at, r.For.Seconds(), r.Lost))
		default:
			*list = append(*list, fmt.Sprintf("%g: %T", at, err))
		}
	})
}

func TestAStallErrorSaysHowLong(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                       "batch: 2 records waiting: 401",
		400 * time.Millisecond:  "batch: 2 records waiting: 401",
		1600 * time.Millisecond: "batch: 2 records waiting, nothing delivered for 2s: 401",
	} {
		if got := (&batch.StallError{Pending: 2, For: d, Err: errors.New("401")}).Error(); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestAStallIsTold(t *testing.T) {
	busy, moved, key, odd := errors.New("503"), errors.New("301"), setup{errors.New("401")}, puzzle{errors.New("what?")}
	type step struct {
		at  time.Duration
		err error
	}
	for name, c := range map[string]struct {
		steps []step
		idle  bool // nothing is pending
		want  []string
	}{
		"short":               {[]step{{0, busy}, {9 * time.Second, nil}}, false, nil},
		"long":                {[]step{{0, busy}}, false, []string{"10: 2 for 10: 503", "70: 2 for 70: 503", "130: 2 for 130: 503", "150: again after 150, 0 lost"}},
		"set-up":              {[]step{{0, key}}, false, []string{"0: 2 for 0: 401", "60: 2 for 60: 401", "120: 2 for 120: 401", "150: again after 150, 0 lost"}},
		"set-up, wrapped":     {[]step{{5 * time.Second, fmt.Errorf("a: %w", key)}}, false, []string{"5: 2 for 0: a: 401", "65: 2 for 60: a: 401", "125: 2 for 120: a: 401", "150: again after 145, 0 lost"}},
		"then set-up":         {[]step{{0, busy}, {30 * time.Second, key}, {59 * time.Second, nil}}, false, []string{"10: 2 for 10: 503", "30: 2 for 30: 401", "59: again after 59, 0 lost"}},
		"another reason":      {[]step{{0, busy}, {15 * time.Second, moved}, {70 * time.Second, nil}}, false, []string{"10: 2 for 10: 503", "20: 2 for 20: 301", "70: again after 70, 0 lost"}},
		"another before told": {[]step{{0, busy}, {9 * time.Second, moved}, {60 * time.Second, nil}}, false, []string{"10: 2 for 10: 301", "60: again after 60, 0 lost"}},
		"on and off":          {[]step{{0, key}, {time.Second, nil}, {2 * time.Second, key}, {3 * time.Second, nil}, {4 * time.Second, key}, {50 * time.Second, nil}}, false, []string{"0: 2 for 0: 401", "1: again after 1, 0 lost", "10: 2 for 6: 401", "50: again after 46, 0 lost"}},
		"twice":               {[]step{{0, busy}, {11 * time.Second, nil}, {40 * time.Second, busy}, {60 * time.Second, nil}}, false, []string{"10: 2 for 10: 503", "11: again after 11, 0 lost", "50: 2 for 10: 503", "60: again after 20, 0 lost"}},
		"works":               {[]step{{0, odd}}, false, []string{"10: batch_test.puzzle", "70: batch_test.puzzle", "130: batch_test.puzzle"}},
		"works no more":       {[]step{{0, odd}, {100 * time.Second, busy}}, false, []string{"10: batch_test.puzzle", "70: batch_test.puzzle", "110: 2 for 10: 503", "150: again after 50, 0 lost"}},
		"works, then set-up":  {[]step{{0, odd}, {100 * time.Second, key}}, false, []string{"10: batch_test.puzzle", "70: batch_test.puzzle", "100: 2 for 0: 401", "150: again after 50, 0 lost"}},
		"works again":         {[]step{{0, busy}, {30 * time.Second, odd}, {120 * time.Second, nil}}, false, []string{"10: 2 for 10: 503", "30: again after 30, 0 lost", "40: batch_test.puzzle", "100: batch_test.puzzle"}},
		"nothing waits":       {[]step{{0, key}}, true, nil},
		"not comparable":      {[]step{{0, spiteful{"x"}}, {15 * time.Second, spiteful{"x"}}, {60 * time.Second, nil}}, false, []string{"10: 2 for 10: x", "60: again after 60, 0 lost"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &talker{release: make(chan struct{})}
				start := time.Now()
				var got []string
				b := newBuffer(t, s, told(start, &got))
				if !c.idle {
					b.Append(batch.Info, time.Now(), record(50))
					b.Append(batch.Fatal, time.Now(), record(50)) // both leave
					synctest.Wait()
				}
				works := true
				for _, step := range c.steps {
					s.wait(t, b, start.Add(step.at), works)
					s.f(step.err)
					works = step.err == nil || errors.As(step.err, new(puzzle))
					synctest.Wait()
				}
				s.wait(t, b, start.Add(150*time.Second), works)
				close(s.release)
				s.f(nil)
				if err := b.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
					t.Errorf("told %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestRecordsThatComeDuringAStallAreTold lets a buffer be idle when the stall begins.
func TestRecordsThatComeDuringAStallAreTold(t *testing.T) {
	busy, key := errors.New("503"), setup{errors.New("401")}
	for name, c := range map[string]struct {
		reason    error
		at        time.Duration // when a record comes
		delivered bool          // at once
		want      []string
	}{
		"before it is told":         {busy, 5500 * time.Millisecond, false, []string{"10: 1 for 10: 503", "70: 1 for 70: 503", "130: 1 for 130: 503"}},
		"later":                     {busy, 65500 * time.Millisecond, false, []string{"75: 1 for 75: 503", "135: 1 for 135: 503"}},
		"later, set-up":             {key, 5500 * time.Millisecond, false, []string{"6: 1 for 6: 401", "66: 1 for 66: 401", "126: 1 for 126: 401"}},
		"and waits not":             {busy, 65500 * time.Millisecond, true, nil},
		"set-up, that works though": {key, 5500 * time.Millisecond, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &talker{release: make(chan struct{})}
				start := time.Now()
				var got []string
				b := newBuffer(t, s, told(start, &got), batch.WithFlushInterval(time.Millisecond))
				if c.delivered {
					close(s.release)
				}
				s.f(c.reason)
				time.Sleep(c.at)
				b.Append(batch.Info, time.Now(), record(50))
				time.Sleep(time.Until(start.Add(150 * time.Second)))
				if !c.delivered {
					close(s.release)
				}
				if err := b.Close(t.Context()); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
					t.Errorf("told %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestNewReasonsDoNotPutOffTheLook lets the reason change all the time.
func TestNewReasonsDoNotPutOffTheLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &talker{release: make(chan struct{})}
		start := time.Now()
		var got []string
		b := newBuffer(t, s, told(start, &got))
		for i := range 295 {
			if i == 200 { // after 20 s
				b.Append(batch.Info, time.Now(), record(50))
			}
			s.f(setup{errors.New("401")})
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if len(got) != 1 || got[0] != "20: 1 for 20: 401" && got[0] != "21: 1 for 21: 401" {
			t.Errorf("told %q", got)
		}
		close(s.release)
	})
}

func TestAfterCloseNoStallIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &talker{release: make(chan struct{})}
		start := time.Now()
		var got []string
		b := newBuffer(t, s, told(start, &got))
		b.Append(batch.Info, time.Now(), record(50))
		s.f(errors.New("503"))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := b.Close(ctx)
		if err == nil || err.Error() != "batch: 1 record not delivered: 503: context deadline exceeded" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		s.f(setup{errors.New("401")})
		time.Sleep(time.Hour)
		if want := []string{"3: *batch.LossError"}; strings.Join(got, "\n") != strings.Join(want, "\n") || s.stopped != 1 {
			t.Errorf("told %q, stopped %d times", got, s.stopped)
		}
	})
}

func TestFlushAndCloseTellWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &talker{release: make(chan struct{})}
		b := newBuffer(t, s)
		b.Append(batch.Info, time.Now(), record(50))
		flush := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return b.Flush(ctx)
		}
		reason := errors.New("401")
		for _, c := range []struct {
			reason error
			want   string
		}{
			{nil, "batch: 1 record not delivered: context deadline exceeded"},
			{reason, "batch: 1 record not delivered: 401: context deadline exceeded"},
			{nil, "batch: 1 record not delivered: context deadline exceeded"},
		} {
			s.f(c.reason)
			err := flush()
			if err == nil || err.Error() != c.want || !errors.Is(err, context.DeadlineExceeded) || c.reason != nil && !errors.Is(err, reason) {
				t.Errorf("Flush: %v, want %q", err, c.want)
			}
		}
		close(s.release)
		if err := flush(); err != nil {
			t.Error(err)
		}
	})
}

// TestASendThatIsStuckHoldsUpNoOther checks that few records do not wait for a
// send that has run for long.
func TestASendThatIsStuckHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{permit: make(chan struct{})}
		b := newBuffer(t, c, batch.WithFlushInterval(200*time.Millisecond))
		for i, want := range []int{1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 4, 4, 4} {
			b.Append(batch.Info, time.Now(), record(50))
			time.Sleep(800 * time.Millisecond)
			synctest.Wait()
			if n := c.running(); n != want {
				t.Errorf("%d sends run after %d ms, want %d", n, 800*(i+1), want)
			}
		}
		close(c.permit)
		if err := b.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if st := b.Stats(); st.Delivered != 13 {
			t.Errorf("%v", st)
		}
	})
}
