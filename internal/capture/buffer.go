package capture

import (
	"context"
	"testing"

	"github.com/logsto/logsto-go/batch"
)

// Buffer returns a buffer and a function that flushes it and returns all that
// it has sent. The buffer is closed at the end of the test.
func Buffer(tb testing.TB, opts ...batch.Option) (*batch.Buffer, func() []string) {
	tb.Helper()
	var s Sender
	b, err := batch.New(&s, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = b.Close(context.Background()) })
	return b, func() []string {
		tb.Helper()
		if err := b.Sync(); err != nil {
			tb.Fatal(err)
		}
		return s.Records()
	}
}
