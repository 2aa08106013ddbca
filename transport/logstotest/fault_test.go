package logstotest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/transport/logstotest"
)

func TestScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		srv.Script(logstotest.Status(503).RetryAfter("7"), logstotest.OK().Delay(time.Second))
		srv.Script(logstotest.Status(204), logstotest.Reset(), logstotest.ResetAfter())
		for i, c := range []struct {
			status, stored int
			takes          time.Duration
		}{
			{status: 503}, {status: 200, stored: 1, takes: time.Second}, {status: 204}, {status: 0}, {status: 0, stored: 1}, {status: 200, stored: 1},
		} {
			srv.Client().CloseIdleConnections() // so that net/http repeats nothing by itself
			before, start := len(srv.Records()), time.Now()
			if got := post(t, srv, nil, good); got != c.status {
				t.Errorf("step %d: status %d, want %d", i, got, c.status)
			}
			if got := len(srv.Records()) - before; got != c.stored {
				t.Errorf("step %d: stored %d, want %d", i, got, c.stored)
			}
			if d := time.Since(start); d != c.takes {
				t.Errorf("step %d: took %v, want %v", i, d, c.takes)
			}
			if r := srv.Requests(); len(r) != i+1 || r[i].Status != c.status {
				t.Errorf("step %d: %+v", i, r)
			}
		}
	})
}

func TestRetryAfterIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		srv.Script(logstotest.Status(429).RetryAfter("soon"), logstotest.Status(429))
		for _, want := range []string{"soon", ""} {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.Endpoint(), strings.NewReader(good))
			resp, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.Header.Get("Retry-After"); got != want || resp.StatusCode != http.StatusTooManyRequests {
				t.Errorf("%d, Retry-After %q, want %q", resp.StatusCode, got, want)
			}
		}
	})
}

func TestFaults(t *testing.T) {
	array, poison := "["+good+","+good+"]", strings.Replace(good, "hello", "poison", 1)
	gzipped := headers{"Content-Encoding": "gzip"}
	for name, c := range map[string]struct {
		set, end func(*logstotest.Server)
		headers  headers
		body     string
		want     int // while the fault lasts; 200 after it
		spared   string
	}{
		"arrays":      {func(s *logstotest.Server) { s.RefuseArrays(415) }, func(s *logstotest.Server) { s.RefuseArrays(0) }, nil, array, 415, good},
		"compression": {func(s *logstotest.Server) { s.RefuseCompression(400) }, func(s *logstotest.Server) { s.RefuseCompression(0) }, gzipped, pack("gzip", good), 400, good},
		"size":        {func(s *logstotest.Server) { s.SetMaxBody(len(good)) }, func(s *logstotest.Server) { s.SetMaxBody(0) }, nil, array, 413, good},
		"poison":      {func(s *logstotest.Server) { s.Poison("poison") }, func(s *logstotest.Server) { s.Poison("") }, nil, "[" + good + "," + poison + "]", 422, array},
		"outage":      {func(s *logstotest.Server) { s.FailFor(time.Minute, 502) }, func(*logstotest.Server) { time.Sleep(time.Minute) }, nil, good, 502, ""},
		"outage ends": {func(s *logstotest.Server) { s.FailFor(time.Minute, 502) }, func(s *logstotest.Server) { s.FailFor(0, 502) }, nil, good, 502, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t)
				c.set(srv)
				if got := post(t, srv, c.headers, c.body); got != c.want || len(srv.Records()) != 0 {
					t.Errorf("status %d, want %d; stored %d", got, c.want, len(srv.Records()))
				}
				if c.spared != "" {
					if got := post(t, srv, nil, c.spared); got != 200 {
						t.Errorf("what is not meant: status %d", got)
					}
				}
				c.end(srv)
				if got := post(t, srv, c.headers, c.body); got != 200 {
					t.Errorf("after the fault: status %d", got)
				}
			})
		})
	}
}

func TestSetDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		srv.SetDelay(2 * time.Second)
		srv.Script(logstotest.OK().Delay(time.Second))
		for _, want := range []time.Duration{3 * time.Second, 2 * time.Second} {
			start := time.Now()
			if got := post(t, srv, nil, good); got != 200 || time.Since(start) != want {
				t.Errorf("status %d in %v, want %v", got, time.Since(start), want)
			}
		}
	})
}

func TestAClientThatLeavesStoresNothing(t *testing.T) {
	for name, step := range map[string]logstotest.Step{"hang": logstotest.Hang(), "delay": logstotest.OK().Delay(time.Hour)} {
		synctest.Test(t, func(t *testing.T) {
			srv := inMemory(t)
			srv.Script(step)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, http.MethodPost, srv.Endpoint(), strings.NewReader(good))
			req.Header.Set("X-Logs-Api-Key", logstotest.APIKey)
			req.Header.Set("Content-Type", "application/json")
			if resp, err := srv.Client().Do(req); err == nil {
				resp.Body.Close()
				t.Errorf("%s: status %d", name, resp.StatusCode)
			}
			time.Sleep(time.Second) // until the server has seen it
			if r := srv.Requests(); len(r) != 1 || r[0].Status != 0 || len(srv.Records()) != 0 {
				t.Errorf("%s: %+v, %d records", name, r, len(srv.Records()))
			}
		})
	}
}
