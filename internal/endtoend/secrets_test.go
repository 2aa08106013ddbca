package endtoend

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

var everyPair = flag.Bool("pairs", false, "try every trouble with every kind of credential, and not with some of them")

// TestSecrets has an application live through every trouble with every kind of
// credential, and looks for its secrets in all that can be seen of it: see
// collected. A new kind of credential is one line of credentialKinds, a new way to
// fail one line of troubles.
func TestSecrets(t *testing.T) {
	share := 4
	if capture.Race {
		share = 16 // it takes five times as long, and finds races as well with less
	}
	for i, tr := range troubles() {
		for k, kind := range credentialKinds {
			if !tr.concerns(kind) || !*everyPair && (i+k)%share != 0 {
				continue
			}
			t.Run(tr.name+"/"+kind.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					app := newApplication(t, kind, tr)
					app.live(t)
					secrets := app.secrets()
					if printing() { // who reads that, looks
						app.print()
						return
					}
					for _, found := range app.seen.leaks(secrets, i%10 == 0) {
						t.Error(found)
					}
				})
			})
		}
	}
}

// application is a program that logs, and all that it has.
type application struct {
	kind    credentialKind
	trouble trouble
	srv     *logstotest.Server
	way     *hostileWay
	seen    *collected

	credential  *auth.Credential
	once, again *transport.Client // the first tries nothing twice
	buf         *batch.Buffer
}

func newApplication(t *testing.T, kind credentialKind, tr trouble) *application {
	t.Helper()
	a := &application{kind: kind, trouble: tr, seen: &collected{}}
	a.srv = logstotest.NewInMemory(kind.server...)
	a.way = newHostileWay(a.srv, tr, a.seen)
	a.credential = kind.credential(t, a)
	a.once, a.again = a.client(t, transport.WithoutRetry()), a.client(t)
	stop := a.again.Notify(func(err error) { a.seen.addError("Notify", err) })
	t.Cleanup(stop)
	opts := []batch.Option{batch.WithMaxRecordBytes(1000)}
	if !printing() { // otherwise the default handler is what is tested
		opts = append(opts, batch.WithErrorHandler(func(err error) { a.seen.addError("error handler", err) }))
	}
	var err error
	if a.buf, err = batch.New(a.again, opts...); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *application) client(t *testing.T, opts ...transport.Option) *transport.Client {
	t.Helper()
	c, err := transport.New(slices.Concat([]transport.Option{
		transport.WithAuth(a.credential), transport.WithHTTPClient(&http.Client{Transport: a.way}),
		transport.WithEndpoint(cmp.Or(a.trouble.endpoint, a.srv.Endpoint())), transport.WithTimeout(5 * time.Second),
		transport.WithRefusalHandler(func(r transport.Refusal) { a.seen.addValue("refusal handler", r) }),
	}, opts, a.trouble.client)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// live is the life of the application: in trouble, out of it, and in it to the end.
func (a *application) live(t *testing.T) {
	t.Helper()
	defer a.srv.Close()
	time.Sleep(10 * time.Minute) // tokens that were there before have ended
	a.way.on.Store(true)
	a.sendOnce(t)

	logger := slog.New(slogx.NewHandler(a.buf))
	a.log(logger)
	a.seen.addError("Flush", a.flush(t.Context(), 40*time.Second))
	a.seen.addError("Sync", a.buf.Sync())
	a.look()

	a.way.on.Store(false)
	if err := a.flush(t.Context(), time.Hour); err != nil {
		a.seen.addError("Flush", err) // what the server has refused
	}
	a.look()

	a.way.on.Store(true)
	a.log(logger)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	a.seen.addError("Close", a.buf.Close(ctx))
	a.log(logger) // and these are lost
	a.look()
	a.again.CloseIdleConnections()
	a.once.CloseIdleConnections()
	time.Sleep(time.Minute) // for a fetch in the background, which is bounded
	a.stored()
}

// sendOnce sends a batch for each form in which the server may say what it got, and
// checks that the trouble is one.
func (a *application) sendOnce(t *testing.T) {
	t.Helper()
	for i := range echoes {
		a.way.form.Store(int64(i))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		err := sendRecords(ctx, a.once, `{"level":"info","message":"a"}`, `{"level":"info","message":"b"}`)
		cancel()
		a.seen.addError("Send", err)
		a.seen.addValue("Stats", a.once.Stats())
		a.search(t)
		if err == nil && !a.trouble.harmless {
			t.Errorf("the trouble is none with what is %s", echoes[i].name)
		}
		time.Sleep(10 * time.Minute) // so that nothing is remembered
	}
	if a.way.answers.Load() == 0 && !a.trouble.harmless {
		t.Error("no request got into trouble")
	}
}

// search looks for a record. What the server sends for one is not ours.
func (a *application) search(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, err := range a.once.Search(ctx, "b") {
		a.seen.addError("Search", err)
	}
}

// log logs records of some levels, and one that is too large, for which the buffer
// will send a marker.
func (a *application) log(l *slog.Logger) {
	l.Info("request served", "status", 200)
	l.Warn("request is slow")
	l.Error("request failed", "credential", a.credential, "client", a.again, "err", a.once.Stats().LastError)
	l.Info(strings.Repeat("long ", 300))
}

func (a *application) flush(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return a.buf.Flush(ctx)
}

// look collects what can be asked for.
func (a *application) look() {
	a.seen.addValue("Stats", a.again.Stats())
	a.seen.addError("Stats.LastError", a.again.Stats().LastError)
	a.seen.addValue("Buffer.Stats", a.buf.Stats())
	a.seen.addValue("Client", a.again)
	a.seen.addValue("Credential", a.credential)
	a.seen.addError("Credential.Trouble", a.credential.Trouble())
}

// stored collects what the server has.
func (a *application) stored() {
	for _, r := range a.srv.Records() {
		a.seen.addText("stored record", fmt.Sprintf("%s %s", r.Key, r.JSON))
	}
	for _, r := range a.srv.Requests() {
		a.seen.addText("noted request", fmt.Sprintf("%+v", r))
	}
}

// secrets returns what must not be seen: those of the credential, what requests have
// carried, and what the token endpoint has said in confidence.
func (a *application) secrets() []string {
	all := slices.Concat(a.kind.secrets, []string{issuedToken}, a.way.carried())
	if name := os.Getenv(carriedFile); name != "" {
		noteCarried(name, all)
	}
	return halves(all)
}

// halves are what is looked for, so that a secret is found that was cut in the middle.
func halves(secrets []string) (out []string) {
	for _, s := range secrets {
		if len(s) < 16 {
			out = append(out, s)
			continue
		}
		out = append(out, partsOf(s)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// print writes all that was seen to standard output.
func (a *application) print() {
	var buf bytes.Buffer
	for channel, list := range a.seen.values {
		for _, v := range list {
			fmt.Fprintf(&buf, "%s: %v %+v %#v\n", channel, v, v, v)
		}
	}
	for channel, list := range a.seen.errs {
		for _, err := range list {
			fmt.Fprintf(&buf, "%s: %v %+v %#v\n", channel, err, err, err)
		}
	}
	_, _ = os.Stdout.Write(buf.Bytes())
}
