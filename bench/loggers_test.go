package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/logsto/logsto-go/batch"
)

// BenchmarkLog measures one record after the other.
func BenchmarkLog(b *testing.B) {
	each(b, func(b *testing.B, c Case) {
		b.Helper()
		for b.Loop() {
			c.Log()
		}
		c.Flush()
	})
}

// BenchmarkParallel measures records from as many goroutines as there are
// processors.
func BenchmarkParallel(b *testing.B) {
	each(b, func(b *testing.B, c Case) {
		b.Helper()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c.Log()
			}
		})
		c.Flush()
	})
}

// BenchmarkCopy measures what the ten fields behind With must cost at least: a copy
// of what they look like, to where nothing has been for a while.
func BenchmarkCopy(b *testing.B) {
	fields := []byte(`,"method":"GET","path":"/api/v1/users/12345","status":200,"took":1234567,"ratio":0.75,"user":"u12345",` +
		`"remote":"192.0.2.1:4242","cached":true,"seq":99,"began":"2026-11-23T20:18:41.123456789Z"`)
	memory := make([]byte, 16<<20)
	at := 0
	for b.Loop() {
		if at+len(fields) > len(memory) {
			at = 0
		}
		at += copy(memory[at:], fields)
	}
}

func each(b *testing.B, run func(*testing.B, Case)) {
	b.Helper()
	cases, end := Cases()
	defer end()
	for _, c := range cases {
		b.Run(c.Name(), func(b *testing.B) {
			b.ReportAllocs()
			run(b, c)
		})
	}
}

// TestAllocations holds the promise that the adapters add none to those of the
// loggers.
func TestAllocations(t *testing.T) {
	cases, end := Cases()
	defer end()
	floor := map[string]float64{}
	for _, c := range cases {
		n := testing.AllocsPerRun(200, c.Log)
		switch c.BackEnd {
		case Floor, Hook:
			floor[c.Logger+c.Shape] = n // Hook comes after Floor
		case Ours:
			if n > floor[c.Logger+c.Shape] {
				t.Errorf("%s: %v allocations a record, the front end has %v", c.Name(), n, floor[c.Logger+c.Shape])
			}
		}
	}
}

// keep is a batch.Sender and an io.Writer that keeps the last record.
type keep struct {
	mu   sync.Mutex
	last []byte
}

func (k *keep) Send(_ context.Context, b *batch.Batch) batch.Result {
	_, err := k.Write(b.Records[len(b.Records)-1])
	return batch.Result{Err: err}
}

func (k *keep) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = bytes.Clone(p)
	return len(p), nil
}

func (k *keep) take() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	last := k.last
	k.last = nil
	return last
}

// TestCases holds that each back end that writes something gets the fields that
// the shape says, and the others nothing.
func TestCases(t *testing.T) {
	var k keep
	cases, end := newCases(&k, &k)
	defer end()
	fields := map[string]int{None: 0, Five: 5, Ten: 10, Forty: 40, With: 10, Chain: 10}
	var seen []string
	for _, c := range cases {
		seen = append(seen, c.Name())
		c.Log()
		c.Flush()
		record := k.take()
		if c.BackEnd == Hook || c.BackEnd == Floor && c.Logger != "zerolog" {
			if record != nil {
				t.Errorf("%s: wrote %s", c.Name(), record)
			}
			continue
		}
		var m map[string]any
		if err := json.Unmarshal(record, &m); err != nil {
			t.Errorf("%s: %v: %s", c.Name(), err, record)
		}
		if want := fields[c.Shape] + 3; len(m) != want { // time, level and message
			t.Errorf("%s: %d members, want %d: %s", c.Name(), len(m), want, record)
		}
	}
	slices.Sort(seen)
	if n := len(slices.Compact(seen)); n != 12*len(Shapes) {
		t.Errorf("%d cases", n)
	}
}
