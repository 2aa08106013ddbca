package transport_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// TestAFaultOfTheSetupLosesNothing checks that batches are kept until somebody
// mends the set-up, that the endpoint is tried slowly meanwhile, and that the error
// handler knows at once.
func TestAFaultOfTheSetupLosesNothing(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"401": func(req *http.Request) (*http.Response, error) { return respond(req, 401, "no such key"), nil },
		"403": func(req *http.Request) (*http.Response, error) { return respond(req, 403, ""), nil },
		"404": func(req *http.Request) (*http.Response, error) { return respond(req, 404, ""), nil },
		"405": func(req *http.Request) (*http.Response, error) { return respond(req, 405, ""), nil },
		"302": func(req *http.Request) (*http.Response, error) { return respond(req, 302, ""), nil },
		"web page": func(req *http.Request) (*http.Response, error) {
			resp := respond(req, 200, "<html>")
			resp.Header.Set("Content-Type", "text/html")
			return resp, nil
		},
		"certificate": func(req *http.Request) (*http.Response, error) {
			_ = req.Body.Close()
			return nil, x509.UnknownAuthorityError{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mended := time.Now().Add(10 * time.Minute)
				f := newFake(t, time.Millisecond, poisoned(0))
				tries := 0
				client := clientOn(t, func(req *http.Request) (*http.Response, error) {
					if time.Now().Before(mended) {
						tries++
						return answer(req)
					}
					return f.RoundTrip(req)
				})
				start := time.Now()
				var told []time.Duration
				recovered := 0
				b, err := batch.New(client, batch.WithErrorHandler(func(err error) {
					var s *batch.StallError
					var e *transport.Error
					var over *batch.RecoveredError
					if errors.As(err, &over) {
						recovered++
						return
					}
					if !errors.As(err, &s) || !errors.As(err, &e) || !e.Setup() || strings.Contains(err.Error(), secret) {
						t.Errorf("told %v", err)
					}
					told = append(told, time.Since(start))
				}))
				if err != nil {
					t.Fatal(err)
				}
				for i := range 100 {
					b.Append(batch.Info, time.Now(), record(i, 10))
				}
				time.Sleep(9 * time.Minute)
				if s := client.Stats(); !s.Down || s.Delivered != 0 || s.LastError == nil || s.Since.Sub(start) > time.Second+time.Millisecond {
					t.Errorf("%+v", s)
				}
				time.Sleep(time.Until(mended.Add(time.Minute)))
				if err := b.Close(t.Context()); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				f.checkOnce(t, 100)
				if st := b.Stats(); st.Dropped != 0 {
					t.Errorf("%v", st)
				}
				if recovered != 1 {
					t.Errorf("told %d times that all is well again", recovered)
				}
				if len(told) < 9 || len(told) > 11 || told[0] > 2*time.Second {
					t.Errorf("told after %v", told)
				}
				if tries < 12 || tries > 40 {
					t.Errorf("%d tries in ten minutes", tries)
				}
				if s := client.Stats(); s.Down || s.Requests != s.Delivered+s.Failed {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestAnOutageIsToldAndCloseTellsWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		srv.FailFor(time.Hour, 503)
		client := newClient(t, srv)
		start := time.Now()
		var mu sync.Mutex
		var told []string
		open := func() *batch.Buffer {
			b, err := batch.New(client, batch.WithErrorHandler(func(err error) {
				var s *batch.StallError
				if errors.As(err, &s) && strings.Contains(err.Error(), "message") {
					t.Errorf("a record that merely waits is shown: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				told = append(told, fmt.Sprintf("%v %T", time.Since(start).Round(time.Second), err))
			}))
			if err != nil {
				t.Fatal(err)
			}
			b.Append(batch.Info, time.Now(), record(1, 10))
			return b
		}
		a, b := open(), open() // one client serves both
		time.Sleep(15 * time.Second)
		for _, buf := range []*batch.Buffer{a, b} {
			err := buf.Close(t.Context())
			if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "batch: 1 record not delivered: transport: http://127.0.0.1:1/v1/log: 503 Service Unavailable") {
				t.Errorf("Close: %v", err)
			}
		}
		synctest.Wait()
		if want := []string{"11s *batch.StallError", "11s *batch.StallError", "20s *batch.LossError", "25s *batch.LossError"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// TestAClientThatTheTokenEndpointRefusesWaits checks that a client secret which is
// put right loses nothing.
func TestAClientThatTheTokenEndpointRefusesWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var good atomic.Bool
		f := newFake(t, time.Millisecond, poisoned(0))
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			switch {
			case req.URL.Host != "auth.example":
				return f.RoundTrip(req)
			case !good.Load():
				return respond(req, 401, `{"error":"invalid_client"}`), nil
			}
			resp := respond(req, 200, `{"access_token":"t"}`)
			resp.Header.Set("Content-Type", "application/json")
			return resp, nil
		}, transport.WithAuth(auth.ClientCredentials(clientcredentials.Config{ClientID: "a", ClientSecret: secret, TokenURL: "https://auth.example/"})))
		var reason error
		stop := client.Notify(func(err error) { reason = err })
		defer stop()
		done := make(chan error)
		go func() { done <- deliver.Records(t.Context(), client, records(3)) }()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		var e *transport.Error
		if !errors.As(reason, &e) || !e.Setup() || !strings.Contains(reason.Error(), "invalid_client") {
			t.Errorf("the reason is %v", reason)
		}
		good.Store(true)
		if err := <-done; err != nil || reason != nil {
			t.Errorf("Send: %v, the reason is %v", err, reason)
		}
		f.checkOnce(t, 3)
	})
}

func TestFinalAnswersAreReportedWithTheirStart(t *testing.T) {
	for _, status := range []int{402, 406, 409, 410, 414, 431, 451, 499} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, 0, func([]int) int { return status })
			err := deliver.Records(t.Context(), clientOn(t, f.RoundTrip), records(3))
			if err == nil || !strings.Contains(err.Error(), fmt.Sprint(status)) || !strings.Contains(err.Error(), "answer to [0 1 2]") || f.sent != 1 {
				t.Errorf("%d: %v in %d requests", status, err, f.sent)
			}
		})
	}
}

