package jsonenc

import (
	"strings"
	"testing"
)

// Types that are a map or a list of anything under another name.
type (
	plainMap  map[string]any
	plainList []any
	ownMap    map[string]any
	byPointer map[string]any
)

func (ownMap) MarshalJSON() ([]byte, error)     { return []byte(`"own"`), nil }
func (*byPointer) MarshalJSON() ([]byte, error) { return []byte(`"own"`), nil }

// TestNamedMaps checks that maps and lists with a name are what they are without,
// and that a member that fails leaves the others whole.
func TestNamedMaps(t *testing.T) {
	for _, v := range []any{
		plainMap{"b": plainList{1, "x", nil, plainMap{}}, "a": map[string]plainMap{"x": {"y": 1}}},
		plainMap(nil),
		plainList(nil),
		plainList{},
		ownMap{"a": 1},
		byPointer{"a": 1},
		&byPointer{"a": 1},
		&plainMap{"a": 1},
		[]plainMap{{"a": 1}},
		map[numberKey]any{1: 2},
	} {
		want, err := standard(v)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendedAny(t, v); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	got := appendedAny(t, map[string]any{"m": plainMap{"bad": make(chan int), "l": plainList{func() {}, 1}, "ok": 1}})
	if want := `{"m":{"bad":"!ERROR: json: unsupported type: chan int","l":["!ERROR: json: unsupported type: func()",1],"ok":1}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	cyclic := plainMap{}
	cyclic["c"] = plainList{cyclic}
	if got := appendedAny(t, cyclic); !strings.Contains(got, "nested in more than 400 levels") {
		t.Errorf("got %.200s", got)
	}
}

type numberKey int

func (numberKey) MarshalText() ([]byte, error) { return []byte("k"), nil }
