package zerologw_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	stdlog "log"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/zerologw"
)

// body returns what stands behind the timestamp of the only record.
func body(t *testing.T, records []string) string {
	t.Helper()
	const head = len(`{"timestamp":"2026-11-23T20:18:41.000000005Z"`)
	if len(records) != 1 || len(records[0]) < head {
		t.Fatalf("got %q", records)
	}
	if !json.Valid([]byte(records[0])) {
		t.Errorf("not JSON: %s", records[0])
	}
	return records[0][head:]
}

func TestForms(t *testing.T) {
	for want, log := range map[string]func(zerolog.Logger){
		`,"level":"info","message":"m"}`:      func(l zerolog.Logger) { l.Info().Msg("m") },
		`,"level":"info","message":""}`:       func(l zerolog.Logger) { l.Info().Send() },
		`,"level":"info","message":"","a":1}`: func(l zerolog.Logger) { l.Log().Int("a", 1).Send() },
		`,"level":"info","message":"m","a":1,"b":{"c":[1,2]},"d":"x"}`: func(l zerolog.Logger) {
			l.Info().Int("a", 1).Dict("b", l.Info().CreateDict().Ints("c", []int{1, 2})).Str("d", "x").Msg("m")
		},
		`,"level":"info","message":"m","a":1,"b":2}`:                              func(l zerolog.Logger) { l.Info().Int("a", 1).Timestamp().Int("b", 2).Msg("m") },
		`,"level":"info","message":"m","fields.message":"x","fields.level":"y"}`:  func(l zerolog.Logger) { l.Info().Str("message", "x").Str("level", "y").Msg("m") },
		`,"level":"info","message":"m","fields.timestamp":1,"time":"noon","z":2}`: func(l zerolog.Logger) { l.Info().Int("timestamp", 1).Str("time", "noon").Int("z", 2).Msg("m") },
		`,"level":"info","message":"","fields.level":"warn"}`:                     func(l zerolog.Logger) { l.Log().Str("level", "warn").Send() },
		`,"level":"info","message":"m","fields.level":1,"a":2}`:                   func(l zerolog.Logger) { l.Log().Int("level", 1).Int("a", 2).Msg("m") },
		// Of several times the last is zerolog's; a message that is not last, and a level
		// that is not first, are the user's.
		`,"level":"info","message":"m","time":"2001-02-03T04:05:06Z","a":1}`: func(l zerolog.Logger) {
			l.Info().Str("time", "2001-02-03T04:05:06Z").Int("a", 1).Timestamp().Msg("m")
		},
		`,"level":"info","message":"","fields.message":"x","a":1}`:   func(l zerolog.Logger) { l.Info().Str("message", "x").Int("a", 1).Send() },
		`,"level":"info","message":"m","a":1,"fields.level":"warn"}`: func(l zerolog.Logger) { l.Log().Int("a", 1).Str("level", "warn").Msg("m") },
		`,"level":"info","message":"m","r":[1,{"a":"b\nc"}],"z":1}`: func(l zerolog.Logger) {
			l.Info().RawJSON("r", []byte("[1, \n{\"a\" :\"b\\nc\"}\r\n]")).Int("z", 1).Msg("m")
		},
		`,"level":"info","message":"m","r":"a�b"}`: func(l zerolog.Logger) { l.Info().RawJSON("r", []byte("\"a\xffb\"")).Msg("m") },
		`,"level":"info","message":"m","fields.level":1,"fields.level":2,"fields.level":3,"fields.level":4,"fields.level":5,"fields.level":6,"z":1,"fields.level":7}`: func(l zerolog.Logger) {
			l.Info().Int("level", 1).Int("level", 2).Int("level", 3).Int("level", 4).Int("level", 5).Int("level", 6).Int("z", 1).Int("level", 7).Msg("m")
		},
		`,"level":"info","message":"{\"level\":\"info\",\"r\":{\"a\":},\"message\":\"m\"}"}`: func(l zerolog.Logger) { l.Info().RawJSON("r", []byte(`{"a":}`)).Msg("m") },
		`,"level":"info","message":"{\"level\":\"info\",\"r\":1}}"}`:                         func(l zerolog.Logger) { l.Info().RawJSON("r", []byte(`1}`)).Send() },
	} {
		b, sent := capture.Buffer(t)
		log(zerolog.New(zerologw.NewWriter(b)))
		if got := body(t, sent()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// restore sets the package's variables back at the end of the test.
func restore(t *testing.T) {
	t.Helper()
	names := []*string{&zerolog.TimestampFieldName, &zerolog.LevelFieldName, &zerolog.MessageFieldName, &zerolog.TimeFieldFormat}
	var was []string
	for _, p := range names {
		was = append(was, *p)
	}
	level, now := zerolog.LevelFieldMarshalFunc, zerolog.TimestampFunc
	t.Cleanup(func() {
		for i, p := range names {
			*p = was[i]
		}
		zerolog.LevelFieldMarshalFunc, zerolog.TimestampFunc = level, now
	})
}

func TestTimeFormats(t *testing.T) {
	restore(t)
	at := time.Date(2026, 11, 23, 20, 18, 41, 123456789, time.UTC)
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 5*3600+1800), time.FixedZone("", -8*3600)} {
		zerolog.TimestampFunc = func() time.Time { return at.In(zone) }
		for format, want := range map[string]string{
			time.RFC3339:                    "2026-11-23T20:18:41.000000000Z",
			time.RFC3339Nano:                "2026-11-23T20:18:41.123456789Z",
			"2006-01-02T15:04:05.000Z07:00": "2026-11-23T20:18:41.123000000Z",
			"2006-01-02T15:04:05,000Z07:00": "2026-11-23T20:18:41.123000000Z",
			time.RFC1123Z:                   "2026-11-23T20:18:41.000000000Z",
			zerolog.TimeFormatUnix:          "2026-11-23T20:18:41.000000000Z",
			zerolog.TimeFormatUnixMs:        "2026-11-23T20:18:41.123000000Z",
			zerolog.TimeFormatUnixMicro:     "2026-11-23T20:18:41.123456000Z",
			zerolog.TimeFormatUnixNano:      "2026-11-23T20:18:41.123456789Z",
		} {
			zerolog.TimeFieldFormat = format
			b, sent := capture.Buffer(t)
			l := zerolog.New(zerologw.NewWriter(b)).With().Timestamp().Logger()
			l.Info().Int("a", 1).Msg("m")
			if got := sent(); len(got) != 1 || got[0] != `{"timestamp":"`+want+`","level":"info","message":"m","a":1}` {
				t.Errorf("%q in %v: got %s", format, zone, got)
			}
		}
	}
}

// TestCutTimes checks that a time of which zerolog writes only the second gets
// its fraction back, if it is of the system's clock.
func TestCutTimes(t *testing.T) {
	restore(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(123456789) // the bubble's clock begins with a second
		now := time.Now()
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 3600)} {
			for ago, want := range map[time.Duration]string{
				0:                      "2000-01-01T00:00:00.123456789Z",
				100 * time.Millisecond: "2000-01-01T00:00:00.123456789Z",
				200 * time.Millisecond: "1999-12-31T23:59:59.999999999Z",
				2 * time.Second:        "1999-12-31T23:59:58.000000000Z",
				-2 * time.Second:       "2000-01-01T00:00:02.000000000Z",
			} {
				for _, format := range []string{time.RFC3339, zerolog.TimeFormatUnix} {
					zerolog.TimeFieldFormat = format
					zerolog.TimestampFunc = func() time.Time { return now.Add(-ago).In(zone) }
					b, sent := capture.Buffer(t)
					l := zerolog.New(zerologw.NewWriter(b)).With().Timestamp().Logger()
					l.Info().Msg("m")
					if got := sent()[0]; !strings.HasPrefix(got, `{"timestamp":"`+want) {
						t.Errorf("%v ago in %v, format %q: got %s, want %s", ago, zone, format, got, want)
					}
				}
			}
		}
	})
}

