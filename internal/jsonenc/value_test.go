package jsonenc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

type (
	plainError   struct{ text string }  // an error without anything that encoding/json shows
	pointedError struct{ Field string } // a pointer to which is an error
	textError    struct{ s string }     // an error with MarshalText
	withErrors   struct {
		ID      int
		Err     error `json:"err,omitempty"`
		None    error
		Own     plainError
		Path    *fs.PathError
		Errno   syscall.Errno
		ByPtr   pointedError
		Any     any
		Text    textError
		JSON    jsonError
		Set     map[string]error
		List    []error
		Array   [1]plainError
		Pointer *error
	}
)

func (f plainError) Error() string               { return f.text }
func (f *pointedError) Error() string            { return "bad " + f.Field }
func (f textError) Error() string                { return "message of " + f.s }
func (f textError) MarshalText() ([]byte, error) { return []byte("text of " + f.s), nil }

// Errors that are a []any and a map[string]any by another name.
type (
	listError []any
	anyError  map[string]any
)

func (l listError) Error() string { return fmt.Sprint(len(l), " errors") }
func (m anyError) Error() string  { return fmt.Sprint(len(m), " error") }

// badChainError panics when it is asked what it is.
type badChainError struct{}

func (badChainError) Error() string { return "bad chain" }
func (badChainError) Is(error) bool { panic("in Is") }
func (badChainError) As(any) bool   { panic("in As") }
func (badChainError) Unwrap() error { panic("in Unwrap") }

