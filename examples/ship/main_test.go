package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// asCommand makes the test binary be the command.
const asCommand = "SHIP_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	for _, name := range []string{
		auth.EnvAPIKey, auth.EnvClientID, auth.EnvClientSecret,
		auth.EnvTokenURL, auth.EnvScopes, transport.EnvEndpoint,
	} {
		_ = os.Unsetenv(name)
	}
	os.Exit(m.Run())
}

// result is what came of a run.
type result struct {
	status         int
	stdout, stderr string
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// ship runs the command, against the server if it is not nil.
func ship(ctx context.Context, t *testing.T, srv *logstotest.Server, stdin io.Reader, args ...string) result {
	t.Helper()
	var stdout, stderr buffer
	a := &app{stdin: stdin, stdout: &stdout, stderr: &stderr}
	if srv != nil {
		a.transport = []transport.Option{transport.WithEndpoint(srv.Endpoint()), transport.WithHTTPClient(srv.Client())}
	}
	r := result{status: a.run(ctx, args)}
	r.stdout, r.stderr = stdout.String(), stderr.String()
	return r
}

// check compares the status, and what was printed with regular expressions.
func (r result) check(t *testing.T, status int, patterns ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("exit status %d, want %d", r.status, status)
	}
	for _, p := range patterns {
		if !regexp.MustCompile(p).MatchString(r.stderr) {
			t.Errorf("nothing matches %q", p)
		}
	}
	if t.Failed() {
		t.Logf("standard error:\n%s", r.stderr)
	}
}

// numbered returns lines that tell their number, from 0.
func numbered(n int) string {
	var sb strings.Builder
	for i := range n {
		if i%3 == 0 {
			fmt.Fprintf(&sb, `{"timestamp":"2026-05-29T10:00:00Z","level":"info","message":"line %d"}`+"\n", i)
		} else {
			fmt.Fprintf(&sb, "line %d\n", i)
		}
	}
	return sb.String()
}

// checkNumbered checks that n numbered lines are stored, each once and in order.
func checkNumbered(t *testing.T, srv *logstotest.Server, n int) {
	t.Helper()
	for i, got := range messages(t, srv, n) {
		if want := fmt.Sprintf("line %d", i); got != want {
			t.Fatalf("record %d: got %q, want %q", i, got, want)
		}
	}
}

// messages returns the messages of the n records that are stored.
func messages(t *testing.T, srv *logstotest.Server, n int) (list []string) {
	t.Helper()
	for _, r := range srv.Records() {
		list = append(list, decode(t, r.JSON).Message)
	}
	if len(list) != n {
		t.Fatalf("%d records stored, want %d", len(list), n)
	}
	return list
}

func newServer(t *testing.T, opts ...logstotest.Option) *logstotest.Server {
	t.Helper()
	srv := logstotest.NewServer(opts...)
	t.Cleanup(srv.Close)
	t.Setenv(auth.EnvAPIKey, logstotest.APIKey)
	return srv
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryLineStoredOnceAndInOrder(t *testing.T) {
	const n = 30_000
	text := numbered(n)
	half := strings.Index(text, "\n"+`{"timestamp":"2026-05-29T10:00:00Z","level":"info","message":"line 15000"`) + 1
	first, last := write(t, "first", text[:half]), write(t, "last", strings.TrimSuffix(text[half:], "\n"))
	for name, tc := range map[string]struct {
		stdin string
		args  []string
	}{
		"files":                {"", []string{first, last}},
		"standard input":       {text, nil},
		"file, standard input": {text[half:], []string{"-wait=0", first, "-"}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t)
			r := ship(t.Context(), t, srv, strings.NewReader(tc.stdin), tc.args...)
			r.check(t, exitOK, `^ship: 30,000 lines in \S+: 30,000 delivered, 0 dropped, [\d,]+/s\n$`)
			checkNumbered(t, srv, n)
			if batches := srv.Records()[n-1].Batch; batches < 2 {
				t.Errorf("%d batches, too few to show their order", batches)
			}
		})
	}
}

