package zerologw_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/zerologw"
)

// told returns the levels and messages of records.
func told(t *testing.T, records []string) (list []string) {
	t.Helper()
	for _, r := range records {
		var m struct{ Level, Message string }
		if err := json.Unmarshal([]byte(r), &m); err != nil {
			t.Fatalf("%v in %s", err, r)
		}
		list = append(list, m.Level+" "+m.Message)
	}
	return list
}

// TestSeveralEventsInOneWrite checks that each event is a record, whatever collects them.
func TestSeveralEventsInOneWrite(t *testing.T) {
	const warn, fatal = `{"level":"warn","message":"a"}` + "\n", `{"level":"fatal","a":1,"message":"b"}` + "\n"
	for _, c := range []struct {
		in   string
		want []string
	}{
		{warn + fatal, []string{"warn a", "fatal b"}},
		{warn + warn + `{"level":"debug","message":"c"}`, []string{"warn a", "warn a", "debug c"}},
		{"text\nmore\n" + warn + "\n\n" + `{"message":"d"}` + "\r\n" + "end\n", []string{"info text\nmore", "warn a", "info d", "info end"}},
		{warn + "{spoilt}\n", []string{"warn a", "info {spoilt}"}},
		{"one text\nof two lines\n", []string{"info one text\nof two lines"}},
		{"{\"level\":\"warn\",\n\"message\":\n\"on three lines\"}\n", []string{"warn on three lines"}},
		{"\n", []string{"info "}},
		{"", []string{"info "}},
	} {
		b, sent := capture.Buffer(t)
		w := zerologw.NewWriter(b)
		if n, err := w.Write([]byte(c.in)); n != len(c.in) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if got := told(t, sent()); !slices.Equal(got, c.want) {
			t.Errorf("Write of %q: %q, want %q", c.in, got, c.want)
		}
		// With a level, what has none of its own has that.
		b, sent = capture.Buffer(t)
		w = zerologw.NewWriter(b)
		if n, err := w.WriteLevel(zerolog.ErrorLevel, []byte(c.in)); n != len(c.in) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		want := slices.Clone(c.want)
		for i := range want {
			if text, ok := strings.CutPrefix(want[i], "info "); ok || len(want) == 1 {
				want[i] = "error " + text
			}
		}
		if strings.HasPrefix(c.in, "{\"level\":\"warn\",\n") {
			want = []string{"error on three lines"}
		}
		if got := told(t, sent()); !slices.Equal(got, want) {
			t.Errorf("WriteLevel of %q: %q, want %q", c.in, got, want)
		}
	}
}

// TestEventsBehindABuffer puts writers in front that cut events anywhere.
func TestEventsBehindABuffer(t *testing.T) {
	for _, size := range []int{16, 17, 100, 4096} {
		b, sent := capture.Buffer(t)
		w := zerologw.NewWriter(b)
		front := bufio.NewWriterSize(w, size)
		l := zerolog.New(front)
		var want []string
		for i := range 100 {
			l.Warn().Int("i", i).Interface("nested", map[string]any{"level": map[string]int{"a": i}}).Msg(fmt.Sprint("m", i))
			want = append(want, fmt.Sprint("warn m", i))
		}
		if err := front.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := told(t, sent()); !slices.Equal(got, want) {
			t.Errorf("behind %d bytes: %q", size, got)
		}
	}
	// One byte after the other, and a reader that copies.
	b, sent := capture.Buffer(t)
	w := zerologw.NewWriter(b)
	r, pw := io.Pipe()
	go func() {
		l := zerolog.New(pw)
		l.Info().Msg("through a pipe")
		pw.Close()
	}()
	for buf := make([]byte, 1); ; {
		if _, err := r.Read(buf); err != nil {
			break
		}
		_, _ = w.Write(buf)
	}
	if got := told(t, sent()); !slices.Contains(got, "info through a pipe") {
		t.Errorf("%q", got)
	}
}

