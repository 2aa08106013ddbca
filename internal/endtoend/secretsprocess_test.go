package endtoend

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/leak"
)

// The environment of the processes of TestSecretsOfAProcess.
const (
	printVar    = "LOGSTO_TEST_PRINT"   // print all that is seen
	carriedFile = "LOGSTO_TEST_CARRIED" // where to note the secrets that requests carried
	crashVar    = "LOGSTO_TEST_CRASH"   // what to panic with
)

func printing() bool { return os.Getenv(printVar) != "" }

// noteCarried tells the process that looks at the output of this one of secrets.
func noteCarried(name string, secrets []string) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	defer func() { _ = f.Close() }()
	for _, s := range secrets {
		if _, err := fmt.Fprintf(f, "%q\n", s); err != nil {
			panic(err)
		}
	}
}

// TestSecretsOfAProcess has TestSecrets run in processes of their own, with the default
// error handler and printing all that it sees, and ends others by a panic; and looks
// for the secrets in what they write to standard output and standard error.
func TestSecretsOfAProcess(t *testing.T) {
	if printing() || os.Getenv(crashVar) != "" {
		t.Skip("this is that process")
	}
	known := slices.Concat([]string{issuedToken}, allSecrets())
	output, carried := runProcess(t, "^TestSecrets$/(_answers_|client,_)", printVar+"=1")
	if n := strings.Count(output, "logsto: "); n < 20 || strings.Count(output, "Stats: ") < 20 {
		t.Errorf("the default error handler has told of %d things, in %d bytes", n, len(output))
	}
	if len(carried) < 20 {
		t.Errorf("%d secrets were carried", len(carried))
	}
	lookForAll(t, "process", output, slices.Concat(known, carried))

	for _, what := range crashes {
		output, carried := runProcess(t, "^TestSecretsCrash$", crashVar+"="+what, "GOTRACEBACK=all")
		if !strings.Contains(output, "panic: ") || !strings.Contains(output, "goroutine ") {
			t.Errorf("%s: no panic: %s", what, output)
		}
		if what == "planted" {
			if leak.Find(output, known...) == "" {
				t.Errorf("what was planted is not found: %s", output)
			}
			continue
		}
		lookForAll(t, what, output, slices.Concat(known, carried))
	}
}

// lookForAll looks for many secrets in a long text.
func lookForAll(t *testing.T, name, text string, secrets []string) {
	t.Helper()
	if found := leak.Find(text, halves(secrets)...); found != "" {
		t.Errorf("%s: %s", name, found)
	}
}

func allSecrets() (all []string) {
	for _, k := range credentialKinds {
		all = append(all, k.secrets...)
	}
	return all
}

// runProcess runs some tests of this package in a process of its own, and returns
// what it writes, and the secrets that it says its requests have carried.
func runProcess(t *testing.T, tests string, env ...string) (output string, carried []string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	notes := filepath.Join(t.TempDir(), "carried")
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, "-test.run="+tests, "-test.timeout=2m", "-test.v")
	cmd.Env = append(os.Environ(), append(env, carriedFile+"="+notes)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && !strings.Contains(err.Error(), "exit status") || ctx.Err() != nil {
		t.Fatalf("%v: %s", err, out.String())
	} else if err != nil && !strings.Contains(strings.Join(env, " "), crashVar) {
		t.Errorf("%v", err)
	}
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var s string
		if _, err := fmt.Sscanf(line, "%q", &s); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		carried = append(carried, s)
	}
	slices.Sort(carried)
	return out.String(), slices.Compact(carried)
}

// crashes are what a process panics with.
var crashes = []string{"error", "credential", "client", "stats", "buffer", "application", "in the error handler", "planted"}

// TestSecretsCrash panics, if it is told to.
func TestSecretsCrash(t *testing.T) {
	what := os.Getenv(crashVar)
	if what == "" {
		t.Skip("only in a process of TestSecretsOfAProcess")
	}
	synctest.Test(t, func(t *testing.T) {
		tr := statusTroubles()[1]
		a := newApplication(t, credentialKinds[2], tr)
		a.way.on.Store(true)
		err := sendRecords(t.Context(), a.once, `{"level":"info","message":"x"}`)
		noteCarried(os.Getenv(carriedFile), a.way.carried())
		switch what {
		case "error":
			panic(err)
		case "credential":
			panic(a.credential)
		case "client":
			panic(a.once)
		case "stats":
			panic(fmt.Sprintf("%+v", a.once.Stats()))
		case "buffer":
			panic(fmt.Sprintf("%v", a.buf))
		case "application":
			panic(fmt.Sprintf("%+v", struct{ credential, client, errs any }{*a.credential, a.once, []error{err}}))
		case "in the error handler": // which the library swallows, and the hang thereafter
			b, _ := batch.New(a.again, batch.WithErrorHandler(func(err error) { panic(err) }))
			b.Append(batch.Error, time.Now(), []byte(`{"level":"error","message":"x"}`))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			panic(b.Close(ctx))
		case "planted":
			h := http.Header{"X-Logs-Api-Key": {awkwardKey}}
			panic(fmt.Sprint(h))
		}
	})
}
