package batch_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

func TestRedaction(t *testing.T) {
	b, sent := capture.Buffer(t, batch.WithRedaction("password", "user.email"), batch.WithRedaction("token"),
		batch.WithRedactionFunc(func(_, value string) (string, bool) { return "card", value == "4111" }))
	const in = `{"timestamp":"t","level":"info","message":"4111","password":"x","user":{"email":"y","a":1},"email":"z","token":[1]}`
	const want = `{"timestamp":"t","level":"info","message":"card","password":"[REDACTED]","user":{"email":"[REDACTED]","a":1},"email":"z","token":"[REDACTED]"}`
	now := time.Now()
	if !b.Append(batch.Info, now, []byte(in)) || !b.Append(batch.Panic, now, []byte(in)) {
		t.Error("not taken")
	}
	e, ok := b.Begin(batch.Info)
	if !ok || !e.Commit(append(e.Buf(), in...), now) {
		t.Error("not taken")
	}
	if e, ok = b.Begin(batch.Info); !ok || !e.Commit(e.Buf(), now) {
		t.Error("an empty record was refused")
	}
	if e, ok = b.Begin(batch.Info); ok {
		e.Discard()
	}
	got := sent()
	if len(got) != 3 {
		t.Fatalf("%d records", len(got))
	}
	for _, r := range got {
		if r != want {
			t.Errorf("got  %s\nwant %s", r, want)
		}
	}
	if s := b.Stats(); s.Accepted != 3 || s.Dropped != 0 {
		t.Errorf("%+v", s)
	}
	if !b.Redacts() {
		t.Error("says that it does not redact")
	}
}

// TestNothingTooLargeIsLookedInto checks that a record which will be dropped for its size is
// dropped before its redaction, which takes seconds for hundreds of megabytes.
func TestNothingTooLargeIsLookedInto(t *testing.T) {
	looks := 0
	b, _ := capture.Buffer(t, batch.WithMaxRecordBytes(100), batch.WithoutErrorHandler(),
		batch.WithRedactionFunc(func(string, string) (string, bool) { looks++; return "", false }))
	for _, n := range []int{100, 101} {
		e, ok := b.Begin(batch.Info)
		if taken := ok && e.Commit(append(e.Buf(), record(n)...), time.Now()); taken != (n == 100) {
			t.Errorf("a record of %d bytes is taken: %v", n, taken)
		}
	}
	if s := b.Stats(); looks != 1 || s.DroppedFor(batch.ReasonTooLarge) != 1 || s.Dropped != 1 {
		t.Errorf("%d looks; %v", looks, s)
	}
}

// TestRedactionOfWhatIsNoObject checks that nothing leaves that could not be looked
// into.
func TestRedactionOfWhatIsNoObject(t *testing.T) {
	b, sent := capture.Buffer(t, batch.WithRedaction("password"), batch.WithoutErrorHandler())
	const rounds = 10_000 // far more than there are slabs
	for range rounds / 4 {
		for _, s := range []string{`x`, `[{"password":"secret"}]`, `{"password":"secret"`, `{"a":1}{"password":"secret"}`} {
			if b.Append(batch.Error, time.Now(), []byte(s)) {
				t.Fatalf("%s: taken", s)
			}
		}
	}
	if !b.Append(batch.Debug, time.Now(), []byte(`{"a":1}`)) {
		t.Error("what was refused keeps its room")
	}
	for _, r := range sent() {
		if strings.Contains(r, "secret") {
			t.Errorf("sent %s", r)
		}
	}
	if n := b.Stats().DroppedFor(batch.ReasonUnreadable); n != rounds {
		t.Errorf("%d counted", n)
	}
}

// TestRedactionKeepsNoForeignMemory checks that a record which was not appended to
// Buf stays its owner's.
func TestRedactionKeepsNoForeignMemory(t *testing.T) {
	b, _ := capture.Buffer(t, batch.WithRedaction("password"))
	mine := []byte(`{"a":"` + strings.Repeat("m", 4000) + `"}`)
	was := string(mine)
	for range 10 {
		if e, ok := b.Begin(batch.Info); !ok || !e.Commit(mine, time.Now()) {
			t.Fatal("not taken")
		}
		b.Append(batch.Info, time.Now(), []byte(`{"password":"secret"}`))
	}
	if string(mine) != was {
		t.Errorf("now %.60s", mine)
	}
}

