package slogx_test

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
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
		"inner first":            {outer: -300, inner: -600, want: "inner outer"},
		"outer first, and ended": {outer: -600, inner: -300, gone: true, want: "outer inner"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, sent := capture.Buffer(t)
			h := slogx.NewHandler(b)
			time.Sleep(2 * time.Second)
			now := time.Now()
			log := func(message string, ms int, v slog.LogValuer) {
				r := slog.NewRecord(now.Add(time.Duration(ms)*time.Millisecond), slog.LevelInfo, message, 0)
				r.AddAttrs(slog.Any("v", v))
				_ = h.Handle(context.Background(), r)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				log("outer", c.outer, logs(func() {
					log("inner", c.inner, logs(func() {}))
					time.Sleep(time.Millisecond)
					if c.gone {
						runtime.Goexit()
					}
				}))
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
