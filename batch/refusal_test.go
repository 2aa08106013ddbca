package batch_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// TestARefusalSaysOfWhat checks that the error handler learns which record was too large, or
// none, and which option says so.
func TestARefusalSaysOfWhat(t *testing.T) {
	long := `{"timestamp":"2026-11-23T20:18:41.123456789Z","level":"info","message":"uploaded \"a\" ` + strings.Repeat("é", 600) + `","body":"` + strings.Repeat("x", 2000) + `"}`
	for name, c := range map[string]struct {
		opts []batch.Option
		log  func(b *batch.Buffer)
		want string
	}{
		"committed": {
			log: func(b *batch.Buffer) {
				e, _ := b.Begin(batch.Info)
				e.Commit(append(e.Buf(), long...), time.Now())
			},
			want: `1 too large, such as one of 3299 bytes or more, over the 1000 of WithMaxRecordBytes: "uploaded \"a\" ` + strings.Repeat("é", 42) + `..."`,
		},
		"appended": {
			log:  func(b *batch.Buffer) { b.Append(batch.Info, time.Now(), []byte(long)) },
			want: `1 too large, such as one of 3299 bytes or more, over the 1000 of WithMaxRecordBytes: "uploaded \"a\" ` + strings.Repeat("é", 42) + `..."`,
		},
		"without a message": {
			log:  func(b *batch.Buffer) { b.Append(batch.Info, time.Now(), record(2000)) },
			want: `1 too large, such as one of 2000 bytes or more, over the 1000 of WithMaxRecordBytes: {"a":"` + strings.Repeat("x", 94) + `...`,
		},
		"redacted": {
			opts: []batch.Option{batch.WithRedaction("message")},
			log: func(b *batch.Buffer) {
				e, _ := b.Begin(batch.Info)
				e.Commit(append(e.Buf(), long...), time.Now())
			},
			want: `1 too large, such as one of 3299 bytes or more, over the 1000 of WithMaxRecordBytes`,
		},
		"to be redacted": {
			opts: []batch.Option{batch.WithRedaction("message")},
			log:  func(b *batch.Buffer) { b.Append(batch.Info, time.Now(), []byte(long)) },
			want: `1 too large, such as one of 3299 bytes or more, over the 1000 of WithMaxRecordBytes`,
		},
		"two lines": {
			log:  func(b *batch.Buffer) { b.Append(batch.Info, time.Now(), []byte("{}\n{\"a\":\"\x1b[31m\"}")) },
			want: `1 unreadable, such as one of 16 bytes that is no JSON object on one line: {} {"a":" [31m"}`,
		},
		"nothing to redact": {
			opts: []batch.Option{batch.WithRedaction("message")},
			log: func(b *batch.Buffer) {
				e, _ := b.Begin(batch.Info)
				e.Commit(append(e.Buf(), "text"...), time.Now())
			},
			want: `1 unreadable, such as one of 4 bytes that is no JSON object on one line`,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var told []error
			b := newBuffer(t, discard{}, append(c.opts, batch.WithMaxRecordBytes(1000), batch.WithErrorHandler(func(err error) { told = append(told, err) }))...)
			c.log(b)
			time.Sleep(time.Second)
			synctest.Wait()
			var loss *batch.LossError
			if len(told) != 1 || told[0].Error() != "batch: 1 record dropped: "+c.want || !errors.As(told[0], &loss) || loss.Example == "" || loss.Err != nil {
				t.Errorf("%s: told %q, want %s", name, told, c.want)
			}
			c.log(b)
			c.log(b) // of several, the first is told
			time.Sleep(time.Minute)
			synctest.Wait()
			if len(told) != 2 || !strings.HasPrefix(told[1].Error(), "batch: 2 records dropped: 2 ") || !strings.Contains(told[1].Error(), ", such as one of ") {
				t.Errorf("%s: told %q", name, told[1:])
			}
			sum(t, b.Stats())
		})
	}
}
