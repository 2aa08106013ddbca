package batch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// record returns a JSON object of exactly n bytes.
func record(n int) []byte {
	return []byte(`{"a":"` + strings.Repeat("x", n-8) + `"}`)
}

func withoutMarkers(records []string) []string {
	return slices.DeleteFunc(records, func(r string) bool { return strings.Contains(r, `"dropped"`) })
}

func TestTheLeastImportantIsShedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithMaxBytes(1<<20), batch.WithCloseTimeout(time.Minute))
		levels := []batch.Level{batch.Debug, batch.Info, batch.Warn, batch.Error}
		taken := map[batch.Level]int{}
		last := map[batch.Level]int{}
		const rounds = 4000
		for i := range rounds {
			for _, l := range levels {
				if b.Append(l, time.Now(), record(200)) {
					taken[l]++
					last[l] = i
				} else if st := b.Stats(); l == batch.Error && st.BufferBytes+2*4096 <= st.MaxBytes {
					t.Fatalf("an error refused with %d bytes in use", st.BufferBytes)
				}
			}
		}
		for i := 1; i < len(levels); i++ {
			if taken[levels[i-1]] >= taken[levels[i]] || last[levels[i-1]] >= last[levels[i]] {
				t.Errorf("%v: %d taken, the last in round %d; %v: %d, %d", levels[i-1], taken[levels[i-1]], last[levels[i-1]],
					levels[i], taken[levels[i]], last[levels[i]])
			}
		}
		st := b.Stats()
		sum(t, st)
		close(s.release)
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !b.Append(batch.Debug, time.Now(), record(200)) {
			t.Error("debug is refused after the pressure has gone")
		}
	})
}

func TestDropOldestKeepsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithMaxBytes(1<<20), batch.WithDropOldest(), batch.WithCloseTimeout(time.Minute))
		const n = 20_000
		now := time.Now()
		for i := range n {
			if !b.Append(batch.Info, now.Add(time.Duration(i)), fmt.Appendf(nil, `{"i":%d,"pad":%q}`, i, strings.Repeat("x", 180))) {
				t.Fatalf("record %d refused", i)
			}
		}
		st := b.Stats()
		sum(t, st)
		if st.DroppedFor(batch.ReasonEvicted) != st.Dropped || st.Dropped < n/2 {
			t.Errorf("dropped: %v", st)
		}
		close(s.release)
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := withoutMarkers(s.Records())
		if uint64(len(got)) != st.Accepted-st.Dropped {
			t.Errorf("%d records sent: %v", len(got), b.Stats())
		}
		if !strings.Contains(strings.Join(got, ""), fmt.Sprintf(`{"i":%d,`, n-1)) {
			t.Error("the newest was dropped")
		}
	})
}

func TestBlockingWaitsForRoomUpToItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithMaxBytes(64<<10), batch.WithBlocking(time.Second), batch.WithCloseTimeout(time.Minute))
		start := time.Now()
		for b.Append(batch.Info, time.Now(), record(1000)) {
			if d := time.Since(start); d > 0 {
				t.Fatalf("waited %v while there was room", d)
			}
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("a refused record waited %v", d)
		}
		if st := b.Stats(); st.DroppedFor(batch.ReasonTimeout) != 1 || st.Dropped != 1 {
			t.Errorf("%v", st)
		}
		go func() {
			time.Sleep(500 * time.Millisecond)
			close(s.release)
		}()
		for range 1000 {
			if !b.Append(batch.Info, time.Now(), record(1000)) {
				t.Fatal("refused while the sender works")
			}
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		sum(t, b.Stats())
	})
}

func TestSizesAroundEveryBoundary(t *testing.T) {
	const slabBytes, maxRecord = 4096, 20_000
	var sizes []int
	for _, at := range []int{8, 256, 2048, slabBytes - 16, slabBytes, 2 * slabBytes, maxRecord} {
		for d := -2; d <= 2; d++ {
			sizes = append(sizes, max(8, at+d))
		}
	}
	for _, first := range sizes {
		var s capture.Sender
		b := newBuffer(t, &s, batch.WithMaxBytes(1<<20), batch.WithSlabBytes(slabBytes),
			batch.WithMaxRecordBytes(maxRecord), batch.WithMaxInFlight(1))
		var want []string
		for _, size := range append([]int{first}, sizes...) {
			r := record(size)
			if ok := b.Append(batch.Info, time.Now(), r); ok != (size <= maxRecord) {
				t.Errorf("a record of %d bytes taken: %v", size, ok)
			} else if ok {
				want = append(want, string(r))
			}
		}
		b.Append(batch.Info, time.Now(), nil) // ignored
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := withoutMarkers(s.Records())
		if !slices.Equal(got, want) {
			t.Errorf("after a record of %d bytes: sent other records than appended", first)
		}
		st := b.Stats()
		sum(t, st)
		if st.Accepted != uint64(1+len(sizes)) || st.DroppedFor(batch.ReasonTooLarge) != st.Dropped {
			t.Errorf("%v", st)
		}
	}
}

