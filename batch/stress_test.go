package batch_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// seeds is how many random schedules TestStress runs.
var seeds = flag.Int("seeds", 20, "random schedules")

// stress is one schedule: a buffer of random options, goroutines that append,
// flush and discard, a garbage collector that takes Tokens away, and a sender
// that fails in random ways.
type stress struct {
	t    *testing.T
	rnd  *rand.Rand // of the goroutine that sets up
	b    *batch.Buffer
	text string // the options, for messages

	oneSend bool
	extra   atomic.Uint64 // records beyond those of produce

	mu        sync.Mutex
	delivered map[string]int // by record
	lost      uint64         // told to the buffer as undelivered
	last      map[int]int    // the last record of each goroutine that was sent
	seq       uint64         // the last batch
}

func TestStress(t *testing.T) {
	for seed := range few(*seeds) {
		rnd := rand.New(rand.NewPCG(uint64(seed), 1))
		s := &stress{t: t, rnd: rnd, delivered: map[string]int{}, last: map[int]int{}}
		s.run(seed)
		if t.Failed() {
			t.Fatalf("seed %d: %s", seed, s.text)
		}
	}
}

// options draws the options.
func (s *stress) options() []batch.Option {
	budget := 64 << 10 << s.rnd.IntN(4)
	opts := []batch.Option{
		batch.WithMaxBytes(budget + s.rnd.IntN(5000)), batch.WithBatchRecords(1 + s.rnd.IntN(300)),
		batch.WithBatchBytes(1 + s.rnd.IntN(budget/2)), batch.WithFlushInterval(time.Millisecond * time.Duration(1+s.rnd.IntN(5))),
		batch.WithMaxRecordBytes(8000),
	}
	s.text = fmt.Sprintf("budget %d", budget)
	switch s.rnd.IntN(3) {
	case 0:
		opts = append(opts, batch.WithDropOldest())
		s.text += ", drop oldest"
	case 1:
		opts = append(opts, batch.WithBlocking(20*time.Millisecond))
		s.text += ", blocking"
	}
	if s.oneSend = s.rnd.IntN(2) == 0; s.oneSend {
		opts = append(opts, batch.WithMaxInFlight(1))
		s.text += ", one send"
	}
	return opts
}

func (s *stress) run(seed int) {
	s.b = newBuffer(s.t, s, s.options()...)
	closeEarly := s.rnd.IntN(3) == 0
	const goroutines, each = 6, 400
	var wg sync.WaitGroup
	stop := make(chan struct{})
	var helpers sync.WaitGroup
	helpers.Go(func() { s.watch(stop) })
	for g := range goroutines {
		wg.Go(func() { s.produce(g, each, rand.New(rand.NewPCG(uint64(seed), uint64(g+2)))) })
	}
	if closeEarly {
		runtime.Gosched()
		s.close()
	}
	wg.Wait()
	if !closeEarly {
		s.close()
	}
	close(stop)
	helpers.Wait()
	s.check(goroutines * each)
}

func (s *stress) close() {
	var u *batch.UndeliveredError
	if err := s.b.Close(context.Background()); err != nil && !errors.As(err, &u) {
		s.t.Errorf("Close: %v", err)
	}
}

// watch reads Stats and collects garbage until the end.
func (s *stress) watch(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			sum(s.t, s.b.Stats())
			runtime.GC()
		}
	}
}

// produce appends records, each in one of the ways that there are.
func (s *stress) produce(g, n int, rnd *rand.Rand) {
	for i := range n {
		size := rnd.IntN(200)
		if rnd.IntN(20) == 0 {
			size = rnd.IntN(7900)
		}
		rec := fmt.Appendf(nil, `{"g":%d,"i":%d,"pad":"%s"}`, g, i, strings.Repeat("x", size))
		level := batch.Level(rnd.IntN(7))
		if rnd.IntN(10) == 0 {
			_, ok := s.b.Begin(level) // and forgotten
			s.refused(ok)
		}
		if e, ok := s.b.Begin(level); ok {
			if rnd.IntN(10) == 0 {
				other, ok := s.b.Begin(level)
				if ok {
					other.Discard()
				}
				s.refused(ok)
			}
			e.Commit(append(e.Buf(), rec...), time.Now())
		}
		if rnd.IntN(200) == 0 {
			_ = s.b.Flush(s.t.Context()) // the counts are checked at the end
		}
	}
}

// refused notes that a record was refused that is not one of those of produce.
func (s *stress) refused(ok bool) {
	if !ok {
		s.extra.Add(1)
	}
}

// Send implements batch.Sender.
func (s *stress) Send(_ context.Context, b *batch.Batch) batch.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.oneSend && b.Seq != s.seq+1 {
		s.t.Errorf("batch %d after %d", b.Seq, s.seq)
	}
	s.seq = b.Seq
	inBatch := map[int]int{}
	var failed []int
	fate := rand.IntN(10)
	for i, r := range b.Records {
		if strings.Contains(string(r), `"dropped"`) {
			continue // a marker
		}
		var g, n int
		if _, err := fmt.Sscanf(string(r), `{"g":%d,"i":%d,`, &g, &n); err != nil || r[len(r)-1] != '}' {
			s.t.Errorf("a torn record: %q", r)
		}
		before, ok := inBatch[g]
		if s.oneSend {
			before, ok = s.last[g]
		}
		if ok && n <= before {
			s.t.Errorf("goroutine %d: record %d after %d", g, n, before)
		}
		inBatch[g], s.last[g] = n, n
		if fate == 0 || fate == 1 && i%3 == 0 {
			failed = append(failed, i)
			s.lost++
			continue
		}
		s.delivered[string(r)]++
	}
	return batch.Result{Lost: failures(errors.New("some"), failed...)}
}

// check compares what came out with what went in.
func (s *stress) check(n uint64) {
	st := s.b.Stats()
	sum(s.t, st)
	if st.Accepted != n+s.extra.Load() || st.Pending != 0 || st.DroppedFor(batch.ReasonUndelivered) != s.lost || st.Delivered != uint64(len(s.delivered)) {
		s.t.Errorf("%d delivered, %d lost: %v", len(s.delivered), s.lost, st)
	}
	for r, times := range s.delivered {
		if times != 1 {
			s.t.Errorf("delivered %d times: %.40s", times, r)
		}
	}
}
