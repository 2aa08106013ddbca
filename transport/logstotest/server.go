// Package logstotest is a stand-in for Logs.to, for tests and for trying
// things out: a server on a loopback port, or in memory, that stores records,
// checks credentials, issues tokens, answers searches, and fails on demand.
//
//	srv := logstotest.NewServer()
//	defer srv.Close()
//	client, err := transport.New(transport.WithEndpoint(srv.Endpoint()),
//		transport.WithAuth(auth.APIKey(logstotest.APIKey)))
//
// It does what Logs.to documents: POST /v1/log with an API key or a bearer
// token, GET /v1/search?query= with one of them. What Logs.to does not document
// it does liberally: arrays and NDJSON are taken too, as are gzip and zstd. A
// record must be a JSON object with a message and a level.
//
// It is an authorization server, too. POST /oauth/token takes client
// credentials, authorization codes and refresh tokens; GET /oauth/authorize gives
// codes, with PKCE only, on a page for a browser. [WithOAuthClient],
// [WithClientKey] and [WithPublicClient] name the clients and their scopes.
// [Server.TokenRequests] tells of what was asked.
//
// What goes wrong is told in steps, say Status(503).RetryAfter("2"), and when:
// [Server.Script] is for the next requests, [Server.FailAtRandom] for a share of
// them, [Server.PoisonWith] for those with a certain record, [Server.FailFor] and
// [Server.CutFor] for a time; [Server.ScriptToken] and [Server.ScriptSearch] are
// for the other endpoints. [WithAddress] lets a server come back where another
// was closed. [Server.Counts] tells what came of it, also with [WithoutStorage].
//
// A server of [NewInMemory] works inside a testing/synctest bubble, if
// [Server.Close] is called inside it too.
package logstotest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logsto/logsto-go/internal/urls"
)

// The credentials that a Server takes unless options name others.
const (
	APIKey       = "logstotest-key"
	ClientID     = "logstotest-client"
	ClientSecret = "logstotest-secret"
)

// Server is a stand-in for Logs.to. Its methods may be called by any number of
// goroutines, also while requests run.
type Server struct {
	// Immutable once set.
	url      string
	address  string // to listen on, if not on any
	client   *http.Client
	shutdown func()
	closed   chan struct{} // closed by Close
	closing  sync.Once
	lifetime time.Duration
	rotate   bool // refresh tokens
	observe  func([]Record)
	keep     bool

	spaces   sync.Pool      // *workspace
	handlers sync.WaitGroup // requests
	clock    atomic.Pointer[func() time.Time]

	mu       sync.Mutex
	keys     map[string][]string // scopes by API key
	oauth    oauth
	records  []Record
	requests []Request
	counts   Counts
	running  int
	seen     map[string]bool // idempotency keys, if duplicates are dropped
	batches  int
	faults   faults
	conns    map[net.Conn]bool // that are open
}

// Option changes a default of NewServer and NewInMemory.
type Option interface{ apply(*Server) }

type optionFunc func(*Server)

func (f optionFunc) apply(s *Server) { f(s) }

// WithObserver calls f with the records of each request that are stored, in
// their order. f is called by one goroutine at a time and must not call the
// server. The records and their JSON are valid until it returns: the memory is
// used again.
func WithObserver(f func([]Record)) Option {
	return optionFunc(func(s *Server) { s.observe = f })
}

// WithoutStorage makes the server forget records and requests once they have
// been observed and counted, for tests with millions of them.
func WithoutStorage() Option {
	return optionFunc(func(s *Server) { s.keep = false })
}

// WithDeduplication makes the server acknowledge a request whose
// Idempotency-Key it has seen without storing it again. The default is to store
// it, so that tests see repetitions.
func WithDeduplication() Option {
	return optionFunc(func(s *Server) { s.seen = map[string]bool{} })
}

// WithAddress makes NewServer listen on this address, say that of a server that
// has been closed, see [Server.Address]. The default is a free loopback port.
// NewInMemory has no use for it.
func WithAddress(address string) Option {
	return optionFunc(func(s *Server) { s.address = address })
}

