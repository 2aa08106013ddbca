package ledger

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/batch"
)

// recorder is a test that keeps its errors.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// TestCheck checks that a Ledger finds each fault, and none where there is none.
func TestCheck(t *testing.T) {
	all := batch.Stats{Accepted: 8, Delivered: 8}
	ids := func(ids ...uint32) []uint32 { return ids }
	for _, c := range []struct {
		name     string
		arrivals []arrival
		statuses []int // that the client saw; the index is the attempt
		stats    batch.Stats
		except   []int
		want     string // in the errors
		duplicates,
		cut, lost int
	}{
		{name: "two requests", stats: all, statuses: []int{200, 200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 2, 3), ""}, {1, "b", ids(4, 5, 6, 7), ""},
		}},
		{name: "an answer cut off", stats: all, statuses: []int{0, 200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 2, 3, 4, 5, 6, 7), ""}, {1, "a", ids(0, 1, 2, 3, 4, 5, 6, 7), ""},
		}, duplicates: 8, cut: 1},
		{name: "a repetition by net/http", stats: all, statuses: []int{200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 2, 3, 4, 5, 6, 7), ""}, {0, "a", ids(0, 1, 2, 3, 4, 5, 6, 7), ""},
		}, duplicates: 8, cut: 1},
		{name: "another key", stats: all, statuses: []int{503, 200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 2, 3, 4, 5, 6, 7), ""}, {1, "b", ids(0, 1, 2, 3, 4, 5, 6, 7), ""},
		}, duplicates: 8, cut: 1, want: "8 records were sent again with another Idempotency-Key"},
		{name: "sent twice for nothing", stats: all, statuses: []int{200, 200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 2, 3, 4, 5, 6, 7), ""}, {1, "a", ids(3), ""},
		}, duplicates: 1, want: "1 records were sent again after their acknowledgement, record 3 first"},
		{name: "not acknowledged", stats: all, statuses: []int{200, 500}, arrivals: []arrival{
			{0, "a", ids(0, 1, 2, 3, 4, 5, 6), ""}, {1, "b", ids(7), ""},
		}, cut: 1, want: "1 records were counted as delivered without an acknowledgement, record 7 first"},
		{name: "lost", stats: all, statuses: []int{200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 2, 3, 4, 5, 6), ""},
		}, lost: 1, want: "1 of 8 records are lost"},
		{name: "out of order", stats: all, statuses: []int{200}, arrivals: []arrival{
			{0, "a", ids(4, 0, 1, 2, 3, 5, 6, 7), ""},
		}, want: "record 0 comes after 4"},
		{name: "not logged", stats: all, statuses: []int{200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 2, 3, 4, 5, 6, 7, 8), ""},
		}, want: "record 8 arrived and was never logged"},
		{name: "refused", stats: batch.Stats{Accepted: 8, Delivered: 7, Dropped: 1}, except: []int{2}, statuses: []int{200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 3, 4, 5, 6, 7), ""},
		}},
		{name: "refused and not counted", stats: all, except: []int{2}, statuses: []int{200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 3, 4, 5, 6, 7), ""},
		}, want: "1 must be refused; the counters say"},
		{name: "counters", stats: batch.Stats{Accepted: 8, Delivered: 8, Pending: 1}, statuses: []int{200}, arrivals: []arrival{
			{0, "a", ids(0, 1, 2, 3, 4, 5, 6, 7), ""},
		}, want: "do not add up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, tap := &Ledger{arrivals: c.arrivals}, new(Tap)
			for _, s := range c.statuses {
				tap.exchanges = append(tap.exchanges, Exchange{Status: s})
			}
			r := &recorder{TB: t}
			rep := l.Check(r, tap, 8, c.stats, c.except...)
			got := strings.Join(r.errors, "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("the errors are %q, want %q", got, c.want)
			}
			if rep.Duplicates != c.duplicates || rep.Cut != c.cut || rep.Lost != c.lost {
				t.Errorf("%v", rep)
			}
		})
	}
}

// TestWhatMustNotArrive checks that a server that got nonsense fails the test.
func TestWhatMustNotArrive(t *testing.T) {
	for body, want := range map[string]string{
		`[{"id":1},`:          "arrived whole",
		`{"message":"hello"}`: "nobody logged",
	} {
		s := new(Ledger).Start(t, "127.0.0.1:0", 0)
		tap := &Tap{Base: http.DefaultTransport}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.Addr, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Logs-Api-Key", Key)
		resp, err := tap.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		r := &recorder{TB: t}
		s.Check(r, tap, 0, batch.Stats{})
		if got := strings.Join(r.errors, "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: the errors are %q", body, got)
		}
	}
}
