// Package ledger knows of each numbered record whether it was logged, where it
// arrived and whether the client saw that acknowledged. From that follows what
// was lost, and whether a copy that arrived twice had to be sent twice.
//
// Nothing in it knows how the client works: a [Tap] numbers the requests that
// leave it and notes their answers, a [Ledger] is the server that stores what
// arrives, and [Ledger.Check] puts the two next to what was logged.
package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Key is the API key that a Ledger takes.
const Key = "key-of-the-tests"

// maxBody bounds a request's body once it is unpacked, in bytes.
const maxBody = 64 << 20

// arrival is a request whose body arrived whole, and was stored.
type arrival struct {
	attempt uint64 // that the Tap gave it
	key     string // its Idempotency-Key
	ids     []uint32
	proto   string // that the front says the client spoke, if there is one
}

// Ledger is a server that takes whatever form a client may choose, and stores
// the numbers of records. Each answer comes after the store.
type Ledger struct {
	// Answer, if set, is called after the store of request n, counted from 1,
	// instead of answering 200.
	Answer func(n int, w http.ResponseWriter)

	mu       sync.Mutex
	arrivals []arrival
	markers  int
	broken   int      // bodies that were cut off; nothing of them is stored
	wrong    []string // what must not arrive at all
}

// ServeHTTP stores the records of a request.
func (l *Ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Logs-Api-Key") != Key {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	packed, err := io.ReadAll(r.Body)
	if err != nil {
		// A server that was cut off can neither store nor answer.
		l.mu.Lock()
		l.broken++
		l.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	n, err := l.store(r, packed)
	if err != nil {
		l.mu.Lock()
		l.wrong = append(l.wrong, err.Error())
		l.mu.Unlock()
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if l.Answer != nil {
		l.Answer(n, w)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// record is what the server reads of a record.
type record struct {
	ID      *uint32 `json:"id"`
	Message string  `json:"message"`
}

// store reads a whole body, and returns how many were stored with it.
func (l *Ledger) store(r *http.Request, packed []byte) (int, error) {
	a := arrival{key: r.Header.Get("Idempotency-Key"), proto: r.Header.Get("X-Proto")}
	var err error
	if a.attempt, err = strconv.ParseUint(r.Header.Get(attemptHeader), 10, 64); err != nil {
		return 0, fmt.Errorf("a request that did not pass the tap: %w", err)
	}
	body, err := unpack(r.Header.Get("Content-Encoding"), packed)
	if err != nil {
		return 0, fmt.Errorf("a body that arrived whole: %w", err)
	}
	records, err := parse(body)
	if err != nil {
		return 0, fmt.Errorf("a body that arrived whole: %w", err)
	}
	markers := 0
	for _, rec := range records {
		switch {
		case rec.ID != nil:
			a.ids = append(a.ids, *rec.ID)
		case strings.HasPrefix(rec.Message, "logsto: "):
			markers++
		default:
			return 0, fmt.Errorf("a record that nobody logged: %q", rec.Message)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.markers += markers
	l.arrivals = append(l.arrivals, a)
	return len(l.arrivals), nil
}

// unpack undoes the encoding of a body.
func unpack(encoding string, packed []byte) ([]byte, error) {
	var r io.Reader = bytes.NewReader(packed)
	switch encoding {
	case "":
		return packed, nil
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = z
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		r = z
	default:
		return nil, fmt.Errorf("encoding %q", encoding)
	}
	return io.ReadAll(io.LimitReader(r, maxBody))
}

// parse reads an array, or objects one after the other.
func parse(body []byte) ([]record, error) {
	var out []record
	if bytes.HasPrefix(body, []byte("[")) {
		err := json.Unmarshal(body, &out)
		return out, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		var rec record
		switch err := d.Decode(&rec); err {
		case nil:
			out = append(out, rec)
		case io.EOF:
			return out, nil
		default:
			return nil, err
		}
	}
}

// Arrived returns how many requests were stored, and how many bodies were cut
// off.
func (l *Ledger) Arrived() (whole, broken int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.arrivals), l.broken
}

// Protocols returns how many requests the front says came by each protocol.
func (l *Ledger) Protocols() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]int{}
	for _, a := range l.arrivals {
		out[a.proto]++
	}
	return out
}
