package logstotest_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/transport/logstotest"
)

func TestArraysAreRefusedForATime(t *testing.T) {
	const array = "[" + good + "]"
	for name, c := range map[string]struct {
		set   func(*logstotest.Server)
		wants []int // one a second
	}{
		"for a time": {func(s *logstotest.Server) { s.RefuseArraysFor(2*time.Second, 415) }, []int{415, 415, 200, 200}},
		"for none":   {func(s *logstotest.Server) { s.RefuseArraysFor(0, 415) }, []int{200}},
		"twice":      {func(s *logstotest.Server) { s.RefuseArraysTimes(2, 400) }, []int{400, 400, 200, 200}},
		"never":      {func(s *logstotest.Server) { s.RefuseArraysTimes(0, 400) }, []int{200}},
		"for ever":   {func(s *logstotest.Server) { s.RefuseArrays(422) }, []int{422, 422, 422, 422}},
		"the last":   {func(s *logstotest.Server) { s.RefuseArraysFor(time.Hour, 422); s.RefuseArraysTimes(1, 400) }, []int{400, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t)
				c.set(srv)
				for i, want := range c.wants {
					if got := post(t, srv, nil, good); got != 200 {
						t.Errorf("an object: status %d", got)
					}
					if got := post(t, srv, nil, array); got != want {
						t.Errorf("array %d: status %d, want %d", i, got, want)
					}
					time.Sleep(time.Second)
				}
			})
		})
	}
}

func TestKeysChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		use := func(key string, want int) {
			t.Helper()
			if got := post(t, srv, headers{"X-Logs-Api-Key": key}, good); got != want {
				t.Errorf("%s: status %d, want %d", key, got, want)
			}
		}
		use("new", 401)
		srv.AddAPIKey("new")
		use("new", 200)
		use(logstotest.APIKey, 200)
		srv.RevokeAPIKey(logstotest.APIKey)
		use(logstotest.APIKey, 401)
		use("new", 200)
		srv.RevokeAPIKey("new")
		use("new", 401)
	})
}

func TestOAuthClientsChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		fetch := func(id, secret string, want int) any {
			t.Helper()
			status, answer := token(t, srv, id, secret)
			if status != want {
				t.Errorf("%s: status %d, want %d", id, status, want)
			}
			return answer["access_token"]
		}
		fetch("new", "a", 401)
		srv.AddOAuthClient("new", "a")
		bearer := fetch("new", "a", 200)
		srv.AddOAuthClient("new", "b")
		fetch("new", "a", 401)
		fetch("new", "b", 200)
		fetch(logstotest.ClientID, logstotest.ClientSecret, 200)
		srv.RevokeOAuthClient("new")
		fetch("new", "b", 401)
		if got := post(t, srv, headers{"X-Logs-Api-Key": "", "Authorization": "Bearer " + bearer.(string)}, good); got != 200 {
			t.Errorf("the token of a revoked client: status %d", got)
		}
	})
}

func TestCounts(t *testing.T) {
	for _, storage := range []bool{true, false} {
		var opts []logstotest.Option
		if !storage {
			opts = append(opts, logstotest.WithoutStorage())
		}
		synctest.Test(t, func(t *testing.T) {
			srv := inMemory(t, opts...)
			srv.Script(logstotest.Status(503), logstotest.Reset(), logstotest.Raw("x"))
			for range 3 {
				post(t, srv, nil, good)
			}
			synctest.Wait() // for the ends of these
			srv.SetDelay(time.Second)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { post(t, srv, nil, "["+good+","+good+"]") })
			}
			wg.Wait()
			post(t, srv, nil, "[]")
			c := srv.Counts()
			if want := map[int]int{503: 1, 0: 2, 200: 5}; !maps.Equal(c.Requests, want) || c.Records != 8 || c.AtOnce != 4 || c.Connections < 4 || c.Connections > 7 {
				t.Errorf("storage %v: %+v", storage, c)
			}
			clear(c.Requests) // is the caller's own
			if len(srv.Counts().Requests) != 3 {
				t.Error("the counts are shared")
			}
			srv.Reset()
			if c := srv.Counts(); len(c.Requests) != 0 || c.Records != 0 || c.AtOnce != 0 || c.Connections != 0 {
				t.Errorf("after Reset: %+v", c)
			}
			go post(t, srv, nil, good)
			synctest.Wait()
			srv.Reset()
			if c := srv.Counts(); c.AtOnce != 1 {
				t.Errorf("Reset while a request runs: %+v", c)
			}
		})
	}
}

func TestCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		const other = `{"level":"info","message":"other"}`
		post(t, srv, nil, "["+good+","+other+"]")
		post(t, srv, nil, good)
		if got, want := srv.Copies(), map[string]int{good: 2, other: 1}; !maps.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

// TestAServerComesBack kills a server and starts another one in its place.
func TestAServerComesBack(t *testing.T) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	address := "127.0.0.1:0"
	for i := range 3 {
		srv := logstotest.NewServer(logstotest.WithAddress(address))
		if i > 0 && srv.Address() != address {
			t.Errorf("at %s, not %s", srv.Address(), address)
		}
		address = srv.Address()
		get := func() error {
			resp, err := client.Get("http://" + address + "/v1/search")
			if err == nil {
				resp.Body.Close()
			}
			return err
		}
		if err := get(); err != nil {
			t.Error(err)
		}
		srv.Close()
		if err := get(); err == nil {
			t.Error("an answer after Close")
		}
	}
}

func TestAnAddressThatIsTaken(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	logstotest.NewServer(logstotest.WithAddress(srv.Address())).Close()
}

// TestAServerBeyondLoopbackHasCredentialsOfItsOwn does not listen where others may come, with
// the key and the client that the package's documentation names.
func TestAServerBeyondLoopbackHasCredentialsOfItsOwn(t *testing.T) {
	own := []logstotest.Option{logstotest.WithAPIKey("of our own"), logstotest.WithOAuthClient("ours", "of our own")}
	for name, opts := range map[string][]logstotest.Option{
		"none":         nil,
		"a key":        own[:1],
		"a client":     own[1:],
		"the known":    {logstotest.WithAPIKey(logstotest.APIKey), own[1]},
		"both":         own,
		"a public one": {own[0], logstotest.WithPublicClient(logstotest.ClientID)},
	} {
		for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
			refused := func() (refused bool) {
				defer func() {
					text := fmt.Sprint(recover())
					refused = strings.Contains(text, "credentials that everybody knows")
				}()
				logstotest.NewServer(append(opts[:len(opts):len(opts)], logstotest.WithAddress(address))...).Close()
				return false
			}()
			if open := name != "both" && name != "a public one"; refused != open {
				t.Errorf("%s at %s: refused: %v", name, address, refused)
			}
		}
	}
}

func TestCutFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		srv.Script(logstotest.Hang())
		hung := make(chan int)
		go func() { hung <- post(t, srv, nil, good) }()
		synctest.Wait()
		start := time.Now()
		srv.CutFor(time.Minute)
		if got := <-hung; got != 0 || time.Since(start) != 0 {
			t.Errorf("the running request: status %d in %v", got, time.Since(start))
		}
		for range 3 {
			if got := post(t, srv, nil, good); got != 0 {
				t.Errorf("meanwhile: status %d", got)
			}
		}
		time.Sleep(time.Minute)
		if got := post(t, srv, nil, good); got != 200 || len(srv.Records()) != 1 {
			t.Errorf("afterwards: status %d, %d records", got, len(srv.Records()))
		}
	})
}

func TestCutForOnLoopback(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	for _, c := range []struct {
		set  func()
		want int
	}{{func() {}, 200}, {func() { srv.CutFor(time.Hour) }, 0}, {func() { srv.CutFor(0) }, 200}} {
		if c.set(); post(t, srv, nil, good) != c.want {
			t.Errorf("not status %d", c.want)
		}
	}
}