func TestEntriesMayBeNestedAndAbandoned(t *testing.T) {
	var s capture.Sender
	b := newBuffer(t, &s)
	outer, _ := b.Begin(batch.Info)
	buf := append(outer.Buf(), `{"outer":`...)
	b.Append(batch.Info, time.Now(), []byte(`{"inner":1}`))
	gone, _ := b.Begin(batch.Info)
	gone.Discard()
	if _, ok := b.Begin(batch.Info); !ok { // neither committed nor discarded
		t.Fatal("refused")
	}
	outer.Commit(append(buf, "2}"...), time.Now())
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Records()); got != `[{"inner":1} {"outer":2}]` && got != `[{"outer":2} {"inner":1}]` {
		t.Errorf("sent %s", got)
	}
}

func TestTheErrorHandlerIsNotCalledPerRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []*batch.LossError
		b := newBuffer(t, discard{}, batch.WithMaxRecordBytes(10), batch.WithErrorHandler(func(err error) {
			var l *batch.LossError
			if !errors.As(err, &l) {
				t.Errorf("not a LossError: %v", err)
			}
			told = append(told, l)
			panic("a bad handler")
		}))
		for range 1000 {
			b.Append(batch.Info, time.Now(), record(11))
			time.Sleep(50 * time.Millisecond)
		}
		b.Close(t.Context())
		b.Append(batch.Info, time.Now(), record(11))
		time.Sleep(time.Minute)
		synctest.Wait()
		var n uint64
		for _, l := range told {
			n += l.Records
		}
		if n != 1001 || len(told) > 10 {
			t.Errorf("%d records in %d calls", n, len(told))
		}
		if got, want := told[1].Error(), fmt.Sprintf(`batch: %[1]d records dropped: %[1]d too large, such as one of 11 bytes or more, over the 10 of WithMaxRecordBytes: {"a":"xxx"}`, told[1].Records); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestTheDefaultErrorHandlerPrintsOneLine checks that what a Sender says can neither forge a
// line nor fill the screen.
func TestTheDefaultErrorHandlerPrintsOneLine(t *testing.T) {
	loss := &batch.LossError{Records: 1, Err: errors.Join(errors.New("a\x1b[2J\r\nlogsto: forged"), errors.New(strings.Repeat("x", 1<<20)))}
	got := batch.Printed(loss)
	if !strings.HasPrefix(got, "logsto: batch: 1 record dropped: a [2J  logsto: forged xxx") || len(got) > 9<<10 || strings.ContainsAny(got, "\r\n\x1b") {
		t.Errorf("%d bytes: %.200q", len(got), got)
	}
}

