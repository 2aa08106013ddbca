package slogx_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
)

// naming makes the value of each attribute "where" the names of its groups.
func naming(groups []string, a slog.Attr) slog.Attr {
	if a.Key == "where" {
		return slog.String("where", strings.Join(groups, "."))
	}
	return a
}

// three returns a logger in three groups, of which the slices of their names have
// room for more if they are made by append alone.
func three(l *slog.Logger) *slog.Logger { return l.WithGroup("a").WithGroup("b").WithGroup("c") }

// TestSiblingsInGroups checks that loggers of one parent keep the groups that they
// have got themselves, whatever the other gets after it.
func TestSiblingsInGroups(t *testing.T) {
	b, sent := capture.Buffer(t)
	parent := three(slog.New(slogx.NewHandler(b, slogx.WithReplaceAttr(naming))))
	x, y := parent.WithGroup("x"), parent.WithGroup("y")
	withX, withY := x.With("where", 0), y.With("where", 0)
	for _, l := range []*slog.Logger{x, y, withX, withY, x, parent} {
		l.Info("m", "where", 0)
	}
	sameRest(t, sent(),
		`"a":{"b":{"c":{"x":{"where":"a.b.c.x"}}}}}`,
		`"a":{"b":{"c":{"y":{"where":"a.b.c.y"}}}}}`,
		`"a":{"b":{"c":{"x":{"where":"a.b.c.x","where":"a.b.c.x"}}}}}`,
		`"a":{"b":{"c":{"y":{"where":"a.b.c.y","where":"a.b.c.y"}}}}}`,
		`"a":{"b":{"c":{"x":{"where":"a.b.c.x"}}}}}`,
		`"a":{"b":{"c":{"where":"a.b.c"}}}}`)
}

// logs calls a function when it is asked for its value.
type logs func()

func (f logs) LogValue() slog.Value { f(); return slog.IntValue(0) }

// TestGroupsOfARecordWithinAnother checks that the names of the groups of a record
// are not those of another that is logged meanwhile.
func TestGroupsOfARecordWithinAnother(t *testing.T) {
	b, sent := capture.Buffer(t)
	for i := range 8 { // with room in the slice for one of them at least
		l := slog.New(slogx.NewHandler(b, slogx.WithReplaceAttr(naming)))
		var names []string
		for range i {
			l = l.WithGroup("n")
			names = append(names, "n")
		}
		l.Info("outer", slog.Group("x", "where", logs(func() { l.Info("inner", slog.Group("y", "where", 0)) })))
		got := sent()
		if len(got) != 2*i+2 {
			t.Fatalf("%d records", len(got))
		}
		for _, r := range got[2*i:] {
			last := "x"
			if strings.Contains(r, `"inner"`) {
				last = "y"
			}
			if want := `{"where":"` + strings.Join(append(names[:i:i], last), ".") + `"}`; !strings.Contains(r, want) {
				t.Errorf("no %s in %s", want, r)
			}
		}
	}
}

// TestSiblingsOfALongParent checks that what With has encoded for one logger is not
// written over for another.
func TestSiblingsOfALongParent(t *testing.T) {
	for n := range 64 { // with room behind it for another attribute at some of these lengths
		b, sent := capture.Buffer(t)
		long := strings.Repeat("x", 300+n)
		parent := slog.New(slogx.NewHandler(b)).With("p", long, "q", 1)
		x, y := parent.With("k", "x"), parent.With("k", "y")
		gx, gy := parent.WithGroup("gx").With("k", 1), parent.WithGroup("gy").With("k", 2)
		for _, l := range []*slog.Logger{x, y, gx, gy, x, parent} {
			l.Info("m")
		}
		pre := `"p":"` + long + `","q":1`
		sameRest(t, sent(), pre+`,"k":"x"}`, pre+`,"k":"y"}`, pre+`,"gx":{"k":1}}`, pre+`,"gy":{"k":2}}`, pre+`,"k":"x"}`, pre+`}`)
	}
}

// sameRest compares the records without their heads.
func sameRest(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i, w := range want {
		if _, rest, _ := strings.Cut(got[i], `"message":"m",`); rest != w {
			t.Errorf("got  %s\nwant %s", rest, w)
		}
	}
}

// TestConcurrentSiblings is for the race detector above all.
func TestConcurrentSiblings(t *testing.T) {
	b, sent := capture.Buffer(t)
	parent := three(slog.New(slogx.NewHandler(b, slogx.WithReplaceAttr(naming))).With("p", strings.Repeat("x", 300))).WithGroup("d")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprint("g", i)
			for range 50 {
				parent.Info("m", "name", name, slog.Group(name, "where", 0))
				parent.WithGroup(name).With("where", 0).Info("m", "name", name)
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
		if !strings.Contains(r, `"`+name+`":{"where":"a.b.c.d.`+name+`"`) {
			t.Fatalf("got %s", r)
		}
	}
}
