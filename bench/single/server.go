package main

import (
	"io"
	"net/http"
	"net/http/httptest"
)

// newServer returns a server that reads each body and takes it. It refuses what comes by
// another version of HTTP than that of the protocol.
func newServer(p protocol) *httptest.Server {
	version := p.version()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler) // half a body must not be acknowledged
		}
		if r.ProtoMajor != version {
			http.Error(w, "another version of HTTP is wanted", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"accepted":1}`)
	}))
	if p == plain {
		srv.Start()
		return srv
	}
	srv.EnableHTTP2 = version == 2
	srv.StartTLS()
	return srv
}

func targetOf(srv *httptest.Server) target {
	t := target{URL: srv.URL + "/v1/log"}
	if c := srv.Certificate(); c != nil {
		t.Cert = c.Raw
	}
	return t
}
