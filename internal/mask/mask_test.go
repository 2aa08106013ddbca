package mask_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/logsto/logsto-go/internal/jsonscan"
	"github.com/logsto/logsto-go/internal/mask"
)

func paths(list ...string) *mask.Masker {
	m := new(mask.Masker)
	for _, p := range list {
		m.AddPath(p)
	}
	return m
}

func TestPaths(t *testing.T) {
	for _, c := range []struct {
		paths    string // with blanks between
		in, want string
	}{
		{"password", `{"a":1,"password":"x","b":2}`, `{"a":1,"password":"[REDACTED]","b":2}`},
		{"password", `{"password":1}`, `{"password":"[REDACTED]"}`},
		{"password", `{"password":{"a":[1,"x"]},"b":2}`, `{"password":"[REDACTED]","b":2}`},
		{"password", `{"password":null,"PASSWORD":true,"pAsSwOrD":[]}`, `{"password":"[REDACTED]","PASSWORD":"[REDACTED]","pAsSwOrD":"[REDACTED]"}`},
		{"PassWord", `{"password":1}`, `{"password":"[REDACTED]"}`},
		{"password", `{"passwords":1,"xpassword":2,"x_password":3,"p":"password"}`, ``},
		{"password", `{"a":{"b":[[{"password":1,"c":2}]]}}`, `{"a":{"b":[[{"password":"[REDACTED]","c":2}]]}}`},
		{"password", `{"http.request.password":1}`, `{"http.request.password":"[REDACTED]"}`},
		{"user.email", `{"email":1,"user":{"email":2,"x":{"email":3}},"y":{"user":{"Email":4}}}`, `{"email":1,"user":{"email":"[REDACTED]","x":{"email":3}},"y":{"user":{"Email":"[REDACTED]"}}}`},
		{"user.email", `{"user.email":1,"xuser.email":2,"a":{"user.email":3},"user":[{"email":4},5]}`, `{"user.email":"[REDACTED]","xuser.email":2,"a":{"user.email":"[REDACTED]"},"user":[{"email":"[REDACTED]"},5]}`},
		{"a b", `{"a":1,"x":{"b":2,"a":3},"b":{"c":4}}`, `{"a":"[REDACTED]","x":{"b":"[REDACTED]","a":"[REDACTED]"},"b":"[REDACTED]"}`},
		{"password", `{"pass\u0077ord":1}`, `{"pass\u0077ord":"[REDACTED]"}`},
		{"a\"b", `{"a\"b":1}`, `{"a\"b":"[REDACTED]"}`},
		{"STRASSE élan", `{"strasse":1,"ÉLAN":2,"\u00e9lan":3}`, `{"strasse":"[REDACTED]","ÉLAN":"[REDACTED]","\u00e9lan":"[REDACTED]"}`},
		{"key session", "{\"\u212aey\":1,\"\u017fe\u017fsion\":2}", "{\"\u212aey\":\"[REDACTED]\",\"\u017fe\u017fsion\":\"[REDACTED]\"}"},
		{"level timestamp message", `{"timestamp":"t","level":"info","message":"m"}`, `{"timestamp":"t","level":"info","message":"[REDACTED]"}`},
		{"level timestamp", `{"level":"info","fields.level":1,"a":{"level":2,"timestamp":3}}`, `{"level":"info","fields.level":"[REDACTED]","a":{"level":"[REDACTED]","timestamp":"[REDACTED]"}}`},
		{"level timestamp", `{"Level":1,"TIMESTAMP":2,"level":"info","level":3,"\u006cevel":4}`, `{"Level":"[REDACTED]","TIMESTAMP":"[REDACTED]","level":"info","level":"[REDACTED]","\u006cevel":"[REDACTED]"}`},
		{"error", `{"error":1,"errorVerbose":2,"ErrorCauses":[3],"errorError":4,"errors":5,"x":{"errorVerbose":6}}`, `{"error":"[REDACTED]","errorVerbose":"[REDACTED]","ErrorCauses":"[REDACTED]","errorError":"[REDACTED]","errors":5,"x":{"errorVerbose":"[REDACTED]"}}`},
		{"level", `{"level":"info","":{"level":1},"":1}`, `{"level":"info","":{"level":"[REDACTED]"},"":1}`},
		{".a", `{"a":1,"":{"a":2},"b":{"":{"a":3}}}`, `{"a":1,"":{"a":"[REDACTED]"},"b":{"":{"a":"[REDACTED]"}}}`},
		{"password", `{}`, ``},
		{"password", "{ \"a\" : 1,\n\"password\" : \"x\"}", `{"a":1,"password":"[REDACTED]"}`},
		{"password", "{\"\xff\":1,\"password\":\"\xff\"}", "{\"\uFFFD\":1,\"password\":\"[REDACTED]\"}"},
		{"secret_*", `{"secret_a":1,"secret_":{"b":2},"x":{"SECRET_B.c":3},"secret":4,"xsecret_c":5}`, `{"secret_a":"[REDACTED]","secret_":"[REDACTED]","x":{"SECRET_B.c":"[REDACTED]"},"secret":4,"xsecret_c":5}`},
		{"*.token", `{"token":1,"a":{"token":2,"b":{"Token":3}},"xtoken":4}`, `{"token":"[REDACTED]","a":{"token":"[REDACTED]","b":{"Token":"[REDACTED]"}},"xtoken":4}`},
		{"*token", `{"token":1,"xtoken":2,"a":{"b_token":3,"tokens":4}}`, `{"token":"[REDACTED]","xtoken":"[REDACTED]","a":{"b_token":"[REDACTED]","tokens":4}}`},
		{"user.*", `{"user":{"a":1,"b":{"c":2}},"users":{"a":3},"x":{"user":[{"a":4},5]}}`, `{"user":{"a":"[REDACTED]","b":"[REDACTED]"},"users":{"a":3},"x":{"user":[{"a":"[REDACTED]"},5]}}`},
		{"a*.b**c*d", `{"ax":{"b1c2d":1,"bcd":2,"bdc":3,"bccd":4},"a":{"b":{"c":{"d":5}}},"xa":{"bcd":6}}`, `{"ax":{"b1c2d":"[REDACTED]","bcd":"[REDACTED]","bdc":3,"bccd":"[REDACTED]"},"a":{"b":{"c":{"d":"[REDACTED]"}}},"xa":{"bcd":6}}`},
		{"aa*aa", `{"aa":1,"aaa":2,"aaaa":3,"aaxaa":4}`, `{"aa":1,"aaa":2,"aaaa":"[REDACTED]","aaxaa":"[REDACTED]"}`},
		{"*key", `{"level":"info","x_\u212aEY":1,"keyVerbose":2,"keys":3}`, `{"level":"info","x_\u212aEY":"[REDACTED]","keyVerbose":"[REDACTED]","keys":3}`},
		{"secret_*", `{"` + strings.Repeat("k", 5000) + `":{"secret_` + strings.Repeat("k", 5000) + `":1}}`, `{"` + strings.Repeat("k", 5000) + `":{"secret_` + strings.Repeat("k", 5000) + `":"[REDACTED]"}}`},
		{strings.Repeat("a", 300), `{"` + strings.Repeat("A", 300) + `":1}`, `{"` + strings.Repeat("A", 300) + `":"[REDACTED]"}`},
	} {
		if c.want == "" {
			c.want = c.in
		}
		m := paths(strings.Fields(c.paths)...)
		got, ok := m.Append([]byte("before"), []byte(c.in))
		if !ok || string(got) != "before"+c.want {
			t.Errorf("%s of %s\n got %s, %v\nwant %s", c.paths, c.in, got, ok, c.want)
		}
	}
}

