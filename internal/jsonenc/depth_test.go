package jsonenc

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

type (
	node struct {
		Next *node `json:",omitempty"`
	}
	treeNode struct {
		Name     string
		Parent   *treeNode
		Children []*treeNode
	}
	pointerLoop *pointerLoop
	sliceLoop   []sliceLoop
	mapLoop     map[string]mapLoop
	embedLoop   struct{ *embedLoop }
	anyField    struct{ V any }
	hides       struct {
		hidden *hides
		Minus  *hides `json:"-"`
		N      int
	}
	// marshalsByPointer says itself what it is, where it can be addressed.
	marshalsByPointer struct{ Next *marshalsByPointer }
)

func (*marshalsByPointer) MarshalJSON() ([]byte, error) { return []byte(`"self"`), nil }

func ring() *node {
	a, b := new(node), new(node)
	a.Next, b.Next = b, a
	return a
}

func nodes(n int) *node {
	var head *node
	for range n {
		head = &node{head}
	}
	return head
}

// nested wraps nil n times.
func nested(n int, wrap func(any) any) any {
	var v any
	for range n {
		v = wrap(v)
	}
	return v
}

var wraps = map[string]func(any) any{
	"list":           func(v any) any { return []any{v} },
	"map":            func(v any) any { return map[string]any{"k": v} },
	"named map":      func(v any) any { return namedMap{"k": v} },
	"struct":         func(v any) any { return anyField{v} },
	"pointer struct": func(v any) any { return &anyField{v} },
	"array":          func(v any) any { return [1]any{v} },
}

type namedMap map[string]any

func TestDepth(t *testing.T) {
	for name, wrap := range wraps {
		for _, n := range []int{1, 399, 400} {
			v := nested(n, wrap)
			want, err := standard(v)
			if err != nil {
				t.Fatal(err)
			}
			if got := appendedAny(t, v); got != want {
				t.Errorf("%s of %d levels becomes %.100s", name, n, got)
			}
		}
		for _, n := range []int{401, 999, 10_000, 100_000} {
			got := appendedAny(t, nested(n, wrap))
			if !strings.HasPrefix(got, `"!ERROR: nested in more than 400 levels, or cyclic (`) {
				t.Errorf("%s of %d levels becomes %.100s", name, n, got)
			}
		}
	}
	// Levels count together, whoever encodes them.
	for _, n := range []int{150, 250} {
		v := nested(n, wraps["struct"])
		for range 250 {
			v = []any{v}
		}
		if got := appendedAny(t, v); strings.HasPrefix(got, `"!ERROR`) != (n == 250) {
			t.Errorf("250 lists around %d structs become %.100s", n, got)
		}
	}
}

func TestDepthOfRaw(t *testing.T) {
	for _, n := range []int{400, 401, 20_000, 100_000} {
		raw := strings.Repeat("[", n) + strings.Repeat("]", n)
		for _, v := range []any{json.RawMessage(raw), marshaler{out: raw}, map[string]any{"m": marshaler{out: raw}}} {
			got := appendedAny(t, v)
			if m, ok := v.(map[string]any); ok && n == 400 {
				_ = m // one level more
			} else if strings.Contains(got, "!ERROR") != (n > 400) {
				t.Errorf("%T with %d levels becomes %.100s", v, n, got)
			}
		}
	}
	for s, want := range map[string]bool{
		"[[],[],[]]": false, "[[[]]]": true, `["[[[["]`: false, `["\"[[["]`: false, `["\\",[[1]]]`: true, `{"a":{"b":{}}}`: true, `[{},{},{}]`: false,
	} {
		if deeper([]byte(s), 2) != want {
			t.Errorf("deeper(%s, 2) is not %v", s, want)
		}
	}
}

// A list that is a hundred times too long for the stack of encoding/json.
func TestLongLinkedList(t *testing.T) {
	if got := appendedAny(t, nodes(400)); !strings.HasPrefix(got, `{"Next":`) {
		t.Errorf("400 nodes become %.100s", got)
	}
	for _, v := range []any{nodes(3_000_000), nodes(401), map[string]any{"n": nodes(401)}, []*node{nodes(600)}} {
		if got := appendedAny(t, v); !strings.HasPrefix(got, `"!ERROR: nested in more than 400 levels`) {
			t.Errorf("%T becomes %.100s", v, got)
		}
	}
}

func TestCycles(t *testing.T) {
	var p pointerLoop
	p = &p
	s := make(sliceLoop, 1)
	s[0] = s
	m := mapLoop{}
	m["m"] = m
	list := []any{1, nil}
	list[1] = list
	e := new(embedLoop)
	e.embedLoop = e
	a := &anyField{}
	a.V = a
	array := &[1]any{}
	array[0] = array
	parent := &treeNode{Name: "root"}
	parent.Children = []*treeNode{{Name: "a", Parent: parent}, {Name: "b", Parent: parent}}
	branching := map[string]any{}
	branching["a"], branching["b"], branching["c"] = branching, []any{branching, branching}, branching
	var self, left, right any
	self, left, right = &self, &right, &left
	named := namedMap{}
	named["x"] = []any{named}
	for _, v := range []any{ring(), p, s, m, list, a, array, parent, branching, named, self, left, []any{right}, cyclicMap(), struct{ A, B any }{1, list}} {
		if got := appendedAny(t, v); !strings.HasPrefix(got, `"!ERROR: nested in more than 400 levels, or cyclic (`) {
			t.Errorf("%T becomes %.100s", v, got)
		}
		if _, err := standard(v); err == nil {
			t.Errorf("encoding/json has a form for a cyclic %T", v)
		}
	}
	if got := appendedAny(t, e); got != `{}` && !strings.HasPrefix(got, `"!ERROR`) {
		t.Errorf("an embedded cycle becomes %s", got)
	}
}

// A cycle that encoding/json does not go into is none.
func TestHarmlessCycles(t *testing.T) {
	h := &hides{N: 1}
	h.hidden, h.Minus = h, h
	byPointer := &marshalsByPointer{}
	byPointer.Next = byPointer
	for _, v := range []any{h, byPointer, []marshalsByPointer{{byPointer}}, struct{ V *marshalsByPointer }{byPointer}, reflect.TypeFor[int]()} {
		want, err := standard(v)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendedAny(t, v); got != want {
			t.Errorf("%T becomes %s, encoding/json says %s", v, got, want)
		}
	}
}

// Values that share their parts would take 2^40 steps, did the walk not end
// where encoding/json fails.
func TestWalkEndsWhereEncodingJSONFails(t *testing.T) {
	type layer struct {
		F    func()
		A, B any
	}
	v := &layer{}
	for range 40 {
		v = &layer{A: v, B: v}
	}
	if got := appendedAny(t, v); got != `"!ERROR: json: unsupported type: func() (*jsonenc.layer)"` {
		t.Errorf("got %s", got)
	}
}
