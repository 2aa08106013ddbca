package zapcore_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"github.com/logsto/logsto-go/internal/capture"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// TestSiblingsOfALongParent checks that what With has encoded for one logger is not
// written over for another.
func TestSiblingsOfALongParent(t *testing.T) {
	for n := range 64 { // with room behind it for another field at some of these lengths
		b, sent := capture.Buffer(t)
		long := strings.Repeat("x", 300+n)
		parent := zap.New(logstozap.NewCore(b)).With(zap.String("p", long), zap.Int("q", 1))
		x, y := parent.With(zap.String("k", "x")), parent.With(zap.String("k", "y"))
		gx, gy := parent.With(zap.Namespace("gx"), zap.Int("k", 1)), parent.With(zap.Namespace("gy"), zap.Int("k", 2))
		for _, l := range []*zap.Logger{x, y, gx, gy, x, parent} {
			l.Info("m")
		}
		pre := `"p":"` + long + `","q":1`
		want := []string{pre + `,"k":"x"}`, pre + `,"k":"y"}`, pre + `,"gx":{"k":1}}`, pre + `,"gy":{"k":2}}`, pre + `,"k":"x"}`, pre + `}`}
		got := sent()
		if len(got) != len(want) {
			t.Fatalf("%d records", len(got))
		}
		for i, w := range want {
			if _, rest, _ := strings.Cut(got[i], `"message":"m",`); rest != w {
				t.Errorf("got  %s\nwant %s", rest, w)
			}
		}
	}
}

// TestConcurrentSiblings is for the race detector above all, also with children to
// which With adds nothing.
func TestConcurrentSiblings(t *testing.T) {
	b, sent := capture.Buffer(t)
	parent := zap.New(logstozap.NewCore(b)).With(zap.String("p", strings.Repeat("x", 300)), zap.Namespace("g"), zap.Int("q", 1))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprint("n", i)
			for range 50 {
				parent.With(zap.Skip()).Info("m", zap.String("name", name), zap.String("value", name))
				parent.With(zap.String("name", name)).Info("m", zap.String("value", name))
			}
		})
	}
	wg.Wait()
	got := sent()
	if len(got) != 800 {
		t.Errorf("%d records", len(got))
	}
	for _, r := range got {
		_, name, _ := strings.Cut(r, `"name":"`)
		name, _, _ = strings.Cut(name, `"`)
		if !strings.HasSuffix(r, `,"g":{"q":1,"name":"`+name+`","value":"`+name+`"}}`) {
			t.Fatalf("got %s", r)
		}
	}
}
