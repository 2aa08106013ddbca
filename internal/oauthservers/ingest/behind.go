package ingest

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// ToStore passes requests on to the stand-in, which keeps records and answers
// searches, and knows nothing of tokens. The stand-in ends with the test.
func ToStore(tb testing.TB) (*logstotest.Server, http.Handler) {
	tb.Helper()
	srv := logstotest.NewServer()
	tb.Cleanup(srv.Close)
	return srv, proxy(tb, srv.URL(), logstotest.APIKey)
}

// ToLedger passes requests on to a ledger, which knows of millions of records
// whether they arrived.
func ToLedger(tb testing.TB) (*ledger.Server, http.Handler) {
	tb.Helper()
	srv := new(ledger.Ledger).Start(tb, "127.0.0.1:0", 0)
	return srv, proxy(tb, "http://"+srv.Addr, ledger.Key)
}

// proxy passes requests on with an API key.
func proxy(tb testing.TB, to, key string) http.Handler {
	tb.Helper()
	target, err := url.Parse(to)
	if err != nil {
		tb.Fatal(err)
	}
	tr := &http.Transport{MaxIdleConnsPerHost: 16}
	tb.Cleanup(tr.CloseIdleConnections)
	return &httputil.ReverseProxy{
		Transport: tr,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Set("X-Logs-Api-Key", key)
		},
	}
}

// Messages returns the messages in the store, in the order in which they came.
func Messages(tb testing.TB, srv *logstotest.Server) (out []string) {
	tb.Helper()
	for _, r := range srv.Records() {
		out = append(out, message(tb, r.JSON))
	}
	return out
}
