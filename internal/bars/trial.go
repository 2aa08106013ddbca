package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
)

// env is what a scenario may know of the run that it is in.
type env struct {
	seed uint64
	form form
	late *atomic.Bool // it takes too long
}

// form is how long the loads are.
type form int

const (
	usual form = iota
	short
	long
)

// length returns how long a load lasts, of which the bars have full. The usual form
// has fewer records where there are many.
func (e env) length(full time.Duration, rate int) time.Duration {
	switch {
	case e.form == long:
		return full
	case rate >= 5000:
		return min(full, 90*time.Second)
	case e.form == short:
		return min(full, 2*time.Minute)
	case rate >= 500:
		return min(full, 3*time.Minute)
	default:
		return full
	}
}

// setup is how a trial differs from the usual.
type setup struct {
	rule      func(rng *rand.Rand) rule // nil stands for a server that takes everything
	delay     time.Duration             // of an answer, if not the latency
	admits    int                       // requests at once, if that is limited
	piped     bool                      // requests go through net/http, and connections in memory
	endpoint  string                    // of a server elsewhere
	transport []transport.Option
	batch     []batch.Option
}

// trial is a buffer, a client and a server.
type trial struct {
	env
	rng    *rand.Rand
	start  time.Time
	ledger *ledger
	server *server
	client *transport.Client
	buf    *batch.Buffer
	stop   func() // ends the server; may be nil
}

// newTrial starts a trial, at a moment within a second that the seed decides.
func newTrial(e env, s setup) *trial {
	tr := &trial{env: e, rng: rand.New(rand.NewPCG(e.seed, 1)), start: time.Now(), ledger: &ledger{}}
	tr.server = &server{
		ledger: tr.ledger, start: tr.start, delay: cmp.Or(s.delay, latency), admits: s.admits,
		rule: func(*request) answer { return taken },
	}
	if s.rule != nil {
		tr.server.rule = s.rule(rand.New(rand.NewPCG(e.seed, 2)))
	}
	options := []transport.Option{
		transport.WithAuth(auth.APIKey("test")), transport.WithEndpoint("http://127.0.0.1:1/v1/log"),
		transport.WithCompression(transport.Identity),
	}
	switch {
	case s.endpoint != "":
		options = append(options, transport.WithEndpoint(s.endpoint))
	case s.piped:
		client, stop := pipe(tr.server)
		tr.stop = stop
		options = append(options, transport.WithHTTPClient(client))
	default:
		options = append(options, transport.WithHTTPClient(&http.Client{Transport: tr.server}))
	}
	var err error
	if tr.client, err = transport.New(append(options, s.transport...)...); err != nil {
		panic(err)
	}
	if tr.buf, err = batch.New(tr.client, append(s.batch, batch.WithoutErrorHandler())...); err != nil {
		panic(err)
	}
	time.Sleep(time.Duration(tr.rng.Int64N(int64(time.Second))))
	return tr
}

// now returns the time since the start.
func (tr *trial) now() time.Duration { return time.Since(tr.start) }

// load is what is logged.
type load struct {
	rate  int     // records a second: a divisor or a multiple of 100
	bad   float64 // share of bad ones
	size  int     // of a record in bytes; zero stands for 200
	large bool    // bad ones have largeSize
}

// The size of a record.
const (
	usualSize = 200
	largeSize = 8 << 10
)

// errLate is the panic of a trial that takes too long.
var errLate = errors.New("it takes too long in real time")

// log logs for a time.
func (tr *trial) log(l load, length time.Duration) {
	tick, each := 10*time.Millisecond, l.rate/100
	if each == 0 {
		tick, each = time.Second/time.Duration(l.rate), 1
	}
	tr.ledger.grow(each * int(length/tick+1))
	usual, large := newRecord(max(l.size, usualSize)), newRecord(max(l.size, usualSize))
	if l.large {
		large = newRecord(largeSize)
	}
	for end := tr.now() + length; tr.now() < end; time.Sleep(tick) {
		if tr.late.Load() {
			panic(errLate)
		}
		tr.append(each, l.bad, usual, large)
	}
}

// burst logs n good records at once.
func (tr *trial) burst(n int) {
	r := newRecord(usualSize)
	tr.ledger.grow(n)
	tr.append(n, 0, r, r)
}

// append logs n records now.
func (tr *trial) append(n int, bad float64, usual, large record) {
	tr.ledger.mu.Lock()
	first := len(tr.ledger.called)
	for range n {
		tr.ledger.add(tr.now(), bad > 0 && tr.rng.Float64() < bad)
	}
	tr.ledger.mu.Unlock()
	for i := first; i < first+n; i++ {
		r := usual
		if tr.ledger.bad[i] {
			r = large
		}
		tr.ledger.taken[i] = tr.buf.Append(batch.Info, time.Now(), r.number(i))
	}
}

// last logs one record of that level.
func (tr *trial) last(l batch.Level) {
	tr.ledger.mu.Lock()
	i := tr.ledger.add(tr.now(), false)
	tr.ledger.mu.Unlock()
	tr.ledger.taken[i] = tr.buf.Append(l, time.Now(), newRecord(usualSize).number(i))
}

// record is the text of one, but for its number.
type record []byte

const recordHead = `{"timestamp":"2026-11-23T20:18:41.123456789Z","level":"info",` + mark

func newRecord(size int) record {
	const tail = `","message":"request served","path":""}`
	fill := size - len(recordHead) - digits - len(tail)
	r := []byte(recordHead + strings.Repeat("0", digits) + tail)
	return append(append(r[:len(r)-2:len(r)-2], strings.Repeat("x", max(fill, 0))...), `"}`...)
}

// number puts the number in, and returns the record.
func (r record) number(n int) []byte {
	for k := len(recordHead) + digits - 1; k >= len(recordHead); k-- {
		r[k] = byte('0' + n%10)
		n /= 10
	}
	return r
}

// settle has the server take everything, and waits until the buffer has nothing
// left, but not for ever.
func (tr *trial) settle() {
	tr.server.cure()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	_ = tr.buf.Flush(ctx)
}

// close ends the trial.
func (tr *trial) close() {
	tr.server.cure()
	_ = tr.buf.Close(context.Background())
	if tr.stop != nil {
		tr.stop()
	}
}

// givenUp returns how many good records never arrived though the buffer had taken
// them. It is exact after settle.
func (tr *trial) givenUp() int {
	return tr.ledger.count(func(i int) bool { return tr.ledger.good(i) && tr.ledger.missing(i) })
}

// uncounted returns by how many records the counts of the buffer differ from what
// became of them. Those that have arrived may be pending all the same, until their
// Send returns.
func (tr *trial) uncounted() int {
	st := tr.buf.Stats()
	missing, refused := tr.ledger.count(tr.ledger.missing), tr.ledger.count(tr.ledger.refused)
	lost, shed := int(st.DroppedFor(batch.ReasonUndelivered)), int(st.DroppedFor(batch.ReasonShed)+st.DroppedFor(batch.ReasonFull))
	wrong := max(0, lost-missing) + max(0, missing-lost-int(st.Pending))
	return wrong + max(shed, refused) - min(shed, refused) + int(st.Dropped) - lost - shed
}

// report sums up a trial for those who look at each seed.
func (tr *trial) report() string {
	requests, failures := tr.server.counts()
	return fmt.Sprintf("%v; %d requests, %d failed; %d records arrived twice", tr.buf.Stats(), requests, failures, tr.ledger.again)
}