func TestStrangeLines(t *testing.T) {
	long := strings.Repeat("x€", 700)
	lines := []string{"", "\x00", "\xff\xfe", `{"broken`, long, `{"level":5}`, "tab\tand \"quotes\"", " {\"a\":1}", "last"}
	srv := newServer(t)
	r := ship(t.Context(), t, srv, strings.NewReader(strings.Join(lines, "\r\n")), "-max-line", "1024")
	r.check(t, exitOK, `9 lines as 11 records in \S+: 11 delivered, 0 dropped`)
	var got []string
	for _, rec := range srv.Records() {
		d := decode(t, rec.JSON)
		if d.Part > 1 {
			got[len(got)-1] += d.Message
		} else {
			got = append(got, d.Message)
		}
	}
	want := "|\x00|\ufffd\ufffd|{\"broken|" + long + `|{"level":5}|tab` + "\t" + `and "quotes"|{"a":1}|last`
	if strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAByteOrderMarkIsNoPartOfALine has those of two files that were put together.
func TestAByteOrderMarkIsNoPartOfALine(t *testing.T) {
	srv := newServer(t)
	path := write(t, "with", "\uFEFF"+`{"level":"warn","message":"one"}`+"\r\n\uFEFF"+`{"level":"warn","message":"two"}`+"\nthr\uFEFFee\n\uFEFF")
	ship(t.Context(), t, srv, nil, path).check(t, exitOK, `4 lines in \S+: 4 delivered, 0 dropped`)
	if got := strings.Join(messages(t, srv, 4), "|"); got != "one|two|thr\uFEFFee|" {
		t.Errorf("%q", got)
	}
}

// TestWhatIsNoText is refused by its name, and the other files are shipped.
func TestWhatIsNoText(t *testing.T) {
	for start, kind := range map[string]string{
		"\x1f\x8b\x08":       "compressed by gzip",
		"\x28\xb5\x2f\xfd":   "compressed by zstd",
		"BZh91AY&SY":         "compressed by bzip2",
		"\xfd7zXZ\x00":       "compressed by xz",
		"PK\x03\x04":         "an archive of zip",
		"\xff\xfeh\x00i\x00": "in UTF-16",
		"\xfe\xff\x00h\x00i": "in UTF-16",
	} {
		srv := newServer(t)
		packed, text := write(t, "packed", start+"\n\x00\n"), write(t, "text", "BZh\nPK\n")
		r := ship(t.Context(), t, srv, iotest.OneByteReader(strings.NewReader(start)), packed, text, "-")
		r.check(t, exitUndelivered, `packed: it is `+kind+`, and not text`, `standard input: it is `+kind, `2 of 3 files could not be read`, `2 lines in \S+: 2 delivered`)
	}
	srv := newServer(t)
	ship(t.Context(), t, srv, iotest.OneByteReader(strings.NewReader("BZh")), "-").check(t, exitOK, `1 line in \S+: 1 delivered`)
}

func TestNothingToShip(t *testing.T) {
	srv := newServer(t)
	ship(t.Context(), t, srv, strings.NewReader("")).check(t, exitOK, `ship: 0 lines in \S+: 0 delivered, 0 dropped, 0/s\n$`)
	if n := len(srv.Requests()); n > 0 {
		t.Errorf("%d requests", n)
	}
}

func TestUsage(t *testing.T) {
	for _, tc := range []struct {
		args    []string
		pattern string
	}{
		{[]string{"-nonsense"}, `^ship: flag provided but not defined: -nonsense; see ship -h\n$`},
		{[]string{"-max-line=1023"}, `-max-line 1023 is not from 1024 to 1048576`},
		{[]string{"-max-line=1048577"}, `-max-line 1048577 is not`},
		{[]string{"-max-line=many"}, `invalid value "many" for flag -max-line`},
		{[]string{"-wait=-1s"}, `-wait -1s is negative`},
		{[]string{"file"}, `set LOGSTO_API_KEY, or LOGSTO_CLIENT_ID, .*\(-dry-run ships to a stand-in\)\n$`},
	} {
		ship(t.Context(), t, nil, nil, tc.args...).check(t, exitUsage, tc.pattern)
	}
	r := ship(t.Context(), t, nil, nil, "-h")
	r.check(t, exitOK, `^$`)
	for _, want := range []string{"-dry-run", "-max-line", "-wait", "default 1m0s", auth.EnvAPIKey} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("the help does not tell of %s:\n%s", want, r.stdout)
		}
	}
}

