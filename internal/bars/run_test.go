package main

import (
	"strings"
	"testing"
	"time"
)

// TestTrouble has runs that do not end as they should.
func TestTrouble(t *testing.T) {
	bars := []bar{noneBar("given up")}
	for _, c := range []struct {
		name string
		run  func(env) ([]float64, string)
		want string
	}{
		{"panics", func(env) ([]float64, string) { panic("no") }, "no"},
		{"waits for ever", func(env) ([]float64, string) { select {} }, "deadlock"},
		{"leaves a goroutine", func(env) ([]float64, string) {
			go func() { select {} }()
			return []float64{0}, ""
		}, "deadlock"},
		{"panics, and leaves a buffer", func(e env) ([]float64, string) {
			newTrial(e, setup{}).burst(1)
			panic("no")
		}, "no"},
		{"logs for ever", func(e env) ([]float64, string) {
			tr := newTrial(e, setup{})
			defer tr.close()
			tr.log(load{rate: 1}, 1000*time.Hour)
			return []float64{0}, ""
		}, errLate.Error()},
	} {
		p := plan{scenarios: []scenario{{name: c.name, bars: bars, run: c.run}}, seeds: 1, limit: 200 * time.Millisecond, each: func(scenario, uint64, outcome) {}}
		r := p.execute(t)[0]
		if got := r.measured(); r.passed() || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestBarsInWords(t *testing.T) {
	bars := []bar{goodBar(0.995), p99Bar(5 * time.Second), noneBar("given up"), {"requests", ratio, atMost, 2.5}, shownBar("twice", count)}
	if got, want := writeBars(bars), "good ≥ 99.5 % · p99 ≤ 5 s · given up 0 · requests ≤ 2.5×"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{[]float64{1, 1.005, 0, 1.234, 0}, "100 % · 1.005 s · 0 · 1.24× · (twice 0)"},
		{[]float64{0.994999, 5.0001, 1, 2.501, 12}, "99.49 % ✗ · 5.001 s ✗ · 1 ✗ · 2.51× ✗ · (twice 12)"},
	} {
		if got := writeValues(bars, c.values); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestLedger(t *testing.T) {
	l := &ledger{}
	for range 6 {
		l.taken[l.add(0, false)] = true
	}
	for at, numbers := range [][]int32{{4}, {0, 1}, {2, 3}, {1}} {
		l.ack(time.Duration(at)*time.Second, numbers)
	}
	if l.misplaced() != 1 || l.outOfAge(2) != 1 || l.outOfAge(4) != 0 || l.again != 1 {
		t.Errorf("misplaced %d, out of age %d and %d, again %d", l.misplaced(), l.outOfAge(2), l.outOfAge(4), l.again)
	}
	delays := l.delays(0, 10*time.Second)
	if got := percentile(delays, 50); got != 2 {
		t.Errorf("the median of %v is %v", delays, got)
	}
	if got := percentile(delays, 99); got != 10 {
		t.Errorf("the 99th percentile of %v is %v", delays, got)
	}
}

func TestNumbers(t *testing.T) {
	var body []byte
	for i, size := range []int{usualSize, usualSize, largeSize, usualSize, usualSize} {
		body = append(append(body, ','), newRecord(size).number(i)...)
	}
	got := appendNumbers(nil, body)
	if len(got) != 5 {
		t.Fatalf("got %v", got)
	}
	for i, n := range got {
		if int(n) != i {
			t.Errorf("got %v", got)
		}
	}
	if n := len(newRecord(usualSize)); n != usualSize {
		t.Errorf("a record has %d bytes", n)
	}
}
