package store

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/transport"
)

const finish = 30 * time.Second

// checkDelivered checks the end of a run in which nothing is lost, and that the
// store shows it once.
func checkDelivered(t *testing.T, s *stack, r *ledger.Rig, l *logger) {
	t.Helper()
	if err := r.Close(finish); err != nil {
		t.Errorf("Close: %v", err)
	}
	n := uint64(len(l.records))
	if st := r.Buffer.Stats(); st.Accepted != n || st.Delivered != n || st.Dropped != 0 || st.Pending != 0 {
		t.Errorf("%d records were logged; the counters say %v", n, st)
	}
	cut := r.Tap.Statuses()[0] + r.Tap.Statuses()[http.StatusGatewayTimeout]
	duplicates := s.check(t, l)
	if duplicates > 0 && cut == 0 {
		t.Errorf("%d duplicates; no acknowledgement was cut off", duplicates)
	}
	if l.slowest > ledger.MaxCall {
		t.Errorf("a log call took %v", l.slowest)
	}
	t.Logf("%d records in %d requests of %d bytes, answers by status (0 is none) %v; %d duplicates; slowest log call %v",
		n, len(r.Tap.Exchanges()), r.Client.Stats().Bytes, r.Tap.Statuses(), duplicates, l.slowest)
	for _, e := range r.Told() {
		t.Logf("the error handler got: %s", e)
	}
}

// TestForms has every form and compression that the store takes.
func TestForms(t *testing.T) {
	s := newStack(t, ledger.Key)
	for _, c := range []struct {
		format      transport.Format
		compression transport.Compression
		records     int
		pad         int // so that a record alone is worth compressing
	}{
		{transport.NDJSON, transport.Gzip, 5000, 0},
		{transport.NDJSON, transport.Zstd, 5000, 0},
		{transport.NDJSON, transport.Identity, 5000, 0},
		{transport.Single, transport.Gzip, 500, 2000},
		{transport.Single, transport.Zstd, 500, 2000},
		{transport.Single, transport.Identity, 500, 0},
	} {
		t.Run(c.format.String()+" "+c.compression.String(), func(t *testing.T) {
			setup := s.setup()
			setup.Transport = []transport.Option{transport.WithFormat(c.format), transport.WithCompression(c.compression)}
			r := ledger.NewRig(t, setup)
			l := newLogger(t, r, c.pad)
			l.log(t, c.records)
			checkDelivered(t, s, r, l)
			if raw := uint64(c.records * c.pad); c.compression != transport.Identity && r.Client.Stats().Bytes > raw && raw > 0 {
				t.Error("nothing was compressed")
			}
		})
	}
}

// TestAutoFindsOut leaves the form to the client. The store refuses arrays with
// 400, so that it must come down to single objects, in not many more requests
// than there are records.
func TestAutoFindsOut(t *testing.T) {
	s := newStack(t, ledger.Key)
	r := ledger.NewRig(t, s.setup())
	l := newLogger(t, r, 0)
	l.log(t, 500)
	if err := r.Buffer.Flush(t.Context()); err != nil {
		t.Errorf("Flush: %v", err)
	}
	first := len(r.Tap.Exchanges())
	l.log(t, 1000) // by now it is known
	checkDelivered(t, s, r, l)
	all := len(r.Tap.Exchanges())
	t.Logf("500 records took %d requests to find out and deliver, 1,000 more took %d", first, all-first)
	if first > 500+40 || all-first > 1000+20 {
		t.Error("finding out took too many requests")
	}
}

// TestAutoWithALargeFirstBatch is the same with a burst: as an array the first
// batch is one line of more than 256 KiB, which the store skips, and answers
// 200 to. Only an array that is small tells that none are taken.
func TestAutoWithALargeFirstBatch(t *testing.T) {
	s := newStack(t, ledger.Key)
	setup := s.setup()
	setup.Batch = []batch.Option{batch.WithFlushInterval(time.Second)}
	r := ledger.NewRig(t, setup)
	l := newLogger(t, r, 0)
	l.log(t, 3000)
	if err := r.Close(finish); err != nil {
		t.Errorf("Close: %v", err)
	}
	if n := distinct(s.rows(t, l.run)); n < len(l.records) {
		time.Sleep(time.Second) // rows may show late
		if n = distinct(s.rows(t, l.run)); n < len(l.records) {
			t.Errorf("an acknowledged record is stored; %d of %d are in the store after %d requests; the counters say %v",
				n, len(l.records), len(r.Tap.Exchanges()), r.Buffer.Stats())
			return
		}
	}
	checkDelivered(t, s, r, l)
}

