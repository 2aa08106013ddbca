package proxy

import (
	"testing"
	"time"

	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/transport"
)

const (
	records = 5000
	rate    = 5000 // per second
	finish  = 30 * time.Second
)

// spoilt logs while the toxics are there, takes them away and checks what came
// of it.
func spoilt(t *testing.T, r *rig, xs ...toxic) ledger.Report {
	t.Helper()
	for _, x := range xs {
		r.add(t, x)
	}
	r.Log(records, rate)
	for _, x := range xs {
		r.remove(t, x)
	}
	return r.Finish(t, r.server, finish)
}

// noDuplicates is for toxics that slow answers down and cut none off.
func noDuplicates(t *testing.T, rep ledger.Report) {
	t.Helper()
	if rep.Duplicates != 0 || rep.Cut != 0 || rep.Failed != 0 {
		t.Errorf("%d requests failed, %d acknowledgements were cut off, %d duplicates; nothing was cut off", rep.Failed, rep.Cut, rep.Duplicates)
	}
}

// shortest and longest return how long requests took.
func shortest(r *rig) time.Duration {
	d := time.Hour
	for _, e := range r.Tap.Exchanges() {
		d = min(d, e.End.Sub(e.Start))
	}
	return d
}

func longest(r *rig) (d time.Duration) {
	for _, e := range r.Tap.Exchanges() {
		d = max(d, e.End.Sub(e.Start))
	}
	return d
}

func TestLatencyWithJitter(t *testing.T) {
	r := newRig(t, 0, ledger.Setup{})
	attrs := map[string]int{"latency": 100, "jitter": 80}
	rep := spoilt(t, r, toxic{"latency", true, attrs}, toxic{"latency", false, attrs})
	noDuplicates(t, rep)
	t.Logf("requests took %v to %v", shortest(r), longest(r))
	if longest(r) < 100*time.Millisecond {
		t.Error("there was no latency")
	}
}

func TestBandwidth(t *testing.T) {
	r := newRig(t, 0, ledger.Setup{})
	rep := spoilt(t, r, toxic{"bandwidth", true, map[string]int{"rate": 20}})
	noDuplicates(t, rep)
	t.Logf("requests took %v to %v", shortest(r), longest(r))
	if longest(r) < 100*time.Millisecond {
		t.Error("the bandwidth was not limited")
	}
}

// TestSlowClose has a server that closes idle connections soon, and a network
// that tells the client of it late: meanwhile the client sends into the void.
func TestSlowClose(t *testing.T) {
	r := newRig(t, 20*time.Millisecond, ledger.Setup{})
	rep := spoilt(t, r,
		toxic{"slow_close", false, map[string]int{"delay": 150}}, toxic{"slow_close", true, map[string]int{"delay": 150}})
	connections, _ := r.server.Connections()
	t.Logf("%d connections", connections)
	// What is sent to a connection that is closed does not arrive.
	if rep.Duplicates != 0 {
		t.Errorf("%d duplicates; no acknowledgement was cut off", rep.Duplicates)
	}
	if connections < 2 {
		t.Error("the server closed no connection")
	}
}

func TestSlicer(t *testing.T) {
	r := newRig(t, 0, ledger.Setup{})
	attrs := map[string]int{"average_size": 100, "size_variation": 50, "delay": 100}
	rep := spoilt(t, r, toxic{"slicer", true, attrs}, toxic{"slicer", false, attrs})
	noDuplicates(t, rep)
	_, reads := r.server.Connections()
	size := int(r.Client.Stats().Bytes) / max(1, reads)
	t.Logf("%d bytes for each read of the server", size)
	if size > 2000 {
		t.Error("nothing was sliced")
	}
}

// TestCutInMidBody has connections that end after 2,000 bytes, which is in the
// middle of any request but the smallest.
func TestCutInMidBody(t *testing.T) {
	r := newRig(t, 0, ledger.Setup{})
	rep := spoilt(t, r, toxic{"limit_data", true, map[string]int{"bytes": 2000}})
	if rep.Broken == 0 {
		t.Error("no request was cut off")
	}
}

// TestCutInMidAnswer has every acknowledgement cut off, so that each batch that
// is sent arrives more than once.
func TestCutInMidAnswer(t *testing.T) {
	r := newRig(t, 0, ledger.Setup{})
	rep := spoilt(t, r, toxic{"limit_data", false, map[string]int{"bytes": 10}})
	if rep.Cut == 0 || rep.Duplicates == 0 {
		t.Error("no acknowledgement was cut off")
	}
}

func TestResetOfRequests(t *testing.T) {
	r := newRig(t, 0, ledger.Setup{})
	rep := spoilt(t, r, toxic{"reset_peer", true, map[string]int{"timeout": 20}})
	if rep.Failed == 0 {
		t.Error("no connection was reset")
	}
}

func TestResetOfAnswers(t *testing.T) {
	r := newRig(t, 0, ledger.Setup{})
	rep := spoilt(t, r, toxic{"reset_peer", false, map[string]int{"timeout": 0}})
	if rep.Failed == 0 || rep.Cut == 0 {
		t.Error("no connection was reset")
	}
}

// TestBlackHole has a network that takes everything and gives nothing, and that
// no connection tells of: only the client's own time-out does.
func TestBlackHole(t *testing.T) {
	for _, x := range []toxic{
		{"timeout", true, map[string]int{"timeout": 0}},
		{"timeout", false, map[string]int{"timeout": 0}},
	} {
		t.Run(x.stream(), func(t *testing.T) {
			r := newRig(t, 0, ledger.Setup{Transport: []transport.Option{transport.WithTimeout(300 * time.Millisecond)}})
			rep := spoilt(t, r, x)
			if rep.Failed == 0 {
				t.Error("no request timed out")
			}
			if x.up && rep.Duplicates > 0 {
				t.Errorf("%d duplicates of what did not arrive", rep.Duplicates)
			}
		})
	}
}

func TestDownAndUpAgain(t *testing.T) {
	r := newRig(t, 0, ledger.Setup{})
	for range 3 {
		r.Log(records/10, rate)
		r.down(t)
		r.Log(records/5, rate)
		r.up(t)
	}
	rep := r.Finish(t, r.server, finish)
	if rep.Failed == 0 {
		t.Error("the proxy was never down")
	}
}