// TestTimesThatAreNone checks that what only looks like a time stays a field.
func TestTimesThatAreNone(t *testing.T) {
	restore(t)
	for _, s := range []string{
		"", "noon", "2026-11-23", "2026-13-23T20:18:41Z", "2026-11-32T20:18:41Z", "2026-11-23T24:18:41Z", "2026-11-23T20:60:41Z",
		"2026-11-23T20:18:41", "2026-11-23T20:18:41.Z7", "2026-11-23T20:18:41+1:00", "2026-11-23T20:18:41+01:00x", "2O26-11-23T20:18:41Z", "2026-11-23 20:18:41Z",
	} {
		b, sent := capture.Buffer(t)
		l := zerolog.New(zerologw.NewWriter(b))
		l.Info().Str("time", s).Msg("m")
		if got := body(t, sent()); got != `,"level":"info","message":"m","time":"`+s+`"}` {
			t.Errorf("%q: got %s", s, got)
		}
	}
}

func TestNamesOfTheUser(t *testing.T) {
	restore(t)
	zerolog.TimestampFieldName, zerolog.LevelFieldName, zerolog.MessageFieldName = "ts", "severity", "text"
	zerolog.LevelFieldMarshalFunc = func(l zerolog.Level) string { return strings.ToUpper(l.String()) }
	b, sent := capture.Buffer(t)
	l := zerolog.New(zerologw.NewWriter(b)).With().Str("message", "x").Timestamp().Logger()
	l.Warn().Int("level", 1).Msg("m")
	if got := body(t, sent()); got != `,"level":"warn","message":"m","fields.message":"x","fields.level":1}` {
		t.Errorf("got %s", got)
	}
	zerolog.LevelFieldName, zerolog.TimestampFieldName = "", "timestamp"
	before := len(sent())
	l.Warn().Msg("m")
	if got := body(t, sent()[before:]); got != `,"level":"warn","message":"m","fields.message":"x"}` {
		t.Errorf("got %s", got)
	}
	before = len(sent())
	l = zerolog.New(zerologw.NewWriter(b))
	l.Warn().Str("", "x").Msg("m")
	if got := body(t, sent()[before:]); got != `,"level":"warn","message":"m","":"x"}` {
		t.Errorf("got %s", got)
	}
}

