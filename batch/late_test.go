package batch_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// TestRecordsAfterCloseAreTold checks that the first record of each level that is logged
// after Close reaches the error handler before the call returns.
func TestRecordsAfterCloseAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		b := newBuffer(t, discard{}, batch.WithRedaction("password"), batch.WithErrorHandler(func(err error) { got = append(got, err.Error()) }))
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		log := func(l batch.Level, record string) {
			e, ok := b.Begin(l)
			if ok && e.Commit(append(e.Buf(), record...), time.Time{}) {
				t.Errorf("%s is taken", record)
			}
		}
		if e, ok := b.Begin(batch.Error); ok {
			e.Discard() // as if nothing had been logged
		}
		log(batch.Error, "")
		log(batch.Info, `{"message":"ended"}`)
		log(batch.Error, "{\"message\":\"no \u009b route\",\"password\":\"hunter2\"}")
		log(batch.Error, `{"message":"another"}`)
		log(200, `{"message":"`+strings.Repeat("x", 10_000)+`"}`)
		want := []string{
			`batch: 1 record dropped: 1 closed, such as one that was logged after Close: {"message":"ended"}`,
			`batch: 1 record dropped: 1 closed, such as one that was logged after Close: {"message":"no   route","password":"[REDACTED]"}`,
		}
		if len(got) != 3 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("told %q, want %q", got, want)
		} else if !strings.Contains(got[2], "2 records dropped") || !strings.HasSuffix(got[2], "xx...") || len(got[2]) > 5000 {
			t.Errorf("told %.200s", got[2])
		}
		st := b.Stats()
		sum(t, st)
		if st.DroppedFor(batch.ReasonClosed) != 4 {
			t.Errorf("%v", st)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(got) != 3 {
			t.Errorf("later told %q", got)
		}
	})
}

// A handler that hangs holds nobody up for long.
func TestRecordsAfterCloseDoNotWaitForTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		b := newBuffer(t, discard{}, batch.WithErrorHandler(func(error) { <-hang }))
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		b.Append(batch.Info, time.Time{}, []byte(`{"a":1}`))
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("the call took %v", took)
		}
		close(hang)
	})
}

// TestTheLastWordsOfAProgram runs a program that closes the buffer, logs why it fails, and
// ends.
func TestTheLastWordsOfAProgram(t *testing.T) {
	const name = "LOGSTO_TEST_LAST_WORDS"
	if os.Getenv(name) != "" {
		b, err := batch.New(discard{})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.Append(batch.Error, time.Now(), []byte(`{"message":"cannot listen"}`))
		os.Exit(1)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheLastWordsOfAProgram$")
	cmd.Env = append(os.Environ(), name+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), `logsto: batch: 1 record dropped: 1 closed, such as one that was logged after Close: {"message":"cannot listen"}`) {
		t.Errorf("%v: %s", err, out)
	}
}

// TestALateRecordThatIsTooLargeIsNotShown checks that what may have been cut in the middle of
// a secret is not told: its pattern would not match.
func TestALateRecordThatIsTooLargeIsNotShown(t *testing.T) {
	card := regexp.MustCompile(`\d{16}`)
	var mu sync.Mutex
	var told []string
	for _, size := range []int{100, 2000} {
		buf, err := batch.New(discard{}, batch.WithMaxRecordBytes(1024),
			batch.WithRedactionFunc(func(_, v string) (string, bool) {
				return card.ReplaceAllString(v, "****"), card.MatchString(v)
			}),
			batch.WithErrorHandler(func(err error) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, err.Error())
			}))
		if err != nil {
			t.Fatal(err)
		}
		if err := buf.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		e, ok := buf.Begin(batch.Error)
		if !ok {
			t.Fatal("the first late record is not taken to be told")
		}
		e.Commit(append(e.Buf(), `{"message":"`+strings.Repeat("x", size-28)+`4111222233334444"}`...), time.Now())
	}
	mu.Lock()
	defer mu.Unlock()
	all := strings.Join(told, "\n")
	if strings.Contains(all, "4111") || !strings.Contains(all, "****") || !strings.Contains(all, "too large to be redacted") {
		t.Errorf("told: %s", all)
	}
}
