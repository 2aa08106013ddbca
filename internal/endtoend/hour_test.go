package endtoend

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

var outageFlag = flag.Duration("outage", 0,
	"how long the server is down in TestALongOutage, in simulated time; zero stands for an hour, or 20 seconds with -race or -short")

const (
	perSecond = 100_000
	tick      = 10 * time.Millisecond
)

// mix is the level of each record of a hundred: 50 are debug, 40 info, 9 warn and
// 1 error, in no order.
var mix = func() (m [100]batch.Level) {
	for i := range m {
		switch k := i * 37 % 100; {
		case k < 50:
			m[i] = batch.Debug
		case k < 90:
			m[i] = batch.Info
		case k < 99:
			m[i] = batch.Warn
		default:
			m[i] = batch.Error
		}
	}
	return m
}()

// numberOf returns the number of a record, or -1 if it has none.
func numberOf(record []byte) int {
	_, rest, ok := bytes.Cut(record, []byte(`"i":`))
	rest = bytes.TrimPrefix(rest, []byte(`"`))
	n, digits := 0, 0
	for ; digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9'; digits++ {
		n = n*10 + int(rest[digits]-'0')
	}
	if !ok || digits == 0 {
		return -1
	}
	return n
}

// levels counts records by level.
type levels [batch.Panic + 1]uint64

// writer appends records, and keeps what it was told of each.
type writer struct {
	buf     *batch.Buffer
	record  []byte
	digits  []byte // of its number, within record
	logged  levels
	refused levels
	first   [batch.Panic + 1]int // refused record, or 0
	highest batch.Level          // of those that were refused
	odd     int                  // records that were taken though a higher level had been refused before
	taken   []int                // records
}

func newWriter(b *batch.Buffer) *writer {
	const head, number, tail = `{"level":"unknown","message":"request served","i":"`, `000000000000`, `",
"method":"GET","path":"/api/v1/users/12345/orders","status":200,"remote":"192.0.2.1:4242","agent":"Mozilla/5.0"}`
	w := &writer{buf: b, record: bytes.ReplaceAll([]byte(head+number+tail), []byte("\n"), nil)}
	w.digits = w.record[len(head) : len(head)+len(number)]
	return w
}

// write logs the records from lo up to and without hi.
func (w *writer) write(lo, hi int) {
	now := time.Now()
	copy(w.digits, fmt.Appendf(nil, "%0*d", len(w.digits), lo))
	for i := lo; i < hi; i++ {
		if i > lo {
			increment(w.digits)
		}
		l := mix[i%len(mix)]
		w.logged[l]++
		if w.buf.Append(l, now, w.record) {
			w.taken = append(w.taken, i)
			if l < w.highest {
				w.odd++
			}
			continue
		}
		w.highest = max(w.highest, l)
		if w.refused[l]++; w.first[l] == 0 {
			w.first[l] = i
		}
	}
}

// increment adds one to a number in digits. Formatting each costs more than the log
// calls.
func increment(digits []byte) {
	for k := len(digits) - 1; ; k-- {
		if digits[k]++; digits[k] <= '9' {
			return
		}
		digits[k] = '0'
	}
}

// outage is the whole of the test.
type outage struct {
	t       *testing.T
	srv     *logstotest.Server
	buf     *batch.Buffer
	writers []*writer
	next    int                  // record
	max     int                  // bytes that hold records, as seen
	evicted levels               // records that were taken, and made way for more important ones
	shedAt  [batch.Panic + 1]int // by level: the bytes that held records when the first was refused

	mu      sync.Mutex        // guards the rest
	arrived []int             // records
	marked  map[string]uint64 // by level: records that markers tell of
	told    []error
}