// TestOtherWriters checks the ways by which an event comes without its level,
// and what is no event.
func TestOtherWriters(t *testing.T) {
	for want, log := range map[string]func(io.Writer){
		`,"level":"warn","message":"m","a":1}`: func(w io.Writer) {
			l := zerolog.New(io.MultiWriter(w, io.Discard))
			l.Warn().Int("a", 1).Msg("m")
		},
		`,"level":"error","message":"m"}`: func(w io.Writer) {
			l := zerolog.New(zerolog.MultiLevelWriter(zerolog.ConsoleWriter{Out: io.Discard}, w))
			l.Error().Msg("m")
		},
		`,"level":"debug","message":"m"}`: func(w io.Writer) {
			l := zerolog.New(zerolog.SyncWriter(w))
			l.Debug().Msg("m")
		},
		`,"level":"info","message":"m","fields.level":"loud"}`:    func(w io.Writer) { fmt.Fprintln(w, `{"level":"loud","message":"m"}`) },
		`,"level":"info","message":"m", "fields.level":1}`:        func(w io.Writer) { fmt.Fprintln(w, `{ "level":1 , "message":"m" }`) },
		`,"level":"info","message":"{\"a\":1"}`:                   func(w io.Writer) { fmt.Fprintln(w, `{"a":1`) },
		`,"level":"info","message":"[1]"}`:                        func(w io.Writer) { fmt.Fprintln(w, `[1]`) },
		`,"level":"info","message":""}`:                           func(w io.Writer) { fmt.Fprintln(w, `{}`) },
		`,"level":"info","message":" "}`:                          func(w io.Writer) { fmt.Fprintln(w, ` `) },
		`,"level":"info","message":"plain \"text\"\nof 2 lines"}`: func(w io.Writer) { stdlog.New(w, "", 0).Print("plain \"text\"\nof 2 lines") },
	} {
		b, sent := capture.Buffer(t)
		log(zerologw.NewWriter(b))
		got := body(t, sent())
		if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[zerolog.Level]string{-5: "trace", zerolog.TraceLevel: "trace", zerolog.NoLevel: "info", 9: "error"} {
		b, sent := capture.Buffer(t)
		_, _ = zerologw.NewWriter(b).WriteLevel(level, []byte(`{"message":"m"}`+"\n"))
		if got := body(t, sent()); got != `,"level":"`+want+`","message":"m"}` {
			t.Errorf("level %d: got %s", level, got)
		}
	}
	b, sent := capture.Buffer(t)
	l := zerolog.New(zerologw.NewWriter(b, zerologw.WithLevel(zerolog.WarnLevel)))
	l.Info().Msg("no")
	l.Warn().Msg("yes")
	l.Log().Msg("yes")
	if n := len(sent()); n != 2 {
		t.Errorf("%d records", n)
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
		atExit := 0
		zerolog.FatalExitFunc = func() { atExit = len(s.Records()) }
		defer func() { zerolog.FatalExitFunc = nil }()
		l := zerolog.New(zerologw.NewWriter(b))
		l.Info().Msg("before")
		l.Fatal().Msg("the end")
		if atExit != 2 {
			t.Errorf("%d records delivered when the process ends", atExit)
		}
		func() {
			defer func() { _ = recover() }()
			l.Panic().Msg("the end")
		}()
		if got := s.Records(); len(got) != 3 {
			t.Errorf("%d records delivered after a panic", len(got))
		}
		s.Hang()
		for name, log := range map[string]*zerolog.Event{"fatal": l.Fatal(), "panic": l.Panic()} {
			start := time.Now()
			func() {
				defer func() { _ = recover() }()
				log.Msg("the end")
			}()
			if d := time.Since(start); d != 3*time.Second {
				t.Errorf("%s: waited %v", name, d)
			}
		}
		s.Release()
	})
}