func TestLargestLimit(t *testing.T) {
	srv := newServer(t)
	line := strings.Repeat("\x01", 1<<20)
	r := ship(t.Context(), t, srv, strings.NewReader(line), "-max-line", "1048576")
	r.check(t, exitOK, `1 line in \S+: 1 delivered, 0 dropped`)
	for _, rec := range srv.Records() {
		if got := decode(t, rec.JSON).Message; got != line {
			t.Errorf("%d bytes", len(got))
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	srv := newServer(t)
	dir := t.TempDir()
	r := ship(t.Context(), t, srv, nil, filepath.Join(dir, "missing"), dir, write(t, "good", numbered(10)))
	r.check(t, exitUndelivered, `missing: `, `10 lines in \S+: 10 delivered, 0 dropped`, `ship: 2 of 3 files could not be read\n$`)
	checkNumbered(t, srv, 10)
}

// failing is a reader that fails after some text.
type failing struct{ r io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("disk on fire")
	}
	return n, err
}

func TestInputThatFails(t *testing.T) {
	srv := newServer(t)
	r := ship(t.Context(), t, srv, failing{strings.NewReader("line 0\nline 1")})
	r.check(t, exitUndelivered, `standard input: disk on fire`, `2 lines in \S+: 2 delivered`)
	checkNumbered(t, srv, 2)
}

func TestDryRun(t *testing.T) {
	file := write(t, "file", numbered(20_000))
	r := ship(t.Context(), t, nil, nil, "-dry-run", file)
	r.check(t, exitOK, `20,000 lines in \S+: 20,000 delivered, 0 dropped`, `the stand-in has stored 20,000 records, each once and in order\n$`)
}

func TestStandInComparesOrder(t *testing.T) {
	s := newStandIn()
	defer s.server.Close()
	for _, rec := range []string{"1", "2"} {
		s.send([]byte(rec))
	}
	s.observe([]logstotest.Record{{JSON: []byte("2")}, {JSON: []byte("1")}})
	if s.exact() {
		t.Error("the order does not matter")
	}
}

// broken is a writer that cannot write, as to a full disk.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestStandardErrorThatFails(t *testing.T) {
	srv := newServer(t)
	a := &app{
		stdin: strings.NewReader(numbered(10)), stderr: broken{}, terminal: true,
		transport: []transport.Option{transport.WithEndpoint(srv.Endpoint())},
	}
	if status := a.run(t.Context(), nil); status != exitOK {
		t.Errorf("exit status %d", status)
	}
	checkNumbered(t, srv, 10)
}

func TestPoisonHoldsNothingUp(t *testing.T) {
	srv := newServer(t)
	srv.Poison("line 77")
	r := ship(t.Context(), t, srv, strings.NewReader(numbered(77)+"line 77\nline 77\n"+strings.Repeat("after\n", 23)))
	r.check(t, exitUndelivered, `422`, `102 lines in \S+: 100 delivered, 2 dropped \(2 info undelivered\)`, `2 of 102 records not delivered\n$`)
}

// endless is input without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "line\n"[i%5]
	}
	return len(p) / 5 * 5, nil
}

func TestWrongKeyEndsTheRun(t *testing.T) {
	const key = "not-the-key-of-anybody"
	srv := newServer(t)
	t.Setenv(auth.EnvAPIKey, key)
	r := ship(t.Context(), t, srv, endless{})
	r.check(t, exitUndelivered, `401 Unauthorized`, `lines in \S+: 0 delivered, [\d,]+ dropped`, `records not delivered\n$`)
	if strings.Contains(r.stderr, key) {
		t.Error("the key is shown")
	}
}

// inBubble runs f with a server, in time of its own.
func inBubble(t *testing.T, f func(t *testing.T, srv *logstotest.Server)) {
	t.Helper()
	t.Setenv(auth.EnvAPIKey, logstotest.APIKey)
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		f(t, srv)
	})
}

func TestServerThatRecovers(t *testing.T) {
	for _, down := range []time.Duration{time.Second, 30 * time.Second} {
		inBubble(t, func(t *testing.T, srv *logstotest.Server) {
			t.Helper()
			srv.FailFor(down, 503)
			r := ship(t.Context(), t, srv, strings.NewReader(numbered(1000)))
			r.check(t, exitOK, `1,000 lines in \S+: 1,000 delivered, 0 dropped`)
			seen := map[string]bool{} // each once; single ones of them have tried first
			for _, m := range messages(t, srv, 1000) {
				seen[m] = true
			}
			if len(seen) != 1000 {
				t.Errorf("%d lines stored after %v", len(seen), down)
			}
		})
	}
}

