package endtoend

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/logrusx"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
	logstozap "github.com/logsto/logsto-go/zapcore"
	"github.com/logsto/logsto-go/zerologw"
)

// loggers returns one log call for each logger into the same buffer.
func loggers(b *batch.Buffer) map[string]func(i int) {
	s := slog.New(slogx.NewHandler(b))
	z := zap.New(logstozap.NewCore(b))
	zr := zerolog.New(zerologw.NewWriter(b)).With().Timestamp().Logger()
	lr := logrus.New()
	lr.SetOutput(io.Discard)
	lr.AddHook(logrusx.NewHook(b))
	return map[string]func(int){
		"slog":    func(i int) { s.Info("m", "logger", "slog", "i", i) },
		"zap":     func(i int) { z.Info("m", zap.String("logger", "zap"), zap.Int("i", i)) },
		"zerolog": func(i int) { zr.Info().Str("logger", "zerolog").Int("i", i).Msg("m") },
		"logrus":  func(i int) { lr.WithField("logger", "logrus").WithField("i", i).Info("m") },
	}
}

func newBuffer(t *testing.T, srv *logstotest.Server, credential *auth.Credential, opts ...batch.Option) *batch.Buffer {
	t.Helper()
	c, err := transport.New(transport.WithAuth(credential), transport.WithEndpoint(srv.Endpoint()), transport.WithHTTPClient(srv.Client()))
	if err != nil {
		t.Fatal(err)
	}
	b, err := batch.New(c, append([]batch.Option{batch.WithoutErrorHandler()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// checkStored checks that n records of each logger are stored, each once, and
// those of one logger in order within each batch.
func checkStored(t *testing.T, srv *logstotest.Server, n int) {
	t.Helper()
	type place struct {
		batch  int
		logger string
	}
	seen := map[string]map[int]int{}
	last := map[place]int{}
	for _, r := range srv.Records() {
		var m struct {
			Logger string
			I      int
		}
		if err := json.Unmarshal(r.JSON, &m); err != nil {
			t.Fatal(err)
		}
		if seen[m.Logger] == nil {
			seen[m.Logger] = map[int]int{}
		}
		seen[m.Logger][m.I]++
		p := place{r.Batch, m.Logger}
		if before, ok := last[p]; ok && before >= m.I {
			t.Errorf("%s: record %d after %d in batch %d", m.Logger, m.I, before, r.Batch)
		}
		last[p] = m.I
	}
	for _, name := range []string{"slog", "zap", "zerolog", "logrus"} {
		for i := range n {
			if seen[name][i] != 1 {
				t.Fatalf("%s: record %d stored %d times", name, i, seen[name][i])
			}
		}
	}
}

// TestAnOutageOfTwoSecondsLosesNothing logs through all four loggers while the
// server answers 503. In the bubble the clock moves only when every goroutine
// waits, so a log call that waits for anything takes time here, and one that
// does not takes none.
func TestAnOutageOfTwoSecondsLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory(logstotest.WithDeduplication())
		defer srv.Close()
		b := newBuffer(t, srv, auth.ClientCredentials(clientcredentials.Config{
			ClientID: logstotest.ClientID, ClientSecret: logstotest.ClientSecret, TokenURL: srv.TokenURL(),
		}))
		srv.FailFor(2*time.Second, 503)
		const n = 3000
		var wg sync.WaitGroup
		for name, log := range loggers(b) {
			wg.Go(func() {
				for i := range n {
					start := time.Now()
					log(i)
					if d := time.Since(start); d > 0 {
						t.Errorf("%s: a call took %v", name, d)
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
		wg.Wait()
		if err := b.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if st := b.Stats(); st.Accepted != 4*n || st.Delivered != 4*n || st.Dropped != 0 || st.Pending != 0 {
			t.Errorf("%v", st)
		}
		checkStored(t, srv, n)
		refused := 0
		for _, r := range srv.Requests() {
			if r.Status == 503 {
				refused++
			}
		}
		if refused < 2 {
			t.Errorf("%d requests were refused; there was no outage", refused)
		}
	})
}

// TestAServerThatIsGone checks that an outage without an end costs time at Close
// only, and that everything is counted.
func TestAServerThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		srv.SetDelay(time.Hour)
		b := newBuffer(t, srv, auth.APIKey(logstotest.APIKey), batch.WithMaxBytes(128<<10))
		const n = 2000
		for name, log := range loggers(b) {
			start := time.Now()
			for i := range n {
				log(i)
			}
			if d := time.Since(start); d > 0 {
				t.Errorf("%s: %v in %d calls", name, d, n)
			}
		}
		time.Sleep(10 * time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		err := b.Close(ctx)
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("Close took %v", d)
		}
		synctest.Wait()
		st := b.Stats()
		var u *batch.UndeliveredError
		if !errors.As(err, &u) || u.Records == 0 || u.Records != st.DroppedFor(batch.ReasonAbandoned) {
			t.Errorf("Close: %v; %v", err, st)
		}
		if st.Accepted != 4*n || st.Delivered != 0 || st.Pending != 0 || st.Dropped != 4*n {
			t.Errorf("%v", st)
		}
	})
}

// TestAWrongKeyIsReported checks that a key which the server refuses is reported
// at once, and that the records are counted as lost only when Close gives up.
func TestAWrongKeyIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		var told []string
		b := newBuffer(t, srv, auth.APIKey("a-wrong-key"), batch.WithErrorHandler(func(err error) { told = append(told, err.Error()) }))
		for _, log := range loggers(b) {
			for i := range 100 {
				log(i)
			}
		}
		err := b.Close(t.Context())
		if err == nil || !strings.Contains(err.Error(), "401") {
			t.Errorf("Close: %v", err)
		}
		synctest.Wait()
		all := strings.Join(told, "\n")
		if len(told) != 2 || !strings.Contains(told[0], "400 records waiting") || !strings.Contains(told[0], "401") ||
			!strings.Contains(told[1], "400 records dropped") || !strings.Contains(told[1], "401") || strings.Contains(all, "a-wrong-key") {
			t.Errorf("the handler got %q", told)
		}
		if st := b.Stats(); st.DroppedFor(batch.ReasonAbandoned) != 400 {
			t.Errorf("%v", st)
		}
	})
}
