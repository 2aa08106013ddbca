package zapcore_test

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// verboseError has more to say with %+v.
type verboseError struct{ text, more string }

func (e verboseError) Error() string { return e.text }

func (e verboseError) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprint(f, e.text)
	if f.Flag('+') {
		_, _ = fmt.Fprint(f, e.more)
	}
}

// TestAVerboseErrorNearTheLimit checks that a record with an error is dropped if its verbose
// form is too long, and only then: not for one that says the same as the message.
func TestAVerboseErrorNearTheLimit(t *testing.T) {
	for n := 400; n < 800; n++ {
		for _, more := range []string{"", strings.Repeat("y", 900)} {
			buf, records := capture.Buffer(t, batch.WithMaxRecordBytes(1024), batch.WithErrorHandler(func(error) {}))
			zap.New(logstozap.NewCore(buf)).Info("m", zap.Error(verboseError{strings.Repeat("x", n), more}))
			delivered := strings.Contains(strings.Join(records(), ""), "xxx")
			if delivered != (more == "") {
				t.Errorf("a message of %d bytes, and a verbose form %d longer: delivered %t", n, len(more), delivered)
			}
		}
	}
}
