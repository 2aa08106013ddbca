//go:debug panicnil=1

package slogx_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
)

// panicsNil panics with nil, which a program can have by a setting of GODEBUG.
type panicsNil struct{}

func (panicsNil) MarshalJSON() ([]byte, error) { panic(nil) } //nolint:govet // that is the point

func TestPanicNil(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := slog.New(slogx.NewHandler(b, slogx.WithReplaceAttr(func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "r" {
			panic(nil)
		}
		return a
	}), slogx.WithContextAttrs(func(context.Context) []slog.Attr { panic(nil) })))
	l.Info("m", "p", panicsNil{}, "q", map[string]panicsNil{"x": {}}, "r", 1, "z", 1)
	const p = `"!PANIC: nil, or runtime.Goexit"`
	if got := sent(); len(got) != 1 || !strings.HasSuffix(got[0], `"message":"m","context":`+p+`,"p":`+p+`,"q":`+p+`,"r":`+p+`,"z":1}`) {
		t.Errorf("got %s", got)
	}
}
