package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// fake is a server that answers each request by the numbers of its records, after
// a while.
type fake struct {
	t       *testing.T
	takes   time.Duration
	decide  func(records []int) int // the status, or 0 to cut the connection
	mu      sync.Mutex
	stored  map[int]int
	sent    int // requests
	now     int // that run
	most    int
	keys    map[string]bool
	lastMsg time.Time // of the last that was stored
}

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	body := unpack(f.t, req)
	var list []struct{ I int }
	if !bytes.HasPrefix(body, []byte("[")) {
		body = slices.Concat([]byte("["), body, []byte("]"))
	}
	if err := json.Unmarshal(body, &list); err != nil {
		f.t.Errorf("%v in %.80q", err, body)
	}
	records := make([]int, len(list))
	for i := range list {
		records[i] = list[i].I
	}
	f.mu.Lock()
	f.sent++
	f.now++
	f.most = max(f.most, f.now)
	f.keys[header(req, "Idempotency-Key")[0]] = true
	f.mu.Unlock()
	time.Sleep(f.takes)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now--
	status := f.decide(records)
	if status == 0 {
		_ = req.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	if status == http.StatusOK {
		for _, i := range records {
			f.stored[i]++
		}
		f.lastMsg = time.Now()
	}
	return respond(req, status, fmt.Sprintf("answer to %v", records[:min(3, len(records))])), nil
}

func newFake(t *testing.T, takes time.Duration, decide func([]int) int) *fake {
	t.Helper()
	return &fake{t: t, takes: takes, decide: decide, stored: map[int]int{}, keys: map[string]bool{}}
}

// poisoned answers bad if one of these records is in a request.
func poisoned(bad int, records ...int) func([]int) int {
	return func(got []int) int {
		for _, i := range got {
			if slices.Contains(records, i) {
				return bad
			}
		}
		return http.StatusOK
	}
}

// requests returns how many there were, and how many at once at most since the last
// call.
func (f *fake) requests() (sent, most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	most, f.most = f.most, 0
	return f.sent, most
}

// checkOnce checks that n records are stored, each once, but for these.
func (f *fake) checkOnce(t *testing.T, n int, but ...int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range n {
		want := 1
		if slices.Contains(but, i) {
			want = 0
		}
		if f.stored[i] != want {
			t.Fatalf("record %d is stored %d times", i, f.stored[i])
		}
	}
}

// chatter sends a record of its own each second, with a client that others use,
// until the context ends.
func chatter(ctx context.Context, t *testing.T, c *transport.Client) {
	t.Helper()
	for i := 1_000_000; ; i++ {
		if err := deliver.Records(ctx, c, [][]byte{record(i, 10)}); err != nil && ctx.Err() == nil {
			t.Errorf("chatter: %v", err)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return
		}
	}
}

