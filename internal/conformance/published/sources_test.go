package published

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// No test of the files is left out unsaid, and none is named that they do not
// have.
func TestNothingIsLeftOutUnsaid(t *testing.T) {
	for _, s := range sources() {
		t.Run(s.name, func(t *testing.T) {
			dir := s.dir(t)
			named := map[string]bool{}
			for _, n := range s.notes {
				named[n.file+"/"+top(n.test)] = true
			}
			for _, l := range s.left {
				for _, test := range l.tests {
					name, rows, some := strings.Cut(test, ",")
					if named[l.file+"/"+name] != some {
						t.Errorf("%s %s%s: carried over and left out", l.file, name, rows)
					}
					named[l.file+"/"+name] = true
				}
			}
			for _, file := range s.files {
				for _, test := range testsOf(t, filepath.Join(dir, filepath.FromSlash(file))) {
					if !named[file+"/"+test] {
						t.Errorf("%s has %s, which is neither carried over nor left out", file, test)
					}
					delete(named, file+"/"+test)
				}
			}
			for name := range named {
				t.Errorf("%s: there is no such test", name)
			}
		})
	}
}

// dir returns the folder of the files, or skips the test if it is not there.
func (s *source) dir(t *testing.T) string {
	t.Helper()
	if s.module == "" && !strings.HasPrefix(runtime.Version(), s.version) {
		t.Skipf("the tests of %s are those of %s, and this is %s", s.name, s.version, runtime.Version())
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}\n{{with .Module}}{{.Version}}{{end}}", s.pkg).Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	dir, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if s.module != "" && version != s.version {
		t.Fatalf("the tests are those of %s %s, but it is %s now: see what is new in its tests", s.name, s.version, version)
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(s.files[0]))); err != nil {
		t.Skip("there are no test files: ", err)
	}
	return dir
}

// testsOf returns the names of the tests and examples of a file.
func testsOf(t *testing.T, file string) (list []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && (strings.HasPrefix(fn.Name.Name, "Test") || strings.HasPrefix(fn.Name.Name, "Example")) {
			list = append(list, fn.Name.Name)
		}
	}
	return list
}

// Cases have names of their own, stand in files that are named, and say why they
// differ.
func TestNotes(t *testing.T) {
	for _, s := range sources() {
		seen := map[string]bool{}
		for _, n := range s.notes {
			if name := n.file + "/" + n.test; seen[name] {
				t.Errorf("%s: %s is there twice", s.name, name)
			} else {
				seen[name] = true
			}
			if !slices.Contains(s.files, n.file) {
				t.Errorf("%s: %s is in no file that was read", s.name, n.file)
			}
		}
	}
}

// The check finds each way in which a case can be wrong.
func TestVerify(t *testing.T) {
	const logged, wanted = `{"time":"2000-01-02T03:04:05Z","level":"INFO","msg":"m","level2":1}`, `{"timestamp":"2000-01-02T03:04:05.000000000Z","level":"info","message":"m","level2":1}`
	const other = `{"level":"info","message":"m"}`
	for _, c := range []struct {
		name      string
		n         note
		own, ours string
		ok        bool
	}{
		{"the same", note{want: logged}, logged, wanted, true},
		{"another order", note{want: logged}, logged, `{"level":"info","timestamp":"2000-01-02T03:04:05.000000000Z","message":"m","level2":1}`, false},
		{"a difference that is not said", note{want: logged}, logged, other, false},
		{"a difference that is said", note{want: logged, ours: other, why: "why"}, logged, other, true},
		{"another difference", note{want: logged, ours: other, why: "why"}, logged, `{"level":"info"}`, false},
		{"no difference any more", note{want: logged, ours: wanted, why: "why"}, logged, wanted, false},
		{"become the same", note{want: logged, ours: other, why: "why"}, logged, wanted, false},
		{"no reason", note{want: logged, ours: other}, logged, other, false},
		{"a reason for nothing", note{want: logged, why: "why"}, logged, wanted, false},
		{"not what the logger writes", note{want: logged}, other, wanted, false},
		{"no record", note{want: logged}, logged, "", false},
		{"a record too many", note{want: ""}, "", wanted, false},
		{"nothing", note{want: ""}, "", "", true},
	} {
		if err := c.n.verify(&slogMapping, lines(c.own), lines(c.ours)); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	filling := mapping{time: "t", level: "l", message: "m", fills: true, fields: true}
	n := note{want: `{"t":1,"level":"x"}`}
	const at = `{"timestamp":"2000-01-02T03:04:05.000000000Z",`
	if err := n.verify(&filling, lines(n.want), lines(at+`"level":"info","message":"","t":1,"fields.level":"x"}`)); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{`{"level":"info","message":"","t":1,"fields.level":"x"}`, at + `"level":"info","message":"","t":1,"level":"x"}`, at + `"level":"info","t":1,"fields.level":"x"}`} {
		if n.verify(&filling, lines(n.want), lines(wrong)) == nil {
			t.Errorf("not found: %s", wrong)
		}
	}
}
