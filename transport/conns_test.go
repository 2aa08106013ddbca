package transport

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"
)

// tripper is a RoundTripper that is no *http.Transport.
type tripper struct{ trips, closed int }

func (f *tripper) RoundTrip(*http.Request) (*http.Response, error) {
	f.trips++
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func (f *tripper) CloseIdleConnections() { f.closed++ }

// ownPool returns a pool of our own connections, and counts the transports that it makes.
func ownPool() (p *pool, made *int) {
	made = new(int)
	return newPool(nil, func() *http.Transport {
		*made++
		return &http.Transport{}
	}), made
}

// TestConnectionsBecomeOld checks that connections are replaced after five minutes, or up
// to a quarter later, and not all clients' at once.
func TestConnectionsBecomeOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		least, most := time.Hour, time.Duration(0)
		for range 200 {
			p, made := ownPool()
			first := p.current()
			age := time.Until(first.until)
			least, most = min(least, age), max(most, age)
			time.Sleep(maxConnAge)
			if p.current() != first || *made != 1 {
				t.Fatal("replaced too early")
			}
			time.Sleep(maxConnAge / 4)
			second := p.current()
			if second == first || second.transport == first.transport || p.current() != second || *made != 2 {
				t.Fatalf("%d transports after %v", *made, maxConnAge*5/4)
			}
			if time.Until(second.until) < maxConnAge {
				t.Fatalf("the second one is old in %v", time.Until(second.until))
			}
		}
		if least < maxConnAge || most >= maxConnAge*5/4 || most-least < maxConnAge/5 {
			t.Errorf("ages from %v to %v", least, most)
		}
	})
}

// TestConnectionsRetire checks that those are replaced over which there was no answer,
// once, however many requests they had.
func TestConnectionsRetire(t *testing.T) {
	p, made := ownPool()
	first := p.current()
	for range 32 {
		p.retire(first)
	}
	second := p.current()
	if second == first || *made != 2 {
		t.Fatalf("%d transports", *made)
	}
	p.retire(first) // a late one
	p.retire(nil)   // of a request that was not sent
	if p.current() != second || *made != 2 {
		t.Errorf("%d transports", *made)
	}
}

// TestConnectionsOfAUser checks that the transport of a user is used as it is, does not
// become old, is cloned for new connections, and keeps its own.
func TestConnectionsOfAUser(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	theirs := &http.Transport{MaxResponseHeaderBytes: 12345}
	defer theirs.CloseIdleConnections()
	reused := func(rt http.RoundTripper) (yes bool) {
		t.Helper()
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { yes = i.Reused }})
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return yes
	}
	p := newPool(&http.Client{Transport: theirs}, nil)
	first := p.current()
	if first.transport != theirs || p.aging {
		t.Fatalf("%+v", first)
	}
	reused(p)
	if !reused(theirs) {
		t.Error("it is another transport")
	}
	p.retire(first)
	second := p.current()
	if second.transport == theirs || second.transport.MaxResponseHeaderBytes != 12345 || second.theirs {
		t.Errorf("%+v is no clone", second)
	}
	if reused(p) {
		t.Error("an old connection after retire")
	}
	if !reused(theirs) {
		t.Error("the user's connection was closed")
	}
	if !reused(p) {
		t.Error("the new connections are not kept")
	}
	p.retire(second)
	if third := p.current(); third.transport == theirs || third.transport == second.transport {
		t.Error("they come back")
	}
	if reused(p) {
		t.Error("an old connection after the second retire")
	}
	p.CloseIdleConnections()
}

// TestConnectionsCloseWhenRetired checks that our own idle connections do not stay open.
func TestConnectionsCloseWhenRetired(t *testing.T) {
	closed := make(chan struct{}, 9)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	srv.Start()
	defer srv.Close()
	p, _ := ownPool()
	resp, err := (&http.Client{Transport: p}).Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	p.retire(p.current())
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("it stays open")
	}
}

// TestConnectionsOfOthers checks that any other RoundTripper is used as it is.
func TestConnectionsOfOthers(t *testing.T) {
	f := &tripper{}
	p := newPool(&http.Client{Transport: f}, nil)
	if p.current() != nil {
		t.Fatal("it has connections")
	}
	req := httptest.NewRequest(http.MethodPost, "http://localhost", http.NoBody)
	if _, err := p.RoundTrip(req); err != nil || f.trips != 1 {
		t.Errorf("%v, %d trips", err, f.trips)
	}
	p.retire(nil)
	p.retire(&connections{})
	if p.now != nil {
		t.Error("its connections were replaced")
	}
	if p.CloseIdleConnections(); f.closed != 1 {
		t.Errorf("closed %d times", f.closed)
	}
}
