package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// server is where the records go.
type server struct {
	endpoint string
	close    func()
	plain    bool

	records, bytes atomic.Uint64 // that came; only the stand-in counts them
}

func newServer(plain bool) *server {
	s := &server{plain: plain}
	if plain {
		srv := httptest.NewServer(http.HandlerFunc(read))
		s.endpoint, s.close = srv.URL+"/v1/log", srv.Close
		return s
	}
	srv := logstotest.NewServer(logstotest.WithoutStorage(), logstotest.WithObserver(s.observe))
	s.endpoint, s.close = srv.Endpoint(), srv.Close
	return s
}

// read reads a body and takes it.
func read(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		panic(http.ErrAbortHandler) // half a body must not be acknowledged
	}
	w.WriteHeader(http.StatusOK)
}

func (s *server) observe(records []logstotest.Record) {
	n := 0
	for _, r := range records {
		n += len(r.JSON)
	}
	s.records.Add(uint64(len(records)))
	s.bytes.Add(uint64(n))
}

// check holds what was delivered against what has come. Marker records come on
// top.
func (s *server) check(delivered uint64) error {
	if got := s.records.Load(); !s.plain && got < delivered {
		return fmt.Errorf("%d of %d records have come", got, delivered)
	}
	return nil
}

func (s *server) String() string {
	if s.plain {
		return "only reads"
	}
	n := s.records.Load()
	return fmt.Sprintf("%d records of %.0f bytes", n, float64(s.bytes.Load())/float64(max(1, n)))
}
