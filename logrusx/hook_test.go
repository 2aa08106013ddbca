package logrusx_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/logrusx"
)

func newLogger(b *batch.Buffer) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.SetLevel(logrus.TraceLevel)
	l.AddHook(logrusx.NewHook(b))
	return l
}

// nilError cannot bear that it is a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

type panicky struct{}

func (panicky) MarshalJSON() ([]byte, error) { panic("oops") }

func TestForms(t *testing.T) {
	at := time.Date(2026, 11, 23, 21, 18, 41, 5, time.FixedZone("", 3600))
	const head = `{"timestamp":"2026-11-23T20:18:41.000000005Z","level":"info","message":"m"`
	for want, log := range map[string]func(*logrus.Entry){
		`}`:                           func(e *logrus.Entry) { e.Info("m") },
		`,"a":1,"b":2,"c":3}`:         func(e *logrus.Entry) { e.WithFields(logrus.Fields{"c": 3, "a": 1}).WithField("b", 2).Info("m") },
		`,"error":"no","x":1}`:        func(e *logrus.Entry) { e.WithField("x", 1).WithError(errors.New("no")).Info("m") },
		`,"error":null,"x":1}`:        func(e *logrus.Entry) { e.WithField("x", 1).WithError((*nilError)(nil)).Info("m") },
		`,"error":null}`:              func(e *logrus.Entry) { e.WithError(nil).Info("m") },
		`,"a":"!PANIC: oops","b":1}`:  func(e *logrus.Entry) { e.WithField("a", panicky{}).WithField("b", 1).Info("m") },
		`,"n":{"a":{"b":1},"c":"d"}}`: func(e *logrus.Entry) { e.WithField("n", logrus.Fields{"a": logrus.Fields{"b": 1}, "c": "d"}).Info("m") },
		`,"a":1}`:                     func(e *logrus.Entry) { e.WithField("f", func() {}).WithField("a", 1).Info("m") },
	} {
		b, sent := capture.Buffer(t)
		log(newLogger(b).WithTime(at))
		if got := sent(); len(got) != 1 || got[0] != head+want {
			t.Errorf("got  %s\nwant %s", got, head+want)
		}
	}
}

func TestAChannelIsNoLoss(t *testing.T) {
	b, sent := capture.Buffer(t)
	newLogger(b).WithField("a", make(chan int)).WithField("b", 1).Info("m")
	var m map[string]any
	if err := json.Unmarshal([]byte(sent()[0]), &m); err != nil {
		t.Fatal(err)
	}
	if s, _ := m["a"].(string); !strings.HasPrefix(s, "!ERROR: ") || m["b"] != 1.0 {
		t.Errorf("got %v", m)
	}
}

func TestCaller(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := newLogger(b)
	l.SetReportCaller(true)
	l.Info("m")
	var m struct {
		Source struct {
			Function, File string
			Line           int
		}
	}
	if err := json.Unmarshal([]byte(sent()[0]), &m); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(m.Source.Function, "TestCaller") || !strings.HasSuffix(m.Source.File, "hook_test.go") || m.Source.Line == 0 {
		t.Errorf("got %+v", m)
	}
}

func TestLevels(t *testing.T) {
	b, _ := capture.Buffer(t)
	if got := logrusx.NewHook(b).Levels(); !slices.Equal(got, logrus.AllLevels) {
		t.Errorf("by default: %v", got)
	}
	want := []logrus.Level{logrus.PanicLevel, logrus.FatalLevel, logrus.ErrorLevel, logrus.WarnLevel}
	if got := logrusx.NewHook(b, logrusx.WithLevel(logrus.WarnLevel)).Levels(); !slices.Equal(got, want) {
		t.Errorf("from warn on: %v", got)
	}
}

// TestTheEndWaitsForDelivery checks that what is logged last is delivered, or
// that the wait ends.
func TestTheEndWaitsForDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b, err := batch.New(&s, batch.WithSyncTimeout(3*time.Second), batch.WithoutErrorHandler())
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close(context.Background())
		l := newLogger(b)
		atExit := 0
		l.ExitFunc = func(int) { atExit = len(s.Records()) }
		l.Fatal("the end")
		if atExit != 1 {
			t.Errorf("%d records delivered when the process ends", atExit)
		}
		func() {
			defer func() { _ = recover() }()
			l.Panic("the end")
		}()
		if got := s.Records(); len(got) != 2 {
			t.Errorf("%d records delivered after a panic", len(got))
		}
		s.Hang()
		start := time.Now()
		l.Fatal("the end")
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("waited %v", d)
		}
		s.Release()
	})
}

// TestEntriesAreNotKept checks that an entry may be changed after it is logged,
// and shared between goroutines.
func TestEntriesAreNotKept(t *testing.T) {
	b, sent := capture.Buffer(t)
	shared := newLogger(b).WithField("shared", []int{1})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				e := shared.WithField("i", i)
				e.Info("m")
				e.Data["i"] = -1
			}
		})
	}
	wg.Wait()
	got := sent()
	if len(got) != 800 {
		t.Errorf("%d records", len(got))
	}
	for _, r := range got {
		if strings.Contains(r, `"i":-1`) {
			t.Fatalf("changed later: %s", r)
		}
	}
}

func TestNilBuffer(t *testing.T) {
	for _, b := range []*batch.Buffer{nil, {}} {
		func() {
			defer func() {
				if p := recover(); p != "logrusx: NewHook: the buffer is nil, or not from batch.New" {
					t.Errorf("panic: %v", p)
				}
			}()
			logrusx.NewHook(b)
		}()
	}
}