// TestAFinalAnswerForOneRecordIsNotThatForOthers checks single records: if some are
// delivered, others are tried.
func TestAFinalAnswerForOneRecordIsNotThatForOthers(t *testing.T) {
	for poison, sent := range map[string]int{"some": 100, "all": 14} {
		synctest.Test(t, func(t *testing.T) {
			bad := []int{10, 40, 41, 99}
			if poison == "all" {
				bad = upTo(100)
			}
			f := newFake(t, time.Millisecond, poisoned(451, bad...))
			err := deliver.Records(t.Context(), clientOn(t, f.RoundTrip, transport.WithFormat(transport.Single), transport.WithConcurrency(2)), records(100))
			var b *deliver.Error
			if !errors.As(err, &b) || !slices.Equal(b.Indices, bad) || f.sent > sent {
				t.Errorf("%s: %v in %d requests", poison, err, f.sent)
			}
			f.checkOnce(t, 100, bad...)
		})
	}
}

func TestAPanicOfTheHTTPClientIsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				panic(req.Header.Get("X-Logs-Api-Key"))
			}
			return respond(req, 200, ""), nil
		})
		if err := deliver.Records(t.Context(), client, records(2)); err != nil || n != 2 {
			t.Errorf("%v after %d attempts", err, n)
		}
		if reason := client.Stats().LastError; reason == nil || !strings.Contains(reason.Error(), "panicked") || strings.Contains(reason.Error(), secret) {
			t.Errorf("the reason is %v", reason)
		}
	})
}

// TestStatsAreTextInJSON checks what expvar shows: the reason as a sentence.
func TestStatsAreTextInJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientOn(t, func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, Err: errors.New("refused")}
		}, transport.WithRetry(transport.Retry{MaxElapsed: time.Second}))
		_ = deliver.Records(t.Context(), client, records(1))
		var shown struct{ LastError string }
		text, err := json.Marshal(client.Stats())
		if err == nil {
			err = json.Unmarshal(text, &shown)
		}
		if err != nil || !strings.HasPrefix(shown.LastError, "transport: https://api.logs.to/v1/log: no answer") || !strings.HasSuffix(shown.LastError, "refused") {
			t.Errorf("%v: %s", err, text)
		}
	})
}
