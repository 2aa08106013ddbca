package transport_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/internal/leak"
	"github.com/logsto/logsto-go/transport"
)

// What an application puts into headers of its own, and into the query of the endpoint, may be
// secret as well.
const (
	ofTheQuery  = "s3cr3t-of-the-query"
	ofTheHeader = "s3cr3t-of-the-header"
)

// requests are what a client can do, each of which fails.
var requests = map[string]func(context.Context, *transport.Client) error{
	"send": func(ctx context.Context, c *transport.Client) error {
		return deliver.Records(ctx, c, [][]byte{[]byte(`{"message":"x"}`)})
	},
	"search": func(ctx context.Context, c *transport.Client) error {
		for _, err := range c.Search(ctx, "x") {
			return err
		}
		return nil
	},
}

func TestErrorsShowNeitherHeadersNorTheQuery(t *testing.T) {
	all := func(req *http.Request) string { return fmt.Sprint(req.URL, req.Header) }
	for name, answer := range map[string]roundTrip{
		"an error":  func(req *http.Request) (*http.Response, error) { return nil, errors.New("cannot send " + all(req)) },
		"an answer": func(req *http.Request) (*http.Response, error) { return respond(req, 403, all(req)), nil },
		"a success": func(req *http.Request) (*http.Response, error) { return respond(req, 200, all(req)), nil },
		"a redirect": func(req *http.Request) (*http.Response, error) {
			return redirect(req, "/"+ofTheHeader+"/"+ofTheQuery), nil
		},
		"a 2nd place": func(req *http.Request) (*http.Response, error) {
			return redirect(req, "https://"+ofTheHeader+".example/"), nil
		},
	} {
		client, err := transport.New(transport.WithHTTPClient(&http.Client{Transport: answer}), transport.WithAuth(auth.APIKey(secret)), transport.WithoutRetry(),
			transport.WithEndpoint("https://logs.example/v1/log?tenant=7&key="+ofTheQuery), transport.WithHeader("X-Gateway-Key", ofTheHeader), transport.WithHeader("X-Team", "blue"),
			transport.WithPartialSuccess(func(b []byte, _ int) ([]transport.Failure, error) { return nil, errors.New(string(b)) }))
		if err != nil {
			t.Fatal(err)
		}
		for what, request := range requests {
			err := request(t.Context(), client)
			if (err == nil) != (name == "a success" && what == "send") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if how := leak.InError(err, ofTheQuery, ofTheHeader, secret); how != "" {
				t.Errorf("%s, %s: %s", name, what, how)
			}
		}
	}
}

// redirect is an answer that leads elsewhere.
func redirect(req *http.Request, target string) *http.Response {
	resp := respond(req, 307, "")
	resp.Header.Set("Location", target)
	return resp
}

// TestAShortKeyDoesNotHideTheReason has keys that stand in the names of hosts and in words.
func TestAShortKeyDoesNotHideTheReason(t *testing.T) {
	for _, key := range []string{"k", "dev", "test", "logs"} {
		for _, why := range []error{
			errors.New("lookup dev.logs.example: no such host"), x509.UnknownAuthorityError{}, context.Canceled,
		} {
			hc := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, why })}
			client, err := transport.New(transport.WithHTTPClient(hc), transport.WithAuth(auth.APIKey(key)), transport.WithoutRetry(), transport.WithoutSetupRetry())
			if err != nil {
				t.Fatal(err)
			}
			for what, request := range requests {
				if err := request(t.Context(), client); err == nil || !strings.Contains(err.Error(), why.Error()) || !errors.Is(err, why) {
					t.Errorf("%s, %s: %v, want one with %v", key, what, err, why)
				}
			}
		}
	}
	hc := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("%w: the proxy says no to the-key-itself", io.ErrUnexpectedEOF)
	})}
	client, err := transport.New(transport.WithHTTPClient(hc), transport.WithAuth(auth.APIKey("the-key-itself")), transport.WithoutRetry())
	if err != nil {
		t.Fatal(err)
	}
	for what, request := range requests {
		if err := request(t.Context(), client); err == nil || !strings.Contains(err.Error(), "unexpected EOF: the proxy says no to ***") || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestATraceSeesNeitherHeadersNorTheQuery(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if r.FormValue("key") != ofTheQuery || r.Header.Get("X-Gateway-Key") != ofTheHeader {
				t.Errorf("%v, %v", r.URL, r.Header)
			}
			_, _ = io.WriteString(w, "[]")
		}))
		srv.EnableHTTP2 = http2
		srv.StartTLS()
		defer srv.Close()
		client, err := transport.New(transport.WithEndpoint(srv.URL+"/v1/log?key="+ofTheQuery), transport.WithHTTPClient(srv.Client()),
			transport.WithAuth(auth.APIKey(secret)), transport.WithHeader("X-Gateway-Key", ofTheHeader))
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex // net/http calls a trace from goroutines of its own
		var seen strings.Builder
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaderField: func(key string, value []string) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintln(&seen, key, value)
		}})
		for what, request := range requests {
			if err := request(ctx, client); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		mu.Lock()
		if text := seen.String(); strings.Contains(text, "s3cr3t") || !strings.Contains(strings.ToLower(text), "x-gateway-key [***]") {
			t.Errorf("HTTP/2 %v: %s", http2, text)
		}
		mu.Unlock()
	}
}
