package transport

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxConnAge is how old the connections of a client become, or a quarter older: so a
// load balancer can spread them anew.
const maxConnAge = 5 * time.Minute

// connections are those of one http.Transport.
type connections struct {
	transport *http.Transport
	until     time.Time // they are used for new requests, if they become old
	theirs    bool      // the user's, and for others too
}

// watch has r told of the connections that t makes, which is ours.
func watch(t *http.Transport, r *reuse) *http.Transport {
	dial := t.DialContext
	if dial == nil { // a copy of the user's
		return t
	}
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &watchedConn{Conn: c, reuse: r, start: time.Now()}, nil
	}
	return t
}

// pool is an http.RoundTripper that replaces its connections: when they have become old,
// and when a request got no answer over one of them. A connection of HTTP/2 may be dead
// although its pings are answered, as by a proxy without a server behind it; net/http
// would use it for ever.
type pool struct {
	fresh func() *http.Transport // nil if connections cannot be replaced
	other http.RoundTripper      // then
	aging bool
	reuse reuse

	mu  sync.Mutex
	now *connections // nil for other
}

// newPool returns a pool for the client: our own, or a user's, of whose transport there
// may be copies, but whose connections are others' too and do not become old.
func newPool(hc *http.Client, own func() *http.Transport) *pool {
	p := &pool{fresh: own, aging: true}
	if own == nil {
		rt := hc.Transport
		if rt == nil {
			rt = http.DefaultTransport
		}
		t, ok := rt.(*http.Transport)
		if !ok || t == nil {
			p.other = rt
			return p
		}
		p.fresh, p.aging = t.Clone, false
		p.now = &connections{transport: t, theirs: true}
		return p
	}
	p.renew(time.Now())
	return p
}

// RoundTrip implements http.RoundTripper.
func (p *pool) RoundTrip(req *http.Request) (*http.Response, error) {
	c := p.current()
	if c == nil {
		return p.other.RoundTrip(req)
	}
	if p.reuse.only() {
		req.Close = true
	}
	resp, err := c.transport.RoundTrip(req)
	if err == nil && resp.Close {
		p.reuse.announce()
	}
	return resp, err
}

// current returns the connections for new requests, or nil if they are not replaced.
func (p *pool) current() *connections {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		return nil
	}
	if now := time.Now(); p.aging && now.After(p.now.until) {
		p.renew(now)
	}
	return p.now
}

// retire has new requests use others than these connections, over which there was no
// answer.
func (p *pool) retire(c *connections) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c != nil && p.now == c {
		p.renew(time.Now())
	}
}

// renew replaces the connections. Those that are in use go on until their requests have
// ended. The caller holds p.mu, or nobody else has p.
func (p *pool) renew(now time.Time) {
	old := p.now
	p.now = &connections{transport: watch(p.fresh(), &p.reuse), until: now.Add(maxConnAge + rand.N(maxConnAge/4))}
	if old == nil || old.theirs {
		return
	}
	p.reuse.announce()
	old.transport.CloseIdleConnections() // and those that become idle from now on
}

// CloseIdleConnections closes connections that no request uses.
func (p *pool) CloseIdleConnections() {
	if c := p.current(); c != nil {
		p.reuse.announce()
		c.transport.CloseIdleConnections()
		return
	}
	if i, ok := p.other.(interface{ CloseIdleConnections() }); ok {
		i.CloseIdleConnections()
	}
}
