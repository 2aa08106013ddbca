package leak_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/internal/leak"
)

const secret = "a-long-enough-secret"

// The values that show the secret in one way only, and by whom.
type (
	public    struct{ Key string }
	unnamed   struct{ key string }
	raw       struct{ Key []byte }
	stringer  struct{}
	goes      struct{}
	formatter struct{}
	marshaler struct{}
	texts     struct{}
	binary    struct{}
	tagged    struct {
		Key string `json:"-"`
	}
	refuses struct{}
	panics  struct{}
)

func (stringer) String() string                { return secret }
func (goes) GoString() string                  { return secret }
func (formatter) Format(f fmt.State, _ rune)   { _, _ = fmt.Fprint(f, secret) }
func (marshaler) MarshalJSON() ([]byte, error) { return json.Marshal(secret) }
func (texts) MarshalText() ([]byte, error)     { return []byte(secret), nil }
func (binary) MarshalBinary() ([]byte, error)  { return []byte(secret), nil }
func (refuses) MarshalJSON() ([]byte, error)   { return nil, errors.New(secret) }
func (panics) MarshalText() ([]byte, error)    { panic(secret) }

func TestWhatShowsIsFound(t *testing.T) {
	var nilError *public
	for name, v := range map[string]any{
		"text": secret, "bytes": []byte(secret), "array": [20]byte([]byte(secret)), "numbers": []rune(secret),
		"struct": public{secret}, "pointer": &public{secret}, "unexported": unnamed{secret}, "behind two pointers": new(new(public{secret})),
		"bytes in a struct": raw{[]byte(secret)}, "map": map[string]string{"k": secret}, "key of a map": map[string]int{secret: 1},
		"String": stringer{}, "GoString": goes{}, "Format": formatter{}, "MarshalJSON": marshaler{}, "MarshalText": texts{},
		"MarshalBinary": binary{}, "left out of JSON": tagged{secret}, "error of MarshalJSON": refuses{}, "panic": panics{},
		"error": errors.New(secret), "wrapped": fmt.Errorf("x: %w", errors.New(secret)), "joined": errors.Join(errors.New("x"), errors.New(secret)),
		"JSON": json.RawMessage(`{"k":"` + secret + `"}`),
	} {
		if leak.In(v, secret) == "" {
			t.Errorf("%s: not found in %#v", name, v)
		}
	}
	for name, v := range map[string]any{
		"nil": nil, "typed nil": nilError, "text": "harmless", "func": func() string { return secret }, "channel": make(chan string),
		"struct": public{"harmless"}, "pointers beyond the second": struct{ p **unnamed }{new(&unnamed{secret})},
		"error": errors.New("harmless"), "not comparable": []any{[]int{1}}, "holds what is not comparable": struct{ v any }{[]int{1}},
	} {
		if found := leak.In(v, secret); found != "" {
			t.Errorf("%s: %s", name, found)
		}
	}
}

// Each printer shows the secret of some value; a printer that shows nothing is none.
func TestEveryPrinterPrints(t *testing.T) {
	found := map[string]bool{}
	for _, v := range []any{
		secret, []byte(secret), public{secret}, stringer{}, goes{}, texts{}, binary{}, errors.New(secret), numbersOf(secret),
	} {
		for how, text := range leak.Shown(v) {
			found[how] = found[how] || leak.Find(text, secret) != ""
		}
	}
	var missed []string
	for how, ok := range found {
		if !ok {
			missed = append(missed, how)
		}
	}
	// It shows types only.
	if !slices.Equal(missed, []string{"%T"}) {
		t.Errorf("shown by none: %q", missed)
	}
	if len(found) < 50 {
		t.Errorf("%d printers", len(found))
	}
}

