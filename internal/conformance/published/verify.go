package published

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/internal/conformance"
)

// note is where a case is from, what is expected of the logger, and of us.
type note struct {
	file string // of the logger's source
	test string // in it, with the name that the case has in its table
	want string // of the logger: a JSON object a line
	ours string // of us, if that is not want after the mapping
	why  string // it is not
}

// nothing is said of ours if there is no record.
const nothing = "nothing"

func lines(s string) []string {
	if s == "" || s == nothing {
		return nil
	}
	return strings.Split(s, "\n")
}

var caller = regexp.MustCompile(`"caller":"[^"]+\.go:\d+"`)

// verify compares what the logger itself wrote, and what we did, with the note.
func (n *note) verify(k *mapping, own, got []string) error {
	if strings.Contains(n.want, "$CALLER") {
		for _, list := range [][]string{own, got} {
			for i := range list {
				list[i] = caller.ReplaceAllString(list[i], `"caller":"$$CALLER"`)
			}
		}
	}
	want := lines(n.want)
	if err := differ(own, want); err != nil {
		return fmt.Errorf("what the logger itself writes is not what its test expects: %w", err)
	}
	mapped := make([]string, len(want))
	for i, w := range want {
		var err error
		if mapped[i], err = k.mapped(w); err != nil {
			return err
		}
	}
	for i := range got {
		if k.fills && (i >= len(mapped) || !isTimed(mapped[i])) {
			var err error
			if got[i], err = untimed(got[i]); err != nil {
				return fmt.Errorf("%w in %s", err, got[i])
			}
		}
	}
	if (n.ours == "") != (n.why == "") {
		return fmt.Errorf("a case that differs needs our record and the reason: %q, %q", n.ours, n.why)
	}
	if n.ours == "" {
		return differ(got, mapped)
	}
	if differ(mapped, lines(n.ours)) == nil {
		return fmt.Errorf("said to differ, but what is expected of us is what the logger writes: %s", n.ours)
	}
	return differ(got, lines(n.ours))
}

func differ(got, want []string) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d records, want %d: %q", len(got), len(want), got)
	}
	for i := range got {
		if err := conformance.Differ(got[i], want[i]); err != nil {
			return err
		}
	}
	return nil
}

// run runs a case: own logs to the logger's own encoder and returns what it
// wrote, ours logs to the buffer.
func (n *note) run(t *testing.T, k *mapping, own func() string, ours func(*batch.Buffer)) {
	t.Helper()
	t.Run(n.file+"/"+n.test, func(t *testing.T) {
		b, sent := capture.Buffer(t)
		ours(b)
		if err := n.verify(k, lines(strings.TrimSuffix(own(), "\n")), sent()); err != nil {
			t.Error(err)
		}
	})
}