func TestWhatIsNoObject(t *testing.T) {
	for _, s := range []string{``, `x`, `1`, `"password"`, `[{"password":1}]`, `{"password":1`, `{"a":1}{"password":2}`, `{"a":1}x`, `{password:1}`, `{"a":01}`, strings.Repeat(`{"a":`, 1e6)} {
		if got, ok := paths("password").Append([]byte("before"), []byte(s)); ok || string(got) != "before" {
			t.Errorf("%.40s: got %.40s, %v", s, got, ok)
		}
	}
}

func TestFuncs(t *testing.T) {
	m := paths("secret")
	var seen []string
	m.AddFunc(func(path, value string) (string, bool) {
		seen = append(seen, path+"="+value)
		return strings.ReplaceAll(value, "4111", "****"), strings.Contains(value, "4111")
	})
	m.AddFunc(func(path, value string) (string, bool) { return "<" + value + ">", path == "a.b" })
	in := ` {"timestamp":"t","level":"info","message":"card 4111","a":{"B":"x\n4111","secret":"4111"},"l":[1,4111,true,null,{"C":"\u00e9"}],"e":{},"":""}`
	want := `{"timestamp":"t","level":"info","message":"card ****","a":{"B":"<x\n****>","secret":"[REDACTED]"},"l":[1,"****",true,null,{"C":"\u00e9"}],"e":{},"":""}`
	got, ok := m.Append(nil, []byte(in))
	if !ok || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, ok, want)
	}
	if want := []string{"message=card 4111", "a.b=x\n4111", "l=1", "l=4111", "l=true", "l=null", "l.c=é", "="}; !reflect.DeepEqual(seen, want) {
		t.Errorf("the function saw %q, want %q", seen, want)
	}
}

// expected does to a decoded record what a Masker does to one that is not, in the
// plainest way.
func expected(v any, path string, top bool, names []string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, member := range v {
			at := k
			if !top {
				at = path + "." + k
			}
			hide := false
			for _, name := range names {
				n := len(at) - len(name)
				for i := range at { // the length may differ with the case
					hide = hide || (i == 0 || at[i-1] == '.') && strings.EqualFold(at[i:], name)
				}
				hide = hide || n == 0 && at == name
			}
			if hide && (!top || k != "level" && k != "timestamp") {
				out[k] = mask.Hidden
			} else {
				out[k] = expected(member, at, false, names)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, expected(e, path, false, names))
		}
		return out
	default:
		return v
	}
}