func TestPrintedShowsAllHolders(t *testing.T) {
	if leak.Brief(&public{secret}, secret) == "" || leak.Brief(&public{"harmless"}, secret) != "" {
		t.Error("Brief finds too much or too little")
	}
	all := leak.Printed(&public{secret})
	for _, want := range []string{
		"%v", "json", "xml", "gob", "slog text", "slog json", "zap json", "zap console", "zerolog", "logrus text", "logrus json",
		"text/template", "html/template", "expvar", "%v in a struct, what it points to", "%v, what it points to", "%+v in a slice, what it points to", "json in a map",
		"json behind a pointer to an interface", "%#v in an array, what it points to", "%v as a key, what it points to",
	} {
		if leak.Find(all[want], secret) == "" {
			t.Errorf("%q shows %q", want, all[want])
		}
	}
	all = leak.Printed(errors.New(secret))
	for _, want := range []string{"%v wrapped", "%v joined", "%+v wrapped with another", "panic wrapped", "logrus text joined"} {
		if leak.Find(all[want], secret) == "" {
			t.Errorf("%q shows %q", want, all[want])
		}
	}
	if all := leak.Printed(public{secret}); leak.Find(all["%v behind a pointer"], secret) == "" {
		t.Errorf("behind a pointer: %q", all["%v behind a pointer"])
	}
}

// secretive does not say what it wraps.
type secretive struct{ err error }

func (*secretive) Error() string   { return "secretive" }
func (e *secretive) Unwrap() error { return e.err }

// many does not say what it wraps either.
type many []error

func (many) Error() string     { return "many" }
func (m many) Unwrap() []error { return m }

func TestInErrorWalksTheChain(t *testing.T) {
	inner := &secretive{&secretive{errors.New(secret)}}
	for name, err := range map[string]error{
		"itself": errors.New(secret), "hidden": &secretive{inner}, "in a list": &secretive{many{errors.New("x"), nil, inner}},
	} {
		if leak.InError(err, secret) == "" || leak.BriefError(err, secret) == "" {
			t.Errorf("%s: not found", name)
		}
	}
	if found := leak.In(&secretive{inner}, secret); found != "" {
		t.Errorf("the chain proves nothing: %s", found)
	}
	for _, err := range []error{nil, errors.New("x"), &secretive{}, many{nil}} {
		if found := leak.InError(err, secret) + leak.BriefError(err, secret); found != "" {
			t.Error(found)
		}
	}
}

func TestReach(t *testing.T) {
	type node struct {
		next    *node
		v       any
		private map[string][]byte
	}
	deep := &node{v: struct{ inner **unnamed }{new(&unnamed{secret})}}
	deep.next = &node{next: deep} // a circle
	spare := append(make([]byte, 0, 64), secret...)
	for name, v := range map[string]any{
		"text": secret, "deep": deep, "bytes": node{private: map[string][]byte{"k": []byte(secret)}}, "key": node{private: map[string][]byte{secret: nil}},
		"array": [1]unnamed{{secret}}, "bytes of an array": [20]byte([]byte(secret)), "left over": spare[:0],
		"error": fmt.Errorf("%w", &secretive{errors.New(secret)}), "interface in a slice": []any{&unnamed{secret}},
	} {
		if leak.Reachable(v, secret) == "" {
			t.Errorf("%s: not reached: %q", name, leak.Reach(v))
		}
	}
	circle := map[string]any{}
	circle["self"] = circle
	for name, v := range map[string]any{
		"closure": func() string { return secret }, "nil": nil, "circle": circle, "nil map": node{}, "number": 7, "harmless": unnamed{"harmless"},
		"field with a closure": struct{ f func() string }{func() string { return secret }},
	} {
		if found := leak.Reachable(v, secret); found != "" {
			t.Errorf("%s: %s", name, found)
		}
	}
	if got := leak.Reach(&unnamed{secret}); len(got) != 1 || got["*leak_test.unnamed.key"] != secret {
		t.Errorf("%q", got)
	}
	if found := leak.In(deep, secret); found != "" {
		t.Errorf("nothing prints it: %s", found)
	}
}

func TestReachRefusesTooMuch(t *testing.T) {
	var list any
	for range 1000 {
		list = []any{list}
	}
	if message := panicOf(func() { leak.Reach(list) }); !strings.Contains(message, "too much") {
		t.Errorf("%q", message)
	}
}