// TestARecordOverWhichTheServerFails checks that a record which makes the server
// fail in whatever way does not take others along, and is given up only for an
// answer that condemns it, after a minute and more.
func TestARecordOverWhichTheServerFails(t *testing.T) {
	const n = 1000
	for name, c := range map[string]struct {
		answer int
		poison []int
		after  time.Duration // at least; then it is given up
		opts   []transport.Option
	}{
		"500":                {500, []int{700}, time.Minute, nil},
		"500 first":          {500, []int{0}, time.Minute, nil},
		"500 last":           {500, []int{n - 1}, time.Minute, nil},
		"500 often":          {500, []int{0, 1, 2, 617, 618, 619, 999}, time.Minute, nil},
		"501":                {501, []int{3}, time.Minute, nil},
		"firewall, 403":      {403, []int{700}, time.Minute, nil},
		"firewall, 404":      {404, []int{3, 500}, time.Minute, nil},
		"firewall, redirect": {302, []int{12}, time.Minute, nil},
		"503":                {503, []int{700}, 5 * time.Minute, nil},
		"502":                {502, []int{5}, 5 * time.Minute, nil},
		"cut":                {0, []int{700}, 5 * time.Minute, nil},
		"500, single":        {500, []int{70}, time.Minute, []transport.Option{transport.WithFormat(transport.Single)}},
		"500, one at a time": {500, []int{0, 1, 2, 617, 618, 619, 999}, time.Minute, []transport.Option{transport.WithConcurrency(1)}},
		"500, one single":    {500, []int{0, 1, 70}, time.Minute, []transport.Option{transport.WithConcurrency(1), transport.WithFormat(transport.Single)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, 10*time.Millisecond, poisoned(c.answer, c.poison...))
				client := clientOn(t, f.RoundTrip, c.opts...)
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				defer wg.Wait()
				defer cancel()
				start := time.Now()
				wg.Go(func() {
					// The neighbours do not wait for it.
					time.Sleep(time.Minute)
					if c.answer == 0 { // which takes longer to believe
						time.Sleep(4 * time.Minute)
					}
					f.checkOnce(t, n, c.poison...)
					if sent, _ := f.requests(); len(c.opts) == 0 && sent > 80*len(c.poison)+100 {
						t.Errorf("%d requests for %d records that are at fault", sent, len(c.poison))
					}
					chatter(ctx, t, client)
				})
				err := deliver.Records(ctx, client, records(n))
				took := time.Since(start)
				var b *deliver.Error
				var e *transport.Error
				if !errors.As(err, &b) || !slices.Equal(b.Indices, c.poison) || !errors.As(err, &e) || e.Status != c.answer {
					t.Fatalf("Send: %v", err)
				}
				if took < c.after || took > c.after+20*time.Minute || e.Attempts < 6 || !strings.Contains(e.Record, `{"message":"xxx`) {
					t.Errorf("Send ended after %v: %v", took, err)
				}
				f.checkOnce(t, n, c.poison...)
			})
		})
	}
}

// TestManyBatchesThatAreAtFault checks that batches in each of which is one record
// over which the server fails do not take each other for an outage.
func TestManyBatchesThatAreAtFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		poison := []int{3, 1100, 2500, 3999}
		f := newFake(t, 10*time.Millisecond, poisoned(403, poison...))
		client := clientOn(t, f.RoundTrip)
		all := records(4000)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() { _ = deliver.Records(ctx, client, all[i*1000:(i+1)*1000]) })
		}
		time.Sleep(100 * time.Second) // 40 are not enough once in 700 times
		f.checkOnce(t, 4000, poison...)
		wg.Wait()
	})
}

// TestAServerThatFailsAtRandomCostsNothing checks that chance condemns no record,
// and does not have everything split.
func TestAServerThatFailsAtRandomCostsNothing(t *testing.T) {
	for _, share := range []float64{0.3, 0.67, 0.9} {
		for name, opts := range map[string][]transport.Option{"arrays": nil, "single": {transport.WithFormat(transport.Single)}} {
			t.Run(fmt.Sprintf("%v %s", share, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rand.New(rand.NewPCG(1, uint64(share*100)))
					f := newFake(t, 10*time.Millisecond, func([]int) int {
						if r.Float64() < share {
							return 500
						}
						return 200
					})
					client := clientOn(t, f.RoundTrip, opts...)
					const n, batches = 100, 40
					all := records(n * batches)
					var wg sync.WaitGroup
					for g := range 4 {
						wg.Go(func() {
							for i := g; i < batches; i += 4 {
								if err := deliver.Records(t.Context(), client, all[i*n:(i+1)*n]); err != nil {
									t.Errorf("Send: %v", err)
								}
							}
						})
					}
					wg.Wait()
					f.checkOnce(t, n*batches)
					// Each batch takes 1/(1-share) requests on average anyway, and 100 times as many if all
					// of it goes record by record. What goes so in the first seconds, before the share of
					// random failures is known, is up to half of all.
					if most := int(75 * batches / (1 - share)); opts == nil && f.sent > most {
						t.Errorf("%d requests for %d batches, want %d at most", f.sent, batches, most)
					}
				})
			})
		}
	}
}

