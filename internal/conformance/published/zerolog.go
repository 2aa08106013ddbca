package published

import (
	"bytes"
	"io"
	"testing"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
)

var zerologMapping = mapping{time: "time", level: "level", message: "message", fills: true, fields: true}

// zerologCase is what is logged with a logger while zerolog has some settings.
type zerologCase struct {
	note
	set []func() (undo func())
	say func(zerolog.Logger)
	// over logs with a logger of its own that writes there, instead of say.
	over func(io.Writer)
}

// Zerolog runs the cases over writers that newWriter makes. They must take all
// levels.
func Zerolog(t *testing.T, newWriter func(*batch.Buffer) zerolog.LevelWriter) {
	t.Helper()
	for _, c := range zerologCases() {
		say := func(w io.Writer) {
			for _, s := range c.set {
				defer s()()
			}
			if c.over != nil {
				c.over(w)
			} else {
				c.say(zerolog.New(w))
			}
		}
		own := func() string {
			var buf bytes.Buffer
			say(&buf)
			return buf.String()
		}
		c.run(t, &zerologMapping, own, func(b *batch.Buffer) { say(newWriter(b)) })
	}
}

// to is a setting of zerolog's.
func to[T any](setting *T, v T) func() func() {
	return func() func() {
		was := *setting
		*setting = v
		return func() { *setting = was }
	}
}

// allLevels lets levels below trace through.
func allLevels() func() {
	was := zerolog.GlobalLevel()
	zerolog.SetGlobalLevel(zerolog.TraceLevel - 1)
	return func() { zerolog.SetGlobalLevel(was) }
}

// zerologTable collects the cases of one file.
type zerologTable struct {
	file string
	list []zerologCase
}

func (z *zerologTable) add(test, want string, say func(zerolog.Logger), set ...func() func()) *zerologCase {
	z.list = append(z.list, zerologCase{note: note{file: z.file, test: test, want: want}, set: set, say: say})
	return &z.list[len(z.list)-1]
}

// value adds a case of one field with the key k.
func (z *zerologTable) value(test, want string, field func(*zerolog.Event) *zerolog.Event, set ...func() func()) {
	z.add(test, `{"k":`+want+`}`, func(l zerolog.Logger) { field(l.Log()).Msg("") }, set...)
}