func TestErrorsOfMethodsAreNotAsked(t *testing.T) {
	if got, want := appendedAny(t, struct{ M marshaler }{marshaler{err: badChainError{}}}), `"!ERROR: json: error calling MarshalJSON for type jsonenc.marshaler: bad chain (struct { M jsonenc.marshaler })"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An error is its message wherever it stands: encoding/json makes {} of most.
func TestErrorsWithinValuesAreTheirMessages(t *testing.T) {
	e := errors.New("disk full")
	path := &fs.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}
	for _, c := range []struct {
		v    any
		want string
	}{
		{[]error{e, nil, path}, `["disk full",null,"open /x: no such file or directory"]`},
		{[]any{e, []error{e}}, `["disk full",["disk full"]]`},
		{map[string]any{"err": e, "in": map[string]error{"e": e, "nil": nil}}, `{"err":"disk full","in":{"e":"disk full","nil":null}}`},
		{map[int]*net.OpError{1: {Op: "dial", Err: e}}, `{"1":"dial: disk full"}`},
		{struct{ E error }{e}, `{"E":"disk full"}`},
		{&struct{ E any }{&e}, `{"E":"disk full"}`},
		{[]pointedError{{"a"}}, `["bad a"]`},
		{[]*pointedError{{"a"}, nil}, `["bad a",null]`},
		{[]fmt.Stringer{nil, time.Second}, `[null,1000000000]`},
		{[]error{errors.Join(e, e), fmt.Errorf("a: %w", e)}, `["disk full\ndisk full","a: disk full"]`},
		{[]error{panickingError{"boom"}, (*pointerError)(nil)}, `["!PANIC: boom",null]`},
		{struct{ E, F error }{panickingError{"boom"}, e}, `{"E":"!PANIC: boom","F":"disk full"}`},
		{[]error{jsonError{out: `{"code":5}`}}, `[{"code":5}]`},
		{[]any{listError{1, e}, map[string]any{"m": anyError{"k": 1}}}, `["2 errors",{"m":"1 error"}]`},
		{
			withErrors{Err: e, Own: plainError{"own"}, Path: path, Errno: syscall.EPERM, ByPtr: pointedError{"b"}, Any: e, Text: textError{"t"}, JSON: jsonError{out: "7"}, Set: map[string]error{"s": e}, List: []error{e}, Array: [1]plainError{{"c"}}, Pointer: &e},
			`{"ID":0,"err":"disk full","None":null,"Own":"own","Path":"open /x: no such file or directory","Errno":"operation not permitted","ByPtr":{"Field":"b"},"Any":"disk full","Text":"message of t","JSON":7,"Set":{"s":"disk full"},"List":["disk full"],"Array":["c"],"Pointer":"disk full"}`,
		},
	} {
		if got := appendedAny(t, c.v); got != c.want {
			t.Errorf("AppendAny(%T) =\n%s, want\n%s", c.v, got, c.want)
		}
	}
	// Where it can be addressed, what has the method as a pointer is an error too, as
	// with the methods of encoding/json.
	if got := appendedAny(t, &withErrors{ByPtr: pointedError{"b"}, JSON: jsonError{out: "1"}}); !strings.Contains(got, `"ByPtr":"bad b"`) {
		t.Errorf("got %s", got)
	}
}

// A type that embeds itself has its other fields, and no more is read of it than
// encoding/json reads: somebody may be writing there.
func TestWhatEncodingJSONSkipsIsNotRead(t *testing.T) {
	type Node struct {
		*Node
		X int
	}
	type inner struct {
		*inner
		Y int
	}
	type unread struct {
		mu     *unread
		secret []any
		Skip   *unread `json:"-"`
		*inner
		N int
	}
	n := &Node{X: 1}
	n.Node = n
	in := &inner{Y: 2}
	in.inner = in
	u := &unread{N: 3, inner: in}
	u.mu, u.Skip, u.secret = u, u, []any{u}
	for _, v := range []any{n, *n, []*Node{n}, in, u, *u, map[string]any{"u": u}} {
		want, err := standard(v)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendedAny(t, v); got != want {
			t.Errorf("%T becomes %s, encoding/json says %s", v, got, want)
		}
	}
	// The race detector sees a read.
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			u.mu, u.Skip, u.secret, in.inner, n.Node = u, nil, append(u.secret[:0:0], u), in, n
		}
	}()
	for range 1000 {
		AppendAny(nil, n, noLimit)
	}
	for range 1000 {
		AppendAny(nil, struct{ U *unread }{u}, noLimit)
	}
	<-done
}

type (
	level1 struct {
		A int `json:"a"`
		level2
		B int
	}
	level2 struct {
		A int
		B int `json:",omitempty"`
		C int `json:"c"`
	}
	twin1 struct{ Same, Once int }
	twin2 struct{ Same, Tagged int }
	twins struct {
		twin1
		*twin2
		T string `json:"Tagged"`
	}
	diamondL struct{ Bottom }
	diamondR struct{ Bottom }
	Bottom   struct{ Z int }
	diamond  struct {
		diamondL
		diamondR
	}
	zeroByPtr struct{ n int }
	zeroes    struct {
		T time.Time                  `json:",omitzero"`
		P *zeroByPtr                 `json:",omitzero"`
		V zeroByPtr                  `json:",omitzero"`
		S struct{}                   `json:",omitzero"`
		I fmt.Stringer               `json:",omitzero"`
		F interface{ IsZero() bool } `json:",omitzero"`
		A [2]int                     `json:"a,omitempty,omitzero"`
		E struct{}                   `json:",omitempty"`
	}
	quotedAll struct {
		B  bool          `json:",string"`
		I  int8          `json:",string"`
		U  *uint         `json:",string"`
		F  float32       `json:"f,string"`
		S  string        `json:",string"`
		P  *string       `json:",string"`
		PP **int         `json:",string"` //nolint:staticcheck // odd on purpose
		N  json.Number   `json:",string"`
		K  textKey       `json:",string"`
		D  time.Duration `json:",string"`
		L  []int         `json:",string"` //nolint:staticcheck // odd on purpose
		A  any           `json:",string"` //nolint:staticcheck // odd on purpose
	}
	oddTags struct {
		A int `json:"a b/ü%<>&"`
		B int "json:\"q\\\"\""
		C int `json:"bad,name"` //nolint:staticcheck // odd on purpose
		D int `json:","`        //nolint:staticcheck // odd on purpose
		E int `json:"-,"`       //nolint:staticcheck // odd on purpose
		F int `json:"é\\"`      //nolint:staticcheck // odd on purpose
		G int `json:",omitempty,string"`
		H int `xml:"h"`
	}
	taggedInner struct {
		level2 `json:"inner"`
		*twin1 `json:"twin"`
		Name   `json:",omitempty"`
		small
	}
	Name  string
	small int
)

func (z *zeroByPtr) IsZero() bool { return z.n == 1 }

// The fields of structs are those of encoding/json.
func TestFieldsAreThoseOfEncodingJSON(t *testing.T) {
	one, text := uint(1), "q\"<"
	i := 5
	pi := &i
	for _, v := range []any{
		level1{},
		&level1{A: 1, level2: level2{2, 3, 4}, B: 5},
		twins{},
		twins{twin2: &twin2{1, 2}},
		diamond{},
		zeroes{},
		&zeroes{},
		zeroes{P: &zeroByPtr{1}, V: zeroByPtr{1}, I: (*stringerPointer)(nil), F: (*zeroByPtr)(nil)},
		&zeroes{P: &zeroByPtr{2}, V: zeroByPtr{2}, F: &zeroByPtr{1}, A: [2]int{1}},
		quotedAll{},
		&quotedAll{true, -1, &one, 1.5, text, &text, &pi, "7", 3, 4, []int{1}, 1},
		oddTags{},
		taggedInner{},
		&taggedInner{twin1: &twin1{}, Name: "n", small: 1},
		struct {
			*level2
			error
		}{}.level2,
		map[Name]small{"b": 1, "a": 2},
		map[*textual]int{nil: 1},
		map[textual]int{{"z"}: 1, {"a\xff"}: 2},
		[0]int{},
		[2]*int{},
	} {
		want, err := standard(v)
		if err != nil {
			t.Fatalf("%T: %v", v, err)
		}
		for range 2 {
			if got := appendedAny(t, v); got != want {
				t.Errorf("%T becomes\n%s\nencoding/json says\n%s", v, got, want)
			}
		}
	}
}

// What encoding/json refuses is refused, also if it is nil and to be omitted.
func TestNilFunctionsAreNotOmitted(t *testing.T) {
	for _, v := range []any{
		struct {
			F func() `json:",omitempty"`
		}{},
		struct {
			C chan int `json:",omitempty"`
		}{},
		struct {
			C complex64 `json:",omitempty"`
		}{},
	} {
		if _, err := standard(v); err == nil {
			t.Fatalf("%T: taken", v)
		}
		if got := appendedAny(t, v); !strings.HasPrefix(got, `"!ERROR: json: unsupported type`) {
			t.Errorf("%T becomes %s", v, got)
		}
	}
}

