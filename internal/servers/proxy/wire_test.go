package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"

	"github.com/logsto/logsto-go/internal/servers/ledger"
)

// The proxy's toxics log to zerolog's global logger.
func init() { log.Logger = zerolog.Nop() }

// changeTimeout is how long the proxy may take to change a toxic.
const changeTimeout = 3 * time.Second

// wire is the network between the client and the server, with a proxy in it.
type wire struct {
	upstream string
	proxy    *toxiproxy.Proxy
	addr     atomic.Value // string: where the client finds the proxy
	replaced int
}

// toxic is one of the faults that the proxy knows.
type toxic struct {
	kind  string
	up    bool           // from the client to the server; otherwise back
	attrs map[string]int // in the units of toxiproxy
}

func (x toxic) stream() string {
	if x.up {
		return "upstream"
	}
	return "downstream"
}

func (x toxic) name() string { return x.kind + "_" + x.stream() }

func (x toxic) String() string {
	s := x.name()
	for k, v := range x.attrs {
		s += fmt.Sprintf(" %s=%d", k, v)
	}
	return s
}

// newWire starts a proxy in front of upstream. It ends with the test.
func newWire(t *testing.T, upstream string) *wire {
	t.Helper()
	w := &wire{upstream: upstream}
	w.start(t)
	t.Cleanup(func() { w.change(t, "stop", func() error { w.proxy.Stop(); return nil }) })
	return w
}

func (w *wire) start(t *testing.T) {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	w.proxy = toxiproxy.NewProxy(server, "wire", "127.0.0.1:0", w.upstream)
	if err := w.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	w.addr.Store(w.proxy.Listen)
}

// transport returns a round tripper whose connections go through the proxy,
// wherever it is now.
func (w *wire) transport() *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, w.addr.Load().(string))
		},
		MaxIdleConnsPerHost: 16,
	}
}

// change does something to the proxy. A toxic that is added or removed while a
// link of the proxy breaks can hang it for good (it waits for the link, and the
// link for its lock); then another proxy takes its place, and the client finds
// that one.
func (w *wire) change(t *testing.T, what string, f func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	case <-time.After(changeTimeout):
		w.replaced++
		t.Logf("the proxy hangs: %s; another one takes its place", what)
		w.start(t)
	}
}

func (w *wire) add(t *testing.T, x toxic) {
	t.Helper()
	p := w.proxy
	text, err := json.Marshal(map[string]any{"name": x.name(), "type": x.kind, "stream": x.stream(), "attributes": x.attrs})
	if err != nil {
		t.Fatal(err)
	}
	w.change(t, "add "+x.name(), func() error {
		_, err := p.Toxics.AddToxicJson(strings.NewReader(string(text)))
		return err
	})
}

// remove removes a toxic, if the proxy has not been replaced since.
func (w *wire) remove(t *testing.T, x toxic) {
	t.Helper()
	p := w.proxy
	w.change(t, "remove "+x.name(), func() error {
		if p.Toxics.GetToxic(x.name()) == nil {
			return nil
		}
		return p.Toxics.RemoveToxic(context.Background(), x.name())
	})
}

// down ends all connections and refuses new ones.
func (w *wire) down(t *testing.T) {
	t.Helper()
	p := w.proxy
	w.change(t, "down", func() error { p.Stop(); return nil })
}

// up undoes down, on the same port.
func (w *wire) up(t *testing.T) {
	t.Helper()
	p := w.proxy
	if p.Enabled {
		return // replaced meanwhile
	}
	w.change(t, "up", p.Start)
}

// rig is the library, the proxy and the server.
type rig struct {
	*ledger.Rig
	*wire
	server *ledger.Server
}

func newRig(t *testing.T, idle time.Duration, s ledger.Setup) *rig {
	t.Helper()
	r := &rig{server: new(ledger.Ledger).Start(t, "127.0.0.1:0", idle)}
	r.wire = newWire(t, r.server.Addr)
	s.Endpoint, s.Base = "http://"+r.addr.Load().(string)+"/v1/log", r.transport()
	r.Rig = ledger.NewRig(t, s)
	return r
}
