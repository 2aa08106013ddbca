package fosite

import (
	"context"
	"flag"
	"net/http"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/transport"
)

var expiries = flag.Int("expiries", 4, "how many tokens expire under load in a test; each takes three seconds at most")

const (
	lifetime = 3 * time.Second
	rate     = 10_000 // records per second
	trip     = 40 * time.Millisecond
	finish   = 30 * time.Second
)

// run logs at the rate until so many tokens have come to their ends and a further one
// is in use, and checks that every record was delivered once. claims is how long the
// server says that a token lives; zero is the truth.
func run(t *testing.T, claims time.Duration) (*ingest.Front, ledger.Report) {
	t.Helper()
	s := Start(t, lifetime, claims)
	l, next := ingest.ToLedger(t)
	f := ingest.Start(t, distant(s.Introspect), next)
	r := ledger.NewRig(t, ledger.Setup{
		Endpoint:  f.Endpoint(),
		Base:      &http.Transport{MaxIdleConnsPerHost: 16},
		Transport: []transport.Option{transport.WithAuth(auth.ClientCredentials(s.client()))},
		Batch: []batch.Option{
			// A hundred sends in a second, some of them at once.
			batch.WithMaxBytes(16 << 20), batch.WithSlabBytes(4 << 10), batch.WithBatchBytes(16 << 10),
			batch.WithFlushInterval(10 * time.Millisecond), batch.WithMaxInFlight(8),
		},
	})
	start := time.Now()
	for len(f.Tokens()) <= *expiries && time.Since(start) < time.Duration(*expiries+3)*lifetime {
		r.Log(rate/5, rate)
	}
	if n := len(f.Tokens()); n <= *expiries {
		t.Errorf("only %d tokens came to be used", n)
	}
	took := time.Since(start)
	rep := r.Finish(t, l, finish)
	if rep.Duplicates > 0 && rep.Cut == 0 {
		t.Errorf("%d duplicates; no acknowledgement was cut off", rep.Duplicates)
	}
	if pace := float64(rep.Logged) / took.Seconds(); pace < 0.9*rate {
		t.Errorf("only %.0f records were logged in a second", pace)
	}
	used, issued, st := len(f.Tokens()), s.Issued(), r.Client.Stats()
	// The last one may have come too late to be used, or counted.
	if fetched := int(st.TokenFetches); issued > used+1 || issued > fetched+1 || issued < fetched || st.TokenFailures > 0 {
		t.Errorf("%d tokens were issued and %d used; the counters say %d fetched, %d in vain", issued, used, fetched, st.TokenFailures)
	}
	// An answer that came too late for the client is no refusal there.
	if refused := f.Status(http.StatusUnauthorized); int(st.Unauthorized) != refused && rep.Stall < ingest.MaxStall {
		t.Errorf("%d requests were refused; the counters say %d", refused, st.Unauthorized)
	}
	one, all := f.MostRefusals()
	t.Logf("%d tokens in %.1f s, each refused so often at its end: %v; a send was refused with one token %d times at most, with all %d times",
		len(f.Tokens()), took.Seconds(), refusals(f), one, all)
	return f, rep
}

// distant takes as long over each token as a server that is not on loopback, so that
// many sends are under way when a token ends.
func distant(check ingest.Check) ingest.Check {
	return func(ctx context.Context, token string) ([]string, bool, error) {
		select {
		case <-time.After(trip):
			return check(ctx, token)
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// refusals returns how often each token was refused.
func refusals(f *ingest.Front) []int {
	var out []int
	for _, token := range f.Tokens() {
		out = append(out, token.Refused)
	}
	return out
}

// TestTokensThatSayWhenTheyEnd has a server that tells the truth: no send ever meets
// a token that has come to its end.
func TestTokensThatSayWhenTheyEnd(t *testing.T) {
	f, rep := run(t, 0)
	if n := f.Status(http.StatusUnauthorized); n > 0 && rep.Stall < ingest.MaxStall {
		t.Errorf("%d requests were refused", n)
	}
}

// TestTokensThatEndUnheralded has a server that says an hour: each token is refused
// when it ends, those sends go out again with the next one, and none of them is
// refused again.
func TestTokensThatEndUnheralded(t *testing.T) {
	f, rep := run(t, time.Hour)
	tokens := f.Tokens()
	for i, token := range tokens[:len(tokens)-1] {
		if token.Refused == 0 {
			t.Errorf("token %d was given up before it was refused: %+v", i+1, token)
		}
	}
	if n := f.Status(http.StatusUnauthorized); n < len(tokens) {
		t.Errorf("%d tokens met %d sends at their ends: never several at once", len(tokens)-1, n)
	}
	if one, all := f.MostRefusals(); one > 1 || all > 1 && rep.Stall < ingest.MaxStall {
		t.Errorf("a send was refused %d times with one token, %d times with all", one, all)
	}
}