// TestAnOutageIsNotSplit checks that a batch whose server is down for long goes out
// whole, but for the record that has found out that it is up again.
func TestAnOutageIsNotSplit(t *testing.T) {
	for _, answer := range []int{0, 403, 500, 503} {
		synctest.Test(t, func(t *testing.T) {
			up := time.Now().Add(10 * time.Minute)
			f := newFake(t, 10*time.Millisecond, func([]int) int {
				if time.Now().Before(up) {
					return answer
				}
				return 200
			})
			client := clientOn(t, f.RoundTrip)
			all := records(4000)
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() {
					if err := deliver.Records(t.Context(), client, all[i*1000:(i+1)*1000]); err != nil {
						t.Errorf("%d: %v", answer, err)
					}
				})
			}
			time.Sleep(10*time.Minute - time.Millisecond)
			before, most := f.requests()
			wg.Wait()
			f.checkOnce(t, 4000)
			if after := f.sent - before; after > 130 || before > 110 || most > 4 {
				t.Errorf("%d: %d requests in the outage and %d after it, %d at once", answer, before, after, most)
			}
			if d := f.lastMsg.Sub(up); d > 75*time.Second {
				t.Errorf("%d: all delivered %v after the outage", answer, d)
			}
		})
	}
}

// TestAnOutageInTheMiddleOfASplit checks that a server which goes down while a batch
// is being split is not hammered.
func TestAnOutageInTheMiddleOfASplit(t *testing.T) {
	for _, answer := range []int{0, 403, 500} {
		for after := range 12 {
			synctest.Test(t, func(t *testing.T) {
				up := time.Now().Add(10 * time.Minute)
				n := 0
				poison := poisoned(500, 300)
				f := newFake(t, 10*time.Millisecond, func(got []int) int {
					if n++; n > 3+after && time.Now().Before(up) {
						return answer
					}
					return poison(got)
				})
				client := clientOn(t, f.RoundTrip)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
				defer cancel()
				go func() {
					time.Sleep(9 * time.Minute)
					if sent, _ := f.requests(); sent > 160 {
						t.Errorf("%d after %d: %d requests in nine minutes", answer, after, sent)
					}
				}()
				_ = deliver.Records(ctx, client, records(1000))
				f.checkOnce(t, 1000, 300)
			})
		}
	}
}

// TestManyRefusedRecordsAreFoundAtOnce checks that parts are tried at the same time.
func TestManyRefusedRecordsAreFoundAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var poison []int
		for i := range 100 {
			poison = append(poison, i*100+37)
		}
		const rtt = 20 * time.Millisecond
		f := newFake(t, rtt, poisoned(422, poison...))
		client := clientOn(t, f.RoundTrip)
		if err := deliver.Records(t.Context(), client, records(2)); err != nil { // now it is known that arrays are taken
			t.Fatal(err)
		}
		f.stored, f.sent = map[int]int{}, 0
		start := time.Now()
		err := deliver.Records(t.Context(), client, records(10_000))
		took := time.Since(start)
		var b *deliver.Error
		if !errors.As(err, &b) || !slices.Equal(b.Indices, poison) {
			t.Fatalf("Send: %v", err)
		}
		f.checkOnce(t, 10_000, poison...)
		if f.most > 32 || took > time.Duration(f.sent/10)*rtt || f.sent > 100*2*14 {
			t.Errorf("%d requests in %v, %d at once", f.sent, took, f.most)
		}
		t.Logf("%d requests in %d round trips", f.sent, took/rtt)
		if s := client.Stats(); s.Splits == 0 || s.Requests != s.Delivered+s.Refused || s.Failed != 0 || s.Down {
			t.Errorf("%+v", s)
		}
	})
}