func TestConcurrentUse(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := zerolog.New(zerologw.NewWriter(b)).With().Timestamp().Logger()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			l := l.With().Int("child", i).Logger()
			for range 100 {
				l.Info().Int("i", i).Msg("m")
			}
		})
	}
	wg.Wait()
	got := sent()
	if len(got) != 800 {
		t.Errorf("%d records", len(got))
	}
	for _, r := range got {
		var m struct{ Child, I int }
		if err := json.Unmarshal([]byte(r), &m); err != nil || m.Child != m.I {
			t.Fatalf("%v in %s", err, r)
		}
	}
}

func TestNilBuffer(t *testing.T) {
	for _, b := range []*batch.Buffer{nil, {}} {
		func() {
			defer func() {
				if p := recover(); p != "zerologw: NewWriter: the buffer is nil, or not from batch.New" {
					t.Errorf("panic: %v", p)
				}
			}()
			zerologw.NewWriter(b)
		}()
	}
}

func TestAllocations(t *testing.T) {
	if capture.Race {
		t.Skip("pools forget under the race detector")
	}
	restore(t)
	b, _ := capture.Buffer(t)
	l := zerolog.New(zerologw.NewWriter(b)).With().Timestamp().Logger()
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 5*3600+1800)} {
		zerolog.TimestampFunc = func() time.Time { return time.Now().In(zone) }
		for _, format := range []string{time.RFC3339, time.RFC3339Nano, zerolog.TimeFormatUnix, zerolog.TimeFormatUnixNano} {
			zerolog.TimeFieldFormat = format
			n := testing.AllocsPerRun(1000, func() {
				l.Info().Str("a", "x").Int("b", 1).Bool("c", true).Float64("d", 1.5).Dur("e", time.Second).Err(io.EOF).Msg("m")
			})
			if n > 0 {
				t.Errorf("%v allocations in format %q, zone %v", n, format, zone)
			}
		}
	}
}

// TestKeysInDisguise checks that no other reader finds a second level, time or message in a
// record, whatever RawJSON has brought.
func TestKeysInDisguise(t *testing.T) {
	for _, key := range []string{
		`level`, `Level`, `lev\u0065l`, `\u004cEVEL`, `message`, `mes\u017fage`, "me\u017fSage", `\u006d\u0065\u0073\u0073\u0061\u0067\u0065`,
		`timestamp`, `TIMESTAMP`, `time\u0073tamp`, "timeſtamp", `\u0074imestamp`,
	} {
		b, sent := capture.Buffer(t)
		l := zerolog.New(zerologw.NewWriter(b))
		l.Info().RawJSON("a", []byte(`1,"`+key+`":"forged","b":2`)).Str("c", "d").Msg("m")
		got := sent()
		if len(got) != 1 {
			t.Fatalf("%q", got)
		}
		var rec struct{ Timestamp, Level, Message string }
		if err := json.Unmarshal([]byte(got[0]), &rec); err != nil || rec.Level != "info" || rec.Message != "m" || rec.Timestamp == "forged" {
			t.Errorf("%s: %v, %+v in %s", key, err, rec, got[0])
		}
		var all map[string]any
		if err := json.Unmarshal([]byte(got[0]), &all); err != nil || len(all) != 7 || all["b"] != 2.0 || all["c"] != "d" {
			t.Errorf("%s: %v, %v", key, err, all)
		}
		n := 0
		for k, v := range all {
			if strings.HasPrefix(k, "fields.") && v == "forged" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s: the field is lost: %s", key, got[0])
		}
	}
	// Others are left as they are.
	b, sent := capture.Buffer(t)
	l := zerolog.New(zerologw.NewWriter(b))
	l.Info().RawJSON("a", []byte(`1,"l\u0065vels":1,"t\u00efmestamp":2,"\u005c":3,"`+strings.Repeat(`\u006c`, 100)+`":4`)).Send()
	if got := sent(); len(got) != 1 || strings.Contains(got[0], "fields.") {
		t.Errorf("%q", got)
	}
}