// TestALongOutage has the server down while 100,000 records a second are logged.
func TestALongOutage(t *testing.T) {
	length, after := cmp.Or(*outageFlag, time.Hour), 5*time.Second
	if *outageFlag == 0 && (capture.Race || testing.Short()) {
		length, after = 20*time.Second, time.Second
	}
	synctest.Test(t, func(t *testing.T) {
		o := &outage{t: t, marked: map[string]uint64{}}
		o.srv = logstotest.NewInMemory(logstotest.WithoutStorage(), logstotest.WithObserver(o.observe))
		defer o.srv.Close()
		o.library()
		heap := liveHeap()
		o.srv.FailFor(length, 503)
		o.log(length)
		o.checkOrder()
		st := o.buf.Stats()
		if more := liveHeap() - heap; more > int64(st.MaxBytes)+16<<20 {
			t.Errorf("%d bytes more live on the heap than before, with a budget of %d", more, st.MaxBytes)
		}
		if st.Delivered != 0 {
			t.Errorf("there was no outage: %v", st)
		}

		// The server is back. What was taken is delivered, and all is taken again.
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if err := o.buf.Flush(ctx); err != nil {
			t.Error(err)
		}
		dropped := o.buf.Stats().Dropped
		o.log(after)
		if err := o.buf.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if st := o.buf.Stats(); st.Dropped != dropped {
			t.Errorf("%d records are dropped after the outage", st.Dropped-dropped)
		}
		synctest.Wait()
		o.checkArrived()
		o.checkTold(length)
		st = o.buf.Stats()
		t.Logf("down for %v: %v; at most %d of %d bytes; %d requests; the handler was called %d times",
			length, st, o.max, st.MaxBytes, sum(o.srv.Counts().Requests), len(o.told))
	})
}

func (o *outage) library() {
	client, err := transport.New(transport.WithAuth(auth.APIKey(logstotest.APIKey)),
		transport.WithEndpoint(o.srv.Endpoint()), transport.WithHTTPClient(o.srv.Client()))
	if err != nil {
		o.t.Fatal(err)
	}
	o.buf, err = batch.New(client, batch.WithErrorHandler(func(err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.told = append(o.told, err)
	}))
	if err != nil {
		o.t.Fatal(err)
	}
	o.writers = []*writer{newWriter(o.buf), newWriter(o.buf)}
}

// log logs for a time, and looks at the counts after each tick.
func (o *outage) log(length time.Duration) {
	const each = int(perSecond * tick / time.Second)
	part := each / len(o.writers)
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(tick) {
		before := time.Now()
		var wg sync.WaitGroup
		for k, w := range o.writers {
			wg.Go(func() { w.write(o.next+k*part, o.next+(k+1)*part) })
		}
		wg.Wait()
		o.next += each
		if took := time.Since(before); took > 0 {
			o.t.Fatalf("%d log calls took %v", each, took)
		}
		o.look()
	}
}

// look checks that the counts add up, that they are what the writers were told, and
// that the memory is within the budget.
func (o *outage) look() {
	st := o.buf.Stats()
	o.max = max(o.max, st.BufferBytes)
	if st.BufferBytes > st.MaxBytes {
		o.t.Fatalf("%d bytes in use, of %d", st.BufferBytes, st.MaxBytes)
	}
	if st.Accepted != uint64(o.next) || st.Accepted != st.Delivered+st.Dropped+st.Pending {
		o.t.Fatalf("%d records were logged: %v", o.next, st)
	}
	var dropped levels
	o.evicted = levels{}
	for _, d := range st.Drops {
		switch d.Reason {
		case batch.ReasonShed, batch.ReasonFull:
			dropped[d.Level] += d.Records
		case batch.ReasonEvicted:
			o.evicted[d.Level] += d.Records
		default:
			o.t.Fatalf("%d records are %v", d.Records, d.Reason)
		}
	}
	if refused := o.refused(); dropped != refused {
		o.t.Fatalf("dropped by level %v, refused %v", dropped, refused)
	}
	for l, n := range dropped {
		if n > 0 && o.shedAt[l] == 0 {
			o.shedAt[l] = st.BufferBytes
		}
	}
}

func (o *outage) refused() (all levels) {
	for _, w := range o.writers {
		for l, n := range w.refused {
			all[l] += n
		}
	}
	return all
}