// oddHead reports whether a record has its level or timestamp twice or with escapes,
// of which a map knows nothing.
func oddHead(record []byte) bool {
	var b bytes.Buffer
	if json.Compact(&b, record) != nil {
		return false
	}
	seen := map[string]bool{}
	for p, i := b.Bytes(), 1; i < b.Len() && p[i] == '"'; {
		colon, end, _ := jsonscan.Member(p, i)
		var key string
		if json.Unmarshal(p[i:colon], &key) == nil && (key == "level" || key == "timestamp") {
			if seen[key] || len(key) != colon-i-2 {
				return true
			}
			seen[key] = true
		}
		i = end + 1
	}
	return false
}

func decode(t *testing.T, text []byte) (v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return v
}

// FuzzAppend compares a Masker with the plain way, for all objects.
func FuzzAppend(f *testing.F) {
	for _, s := range []string{
		`{"a":{"b":1,"A":2},"b":[{"a":"x"}]}`, `{"a.b":1,"x":{"a":{"B":2}}}`, `{"level":"x","":{"level":1}}`, "{ \"a\" :\"\xff\"}", `{"\u0061":[{}]}`, `{"ſ":1,"K":2}`, `[`, `{"a":1}}`,
	} {
		f.Add([]byte(s), "a", "a.b")
		f.Add([]byte(s), "level", "S")
		f.Add([]byte(`{"LEVEL":1,"Timestamp":{"level":2},"aError":3}`), "level", "a")
	}
	f.Fuzz(func(t *testing.T, record []byte, one, two string) {
		if one == "" || two == "" || strings.Contains(one+two, "*") {
			return // see TestPaths
		}
		in := bytes.Clone(record)
		got, ok := paths(one, two).Append([]byte("before"), record)
		if !bytes.Equal(in, record) || !bytes.HasPrefix(got, []byte("before")) {
			t.Fatal("the record, or what stood before, was changed")
		}
		got = got[len("before"):]
		clean := bytes.ToValidUTF8(record, []byte("\uFFFD"))
		if object := json.Valid(clean) && bytes.HasPrefix(bytes.TrimLeft(clean, " \t\r\n"), []byte("{")); object != ok {
			if bytes.Count(clean, []byte("{"))+bytes.Count(clean, []byte("[")) > 500 {
				return
			}
			t.Fatalf("%q: an object: %v, taken: %v", record, object, ok)
		}
		if !ok {
			if len(got) > 0 {
				t.Fatalf("refused, and yet appended %q", got)
			}
			return
		}
		if !utf8.ValidString(one) || !utf8.ValidString(two) {
			return // never the key of a record
		}
		if oddHead(clean) {
			return // see TestPaths
		}
		var names []string
		for _, suffix := range []string{"", "Error", "Verbose", "Causes"} {
			names = append(names, one+suffix, two+suffix)
		}
		if want := expected(decode(t, clean), "", true, names); !reflect.DeepEqual(decode(t, got), want) {
			t.Fatalf("%q and %q of %s\n got %s\nwant %v", one, two, record, got, want)
		}
	})
}

// TestLongPaths checks that what is shown of a path has an end, and that its cost is
// not that of the path times the values.
func TestLongPaths(t *testing.T) {
	m := new(mask.Masker)
	calls := 0
	m.AddFunc(func(path, _ string) (string, bool) {
		if calls++; len(path) > 1024 || !strings.HasSuffix(path, ".k") {
			t.Fatalf("%d bytes of path", len(path))
		}
		return "", false
	})
	m.AddPath("secret_*x*y") // the steps of which do not grow either
	const n = 100_000
	record := `{"` + strings.Repeat("k", n) + `":{"k":[` + strings.Repeat("1,", n) + `1]}}`
	if got, ok := m.Append(nil, []byte(record)); !ok || string(got) != record || calls != n+1 {
		t.Errorf("%d calls, %v", calls, ok)
	}
}

func BenchmarkAppend(b *testing.B) {
	record := []byte(`{"timestamp":"2026-11-24T18:02:07.123456789Z","level":"info","message":"request served","method":"GET","path":"/api/v1/users/12345",` +
		`"status":200,"took":1234567,"ratio":0.75,"user":"u12345","remote":"192.0.2.1:4242","cached":true,"seq":99,"began":"2026-11-23T20:18:41Z"}`)
	withFunc := paths("password", "authorization", "user.email")
	withFunc.AddFunc(func(_, value string) (string, bool) { return "", len(value) == 16 })
	room := make([]byte, 0, 1024)
	for name, m := range map[string]*mask.Masker{"names": paths("password", "authorization", "user.email"), "function": withFunc} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := m.Append(room, record); !ok {
					b.Fatal("not taken")
				}
			}
		})
	}
}
