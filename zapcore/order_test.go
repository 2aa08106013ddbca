package zapcore_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/internal/capture"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// TestOrder checks that records are put in order by their own times, not by those
// of their ends. A record that is logged while another is encoded cannot share its
// slab, where they would keep the order in which they end.
func TestOrder(t *testing.T) {
	for name, c := range map[string]struct {
		outer, inner int
		gone         bool
		want         string
	}{
		"outer first":            {outer: -600, inner: -300, want: "outer inner"},
		"inner first":            {outer: -300, inner: -600, want: "inner outer"}, // which has only simple fields
		"outer first, and ended": {outer: -600, inner: -300, gone: true, want: "outer inner"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, sent := capture.Buffer(t)
			core := logstozap.NewCore(b)
			time.Sleep(2 * time.Second)
			now := time.Now()
			log := func(message string, ms int, f zap.Field) {
				_ = core.Write(upstream.Entry{Message: message, Time: now.Add(time.Duration(ms) * time.Millisecond)}, []zap.Field{f})
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				log("outer", c.outer, zap.Object("o", objectFunc(func(upstream.ObjectEncoder) error {
					log("inner", c.inner, zap.Int("i", 1))
					time.Sleep(time.Millisecond)
					if c.gone {
						runtime.Goexit()
					}
					return nil
				})))
			}()
			<-ended
			var order []string
			for _, r := range sent() {
				_, m, _ := strings.Cut(r, `"message":"`)
				m, _, _ = strings.Cut(m, `"`)
				order = append(order, m)
			}
			if got := strings.Join(order, " "); got != c.want {
				t.Errorf("%s: got %s", name, got)
			}
		})
	}
}
