package batch_test

import (
	"encoding/json"
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

// gaps returns the sum of what the marker records tell, and the places where
// they stand.
func gaps(t *testing.T, records []string) (dropped map[string]uint64, at []int) {
	t.Helper()
	dropped = map[string]uint64{}
	for i, r := range records {
		if !strings.Contains(r, `"dropped"`) {
			continue
		}
		var m struct {
			Timestamp time.Time
			Level     string
			Message   string
			Dropped   map[string]map[string]uint64
		}
		if err := json.Unmarshal([]byte(r), &m); err != nil || m.Level != "warn" || m.Timestamp.IsZero() || m.Message == "" {
			t.Errorf("a bad marker (%v): %s", err, r)
		}
		for reason, levels := range m.Dropped {
			for level, n := range levels {
				dropped[reason+" "+level] += n
			}
		}
		at = append(at, i)
	}
	return dropped, at
}

func TestAGapIsMarkedInItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithMaxBytes(64<<10), batch.WithMaxInFlight(1))
		taken := 0
		for range 1000 {
			if b.Append(batch.Info, time.Now(), record(200)) {
				taken++
			}
		}
		st := b.Stats()
		time.Sleep(time.Minute)
		close(s.release)
		time.Sleep(time.Minute)
		for range 10 {
			b.Append(batch.Info, time.Now(), record(200))
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := s.Records()
		dropped, at := gaps(t, got)
		if len(at) != 1 || at[0] != taken || len(got) != taken+11 {
			t.Errorf("markers at %v, %d records taken before the gap, %d sent", at, taken, len(got))
		}
		if want := st.Dropped; dropped["shed info"]+dropped["full info"] != want || want == 0 {
			t.Errorf("the marker tells of %v, %d were dropped", dropped, want)
		}
		// Markers are in no count.
		if st := b.Stats(); st.Accepted != 1010 || st.Delivered != uint64(taken+10) {
			t.Errorf("%v", st)
		}
		sum(t, b.Stats())
	})
}

func TestAMarkerThatIsLostIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{release: make(chan struct{})}
		close(s.release)
		b := newBuffer(t, s, batch.WithMaxRecordBytes(100))
		b.Append(batch.Error, time.Now(), record(101))
		s.Fail(errors.New("no"))
		b.Append(batch.Info, time.Now(), record(50))
		if b.Flush(t.Context()) == nil {
			t.Error("delivered")
		}
		s.Fail(nil)
		b.Append(batch.Info, time.Now(), record(50))
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		dropped, at := gaps(t, s.Records())
		if len(at) != 1 || dropped["too large error"] != 1 || dropped["undelivered info"] != 1 {
			t.Errorf("markers at %v tell of %v", at, dropped)
		}
		sum(t, b.Stats())
	})
}

// TestALossAtTheEndIsMarked checks that a marker does not need a record that
// follows it, neither in an idle buffer nor at Close.
func TestALossAtTheEndIsMarked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b := newBuffer(t, &s, batch.WithMaxRecordBytes(100))
		for i := range 2 {
			b.Append(batch.Error, time.Now(), record(101))
			if i == 1 {
				if err := b.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			} else {
				time.Sleep(time.Second)
			}
			synctest.Wait()
			dropped, at := gaps(t, s.Records())
			if len(at) != i+1 || dropped["too large error"] != uint64(i+1) {
				t.Errorf("markers at %v tell of %v", at, dropped)
			}
		}
		sum(t, b.Stats())
	})
}

// TestAMarkerKeepsTheOrder checks that its time is that of its place.
func TestAMarkerKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b := newBuffer(t, &s, batch.WithMaxRecordBytes(150))
		for i := range 3 {
			at := time.Now()
			b.Append(batch.Info, at, fmt.Appendf(nil, `{"timestamp":%q,"level":"info"}`, at.UTC().Format(time.RFC3339Nano)))
			time.Sleep(time.Millisecond)
			if i == 1 {
				b.Append(batch.Info, time.Now(), record(151))
				time.Sleep(time.Millisecond)
			}
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		var times []time.Time
		for _, r := range s.Records() {
			var m struct{ Timestamp time.Time }
			if err := json.Unmarshal([]byte(r), &m); err != nil {
				t.Fatal(err)
			}
			times = append(times, m.Timestamp)
		}
		if len(times) != 4 || !slices.IsSortedFunc(times, time.Time.Compare) {
			t.Errorf("%v", times)
		}
	})
}