// TestRedactionFunctions checks that a function may fail, log and be called by
// many at once.
func TestRedactionFunctions(t *testing.T) {
	var b *batch.Buffer
	once := sync.OnceFunc(func() { b.Append(batch.Info, time.Now(), []byte(`{"a":"inner"}`)) })
	b, sent := capture.Buffer(t, batch.WithRedactionFunc(func(path, value string) (string, bool) {
		if path == "a" && value == "bad" {
			once()
			panic("at the disco")
		}
		return "", false
	}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				b.Append(batch.Info, time.Now(), fmt.Appendf(nil, `{"a":"bad","pad":%q}`, strings.Repeat("x", 2000)))
			}
		})
	}
	wg.Wait()
	got := sent()
	if len(got) != 401 {
		t.Errorf("%d records", len(got))
	}
	for _, r := range got {
		if r != `{"a":"inner"}` && !strings.HasPrefix(r, `{"a":"[REDACTED]","pad":"xxx`) {
			t.Fatalf("got %s", r)
		}
	}
}

// TestRedactionEndsTheGoroutine checks that a record is counted whose function ends
// the goroutine, and that the function's word is not needed for the next.
func TestRedactionEndsTheGoroutine(t *testing.T) {
	b, sent := capture.Buffer(t, batch.WithRedactionFunc(func(_, value string) (string, bool) {
		if value == "end" {
			runtime.Goexit()
		}
		return "", false
	}), batch.WithoutErrorHandler())
	var wg sync.WaitGroup
	wg.Go(func() { b.Append(batch.Info, time.Now(), []byte(`{"a":"end"}`)) })
	wg.Wait()
	b.Append(batch.Info, time.Now(), []byte(`{"a":"x"}`))
	if got := sent(); len(got) == 0 || got[len(got)-1] != `{"a":"x"}` {
		t.Errorf("sent %q", got)
	}
	if s := b.Stats(); s.Accepted != 2 || s.Delivered != 1 || s.DroppedFor(batch.ReasonUnreadable) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestRedactionOptions(t *testing.T) {
	for want, o := range map[string]batch.Option{
		`batch: WithRedaction(""): the name is empty`:                                                           batch.WithRedaction("a", ""),
		`batch: WithRedaction("*"): it names no key`:                                                            batch.WithRedaction("*"),
		`batch: WithRedaction(".*."): it names no key`:                                                          batch.WithRedaction(".*."),
		`batch: WithRedaction("a "): it has blanks around it`:                                                   batch.WithRedaction("a "),
		`batch: WithRedaction("$.user.email"): a path begins with a key: "user.email"`:                          batch.WithRedaction("$.user.email"),
		`batch: WithRedaction("users[0].token"): the index of an array is no part of a path: "users.token"`:     batch.WithRedaction("users[0].token"),
		`batch: WithRedaction("users[*].tokens[]"): the index of an array is no part of a path: "users.tokens"`: batch.WithRedaction("users[*].tokens[]"),
		"batch: WithRedactionFunc(nil): a function is required":                                                 batch.WithRedactionFunc(nil),
	} {
		if _, err := batch.New(&capture.Sender{}, o); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	b, err := batch.New(&capture.Sender{}, batch.WithRedaction())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.Background())
	if b.Redacts() {
		t.Error("redacts without names")
	}
}

// TestRedactionWaits checks that records which wait for room are redacted too.
func TestRedactionWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		s.Hang()
		b, err := batch.New(&s, batch.WithMaxBytes(64<<10), batch.WithBlocking(time.Minute), batch.WithRedaction("password"))
		if err != nil {
			t.Fatal(err)
		}
		record := fmt.Appendf(nil, `{"password":"secret","pad":%q}`, strings.Repeat("x", 1000))
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				for range 10 {
					if !b.Append(batch.Info, time.Now(), record) {
						t.Error("not taken")
					}
				}
			})
		}
		synctest.Wait()
		if n := b.Stats().Accepted; n > 200 {
			t.Errorf("%d records taken: nobody waits, so nothing is tested", n)
		}
		s.Release()
		wg.Wait()
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if got := strings.Join(s.Records(), ""); strings.Contains(got, "secret") || strings.Count(got, "[REDACTED]") != 1000 {
			t.Error("something was not redacted")
		}
	})
}