func TestNewRefuses(t *testing.T) {
	var nilSender *capture.Sender
	for want, c := range map[string]struct {
		s    batch.Sender
		opts []batch.Option
	}{
		"batch: New(nil): a Sender is required":                                                {nil, nil},
		"batch: New(nil): a Sender is required ":                                               {nilSender, nil},
		"batch: New: an option is nil":                                                         {discard{}, []batch.Option{nil}},
		"batch: WithMaxBytes(-1): must be from 64 KiB to 1 TiB, or 1 GiB on 32-bit systems":    {discard{}, []batch.Option{batch.WithMaxBytes(-1)}},
		"batch: WithMaxBytes(65535): must be from 64 KiB to 1 TiB, or 1 GiB on 32-bit systems": {discard{}, []batch.Option{batch.WithMaxBytes(65535)}},
		"batch: WithSlabBytes(0): must be from 4 KiB to 256 MiB":                               {discard{}, []batch.Option{batch.WithSlabBytes(0)}},
		"batch: WithMaxRecordBytes(0): must be from 1 to 1 GiB":                                {discard{}, []batch.Option{batch.WithMaxRecordBytes(0)}},
		"batch: WithBatchBytes(0): must be positive":                                           {discard{}, []batch.Option{batch.WithBatchBytes(0)}},
		"batch: WithBatchRecords(-5): must be from 1 to 100000":                                {discard{}, []batch.Option{batch.WithBatchRecords(-5)}},
		"batch: WithFlushInterval(0s): must be at least 1ms":                                   {discard{}, []batch.Option{batch.WithFlushInterval(0)}},
		"batch: WithMaxInFlight(0): must be from 1 to 1000":                                    {discard{}, []batch.Option{batch.WithMaxInFlight(0)}},
		"batch: WithFlushLevel(level(7)): must be one of the levels":                           {discard{}, []batch.Option{batch.WithFlushLevel(7)}},
		"batch: WithWatermark(info, 1.5): must be one of the levels and a share":               {discard{}, []batch.Option{batch.WithWatermark(batch.Info, 1.5)}},
		"batch: WithBlocking(-1s): must be positive":                                           {discard{}, []batch.Option{batch.WithBlocking(-time.Second)}},
		"batch: WithSyncTimeout(0s): must be positive":                                         {discard{}, []batch.Option{batch.WithSyncTimeout(0)}},
		"batch: WithCloseTimeout(0s): must be positive":                                        {discard{}, []batch.Option{batch.WithCloseTimeout(0)}},
		"batch: WithErrorHandler(nil): use WithoutErrorHandler":                                {discard{}, []batch.Option{batch.WithErrorHandler(nil)}},
		"batch: WithSlabBytes(65536) and WithMaxBytes(65536) disagree: a slab":                 {discard{}, []batch.Option{batch.WithSlabBytes(65536), batch.WithMaxBytes(65536)}},
		"batch: WithMaxRecordBytes(65537) and WithMaxBytes(131072) disagree: a record":         {discard{}, []batch.Option{batch.WithMaxRecordBytes(65537), batch.WithMaxBytes(131072)}},
		"batch: WithBatchBytes(65537) and WithMaxBytes(131072) disagree: a batch":              {discard{}, []batch.Option{batch.WithBatchBytes(65537), batch.WithMaxBytes(131072)}},
		"batch: WithDropOldest() and WithBlocking(1s) exclude each other":                      {discard{}, []batch.Option{batch.WithDropOldest(), batch.WithBlocking(time.Second)}},
		"batch: WithWatermark(trace, 0.01) and WithMaxBytes(65536) disagree: the share":        {discard{}, []batch.Option{batch.WithWatermark(batch.Debug, 0.01), batch.WithWatermark(batch.Trace, 0.01), batch.WithMaxBytes(65536)}},
	} {
		b, err := batch.New(c.s, c.opts...)
		if b != nil || err == nil || !strings.HasPrefix(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestLoggingWhileAndAfterClose(t *testing.T) {
	for range few(50) {
		var s capture.Sender
		b, err := batch.New(&s, batch.WithoutErrorHandler())
		if err != nil {
			t.Fatal(err)
		}
		const goroutines, each = 8, 200
		start, ended := make(chan struct{}), make(chan struct{}, goroutines)
		for range goroutines {
			go func() {
				<-start
				for range each {
					b.Append(batch.Info, time.Now(), record(50))
				}
				ended <- struct{}{}
			}()
		}
		close(start)
		for range 3 {
			go b.Close(context.Background())
		}
		err = b.Close(t.Context())
		for range goroutines {
			<-ended
		}
		st := b.Stats()
		sum(t, st)
		// A record that was begun before and committed after is not delivered.
		if err != nil && st.DroppedFor(batch.ReasonClosed) == 0 {
			t.Errorf("Close: %v; %v", err, st)
		}
		if st.Accepted != goroutines*each || st.Pending != 0 || st.Delivered != uint64(len(s.Records())) {
			t.Errorf("%d sent: %v", len(s.Records()), st)
		}
		if err := b.Close(t.Context()); err != nil && st.DroppedFor(batch.ReasonClosed) == 0 {
			t.Errorf("Close again: %v", err)
		}
	}
}

func TestWholeRecordsReachTheSenderUnchanged(t *testing.T) {
	var s capture.Sender
	b := newBuffer(t, &s)
	p := record(100)
	b.Append(batch.Info, time.Now(), p)
	clear(p) // Append must have copied it
	if err := b.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := s.Records(); len(got) != 1 || !bytes.Equal([]byte(got[0]), record(100)) {
		t.Errorf("sent %q", got)
	}
}

// TestTheEndOfTheProcessIsTold checks that Sync tells the handler before it
// returns, since nothing may come after it.
func TestTheEndOfTheProcessIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithErrorHandler(func(err error) { told = append(told, err.Error()) }))
		b.Append(batch.Fatal, time.Now(), record(20))
		if err := b.Sync(); err == nil || len(told) != 1 || told[0] != "batch: 1 record not delivered: context deadline exceeded" {
			t.Errorf("Sync: %v; the handler got %q", err, told)
		}
		close(s.release)
		synctest.Wait()
		s.Fail(errors.New("no"))
		b.Append(batch.Fatal, time.Now(), record(20))
		// Sync returns nil if the record is lost already when it begins.
		if err := b.Sync(); len(told) != 2 || told[1] != "batch: 1 record dropped: 1 undelivered: no" {
			t.Errorf("Sync: %v; the handler got %q", err, told)
		}
	})
}
