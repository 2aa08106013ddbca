package store

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/slogx"
)

// queryTimeout is how long the store may take to show what it has.
const queryTimeout = 10 * time.Second

func newTransport() *http.Transport { return &http.Transport{MaxIdleConnsPerHost: 16} }

// want is a record as the store must show it: values are strings, and groups
// are joined with dots.
type want map[string]string

// logger logs records and remembers what the store must show of them.
type logger struct {
	handler slog.Handler
	run     string
	pad     int // bytes that each record is larger
	records []want
	slowest time.Duration
}

func newLogger(t *testing.T, r *ledger.Rig, pad int) *logger {
	t.Helper()
	return &logger{handler: slogx.NewHandler(r.Buffer), run: strings.ReplaceAll(t.Name(), "/", "."), pad: pad}
}

// texts is what may go wrong on the way.
var texts = []string{"plain", "quote \" and \\", "line\nbreak\ttab", "größer als £5 — 日本語 🙂", "<b>&amp;</b>", "\u2028\x01"}

// log logs n records.
func (l *logger) log(t *testing.T, n int) {
	t.Helper()
	levels := []slog.Level{slog.LevelInfo, slog.LevelWarn, slog.LevelError}
	for range n {
		i := len(l.records)
		at := time.Now()
		text, level := texts[i%len(texts)], levels[i%len(levels)]
		rec := slog.NewRecord(at, level, fmt.Sprintf("message %d %s", i, text), 0)
		rec.AddAttrs(
			slog.String("run", l.run), slog.String("component", "test"), slog.Int("id", i), slog.String("text", text),
			slog.Bool("even", i%2 == 0), slog.Group("user", slog.Uint64("id", uint64(i)<<40), slog.String("name", "u")),
		)
		w := want{
			"_time": at.UTC().Format(time.RFC3339Nano), "_msg": rec.Message, "level": strings.ToLower(level.String()),
			"run": l.run, "component": "test", "id": strconv.Itoa(i), "text": text,
			"even": strconv.FormatBool(i%2 == 0), "user.id": strconv.Itoa(i << 40), "user.name": "u",
		}
		if l.pad > 0 {
			w["pad"] = strings.Repeat(strconv.Itoa(i%10), l.pad)
			rec.AddAttrs(slog.String("pad", w["pad"]))
		}
		start := time.Now()
		if err := l.handler.Handle(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		l.slowest = max(l.slowest, time.Since(start))
		l.records = append(l.records, w)
	}
}

// rows returns what the store has of a run.
func (s *stack) rows(t *testing.T, run string) []want {
	t.Helper()
	base := "http://" + s.storeAddr
	flush, err := http.Get(base + "/internal/force_flush") // makes visible what was taken
	if err != nil {
		t.Fatal(err)
	}
	flush.Body.Close()
	resp, err := http.PostForm(base+"/select/logsql/query", url.Values{"query": {fmt.Sprintf("run:=%q", run)}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("query: %d %s", resp.StatusCode, text)
	}
	var rows []want
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row want
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// check waits until the store shows all records of the logger, and compares them
// field by field. It returns how many are there more than once.
func (s *stack) check(t *testing.T, l *logger) (duplicates int) {
	t.Helper()
	var rows []want
	for deadline := time.Now().Add(queryTimeout); ; time.Sleep(200 * time.Millisecond) {
		rows = s.rows(t, l.run)
		if distinct(rows) >= len(l.records) || time.Now().After(deadline) {
			break
		}
	}
	seen := make([]int, len(l.records))
	for _, row := range rows {
		i, err := strconv.Atoi(row["id"])
		if err != nil || i < 0 || i >= len(seen) {
			t.Errorf("a row that nobody logged: %v", row)
			continue
		}
		if seen[i]++; seen[i] > 1 {
			duplicates++
		}
		compare(t, row, l.records[i])
	}
	lost, first := 0, -1
	for i, n := range seen {
		if n == 0 {
			lost++
			if first < 0 {
				first = i
			}
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d records are not in the store, record %d first", lost, len(seen), first)
	}
	return duplicates
}

func distinct(rows []want) int {
	ids := map[string]bool{}
	for _, r := range rows {
		ids[r["id"]] = true
	}
	return len(ids)
}

// compare compares a row with what was logged. What the store adds by itself is
// left out.
func compare(t *testing.T, row, w want) {
	t.Helper()
	for k, v := range w {
		if k == "_time" {
			a, err := time.Parse(time.RFC3339Nano, row[k])
			b, _ := time.Parse(time.RFC3339Nano, v)
			if err != nil || !a.Equal(b) {
				t.Errorf("record %s: %s is %q, was %q", w["id"], k, row[k], v)
			}
			continue
		}
		if row[k] != v {
			t.Errorf("record %s: %s is %q, was %q", w["id"], k, row[k], v)
		}
	}
	for k := range row {
		if _, ok := w[k]; !ok && k != "_stream" && k != "_stream_id" {
			t.Errorf("record %s: nobody logged %s", w["id"], k)
		}
	}
}