func TestSingleRecordsGoOutManyAtOnce(t *testing.T) {
	for _, c := range []struct {
		n, at int
		opts  []transport.Option
	}{
		{3200, 32, nil},
		{3200, 8, []transport.Option{transport.WithConcurrency(8)}},
		{5, 5, nil},
		{1000, 1, []transport.Option{transport.WithConcurrency(1)}},
	} {
		synctest.Test(t, func(t *testing.T) {
			const delay = 20 * time.Millisecond
			f := newFake(t, delay, poisoned(0))
			client := clientOn(t, f.RoundTrip, append(c.opts, transport.WithFormat(transport.Single))...)
			start := time.Now()
			if err := deliver.Records(t.Context(), client, records(c.n)); err != nil {
				t.Error(err)
			}
			want := time.Duration((c.n+c.at-1)/c.at) * delay
			if took := time.Since(start); took != want || f.most != c.at {
				t.Errorf("%d records, %d at once: %v, want %v at %d", c.n, f.most, took, want, c.at)
			}
			f.checkOnce(t, c.n)
		})
	}
}

// TestTheLimitHoldsForAllBatches checks that batches share the requests that may
// run at once, those of the older first.
func TestTheLimitHoldsForAllBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, 20*time.Millisecond, poisoned(0))
		client := clientOn(t, f.RoundTrip, transport.WithFormat(transport.Single), transport.WithConcurrency(4))
		all := records(400)
		ends := make(chan int, 4)
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				if err := deliver.Records(t.Context(), client, all[i*100:(i+1)*100]); err != nil {
					t.Error(err)
				}
				ends <- i
			})
			synctest.Wait()
		}
		wg.Wait()
		if order := []int{<-ends, <-ends, <-ends, <-ends}; f.most != 4 || order[0] != 0 {
			t.Errorf("%d at once, ended in the order %v", f.most, order)
		}
	})
}

// TestCompressionThatIsTakenNoMore checks that records are tried without it before
// they are lost.
func TestCompressionThatIsTakenNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, time.Millisecond, poisoned(0))
		broken := false
		c := clientOn(t, func(req *http.Request) (*http.Response, error) {
			if broken && req.Header.Get("Content-Encoding") != "" {
				return respond(req, http.StatusBadRequest, "invalid JSON"), nil
			}
			return f.RoundTrip(req)
		})
		for range 2 {
			var list [][]byte
			for i := range 50 {
				list = append(list, record(i, 1500))
			}
			if err := deliver.Records(t.Context(), c, list); err != nil {
				t.Error(err)
			}
			broken = true
		}
	})
}

// TestAFinalAnswerForTheFirstRecord checks that the others are sent all the same.
func TestAFinalAnswerForTheFirstRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, time.Millisecond, poisoned(http.StatusNotAcceptable, 0))
		err := deliver.Records(t.Context(), clientOn(t, f.RoundTrip, transport.WithFormat(transport.Single), transport.WithConcurrency(1)), records(100))
		var b *deliver.Error
		if !errors.As(err, &b) || !slices.Equal(b.Indices, []int{0}) {
			t.Errorf("%v", err)
		}
		f.checkOnce(t, 100, 0)
	})
}

// TestARecordAnswered413 checks that one record that is too large does not make
// all bodies small.
func TestARecordAnswered413(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, time.Millisecond, poisoned(http.StatusRequestEntityTooLarge, 500))
		c := clientOn(t, f.RoundTrip)
		if err := deliver.Records(t.Context(), c, records(1000)); err == nil {
			t.Error("delivered")
		}
		before, _ := f.requests()
		clean := records(1000)
		clean[500] = record(2000, 10)
		if err := deliver.Records(t.Context(), c, clean); err != nil {
			t.Error(err)
		}
		// What was cut off next to the record did have a size that was not taken.
		if after, _ := f.requests(); after-before > 4 {
			t.Errorf("%d requests for the next batch", after-before)
		}
	})
}