// checkOrder checks that each level was kept until its share of the budget was
// spent, and so after the one below it, and errors until all of it was.
func (o *outage) checkOrder() {
	o.t.Helper()
	for _, w := range o.writers {
		for l := batch.Info; l <= batch.Error; l++ {
			if l == batch.Error && o.shedAt[l] == 0 {
				break // a short outage: all found room, since others made way
			}
			if w.first[l-1] == 0 || w.first[l] <= w.first[l-1] {
				o.t.Errorf("the first %v to be refused is record %d, and the first %v record %d", l, w.first[l], l-1, w.first[l-1])
			}
		}
	}
	for _, w := range o.writers {
		if w.odd > 0 {
			o.t.Errorf("%d records were taken after one of a higher level had been refused", w.odd)
		}
	}
	for l, share := range map[batch.Level]float64{batch.Debug: 0.70, batch.Info: 0.85, batch.Warn: 0.95, batch.Error: 1} {
		if got := float64(o.shedAt[l]) / float64(o.buf.Stats().MaxBytes); math.Abs(got-share) > 0.03 && (l < batch.Error || got > 0) {
			o.t.Errorf("%v is shed at %.3f of the budget, want %.2f", l, got, share)
		}
	}
	const slab = 64 << 10
	if st := o.buf.Stats(); o.shedAt[batch.Error] > 0 && o.max <= st.MaxBytes-2*slab { // one is kept for evictions
		o.t.Errorf("errors are refused, and %d of %d bytes were in use at most", o.max, st.MaxBytes)
	}
}

// observe is what the server does with records.
func (o *outage) observe(records []logstotest.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range records {
		i := numberOf(r.JSON)
		if i < 0 {
			o.marker(r.JSON)
			continue
		}
		o.arrived = append(o.arrived, i)
	}
}

// marker adds up what a marker record tells.
func (o *outage) marker(record []byte) {
	var m struct{ Dropped map[string]map[string]uint64 }
	if err := json.Unmarshal(record, &m); err != nil || m.Dropped == nil {
		o.t.Errorf("stored, and never logged: %s", record)
	}
	for _, by := range m.Dropped {
		for level, n := range by {
			o.marked[level] += n
		}
	}
}

// checkArrived checks that exactly those records have come that were taken and not
// evicted, each once, and that the markers in the stream tell of exactly the others.
func (o *outage) checkArrived() {
	o.t.Helper()
	taken := map[int]bool{}
	for _, w := range o.writers {
		for _, i := range w.taken {
			taken[i] = true
		}
	}
	all, evicted := len(taken), 0
	for _, n := range o.evicted {
		evicted += int(n)
	}
	for _, i := range o.arrived {
		if !taken[i] {
			o.t.Fatalf("record %d has come twice, or was not taken", i)
		}
		delete(taken, i)
	}
	if len(taken) != evicted || evicted == 0 || o.evicted[batch.Error] > 0 {
		o.t.Errorf("%d records were taken, %d have come, and %v were evicted", all, len(o.arrived), o.evicted)
	}
	if st := o.buf.Stats(); int(st.Delivered) != len(o.arrived) || st.Pending != 0 {
		o.t.Errorf("%d records have come: %v", len(o.arrived), st)
	}
	for l, n := range o.refused() {
		n += o.evicted[l]
		if level := batch.Level(l); o.marked[level.String()] != n {
			o.t.Errorf("%v: %d records refused, and the markers tell of %d", level, n, o.marked[level.String()])
		}
	}
}

// checkTold checks that the error handler was told of each lost record, and not too
// often.
func (o *outage) checkTold(length time.Duration) {
	o.t.Helper()
	var told uint64
	for _, err := range o.told {
		var loss *batch.LossError
		if errors.As(err, &loss) {
			told += loss.Records
		}
	}
	if st := o.buf.Stats(); told != st.Dropped {
		o.t.Errorf("the handler was told of %d records: %v", told, st)
	}
	if most := int(length/(10*time.Second)+length/time.Minute) + 20; len(o.told) > most {
		o.t.Errorf("the handler was called %d times", len(o.told))
	}
}

func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
