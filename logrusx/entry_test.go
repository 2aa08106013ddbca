package logrusx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/allocs"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/logrusx"
)

// TestFormatterFormatsNothing checks that a value is encoded once, and that the
// output gets nothing.
func TestFormatterFormatsNothing(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for name, c := range map[string]struct {
		formatter logrus.Formatter
		encoded   int
	}{
		"ours": {logrusx.Formatter(), 1},
		"JSON": {&logrus.JSONFormatter{}, 2},
	} {
		b, sent := capture.Buffer(t)
		l := newLogger(b)
		l.SetFormatter(c.formatter)
		l.SetOutput(out)
		n := 0
		l.WithField("k", countedJSON{&n}).Info("m")
		if got := sent(); len(got) != 1 || !strings.HasSuffix(got[0], `"message":"m","k":"v"}`) || n != c.encoded {
			t.Errorf("%s: sent %s, encoded %d times", name, got, n)
		}
		info, err := out.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if name == "ours" && info.Size() > 0 {
			t.Errorf("the output got %d bytes", info.Size())
		}
		_ = out.Truncate(0)
	}
	text, err := logrus.NewEntry(&logrus.Logger{Formatter: logrusx.Formatter()}).String()
	if text != "" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

type countedJSON struct{ n *int }

func (c countedJSON) MarshalJSON() ([]byte, error) { *c.n++; return []byte(`"v"`), nil }

// TestAllLevels checks that each level has its record, which the hook takes and
// leaves as they are.
func TestAllLevels(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := newLogger(b)
	exits := 0
	l.ExitFunc = func(int) { exits++ }
	l.Trace("m")
	l.Debug("m")
	l.Print("m")
	l.Info("m")
	l.Warning("m")
	l.Error("m")
	fatal := l.Fatal // which returns here
	fatal("m")
	func() {
		defer func() {
			if e, ok := recover().(*logrus.Entry); !ok || e.Message != "m" {
				t.Errorf("panics with %v", e)
			}
		}()
		l.Panic("m")
	}()
	l.Log(logrus.FatalLevel, "m") // is only a level
	l.Log(logrus.Level(99), "m")  // is no level, and not enabled
	var levels []string
	for _, r := range sent() {
		var m struct{ Level string }
		if err := json.Unmarshal([]byte(r), &m); err != nil {
			t.Fatal(err)
		}
		levels = append(levels, m.Level)
	}
	if got := strings.Join(levels, " "); got != "trace debug info info warn error fatal panic fatal" || exits != 1 {
		t.Errorf("got %s, %d exits", got, exits)
	}
}

// TestBareEntries checks entries that no logger of logrus has made.
func TestBareEntries(t *testing.T) {
	b, sent := capture.Buffer(t)
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	const head = `{"timestamp":"2026-11-23T00:00:00.000000000Z","level":"info","message":"m"`
	for _, c := range []struct {
		entry logrus.Entry
		want  string
	}{
		{logrus.Entry{Time: at, Message: "m", Level: logrus.InfoLevel}, head + `}`},
		{logrus.Entry{Time: at, Message: "m", Level: logrus.InfoLevel, Data: logrus.Fields{}, Caller: &runtime.Frame{}}, head + `,"source":{}}`},
		{logrus.Entry{Time: at, Message: "m", Level: logrus.InfoLevel, Data: logrus.Fields{"f": func() {}}}, head + `,"f":"!ERROR: json: unsupported type: func()"}`},
		{logrus.Entry{Time: at, Message: "m", Level: logrus.Level(77)}, strings.Replace(head, "info", "trace", 1) + `}`},
	} {
		if err := logrusx.NewHook(b).Fire(&c.entry); err != nil {
			t.Error(err)
		}
		if got := sent(); got[len(got)-1] != c.want {
			t.Errorf("got  %s\nwant %s", got[len(got)-1], c.want)
		}
	}
	if err := logrusx.NewHook(b).Fire(&logrus.Entry{}); err != nil { // level panic, no time
		t.Error(err)
	}
	var m struct{ Timestamp time.Time }
	got := sent()
	if err := json.Unmarshal([]byte(got[len(got)-1]), &m); err != nil || time.Since(m.Timestamp) > time.Minute {
		t.Errorf("%v, time %v", err, m.Timestamp)
	}
}

// TestNestedFields compares fields within fields with encoding/json.
func TestNestedFields(t *testing.T) {
	type point struct {
		X int    `json:"x"`
		Y *point `json:"y,omitempty"`
	}
	for _, v := range []any{
		logrus.Fields{"b": logrus.Fields{"d": []logrus.Fields{{"e": 1}}, "c": nil}, "a": "<&>"},
		map[string]any{"b": map[string]int{"y": 1, "x": 2}, "a": []any{1, "x", nil}},
		map[int]string{2: "b", 10: "a"},
		map[string]logrus.Fields{"x": {"y": 1}},
		&point{1, &point{X: 2}},
		[]byte("bytes"),
		logrus.Fields(nil),
		logrus.InfoLevel,
		json.RawMessage(`[1]`),
		time.Second,
		struct{ logrus.Fields }{logrus.Fields{"x": 1}},
	} {
		b, sent := capture.Buffer(t)
		newLogger(b).WithField("k", v).Info("m")
		var want strings.Builder
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if got := sent(); len(got) != 1 || !strings.HasSuffix(got[0], `"message":"m","k":`+strings.TrimSpace(want.String())+`}`) {
			t.Errorf("got %s, want %s", got, want.String())
		}
	}
	b, sent := capture.Buffer(t)
	newLogger(b).WithField("k", logrus.Fields{"bad": make(chan int), "err": errors.New("no"), "ok": 1}).Info("m")
	if got := sent(); len(got) != 1 || !strings.HasSuffix(got[0], `"k":{"bad":"!ERROR: json: unsupported type: chan int","err":"no","ok":1}}`) {
		t.Errorf("got %s", got)
	}
}

// TestHooksBefore checks that ours sees what a hook before it has added, such as
// an id from the context.
func TestHooksBefore(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.AddHook(tracing{})
	l.AddHook(logrusx.NewHook(b))
	l.WithContext(context.WithValue(context.Background(), tracing{}, "t1")).WithField("z", 1).Info("m")
	l.Info("m")
	if got := sent(); len(got) != 2 || !strings.HasSuffix(got[0], `"message":"m","trace":"t1","z":1}`) || !strings.HasSuffix(got[1], `"message":"m"}`) {
		t.Errorf("got %s", got)
	}
}

type tracing struct{}

func (tracing) Levels() []logrus.Level { return logrus.AllLevels }
func (tracing) Fire(e *logrus.Entry) error {
	if e.Context != nil {
		e.Data["trace"] = e.Context.Value(tracing{})
	}
	return nil
}

// TestValuesAreNotKept checks that everything an entry holds may be changed as
// soon as the log call has returned.
func TestValuesAreNotKept(t *testing.T) {
	b, sent := capture.Buffer(t)
	message, bytes, list, fields := []byte("mmm"), []byte("bbb"), []any{"l"}, logrus.Fields{"f": "f"}
	frame := &runtime.Frame{Function: "fn", File: "file", Line: 1}
	e := &logrus.Entry{Time: time.Now(), Level: logrus.InfoLevel, Message: string(message), Caller: frame, Data: logrus.Fields{"b": bytes, "l": list, "n": fields}}
	_ = logrusx.NewHook(b).Fire(e)
	e.Message, e.Level, frame.Function, frame.Line = "x", logrus.ErrorLevel, "x", 2
	copy(bytes, "xxx")
	list[0], fields["f"] = "x", "x"
	clear(e.Data)
	if got := sent(); len(got) != 1 || !strings.HasSuffix(got[0], `"level":"info","message":"mmm","source":{"function":"fn","file":"file","line":1},"b":"YmJi","l":["l"],"n":{"f":"f"}}`) {
		t.Errorf("got %s", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := newLogger(b)
	l.SetReportCaller(true)
	shared := l.WithFields(logrus.Fields{"a": 1, "shared": logrus.Fields{"x": 1}})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				shared.WithField("i", i).Info(fmt.Sprint(i))
				if i == 0 {
					l.AddHook(tracing{})
					l.SetFormatter(logrusx.Formatter())
				}
			}
		})
	}
	wg.Wait()
	got := sent()
	if len(got) != 400 {
		t.Errorf("%d records", len(got))
	}
	for _, r := range got {
		var m struct {
			Message string
			I, A    int
		}
		if err := json.Unmarshal([]byte(r), &m); err != nil || m.Message != fmt.Sprint(m.I) || m.A != 1 {
			t.Fatalf("%v in %s", err, r)
		}
	}
}

