package published

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table instead of comparing it")

const document = "../PUBLISHED.md"

// The table in the documentation is made from the cases.
func TestDocument(t *testing.T) {
	want := render()
	if *update {
		if err := os.WriteFile(document, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Errorf("%s is not what the cases say; run this test with -update", document)
	}
}

const introduction = `# The loggers' own test cases

Every logger publishes tests of its JSON output. Their cases are carried over as
data, and run through our adapters: what the logger's test logs, and what it
expects. This table is made from that data by the tests of
` + "`internal/conformance/published`" + `, and compared with it at every run; the flag
-update rewrites it.

A case is **the same** if our record says what the logger's test expects, after
this mapping:

| | time, level and message of the logger | in our record |
|---|---|---|
| log/slog | ` + "`time`, `level`, `msg`" + ` | ` + "`timestamp`, `level`, `message`" + ` |
| zap | as the encoder of the test is configured; also the logger's name and the stack | these, ` + "`logger` and `stacktrace`" + ` |
| zerolog | ` + "`time`, `level`, `message`" + ` | ` + "`timestamp`, `level`, `message`" + ` |
| logrus | ` + "`time`, `level`, `msg`; the level `warning`" + ` | ` + "`timestamp`, `level`, `message`; `warn`" + ` |

These three stand first, whatever the logger's order. Our timestamp is in UTC with
nine digits, and levels are in lower case. But for log/slog, a record that has no
time, level or message has those of ours: the time of the call, info, and an empty
message. A field with a key of ours gets the prefix ` + "`fields.`" + `. Everything else is
compared value by value, with numbers as they are written and members in their
order; only how a string is escaped does not count.

A case that **differs** stands below with our record and the reason. Its test fails
if ours is another, and if the difference is gone. What the test expects is also
compared with what the logger itself writes, so that it is known to be right.

`

func render() []byte {
	var out bytes.Buffer
	out.WriteString(introduction)
	out.WriteString("| logger | version | tests | cases | same | differ | tests left out |\n|---|---|---|---|---|---|---|\n")
	for _, s := range sources() {
		same, differ := count(s.notes)
		n := 0
		for _, l := range s.left {
			n += len(l.tests)
		}
		fmt.Fprintf(&out, "| %s | %s | %d | %d | %d | %d | %d |\n", s.name, s.version, len(byTest(s.notes)), same+differ, same, differ, n)
	}
	for _, s := range sources() {
		fmt.Fprintf(&out, "\n## %s\n\n| file | test | cases | same | differ |\n|---|---|---|---|---|\n", s.name)
		for _, list := range byTest(s.notes) {
			same, differ := count(list)
			fmt.Fprintf(&out, "| %s | %s | %d | %d | %d |\n", list[0].file, top(list[0].test), same+differ, same, differ)
		}
		renderDiffering(&out, s.notes)
		out.WriteString("\nLeft out:\n\n| file | test | why |\n|---|---|---|\n")
		for _, l := range s.left {
			fmt.Fprintf(&out, "| %s | %s | %s |\n", l.file, strings.Join(l.tests, ", "), l.why)
		}
	}
	return out.Bytes()
}

func renderDiffering(out *bytes.Buffer, notes []note) {
	if _, n := count(notes); n == 0 {
		out.WriteString("\nNone differs.\n")
		return
	}
	out.WriteString("\nWhat differs:\n\n| case | the logger | ours | why |\n|---|---|---|---|\n")
	for _, n := range notes {
		if n.ours != "" {
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", cell(n.test), code(n.want), code(n.ours), n.why)
		}
	}
}

func cell(s string) string { return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(s) }

func code(s string) string {
	return "`" + strings.NewReplacer("|", `\|`, "\n", "` `").Replace(s) + "`"
}

func count(notes []note) (same, differ int) {
	for _, n := range notes {
		if n.ours == "" {
			same++
		} else {
			differ++
		}
	}
	return same, differ
}

// top is the name of the test function.
func top(test string) string {
	name, _, _ := strings.Cut(test, "/")
	return name
}

// byTest returns the notes of each test function, in the order of its first.
func byTest(notes []note) (list [][]note) {
	at := map[string]int{}
	for _, n := range notes {
		key := n.file + "/" + top(n.test)
		i, ok := at[key]
		if !ok {
			i = len(list)
			at[key] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], n)
	}
	return list
}
