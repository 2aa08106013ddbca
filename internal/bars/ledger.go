package main

import (
	"slices"
	"sync"
	"time"
)

// never is the time of an acknowledgement that has not come.
const never = time.Duration(-1)

// ledger is what became of each record of a trial, by its number.
type ledger struct {
	mu     sync.Mutex
	called []time.Duration // when it was logged, since the start
	taken  []bool          // the buffer took it
	bad    []bool
	acked  []time.Duration // when the server first took it, or never
	sent   []int32         // requests with it, if it is bad
	order  []int32         // numbers, by when the server first took them
	again  int             // records that the server took once more
}

// add adds a record that is logged now, and returns its number.
func (l *ledger) add(now time.Duration, bad bool) int {
	l.called = append(l.called, now)
	l.taken = append(l.taken, false)
	l.bad = append(l.bad, bad)
	l.acked = append(l.acked, never)
	l.sent = append(l.sent, 0)
	return len(l.called) - 1
}

// grow makes room for n more records.
func (l *ledger) grow(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.called = slices.Grow(l.called, n)
	l.taken = slices.Grow(l.taken, n)
	l.bad = slices.Grow(l.bad, n)
	l.acked = slices.Grow(l.acked, n)
	l.sent = slices.Grow(l.sent, n)
	l.order = slices.Grow(l.order, n)
}

// ack notes that the server has taken the records.
func (l *ledger) ack(now time.Duration, numbers []int32) {
	for _, i := range numbers {
		if l.acked[i] != never {
			l.again++
			continue
		}
		l.acked[i] = now
		l.order = append(l.order, i)
	}
}

// count returns how many records are such.
func (l *ledger) count(such func(i int) bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.called {
		if such(i) {
			n++
		}
	}
	return n
}

// good, refused and missing are what to count.
func (l *ledger) good(i int) bool    { return !l.bad[i] }
func (l *ledger) refused(i int) bool { return !l.taken[i] }
func (l *ledger) missing(i int) bool { return l.taken[i] && l.acked[i] == never }

// delivered returns the share of good records that the server has taken, of those
// that were logged.
func (l *ledger) delivered() float64 {
	return share(l.count(func(i int) bool { return l.good(i) && l.acked[i] != never }), l.count(l.good))
}

// pace returns how many good records the server took between two times, as a share
// of those that were logged between them.
func (l *ledger) pace(from, to time.Duration) float64 {
	within := func(t time.Duration) bool { return from <= t && t < to }
	return share(l.count(func(i int) bool { return l.good(i) && within(l.acked[i]) }),
		l.count(func(i int) bool { return l.good(i) && within(l.called[i]) }))
}

// share is n of all, and 1 of none.
func share(n, all int) float64 {
	if all == 0 {
		return 1
	}
	return float64(n) / float64(all)
}

// delays returns how long good records took that were logged after a time, in
// ascending order. For one that has not arrived it is the time until now.
func (l *ledger) delays(after, now time.Duration) []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []time.Duration
	for i, called := range l.called {
		switch {
		case l.bad[i] || called < after:
		case l.acked[i] == never:
			all = append(all, now-called)
		default:
			all = append(all, l.acked[i]-called)
		}
	}
	slices.Sort(all)
	return all
}

// percentile returns the one of sorted delays that p percent do not exceed, in
// seconds.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*p/100, len(sorted)-1)].Seconds()
}

// tries returns how many requests a bad record was in, in the mean and at most.
func (l *ledger) tries() (mean, most float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for i, bad := range l.bad {
		if bad {
			n++
			mean += float64(l.sent[i])
			most = max(most, float64(l.sent[i]))
		}
	}
	return mean / float64(max(n, 1)), most
}

// misplaced returns the least number of records without which the others have
// arrived in the order in which they were logged.
func (l *ledger) misplaced() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ends []int32 // of the ascending runs of each length, the lowest
	for _, n := range l.order {
		at, _ := slices.BinarySearch(ends, n)
		if at == len(ends) {
			ends = append(ends, n)
		} else {
			ends[at] = n
		}
	}
	return len(l.order) - len(ends)
}

// together is how far apart in time records arrive at most that were on their way
// together.
const together = 2 * latency

// outOfAge returns how many records arrived before one that was logged more than
// slack records earlier, or after one that was logged as much later, whichever are
// fewer. Only records that the buffer took count, and not what was on its way
// together.
func (l *ledger) outOfAge(slack int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	rank, ranks := 0, make([]int, len(l.taken))
	for i, taken := range l.taken {
		if ranks[i] = rank; taken {
			rank++
		}
	}
	early, late := 0, 0
	oldest, later := rank, len(l.order) // of those that arrived later, from there on
	for _, i := range slices.Backward(l.order) {
		for ; l.acked[l.order[later-1]] > l.acked[i]+together; later-- {
			oldest = min(oldest, ranks[l.order[later-1]])
		}
		if ranks[i] > oldest+slack {
			early++
		}
	}
	youngest, before := 0, 0 // of those that arrived before, up to there
	for _, i := range l.order {
		for ; l.acked[l.order[before]] < l.acked[i]-together; before++ {
			youngest = max(youngest, ranks[l.order[before]])
		}
		if ranks[i] < youngest-slack {
			late++
		}
	}
	return min(early, late)
}
