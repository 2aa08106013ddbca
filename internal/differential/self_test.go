package differential

import (
	"strings"
	"testing"
)

// TestComparison checks that what must not differ is found to.
func TestComparison(t *testing.T) {
	for _, c := range []struct{ ours, theirs string }{
		{`{"a":1}`, `{"a":2}`},
		{`{"a":1}`, `{"a":"1"}`},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`},
		{`{"a":1}`, `{"a":1,"a":1}`},
		{`{"a":[1]}`, `{"a":[1,2]}`},
		{`{"a":9007199254740993}`, `{"a":9007199254740992}`},
		{`{"a":0}`, `{"a":-0.0}`},
		{`{"a":1.5}`, `{"a":1.5000000000000002}`},
		{`{"a":null}`, `{"a":"null"}`},
		{`{"a":null}`, `{"a":{}}`},
		{`{"a":"x"}`, `{"a":"x "}`},
		{`{"a":"NaN"}`, `{"a":"!ERROR:json: unsupported value: +Inf"}`},
		{`{"a":"!ERROR: x"}`, `{"a":"!ERROR:y"}`},
		{`{"a":{"b":1}}`, `{"a":"!ERROR:x"}`},
		{`{"a":"1+2i"}`, `{"a":"1+3i"}`},
		{`{"a":"1+2i"}`, `{"a":"!ERROR:json: unsupported type: chan int"}`},
		{`{"a":"x"}`, `{"aError":"json: x"}`},
		{`{"a":"2026"}`, `{"a":"!ERROR:time.Time year outside of range [0,9999]"}`},
		{`{"a":"!PANIC: x"}`, `{"aError":"PANIC=y"}`},
		{`{"a":true}`, `{"a":false}`},
	} {
		ours, err := parse([]byte(c.ours))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := parse([]byte(c.theirs))
		if err != nil {
			t.Fatal(err)
		}
		for _, zap := range []bool{false, true} {
			if (&comparison{source: newSource(nil), zap: zap}).diff("", ours, theirs) == nil {
				t.Errorf("%s passes for %s, zap %v", c.ours, c.theirs, zap)
			}
			if err := (&comparison{source: newSource(nil), zap: zap}).diff("", ours, ours); err != nil {
				t.Errorf("%s differs from itself: %v", c.ours, err)
			}
		}
	}
}

// TestStrict checks that the parser refuses what encoding/json does not.
func TestStrict(t *testing.T) {
	for _, p := range []string{"{\"a\":\"\xff\"}", "{\"a\":\n1}", `{"a":1}{"b":2}`, `{"a":01}`, `{"a":"\ud800"}`, `[1]`, `{"a":1,}`, ``, "{\"\xed\xa0\x80\":1}", strings.Repeat("[", 20_000)} {
		if strict([]byte(p), false) == nil {
			t.Errorf("%.40q passes", p)
		}
	}
	for _, p := range []string{`{"a":1,"a":2}`, `{}`, `{"a":"\u2028"}`} {
		if err := strict([]byte(p), false); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}