// randomType returns a type of any kind that encoding/json has a form for.
func randomType(r *rand.Rand, depth int) reflect.Type {
	leaves := []reflect.Type{
		reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint8](), reflect.TypeFor[float64](), reflect.TypeFor[string](),
		reflect.TypeFor[Name](), reflect.TypeFor[small](), reflect.TypeFor[textual](), reflect.TypeFor[textKey](), reflect.TypeFor[time.Time](), reflect.TypeFor[json.Number](), reflect.TypeFor[any](),
		reflect.TypeFor[json.RawMessage](), reflect.TypeFor[net.IP](), reflect.TypeFor[level1](), reflect.TypeFor[marshalsByPointer](), reflect.TypeFor[time.Duration](), reflect.TypeFor[fmt.Stringer](),
		reflect.TypeFor[twins](), reflect.TypeFor[quotedAll](), reflect.TypeFor[zeroes](), reflect.TypeFor[Bottom](),
	}
	if depth == 0 {
		return leaves[r.IntN(len(leaves))]
	}
	switch r.IntN(7) {
	case 0:
		return reflect.PointerTo(randomType(r, depth-1))
	case 1:
		return reflect.SliceOf(randomType(r, depth-1))
	case 2:
		return reflect.ArrayOf(r.IntN(3), randomType(r, depth-1))
	case 3:
		keys := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[uint8](), reflect.TypeFor[textKey](), reflect.TypeFor[Name]()}
		return reflect.MapOf(keys[r.IntN(len(keys))], randomType(r, depth-1))
	case 4:
		return leaves[r.IntN(len(leaves))]
	default:
		tags := []string{"", `json:"x"`, `json:"A"`, `json:",omitempty"`, `json:",omitzero"`, `json:",string"`, `json:"-"`, `json:"b,omitempty,string"`, `json:"-,"`, `json:",string,omitzero"`}
		var fields []reflect.StructField
		for i := range r.IntN(5) {
			fields = append(fields, reflect.StructField{Name: string(rune('A' + i)), Type: randomType(r, depth-1), Tag: reflect.StructTag(tags[r.IntN(len(tags))])})
		}
		return reflect.StructOf(fields)
	}
}

// fill gives v a value, of whose parts some are zero.
func fill(r *rand.Rand, v reflect.Value) {
	if r.IntN(4) == 0 || !v.CanSet() {
		return
	}
	switch t := v.Type(); {
	case t == numberType:
		v.SetString("-1.5e3")
	case t == reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(`[1, "x"]`))
	case t == reflect.TypeFor[net.IP]():
		v.SetBytes([]byte{1, 2, 3, 4})
	case t == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(int64(r.Int32()), 5).In(zone(3600))))
	case t == reflect.TypeFor[fmt.Stringer]():
		v.Set(reflect.ValueOf(stringer{1}))
	case v.Kind() == reflect.Interface && v.NumMethod() == 0:
		inner := reflect.New(randomType(r, 1)).Elem()
		fill(r, inner)
		v.Set(inner)
	case v.CanInt():
		v.SetInt(int64(r.IntN(200) - 100))
	case v.CanUint():
		v.SetUint(uint64(r.IntN(200)))
	case v.CanFloat():
		v.SetFloat(float64(r.IntN(1000)) / 8)
	case v.Kind() == reflect.String:
		v.SetString([]string{"", "a\"<", "é\xff\u2028"}[r.IntN(3)])
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		if t != reflect.TypeFor[*marshalsByPointer]() {
			fill(r, v.Elem())
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(t, r.IntN(3), 3))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(t))
		for range r.IntN(3) {
			key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
			fill(r, key)
			fill(r, value)
			v.SetMapIndex(key, value)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
	}
}

// Values of types that nobody has thought of are encoded as encoding/json does it.
func TestRandomTypes(t *testing.T) {
	refused := 0
	for seed := range uint64(5_000) {
		r := rand.New(rand.NewPCG(seed, 1))
		v := reflect.New(randomType(r, 4))
		fill(r, v.Elem())
		for _, v := range []any{v.Interface(), v.Elem().Interface()} {
			want, err := standard(v)
			got := string(AppendAny(nil, v, noLimit))
			switch {
			case err != nil:
				refused++
				if !strings.Contains(got, "!ERROR") {
					t.Errorf("%d: %T becomes %s, encoding/json says %v", seed, v, got, err)
				}
			case got != want:
				t.Errorf("%d: %T becomes\n%s\nencoding/json says\n%s", seed, v, got, want)
			}
		}
	}
	if refused > 2_500 {
		t.Errorf("encoding/json has refused %d", refused)
	}
}
