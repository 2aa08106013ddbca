package logstotest_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/logsto/logsto-go/transport/logstotest"
)

func TestFailAtRandom(t *testing.T) {
	const n = 400
	run := func(t *testing.T, seed uint64, share float64, steps ...logstotest.Step) (statuses []int) {
		t.Helper()
		srv := inMemory(t, logstotest.WithoutStorage())
		srv.FailAtRandom(seed, share, steps...)
		for range n {
			srv.Client().CloseIdleConnections() // so that net/http repeats nothing by itself
			statuses = append(statuses, post(t, srv, nil, good))
		}
		return statuses
	}
	count := func(statuses []int, status int) (n int) {
		for _, s := range statuses {
			if s == status {
				n++
			}
		}
		return n
	}
	synctest.Test(t, func(t *testing.T) {
		steps := []logstotest.Step{logstotest.Status(503), logstotest.Reset()}
		first := run(t, 1, 0.25, steps...)
		if failed, cut := count(first, 503), count(first, 0); failed < 30 || failed > 70 || cut < 30 || cut > 70 || failed+cut+count(first, 200) != n {
			t.Errorf("%d failed and %d were cut, of %d", failed, cut, n)
		}
		if again := run(t, 1, 0.25, steps...); !slices.Equal(first, again) {
			t.Error("the same seed gives something else")
		}
		if other := run(t, 2, 0.25, steps...); slices.Equal(first, other) {
			t.Error("another seed gives the same")
		}
		if all := run(t, 1, 1, logstotest.Status(503)); count(all, 503) != n {
			t.Error("a share of 1 is not all")
		}
		if none := run(t, 1, 0, logstotest.Status(503)); count(none, 200) != n {
			t.Error("a share of 0 is not none")
		}
		if none := run(t, 1, 1); count(none, 200) != n {
			t.Error("no steps, but failures")
		}
	})
}

func TestAScriptGoesBeforeChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		srv.FailAtRandom(1, 1, logstotest.Status(503))
		srv.Script(logstotest.OK(), logstotest.Status(500))
		for _, want := range []int{200, 500, 503, 503} {
			if got := post(t, srv, nil, good); got != want {
				t.Errorf("status %d, want %d", got, want)
			}
		}
		srv.FailAtRandom(1, 0)
		if got := post(t, srv, nil, good); got != 200 {
			t.Errorf("at the end: status %d", got)
		}
	})
}