func TestServerThatFailsForGood(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *logstotest.Server) {
		t.Helper()
		srv.FailFor(24*time.Hour, 503)
		start := time.Now()
		r := ship(t.Context(), t, srv, endless{}, "-wait=10s")
		r.check(t, exitUndelivered, `503 Service Unavailable after \d+ attempts`, `: 0 delivered, [\d,]+ dropped`)
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// pipe is input that waits for more until the end of the test.
func pipe(t *testing.T, text string) io.Reader {
	t.Helper()
	r, w := io.Pipe()
	go func() { _, _ = io.WriteString(w, text) }()
	t.Cleanup(func() { _ = w.Close() })
	return r
}

func TestInterrupt(t *testing.T) {
	t.Run("of standard input that waits", func(t *testing.T) {
		inBubble(t, func(t *testing.T, srv *logstotest.Server) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			ship(ctx, t, srv, pipe(t, numbered(99)+"line 99")).check(t, exitOK, `100 lines in 10s: 100 delivered, 0 dropped`)
			checkNumbered(t, srv, 100)
		})
	})
	t.Run("of a file", func(t *testing.T) {
		inBubble(t, func(t *testing.T, srv *logstotest.Server) {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			file := write(t, "file", numbered(100))
			ship(ctx, t, srv, nil, file).check(t, exitUndelivered, `stopped before the end of `+regexp.QuoteMeta(file))
		})
	})
	t.Run("while the server hangs", func(t *testing.T) {
		inBubble(t, func(t *testing.T, srv *logstotest.Server) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			srv.Script(logstotest.Hang(), logstotest.Hang(), logstotest.Hang())
			start := time.Now()
			r := ship(ctx, t, srv, endless{})
			r.check(t, exitUndelivered, `: 0 delivered, [\d,]+ dropped`, `records not delivered\n$`)
			if took := time.Since(start); took > 10*time.Second+grace+time.Second {
				t.Errorf("took %v", took)
			}
		})
	})
	t.Run("while the server is slow", func(t *testing.T) {
		inBubble(t, func(t *testing.T, srv *logstotest.Server) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			srv.SetDelay(3 * time.Second)
			ship(ctx, t, srv, pipe(t, numbered(100))).check(t, exitOK, `100 delivered`)
			checkNumbered(t, srv, 100)
		})
	})
}

// TestSignal sends a real signal to a real process.
func TestSignal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted there")
	}
	// A fatal record does not wait for others.
	const urgent = `{"timestamp":"2026-05-29T10:00:00Z","level":"FATAL","message":"line 2"}` + "\n"
	arrived := make(chan int, 100)
	srv := newServer(t, logstotest.WithObserver(func(list []logstotest.Record) { arrived <- len(list) }))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asCommand+"=1", transport.EnvEndpoint+"="+srv.Endpoint())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(stdin, numbered(2)+urgent); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < 3; n += <-arrived {
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, &stderr)
	}
	if !strings.Contains(stderr.String(), "3 lines in ") {
		t.Errorf("no summary: %s", &stderr)
	}
	checkNumbered(t, srv, 3)
}

func TestProgressOnTerminal(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *logstotest.Server) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2100*time.Millisecond)
		defer cancel()
		srv.Script(logstotest.Status(503))
		var stderr buffer
		a := &app{
			stdin: pipe(t, numbered(1234)), stderr: &stderr, terminal: true,
			transport: []transport.Option{transport.WithEndpoint(srv.Endpoint()), transport.WithHTTPClient(srv.Client())},
		}
		r := result{status: a.run(ctx, nil), stderr: stderr.String()}
		r.check(t, exitOK, `^1,234 lines  0 delivered  0 dropped  0/s`, `\r1,234 lines  1,234 delivered  0 dropped  617/s  retries: 1`,
			`\r +\rship: 1,234 lines in 2.1s: 1,234 delivered, 0 dropped, 587/s\n$`)
		if n := strings.Count(r.stderr, "delivered"); n != 10+1 {
			t.Errorf("progress was shown %d times in 2.1 seconds", n-1)
		}
	})
}

func TestNoProgressElsewhere(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *logstotest.Server) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		r := ship(ctx, t, srv, pipe(t, numbered(10)))
		r.check(t, exitOK)
		if strings.Count(r.stderr, "\n") != 1 || strings.Contains(r.stderr, "\r") {
			t.Errorf("more than a summary: %q", r.stderr)
		}
	})
}

func TestNumbers(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 lines", 1: "1 line", 999: "999 lines", 1000: "1,000 lines", 1234567: "1,234,567 lines"} {
		if got := plural(n, "line"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
