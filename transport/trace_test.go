package transport_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// A trace in the context of the caller sees the headers, but not the credential, in
// HTTP/1 and HTTP/2, in a send and in a search.
func TestATraceDoesNotSeeTheCredential(t *testing.T) {
	const key = "s3cr3t-key-4711"
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if r.Proto != protocol || !strings.Contains(strings.Join(r.Header.Values("Authorization"), "")+r.Header.Get("X-Logs-Api-Key"), key) {
				t.Errorf("%s with %v", r.Proto, r.Header)
			}
			_, _ = io.WriteString(w, "[]")
		}))
		srv.EnableHTTP2 = protocol == "HTTP/2.0"
		srv.StartTLS()
		defer srv.Close()
		for _, credential := range []*auth.Credential{auth.APIKey(key), auth.APIKey(key, auth.WithScheme(auth.LogsKey))} {
			client, err := transport.New(transport.WithEndpoint(srv.URL+"/v1/log"), transport.WithHTTPClient(srv.Client()), transport.WithAuth(credential))
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex // net/http calls a trace from goroutines of its own
			seen, conns := map[string]string{}, 0
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				GotConn: func(httptrace.GotConnInfo) {
					mu.Lock()
					defer mu.Unlock()
					conns++
				},
				WroteHeaderField: func(key string, value []string) {
					mu.Lock()
					defer mu.Unlock()
					seen[strings.ToLower(key)] += strings.Join(value, ",")
				},
			})
			for name, request := range map[string]func(context.Context) error{
				"send": func(ctx context.Context) error {
					return deliver.Records(ctx, client, [][]byte{[]byte(`{"message":"x"}`)})
				},
				"search": func(ctx context.Context) error {
					for _, err := range client.Search(ctx, "x") {
						return err
					}
					return nil
				},
			} {
				if err := request(ctx); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				mu.Lock()
				header := strings.ToLower(credential.Header())
				if conns != 1 || seen[header] != "***" || seen["content-type"] != "application/json" {
					t.Errorf("%s, %s: %d connections, headers %v", protocol, name, conns, seen)
				}
				clear(seen)
				conns = 0
				mu.Unlock()
			}
		}
	}
}
