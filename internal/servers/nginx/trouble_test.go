package nginx

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/transport"
)

// trouble answers a part of the requests with 503, and cuts off another part
// without an answer (444), before they reach the server.
func trouble(unavailable, cut string) site {
	return site{
		HTTP: `split_clients $request_id $fate { ` + unavailable + ` unavailable; ` + cut + ` cut; * fine; }`,
		Server: `if ($fate = unavailable) { return 503; }
		if ($fate = cut) { return 444; }`,
	}
}

func TestRandomUnavailable(t *testing.T) {
	r := newRig(t, new(ledger.Ledger), trouble("60%", "1%"), ledger.Setup{})
	r.Log(10_000, rate)
	rep := r.finish(t)
	if r.Tap.Statuses()[http.StatusServiceUnavailable] == 0 {
		t.Error("the server was always available")
	}
	if rep.Duplicates > 0 {
		t.Errorf("%d duplicates of what was refused", rep.Duplicates)
	}
}

func TestRandomCut(t *testing.T) {
	for _, f := range []transport.Format{transport.Auto, transport.Single} {
		t.Run(f.String(), func(t *testing.T) {
			n := 10_000
			if f == transport.Single {
				n = 1000
			}
			r := newRig(t, new(ledger.Ledger), trouble("10%", "50%"), transportOptions(transport.WithFormat(f)))
			r.Log(n, rate)
			rep := r.finish(t)
			if r.Tap.Statuses()[0] == 0 {
				t.Error("no connection was cut")
			}
			if rep.Duplicates > 0 {
				t.Errorf("%d duplicates of what was cut off before it arrived", rep.Duplicates)
			}
		})
	}
}

// TestLateAnswer has a server that stores and then takes longer to answer than
// nginx waits: the client gets 504 for what is stored.
func TestLateAnswer(t *testing.T) {
	l := &ledger.Ledger{Answer: func(n int, _ http.ResponseWriter) {
		if n%4 == 1 {
			time.Sleep(time.Second)
		}
	}}
	r := newRig(t, l, site{Where: "proxy_read_timeout 200ms;"}, ledger.Setup{})
	r.Log(5000, rate)
	rep := r.finish(t)
	if n := r.Tap.Statuses()[http.StatusGatewayTimeout]; n == 0 || rep.Cut < n || rep.Duplicates == 0 {
		t.Errorf("%d answers with 504, %d acknowledgements cut off", n, rep.Cut)
	}
}

// TestServerDown has nginx without a server behind it, and then with one.
func TestServerDown(t *testing.T) {
	l := new(ledger.Ledger)
	r := newRig(t, l, site{}, ledger.Setup{})
	r.Log(1000, rate)
	addr := r.server.Addr
	r.server.Close()
	r.Log(3000, rate)
	r.server = l.Start(t, addr, 0)
	r.Log(1000, rate)
	r.finish(t)
	if r.Tap.Statuses()[http.StatusBadGateway] == 0 {
		t.Error("the server was never down")
	}
}

// TestFaultOfTheSetUp has a front that refuses everything for a reason that is
// not in the records, until somebody repairs it: nothing may be lost meanwhile,
// and the user must be told.
func TestFaultOfTheSetUp(t *testing.T) {
	for _, status := range []string{"403", "404"} {
		t.Run(status, func(t *testing.T) {
			broken := filepath.Join(t.TempDir(), "broken")
			if err := os.WriteFile(broken, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			r := newRig(t, new(ledger.Ledger), site{Server: "if (-f " + broken + ") { return " + status + "; }"}, ledger.Setup{})
			const records = 1000
			r.Log(records, rate)
			for deadline := time.Now().Add(5 * time.Second); len(r.Told()) == 0 && time.Now().Before(deadline); {
				time.Sleep(10 * time.Millisecond)
			}
			if told := strings.Join(r.Told(), "\n"); !strings.Contains(told, status) {
				t.Errorf("the error handler got %q", told)
			}
			if err := os.Remove(broken); err != nil {
				t.Fatal(err)
			}
			// The client asks only now and then meanwhile.
			for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				if st := r.Buffer.Stats(); st.Pending == 0 || st.Dropped > 0 {
					break
				}
			}
			if st := r.Buffer.Stats(); st.Delivered != records {
				t.Errorf("records outlast a set-up that is repaired; the counters say %v", st)
				return
			}
			r.finish(t)
		})
	}
}
