package main

import (
	"hash/maphash"
	"sync"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// standIn is the server of a dry run. It keeps no records, only their number
// and a hash over all of them in their order, to compare with what was sent.
type standIn struct {
	server *logstotest.Server

	sent maphash.Hash // owned by the goroutine that ships

	mu      sync.Mutex
	stored  maphash.Hash
	records uint64
}

func newStandIn() *standIn {
	s := &standIn{}
	s.stored.SetSeed(s.sent.Seed())
	s.server = logstotest.NewServer(logstotest.WithoutStorage(), logstotest.WithObserver(s.observe))
	return s
}

func (s *standIn) client() (*transport.Client, error) {
	return transport.New(transport.WithEndpoint(s.server.Endpoint()), transport.WithAuth(auth.APIKey(logstotest.APIKey)))
}

// send is called with each record before it is shipped.
func (s *standIn) send(rec []byte) { add(&s.sent, rec) }

// observe is called with the records of each request that are stored.
func (s *standIn) observe(list []logstotest.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records += uint64(len(list))
	for _, r := range list {
		add(&s.stored, r.JSON)
	}
}

func add(h *maphash.Hash, rec []byte) {
	_, _ = h.Write(rec)   // never fails
	_ = h.WriteByte('\n') // no record has one
}

// count returns how many records have been stored.
func (s *standIn) count() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records
}

// exact reports whether what was stored is what was sent, each record once and
// in order. It may be called once nothing is sent any more.
func (s *standIn) exact() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stored.Sum64() == s.sent.Sum64()
}