func newServer(opts []Option) *Server {
	s := &Server{
		closed:   make(chan struct{}),
		keys:     map[string][]string{},
		oauth:    newOAuth(),
		lifetime: time.Hour,
		rotate:   true,
		keep:     true,
		counts:   newCounts(),
		conns:    map[net.Conn]bool{},
	}
	for _, o := range opts {
		o.apply(s)
	}
	if len(s.keys) == 0 {
		s.keys[APIKey] = nil
	}
	if len(s.oauth.clients) == 0 {
		s.oauth.add(oauthClient{id: ClientID, secret: ClientSecret})
	}
	return s
}

// NewServer starts a server on a free loopback port. It panics if there is
// none, as net/http/httptest does, or if the address of [WithAddress] is taken.
func NewServer(opts ...Option) *Server {
	s := newServer(opts)
	ts := httptest.NewUnstartedServer(nil)
	ts.Config = s.httpServer()
	if s.address != "" {
		_ = ts.Listener.Close()
		if host, _, _ := net.SplitHostPort(s.address); !urls.IsLoopback(host) && s.isOpen() {
			panic("logstotest: WithAddress(" + strconv.Quote(s.address) + "): beyond loopback the server would take credentials that everybody knows; " +
				"name others by WithAPIKey and by WithOAuthClient, WithClientKey or WithPublicClient")
		}
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", s.address)
		if err != nil {
			panic(fmt.Sprintf("logstotest: %v", err))
		}
		ts.Listener = l
	}
	ts.Start()
	s.url, s.client = ts.URL, ts.Client()
	s.shutdown = func() {
		ts.CloseClientConnections()
		ts.Close()
	}
	return s
}

// isOpen reports whether the server takes a credential that everybody knows.
func (s *Server) isOpen() bool {
	_, key := s.keys[APIKey]
	client := s.oauth.clients[ClientID]
	return key || client != nil && client.secret == ClientSecret
}

// NewInMemory starts a server that only [Server.Client] reaches, over pipes in
// memory.
func NewInMemory(opts ...Option) *Server {
	s := newServer(opts)
	l := newPipeListener()
	hs := s.httpServer()
	// A connection can outlive hs.Close: net/http lingers after some errors.
	var conns sync.WaitGroup
	hook := hs.ConnState
	hs.ConnState = func(c net.Conn, state http.ConnState) {
		switch hook(c, state); state {
		case http.StateNew:
			conns.Add(1)
		case http.StateClosed, http.StateHijacked:
			conns.Done()
		case http.StateActive, http.StateIdle:
		}
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = hs.Serve(l) // always ends with an error, that of the closed listener
	}()
	tr := &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return l.dial(ctx) },
		MaxIdleConnsPerHost: 16,
	}
	// The name is never looked up. It is a loopback one so that plain http is
	// accepted.
	s.url, s.client = "http://127.0.0.1:1", &http.Client{Transport: tr}
	s.shutdown = func() {
		tr.CloseIdleConnections()
		_ = hs.Close()
		<-served
		conns.Wait()
	}
	return s
}

// URL returns the address of the server, without a path.
func (s *Server) URL() string { return s.url }

// Address returns the host and port of the server, for [WithAddress].
func (s *Server) Address() string { return strings.TrimPrefix(s.url, "http://") }

// Endpoint returns the URL that records are posted to.
func (s *Server) Endpoint() string { return s.url + "/v1/log" }

// TokenURL returns the URL of the token endpoint.
func (s *Server) TokenURL() string { return s.url + tokenPath }

// Client returns an HTTP client that reaches the server.
func (s *Server) Client() *http.Client { return s.client }

// Close ends the server and its connections, hung ones included. What was
// stored can still be read.
func (s *Server) Close() {
	s.closing.Do(func() {
		close(s.closed)
		s.shutdown()
		s.handlers.Wait() // one with a hijacked connection is not waited for elsewhere
	})
}

func (s *Server) httpServer() *http.Server {
	return &http.Server{Handler: s.handler(), ReadHeaderTimeout: time.Minute, ConnState: s.track}
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/log", s.log)
	mux.HandleFunc("GET /v1/search", s.search)
	mux.HandleFunc("POST "+tokenPath, s.serveToken)
	mux.HandleFunc("GET "+authorizePath, s.authorize)
	// A page of another site cannot press the button.
	mux.Handle("POST "+authorizePath, http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.authorize)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.handlers.Add(1)
		defer s.handlers.Done()
		if s.clock.Load() != nil {
			w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
		}
		mux.ServeHTTP(w, r)
	})
}
