package zerologw_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/zerologw"
)

// quiet has the buffer print nothing.
func quiet() batch.Option { return batch.WithErrorHandler(func(error) {}) }

// TestAnEventOfManyLinesIsOne checks that RawJSON with line ends is not taken for several
// events, whose keys would not be those by which they are redacted.
func TestAnEventOfManyLinesIsOne(t *testing.T) {
	const pin = "[\n{\"pin\":\"geheim\"}\n]"
	long := strings.Repeat("x", 2000)
	for name, c := range map[string]struct {
		rule, raw, pad string
		dropped        bool
	}{
		"too large":         {"users", pin, long, true},
		"too large, a path": {"users.pin", pin, long, true},
		"spoilt":            {"users.pin", pin + ",,", "", false},
		"spoilt, too large": {"users.pin", pin + ",,", long, false},
		"with blanks":       {"users.pin", "[" + strings.Repeat(" ", 2000) + pin[1:], "", false},
	} {
		buf, records := capture.Buffer(t, batch.WithRedaction(c.rule), batch.WithMaxRecordBytes(1024), quiet())
		log := zerolog.New(zerologw.NewWriter(buf))
		log.Info().RawJSON("users", []byte(c.raw)).Str("pad", c.pad).Msg("m")
		for _, r := range records() {
			if strings.Contains(r, "geheim") {
				t.Errorf("%s: %.200s", name, r)
			}
		}
		if st := buf.Stats(); st.Accepted != 1 || (st.Dropped == 1) != c.dropped {
			t.Errorf("%s: %v: %s", name, st, records())
		}
	}
}

// TestAnEventBehindASpoiltOne checks that it is taken, if it is one of zerolog's own.
func TestAnEventBehindASpoiltOne(t *testing.T) {
	buf, records := capture.Buffer(t, batch.WithRedaction("pin"), quiet())
	w := zerologw.NewWriter(buf)
	_, _ = w.Write([]byte("{\"level\":\"info\",\"user\":[\n{\"pin\":\"geheim\"}\n{\"pin\":\"geheim\"}\n,,\n{\"level\":\"error\",\"message\":\"next\"}\n"))
	got := strings.Join(records(), "\n")
	if n := buf.Stats().Accepted; n != 2 || strings.Contains(got, "geheim") || !strings.Contains(got, "withheld") || !strings.Contains(got, `"level":"error","message":"next"`) {
		t.Errorf("%d records: %s", n, got)
	}
}

// TestALargeIndentedEventIsOneRecord checks that it pushes no others out.
func TestALargeIndentedEventIsOneRecord(t *testing.T) {
	type item struct{ A, B int }
	raw, _ := json.MarshalIndent(struct{ Users []item }{make([]item, 60_000)}, "", "\t")
	for _, end := range []string{"", ",,"} {
		buf, _ := capture.Buffer(t, batch.WithRedaction("password"), quiet())
		log := zerolog.New(zerologw.NewWriter(buf))
		log.Info().RawJSON("doc", append(raw, end...)).Msg("m")
		_ = buf.Sync()
		if st := buf.Stats(); st.Accepted != 1 {
			t.Errorf("one event became %d records", st.Accepted)
		}
	}
}

// TestAFatalWriteWaitsOnce checks that many fatal events in one call wait together.
func TestAFatalWriteWaitsOnce(t *testing.T) {
	s := new(capture.Sender)
	s.Hang()
	buf, err := batch.New(s, batch.WithSyncTimeout(50*time.Millisecond), quiet())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, _ = zerologw.NewWriter(buf).WriteLevel(zerolog.FatalLevel, []byte(strings.Repeat("{\"level\":\"fatal\",\"message\":\"m\"}\n", 100)))
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the call took %v with a WithSyncTimeout of 50 ms", took)
	}
	if n := buf.Stats().Accepted; n != 100 {
		t.Errorf("%d records", n)
	}
	s.Release()
	_ = buf.Close(t.Context())
}

// TestMarshalInterfaceCutsNothing has values that are larger than it takes, in a buffer that
// takes them.
func TestMarshalInterfaceCutsNothing(t *testing.T) {
	was := zerolog.InterfaceMarshalFunc
	zerolog.InterfaceMarshalFunc = zerologw.MarshalInterface
	defer func() { zerolog.InterfaceMarshalFunc = was }()
	text := strings.Repeat("x", 20<<20)
	for _, v := range []any{text, errors.New(text), struct{ S string }{text}} {
		buf, records := capture.Buffer(t, batch.WithMaxBytes(256<<20), batch.WithMaxRecordBytes(64<<20))
		log := zerolog.New(zerologw.NewWriter(buf))
		log.Info().Interface("f", v).Msg("m")
		for _, r := range records() {
			if strings.Contains(r, "xxx") || !strings.Contains(r, "!ERROR") {
				t.Errorf("%T: %d bytes, %.200s", v, len(r), r)
			}
		}
	}
}