// TestABeginningWithoutItsEnd checks that the beginning of an event is not lost if nothing
// follows, or something else does.
func TestABeginningWithoutItsEnd(t *testing.T) {
	const begun = `{"level":"warn","message":"beg`
	for name, then := range map[string]func(w *zerologw.Writer){
		"Close":             func(w *zerologw.Writer) { _ = w.Close() },
		"another event":     func(w *zerologw.Writer) { _, _ = w.Write([]byte(`{"message":"other"}` + "\n")) },
		"another beginning": func(w *zerologw.Writer) { _, _ = w.Write([]byte("\n" + `{"a":`)); _ = w.Close() },
	} {
		b, sent := capture.Buffer(t)
		w := zerologw.NewWriter(b)
		_, _ = w.Write([]byte(begun))
		if got := sent(); len(got) != 0 {
			t.Fatalf("%q", got)
		}
		then(w)
		got := told(t, sent())
		if len(got) == 0 || got[0] != "info "+begun || len(got) > 2 {
			t.Errorf("%s: %q", name, got)
		}
	}
	// One that no record may be as large as is not waited for.
	b, sent := capture.Buffer(t, batch.WithMaxRecordBytes(100), batch.WithoutErrorHandler())
	_, _ = zerologw.NewWriter(b).Write([]byte(`{"a":"` + strings.Repeat("x", 200)))
	sent()
	if st := b.Stats(); st.DroppedFor(batch.ReasonTooLarge) != 1 {
		t.Errorf("%v", st)
	}
}

// TestPiecesAreRedacted checks that nothing shows of what cannot be read.
func TestPiecesAreRedacted(t *testing.T) {
	for _, in := range []string{
		"{\"level\":\"warn\",\"password\":\"hunter2\",\"message\":\"a\"}\n{\"password\":\"hunter2\",}\n{\"message\":\"b\"}\n",
		"text\n{\"password\":\"hunter2\",}\n{\"message\":\"b\"}\n",
		"{\"a\":[\n{}\n],\"password\":\"hunter2\"\n,}\n{\"message\":\"b\"}\n",
		"[\n{\"message\":\"b\"}\n\"password\",\"hunter2\"\n]\n{\"message\":\"b\"}\n",
	} {
		b, sent := capture.Buffer(t, batch.WithRedaction("password"))
		_, _ = zerologw.NewWriter(b).Write([]byte(in))
		got := strings.Join(sent(), "\n")
		if strings.Contains(got, "hunter2") || !strings.Contains(got, `"message":"b"`) || !strings.Contains(got, "!ERROR: withheld") {
			t.Errorf("%q becomes %s", in, got)
		}
	}
}

// Parts of events from several goroutines may not fit, but nothing is lost.
func TestPartsFromSeveralGoroutines(t *testing.T) {
	b, sent := capture.Buffer(t)
	w := zerologw.NewWriter(b)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				_, _ = w.Write([]byte(`{"message":"who`))
				_, _ = w.Write([]byte("le\"}\n{\"message\":\"next\"}\n"))
			}
		})
	}
	wg.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(sent(), "\n")
	if n := strings.Count(all, "who"); n != 2000 {
		t.Errorf("%d beginnings", n)
	}
	if n := strings.Count(all, "next"); n != 2000 {
		t.Errorf("%d others", n)
	}
}

// TestABlankLineBeforeABeginning checks that it makes no record of its own.
func TestABlankLineBeforeABeginning(t *testing.T) {
	buf, records := capture.Buffer(t)
	w := zerologw.NewWriter(buf)
	for _, part := range []string{"\n{\"level\":\"warn\",", "\"message\":\"m\"}\n"} {
		_, _ = w.Write([]byte(part))
	}
	if got := records(); len(got) != 1 || !strings.Contains(got[0], `"level":"warn","message":"m"`) {
		t.Errorf("%q", got)
	}
}
