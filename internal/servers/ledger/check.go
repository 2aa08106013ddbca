package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// MaxCall is how long a log call may take. It is generous: a machine that is
// busy with something else must not fail a test, and a call that waits for the
// network still does.
const MaxCall = 2 * time.Second

// Report is what a Ledger found.
type Report struct {
	Logged     int
	Requests   int           // that the client sent
	Failed     int           // of these, without an answer or with another one than 2xx
	Stored     int           // requests that arrived whole
	Cut        int           // of these, whose acknowledgement did not reach the client
	Duplicates int           // records that arrived once more than needed
	Lost       int           // records that did not arrive
	Broken     int           // requests that were cut off on the way
	Slowest    time.Duration // log call
	Stall      time.Duration // of the machine meanwhile, see Feed
}

// String returns the counts in one line.
func (r Report) String() string {
	return fmt.Sprintf("%d records in %d requests, %d of them failed; %d arrived, %d were cut off on the way; "+
		"%d acknowledgements were cut off, which made %d duplicates; %d lost; slowest log call %v, slowest of a goroutine that only waits %v",
		r.Logged, r.Requests, r.Failed, r.Stored, r.Broken, r.Cut, r.Duplicates, r.Lost, r.Slowest, r.Stall)
}

// Check compares what was logged, the records 0 to logged-1, with what arrived,
// and the counters with both. except names the records that must not arrive. It
// must be called after Close.
//
// A record that is counted as delivered must have arrived, in exactly one
// request that the client saw acknowledged. All its copies must carry the same
// Idempotency-Key: a server that looks at it stores the record once.
func (l *Ledger) Check(tb testing.TB, tap *Tap, logged int, st batch.Stats, except ...int) Report {
	tb.Helper()
	exchanges := tap.Exchanges()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.wrong {
		tb.Errorf("the server got %s", w)
	}
	r := Report{Logged: logged, Requests: len(exchanges), Stored: len(l.arrivals), Broken: l.broken}
	for _, e := range exchanges {
		if !e.Acknowledged() {
			r.Failed++
		}
	}
	f := l.find(tb, exchanges, logged)
	r.Cut = f.cut
	refused := make(map[int]bool, len(except))
	for _, id := range except {
		refused[id] = true
	}
	var unacknowledged, again, keys faults
	for id := range logged {
		n := int(f.copies[id])
		switch {
		case refused[id] && n > 0:
			tb.Errorf("record %d was to be refused, and arrived", id)
		case refused[id]:
		case n == 0:
			r.Lost++
		default:
			r.Duplicates += n - 1
			unacknowledged.note(f.acknowledged[id] == 0, id)
			again.note(f.acknowledged[id] > 1, id)
			keys.note(f.keys[id], id)
		}
	}
	if r.Lost > 0 {
		tb.Errorf("%d of %d records are lost", r.Lost, logged)
	}
	unacknowledged.tell(tb, "counted as delivered without an acknowledgement")
	again.tell(tb, "sent again after their acknowledgement")
	keys.tell(tb, "sent again with another Idempotency-Key")
	checkCounters(tb, st, logged, len(except))
	return r
}

// CheckSlowest checks that no log call waited for the network.
func (r Report) CheckSlowest(tb testing.TB) {
	tb.Helper()
	if r.Slowest > MaxCall+r.Stall {
		tb.Errorf("a log call took %v; a goroutine that only waits was %v late", r.Slowest, r.Stall)
	}
}

// checkCounters checks that the counters add up, to what was logged.
func checkCounters(tb testing.TB, st batch.Stats, logged, refused int) {
	tb.Helper()
	if st.Accepted != st.Delivered+st.Dropped+st.Pending {
		tb.Errorf("the counters do not add up: %v", st)
	}
	if st.Accepted != uint64(logged) || st.Dropped != uint64(refused) || st.Pending != 0 {
		tb.Errorf("%d records were logged and %d must be refused; the counters say %v", logged, refused, st)
	}
}

// found is what arrived of each record.
type found struct {
	copies       []uint32 // how often it arrived
	acknowledged []uint32 // in how many requests that were acknowledged
	keys         []bool   // it came with more than one Idempotency-Key
	cut          int
}

func (l *Ledger) find(tb testing.TB, exchanges []Exchange, logged int) found {
	tb.Helper()
	f := found{make([]uint32, logged), make([]uint32, logged), make([]bool, logged), 0}
	first := make([]int, logged) // the arrival that brought it first, from 1
	done := make(map[uint64]bool)
	for n, a := range l.arrivals {
		if a.attempt >= uint64(len(exchanges)) {
			tb.Errorf("request %d arrived and was never sent", a.attempt)
			continue
		}
		// net/http itself repeats a request on a new connection, under the same
		// number, if the old one ended before the answer. So only one of them was
		// answered.
		acknowledged := exchanges[a.attempt].Acknowledged() && !done[a.attempt]
		done[a.attempt] = true
		if !acknowledged {
			f.cut++
		}
		var last [producers]int // the number after the last one of each goroutine
		for _, id := range a.ids {
			if int(id) >= logged {
				tb.Errorf("record %d arrived and was never logged", id)
				continue
			}
			p := id % producers
			if int(id) < last[p] {
				tb.Errorf("record %d comes after %d of the same goroutine in one request", id, last[p]-1)
			}
			last[p] = int(id) + 1
			f.copies[id]++
			if acknowledged {
				f.acknowledged[id]++
			}
			if first[id] == 0 {
				first[id] = n + 1
			} else if l.arrivals[first[id]-1].key != a.key {
				f.keys[id] = true
			}
		}
	}
	return f
}

// faults counts records with the same fault.
type faults struct{ n, first int }

func (f *faults) note(is bool, id int) {
	if !is {
		return
	}
	if f.n == 0 {
		f.first = id
	}
	f.n++
}

func (f *faults) tell(tb testing.TB, what string) {
	tb.Helper()
	if f.n > 0 {
		tb.Errorf("%d records were %s, record %d first", f.n, what, f.first)
	}
}
