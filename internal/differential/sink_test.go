package differential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/logsto/logsto-go/batch"
)

// sink keeps what a buffer sends.
type sink struct {
	mu      sync.Mutex
	records [][]byte
}

func (s *sink) Send(_ context.Context, b *batch.Batch) batch.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range b.Records {
		s.records = append(s.records, bytes.Clone(r))
	}
	return batch.Result{}
}

// recorder is a buffer and what it sends.
type recorder struct {
	buf  *batch.Buffer
	sink *sink
}

// shared is the buffer of this process: to make one takes longer than a log call,
// and a fuzzer makes a million of those.
var shared = sync.OnceValue(func() recorder {
	s := new(sink)
	b, err := batch.New(s)
	if err != nil {
		panic(err)
	}
	return recorder{b, s}
})

// record returns the one record that log makes, which must be valid JSON on one
// line. sloppy permits lone surrogates in escapes, which are not ours but were
// in JSON that the application had made.
func record(tb testing.TB, sloppy bool, log func(*batch.Buffer)) []byte {
	tb.Helper()
	r := shared()
	log(r.buf)
	if err := r.buf.Flush(context.Background()); err != nil {
		tb.Fatal(err)
	}
	r.sink.mu.Lock()
	records := r.sink.records
	r.sink.records = nil
	r.sink.mu.Unlock()
	if len(records) != 1 {
		tb.Fatalf("%d records: %q", len(records), records)
	}
	if err := strict(records[0], sloppy); err != nil {
		tb.Fatalf("%v in %q", err, records[0])
	}
	return records[0]
}

// strict checks a record with a parser that, unlike encoding/json, refuses
// invalid UTF-8.
func strict(p []byte, sloppy bool) error {
	if bytes.ContainsAny(p, "\n\r") {
		return errors.New("not on one line")
	}
	if !utf8.Valid(p) {
		return errors.New("not UTF-8")
	}
	v := jsontext.Value(slices.Clone(p))
	if !v.IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(sloppy)) {
		return errors.New("not a JSON value")
	}
	if v.Kind() != '{' {
		return fmt.Errorf("not an object but %v", v.Kind())
	}
	return nil
}
