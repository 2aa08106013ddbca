package batch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// This file has what other tests make Senders of.

// senderFunc is a Sender.
type senderFunc func(context.Context, *batch.Batch) batch.Result

func (f senderFunc) Send(ctx context.Context, b *batch.Batch) batch.Result { return f(ctx, b) }

// lost returns what came of a batch that is lost.
func lost(b *batch.Batch, err error) (r batch.Result) {
	for i := range b.Records {
		r.Lost = append(r.Lost, batch.Failure{Index: i, Err: err})
	}
	return r
}

// failures returns one for each of these records.
func failures(err error, indices ...int) (list []batch.Failure) {
	for _, i := range indices {
		list = append(list, batch.Failure{Index: i, Err: err})
	}
	return list
}

// nap returns after the time, or when ctx has ended.
func nap(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// named returns a record by which it is known again.
func named(name string) []byte { return fmt.Appendf(nil, `{"m":%q}`, name) }

// names returns the names of records, with spaces between, and + for a marker.
func names(records [][]byte) string {
	var list []string
	for _, r := range records {
		name := "+"
		_, _ = fmt.Sscanf(string(r), `{"m":%q}`, &name)
		list = append(list, name)
	}
	return strings.Join(list, " ")
}

// call is one call of Send.
type call struct {
	at    time.Duration // since the script began
	batch batch.Batch   // as it came
	names string
}

// script is a Sender that notes all calls, and answers as the test says.
type script struct {
	answer func(context.Context, *batch.Batch) batch.Result // all is delivered if nil
	start  time.Time

	mu        sync.Mutex
	calls     []call
	delivered []string // names
	now, most int      // calls that run, and at most
}

func newScript(answer func(context.Context, *batch.Batch) batch.Result) *script {
	return &script{answer: answer, start: time.Now()}
}

func (s *script) Send(ctx context.Context, b *batch.Batch) (r batch.Result) {
	s.mu.Lock()
	c := call{time.Since(s.start), *b, names(b.Records)}
	c.batch.Records, c.batch.Token = slices.Clone(b.Records), slices.Clone(b.Token)
	s.calls = append(s.calls, c)
	s.now++
	s.most = max(s.most, s.now)
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		r = answer(ctx, b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	out := map[int]bool{}
	for _, f := range append(r.Lost, r.Deferred...) {
		out[f.Index] = true
	}
	for _, i := range r.Retry {
		out[i] = true
	}
	for i, r2 := range b.Records {
		if !out[i] && (r.Err == nil || len(r.Retry) > 0) {
			s.delivered = append(s.delivered, names([][]byte{r2}))
		}
	}
	return r
}

// got returns the calls so far.
func (s *script) got() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...)
}

// peak returns how many calls have run at once at most.
func (s *script) peak() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// order returns the names of what is delivered.
func (s *script) order() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.delivered, " ")
}

// add appends records of these names.
func add(tb testing.TB, b *batch.Buffer, list ...string) {
	tb.Helper()
	for _, name := range list {
		if !b.Append(batch.Info, time.Now(), named(name)) {
			tb.Fatalf("%q was not taken", name)
		}
	}
}