// TestWrongKey checks that nothing gets into the store, that the user is told
// why and not shown the key, and that every record is counted: as dropped by
// the time of Close, or in what Close returns. (The front takes two or three
// seconds over a 401.)
func TestWrongKey(t *testing.T) {
	const wrong = "a-wrong-key-4711"
	s := newStack(t, ledger.Key)
	setup := s.setup()
	setup.Transport = []transport.Option{transport.WithAuth(auth.APIKey(wrong))}
	r := ledger.NewRig(t, setup)
	l := newLogger(t, r, 0)
	l.log(t, 1000)
	told := waitTold(r, 10*time.Second)
	before := r.Buffer.Stats().Dropped
	err := r.Close(500 * time.Millisecond)
	left := uint64(0)
	var u *batch.UndeliveredError
	if errors.As(err, &u) {
		left = u.Records
	}
	if before+left != 1000 {
		t.Errorf("%d records were dropped before Close, which returned %v", before, err)
	}
	st := r.Buffer.Stats()
	if st.Accepted != 1000 || st.Delivered != 0 || st.Dropped+st.Pending != 1000 {
		t.Errorf("%v", st)
	}
	told += "\n" + strings.Join(r.Told(), "\n")
	if !strings.Contains(told, "401") {
		t.Errorf("the error handler got %q", told)
	}
	if strings.Contains(told, wrong) || err != nil && strings.Contains(err.Error(), wrong) {
		t.Errorf("the key shows: %q, %v", told, err)
	}
	if rows := s.rows(t, l.run); len(rows) > 0 {
		t.Errorf("the store has %d rows", len(rows))
	}
	t.Logf("Close: %v; answers by status %v", err, r.Tap.Statuses())
}

// waitTold waits until the error handler is told something.
func waitTold(r *ledger.Rig, d time.Duration) string {
	for deadline := time.Now().Add(d); len(r.Told()) == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	return strings.Join(r.Told(), "\n")
}

// TestKeyThatIsRepaired has a key that the front takes only later: what was
// logged before must not be lost, for the fault is not in the records.
func TestKeyThatIsRepaired(t *testing.T) {
	s := newStack(t, "another-key")
	r := ledger.NewRig(t, s.setup())
	l := newLogger(t, r, 0)
	l.log(t, 1000)
	waitTold(r, 10*time.Second)
	s.changeKey(t, ledger.Key)
	n := uint64(len(l.records))
	// The client asks only now and then meanwhile.
	for deadline := time.Now().Add(45 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if st := r.Buffer.Stats(); st.Delivered == n || st.Dropped > 0 {
			break
		}
	}
	if st := r.Buffer.Stats(); st.Delivered != n {
		t.Errorf("records outlast a key that is repaired; the counters say %v", st)
		return
	}
	checkDelivered(t, s, r, l)
}

// TestStoreDown has the front up while the store is down: it answers 502.
func TestStoreDown(t *testing.T) {
	for _, f := range []transport.Format{transport.NDJSON, transport.Single} {
		t.Run(f.String(), func(t *testing.T) {
			s := newStack(t, ledger.Key)
			setup := s.setup()
			setup.Transport = []transport.Option{transport.WithFormat(f)}
			r := ledger.NewRig(t, setup)
			l := newLogger(t, r, 0)
			l.log(t, 300)
			if err := r.Buffer.Flush(t.Context()); err != nil {
				t.Errorf("Flush: %v", err)
			}
			s.store.Stop(t)
			for range 10 {
				l.log(t, 30)
				time.Sleep(100 * time.Millisecond)
			}
			if st := r.Buffer.Stats(); st.Pending != 300 {
				t.Errorf("the store is down, and the counters say %v", st)
			}
			s.startStore(t)
			l.log(t, 300)
			checkDelivered(t, s, r, l)
			if r.Tap.Statuses()[http.StatusBadGateway] == 0 {
				t.Error("the store was never down")
			}
		})
	}
}
