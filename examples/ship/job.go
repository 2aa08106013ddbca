package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
)

// grace is how long an interrupted run waits for what is on its way.
const grace = 5 * time.Second

// errServer ends a run because the server takes nothing.
var errServer = errors.New("the server takes nothing")

// job is one run: files in, records out.
type job struct {
	// Immutable once set.
	cfg     config
	stdin   io.Reader
	out     *console
	client  *transport.Client
	standIn *standIn // nil unless it is a dry run
	buf     *batch.Buffer
	lines   *shipper
	start   time.Time

	giveUp context.CancelCauseFunc // ends the run
}

// run ships all files. It returns an error if anything was not read or not
// delivered.
func (j *job) run(ctx context.Context) error {
	ctx, j.giveUp = context.WithCancelCause(ctx)
	defer j.giveUp(nil)
	var err error
	j.buf, err = batch.New(j.client,
		batch.WithBlocking(math.MaxInt64), // who reads faster than the server takes must wait
		batch.WithMaxInFlight(1),          // the server gets the lines in their order while it works
		batch.WithMaxRecordBytes(maxRecord(j.cfg.maxLine)),
		batch.WithErrorHandler(j.lost))
	if err != nil {
		return err
	}
	j.lines = newShipper(j.buf, j.cfg.maxLine)
	if j.standIn != nil {
		j.lines.sent = j.standIn.send
	}
	j.start = time.Now()
	unfollow := j.out.follow(j.progress)
	err = j.deliver(ctx)
	unfollow()
	j.summarize()
	return errors.Join(err, j.verify())
}

// deliver returns once everything is delivered, or lost. The error is that of
// the input.
func (j *job) deliver(ctx context.Context) (err error) {
	end, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), errServer) {
			cancel()
		} else {
			time.AfterFunc(grace, cancel)
		}
	})()
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = j.files(ctx)
		_ = j.buf.Flush(ctx) // Close tells
	}()
	select {
	case <-done:
	case <-end.Done(): // files may wait for room in the buffer
	}
	if end.Err() != nil { // there is no time left, which only a deadline tells Close
		var release context.CancelFunc
		end, release = context.WithTimeout(context.Background(), 0)
		defer release()
	}
	_ = j.buf.Close(end) // what it did not deliver is in the summary
	<-done               // in a closed buffer nothing waits
	return err
}

// files ships one file after the other. It goes on after one that cannot be
// read.
func (j *job) files(ctx context.Context) error {
	failed := 0
	for _, name := range j.cfg.files {
		err := j.file(ctx, name)
		if errors.Is(err, errStopped) {
			return fmt.Errorf("%w before the end of %s", err, name)
		}
		if err != nil {
			j.out.printf("%v", err)
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s could not be read", failed, plural(uint64(len(j.cfg.files)), "file"))
	}
	return nil
}

// file ships one file. An interrupt is a way to end standard input like others.
func (j *job) file(ctx context.Context, name string) error {
	if name == "-" {
		err := j.read(ctx, func() (io.ReadCloser, error) { return io.NopCloser(j.stdin), nil })
		if err == nil || errors.Is(err, errStopped) {
			return nil
		}
		return fmt.Errorf("standard input: %w", err)
	}
	err := j.read(ctx, func() (io.ReadCloser, error) { return os.Open(name) })
	var packed *packedError
	if errors.As(err, &packed) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return err
}

func (j *job) read(ctx context.Context, open func() (io.ReadCloser, error)) error {
	in := newInput(ctx, open)
	defer in.close()
	return j.lines.ship(in)
}

// lost is told by the buffer of records that were not delivered, or wait. If they
// are lost, and not for what is in them, the others have no better chance, and the
// run ends.
func (j *job) lost(err error) {
	j.out.printf("%v", err)
	var loss *batch.LossError
	var refusal *transport.Error
	if !errors.As(err, &loss) || !errors.As(loss, &refusal) {
		return // also if the records only wait
	}
	switch refusal.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
	default:
		j.giveUp(errServer)
	}
}

// progress returns how far the run is.
func (j *job) progress() string {
	s := j.buf.Stats()
	text := fmt.Sprintf("%s  %s delivered  %s dropped  %s/s", plural(j.lines.lines.Load(), "line"),
		grouped(s.Delivered), grouped(s.Dropped), grouped(perSecond(s.Delivered, time.Since(j.start))))
	if n := j.client.Stats().Retries; n > 0 {
		text += "  retries: " + grouped(n)
	}
	return text
}

// summarize prints how the run ended.
func (j *job) summarize() {
	s, took := j.buf.Stats(), time.Since(j.start)
	lines, records := j.lines.lines.Load(), j.lines.records.Load()
	read := plural(lines, "line")
	if records != lines {
		read += " as " + plural(records, "record")
	}
	rest := ""
	if len(s.Drops) > 0 {
		rest = " (" + reasons(s.Drops) + ")"
	}
	if s.Pending > 0 { // the answer of the server was not awaited
		rest += ", " + grouped(s.Pending) + " unanswered"
	}
	j.out.printf("%s in %v: %s delivered, %s dropped%s, %s/s", read, took.Round(time.Millisecond),
		grouped(s.Delivered), grouped(s.Dropped), rest, grouped(perSecond(s.Delivered, took)))
}

func reasons(drops []batch.Drop) string {
	var list []string
	for _, d := range drops {
		list = append(list, fmt.Sprintf("%s %s %s", grouped(d.Records), d.Level, d.Reason))
	}
	return strings.Join(list, ", ")
}

// verify compares what was delivered with what was read, and in a dry run with
// what the stand-in has.
func (j *job) verify() error {
	records, delivered := j.lines.records.Load(), j.buf.Stats().Delivered
	switch {
	case delivered < records:
		return fmt.Errorf("%s of %s not delivered", grouped(records-delivered), plural(records, "record"))
	case j.standIn == nil:
		return nil
	case !j.standIn.exact():
		return fmt.Errorf("the stand-in has stored %s, but not each once and in order", plural(j.standIn.count(), "record"))
	}
	j.out.printf("the stand-in has stored %s, each once and in order", plural(j.standIn.count(), "record"))
	return nil
}
