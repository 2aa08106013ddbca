// Ship sends log files to Logs.to.
//
//	ship [flags] [file ...]
//
// It reads the files, or standard input if there are none or for the name "-",
// and ships every line, in the order of the input, none of them lost:
//
//   - A line that is a JSON object with the strings message, level and
//     timestamp (in RFC 3339) is shipped as it is.
//   - In a JSON object without some of them, these are put first. They are taken from
//     the fields that log/slog, zap, zerolog, logrus, pino, bunyan and others have for them
//     (time, ts, @timestamp; severity; msg), also where the time is a number of seconds,
//     milliseconds or less since 1970, or the level one of pino; and otherwise are the
//     line, "info" and the present. The rest of the object stays as it is, but a field with
//     the key of one of the three that is none, such as a level that is a number, is called
//     fields.level then.
//   - Any other line becomes the message of a record: one that is not UTF-8, an empty
//     one. A line longer than -max-line becomes several records, numbered by a field part
//     beside the number of the line.
//
// A byte order mark before a line does not count. Files that are compressed, or in UTF-16,
// are refused.
//
// The credential comes from the environment, see [transport.FromEnv]. With
// -dry-run none is needed: a stand-in for Logs.to is started on loopback, and
// what it has stored is compared with what was read.
//
// While the server fails, ship waits and tries again for the time of -wait, and
// then ends. Single lines are sent to find out whether it works again, so not all
// arrive in their order then. An interrupt ends the input; what has been read is still
// delivered, if that takes no more than five seconds. A second one ends the program.
//
// Everything that ship has to say goes to standard error. The exit status is 0
// if all lines were delivered, 1 if any were not or could not be read, and 2 if
// the command line or the environment is wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
)

// The exit statuses.
const (
	exitOK = iota
	exitUndelivered
	exitUsage
)

func main() {
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, restore) // a second signal kills
	fd := os.Stderr.Fd()
	a := &app{
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		terminal: isatty.IsTerminal(fd) || isatty.IsCygwinTerminal(fd),
	}
	os.Exit(a.run(ctx, os.Args[1:]))
}

// app is the command with what it gets from its surroundings.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	terminal       bool               // stderr is one
	transport      []transport.Option // for tests
}

// config is what the flags say.
type config struct {
	dryRun  bool
	maxLine int
	wait    time.Duration
	files   []string
}

const usage = `usage: ship [flags] [file ...]

Ship sends the lines of the files to Logs.to, or those of standard input if there
are none or for "-". JSON objects are shipped as they are, other lines as messages.
Compressed files must be unpacked first.

The environment has the credential: ` + auth.EnvAPIKey + `, or ` + auth.EnvClientID + `,
` + auth.EnvClientSecret + ` and ` + auth.EnvTokenURL + `; and, if it is not the default,
the URL of the server: ` + transport.EnvEndpoint + `.

The exit status is 0 if all lines were delivered, 1 if any were not or could not
be read, and 2 if the command line or the environment is wrong.

flags:
`

// parse reads the command line.
func (a *app) parse(args []string) (config, error) {
	cfg := config{}
	fs := flag.NewFlagSet("ship", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.BoolVar(&cfg.dryRun, "dry-run", false, "ship to a stand-in for Logs.to that is started on loopback")
	fs.IntVar(&cfg.maxLine, "max-line", 256<<10, "ship lines of more than `N` bytes in parts; from 1024 to 1048576")
	fs.DurationVar(&cfg.wait, "wait", time.Minute, "how long to try again while the server fails; 0 means for ever")
	err := fs.Parse(args)
	cfg.files = fs.Args()
	switch {
	case errors.Is(err, flag.ErrHelp):
		fs.SetOutput(a.stdout)
		_, _ = io.WriteString(a.stdout, usage)
		fs.PrintDefaults()
		return cfg, err
	case err != nil:
		return cfg, err
	case cfg.maxLine < 1<<10 || cfg.maxLine > 1<<20:
		return cfg, fmt.Errorf("-max-line %d is not from 1024 to 1048576", cfg.maxLine)
	case cfg.wait < 0:
		return cfg, fmt.Errorf("-wait %v is negative", cfg.wait)
	}
	if len(cfg.files) == 0 {
		cfg.files = []string{"-"}
	}
	return cfg, nil
}

// run is the command. It returns the exit status.
func (a *app) run(ctx context.Context, args []string) int {
	out := &console{w: a.stderr, terminal: a.terminal}
	cfg, err := a.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		out.printf("%v; see ship -h", err)
		return exitUsage
	}
	j := &job{cfg: cfg, stdin: a.stdin, out: out}
	if cfg.dryRun {
		j.standIn = newStandIn()
		defer j.standIn.server.Close()
		j.client, err = j.standIn.client()
	} else {
		opts := append([]transport.Option{
			transport.WithRetry(transport.Retry{MaxElapsed: cfg.wait}),
			transport.WithoutSetupRetry(), // somebody is there to mend it, and to start again
		}, a.transport...)
		j.client, err = transport.FromEnv(opts...)
	}
	if err != nil {
		out.printf("%v (-dry-run ships to a stand-in)", err)
		return exitUsage
	}
	defer j.client.CloseIdleConnections()
	if err := j.run(ctx); err != nil {
		for line := range strings.Lines(err.Error()) {
			out.printf("%s", strings.TrimSpace(line))
		}
		return exitUndelivered
	}
	return exitOK
}