// TestLossesAreNotPrinted checks that logrus, which prints what Fire returns, is
// told nothing of a lost record.
func TestLossesAreNotPrinted(t *testing.T) {
	var s capture.Sender
	b, err := batch.New(&s, batch.WithoutErrorHandler())
	if err != nil {
		t.Fatal(err)
	}
	_ = b.Close(context.Background())
	if err := logrusx.NewHook(b).Fire(&logrus.Entry{Level: logrus.ErrorLevel}); err != nil || b.Stats().Dropped != 1 {
		t.Errorf("%v, counted %+v", err, b.Stats())
	}
}

// exits ends the goroutine that asks for its form.
type exits struct{}

func (exits) MarshalJSON() ([]byte, error) { runtime.Goexit(); return nil, nil }

// TestGoexitLosesNoRecord checks that a record is taken, without what was to
// follow, if a method of one of its values ends the goroutine.
func TestGoexitLosesNoRecord(t *testing.T) {
	b, sent := capture.Buffer(t)
	returned, ended := false, make(chan struct{})
	go func() {
		defer close(ended)
		newLogger(b).WithFields(logrus.Fields{"a": 1, "b": exits{}, "c": 2}).Info("m")
		returned = true
	}()
	<-ended
	const want = `"message":"m","a":1,"!ERROR":"!ERROR: runtime.Goexit was called while the record was encoded"}`
	if got := sent(); len(got) != 1 || !strings.HasSuffix(got[0], want) || returned {
		t.Errorf("returned %v, got %s", returned, got)
	}
}

// A call takes no more memory than a few records may have, however much a value would
// become, and the rest of its record is delivered.
func TestWhatHoldsItselfTwiceIsBounded(t *testing.T) {
	for _, v := range []any{allocs.Pairs(40), logrus.Fields{"p": allocs.Pairs(40)}} {
		b, sent := capture.Buffer(t, batch.WithMaxBytes(1<<20), batch.WithMaxRecordBytes(100<<10))
		l := newLogger(b)
		allocs.AtMost(t, 2<<20, func() { l.WithFields(logrus.Fields{"v": v, "z": 1}).Info("m") })
		if got := sent(); len(got) != 1 || !strings.Contains(got[0], `"!ERROR: would make the record larger than 102400 bytes (`) || !strings.HasSuffix(got[0], `,"z":1}`) {
			t.Errorf("got %d records, %.300s", len(got), got)
		}
	}
}
