package conformance

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
)

func TestTableIsWhole(t *testing.T) {
	var all, slog, zap, zerolog, logrus int
	seen := map[string]bool{}
	for _, c := range cases() {
		if seen[c.name] {
			t.Errorf("%q is there twice", c.name)
		}
		seen[c.name] = true
		all++
		for n, is := range map[*int]bool{&slog: c.slog != nil, &zap: c.zap != nil, &zerolog: c.zerolog != nil, &logrus: c.logrus != nil} {
			if is {
				*n++
			}
		}
	}
	// A little under what there is, so that cases do not vanish unseen.
	if all < 2400 || slog < 1600 || zap < 2100 || zerolog < 850 || logrus < 1250 {
		t.Errorf("only %d cases; for slog %d, zap %d, zerolog %d, logrus %d", all, slog, zap, zerolog, logrus)
	}
	t.Logf("%d kinds, %d cases; for slog %d, zap %d, zerolog %d, logrus %d", len(kinds()), all, slog, zap, zerolog, logrus)
}

// All types of zap's fields are in the table, but for the namespace, which is a
// position.
func TestTableHasAllOfZap(t *testing.T) {
	seen := map[zapcore.FieldType]bool{zapcore.NamespaceType: true}
	for _, k := range kinds() {
		if k.zap != nil {
			seen[k.zap("k").Type] = true
		}
	}
	for f := zapcore.UnknownType; f <= zapcore.InlineMarshalerType; f++ {
		if !seen[f] {
			t.Errorf("field type %d is in no kind", f)
		}
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	now := time.Now()
	head := `{"timestamp":"` + now.UTC().Format("2006-01-02T15:04:05.000000000Z") + `","level":"info","message":"m",`
	c := testCase{fields: object{{"a", 1}, {"b", begins("!ERROR")}, {"c", array{"x", object{{"d", nil}}}}}}
	right := head + `"a":1,"b":"!ERROR: why","c":["x",{"d":null}]}`
	if err := check(&c, right, now, now); err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]string{
		"a value":       strings.Replace(right, `"a":1`, `"a":2`, 1),
		"a type":        strings.Replace(right, `"a":1`, `"a":"1"`, 1),
		"a number":      strings.Replace(right, `"a":1`, `"a":1.0`, 1),
		"a key":         strings.Replace(right, `"a":1`, `"A":1`, 1),
		"the order":     head + `"b":"!ERROR: why","a":1,"c":["x",{"d":null}]}`,
		"a prefix":      strings.Replace(right, `!ERROR`, `!PANIC`, 1),
		"no prefix":     strings.Replace(right, `"!ERROR: why"`, `null`, 1),
		"one too many":  strings.Replace(right, `"a":1`, `"a":1,"a":1`, 1),
		"one too few":   strings.Replace(right, `"a":1,`, ``, 1),
		"an element":    strings.Replace(right, `"x",`, ``, 1),
		"a nested null": strings.Replace(right, `null`, `{}`, 1),
		"level":         strings.Replace(right, `info`, `warn`, 1),
		"message":       strings.Replace(right, `"m"`, `"n"`, 1),
		"not JSON":      strings.TrimSuffix(right, "}"),
		"two lines":     strings.Replace(right, `,"a"`, ",\n\"a\"", 1),
		"time":          strings.Replace(right, `Z"`, `+00:00"`, 1),
	} {
		if check(&c, wrong, now, now) == nil {
			t.Errorf("%s: not found in %s", name, wrong)
		}
	}
	if check(&c, right, now.Add(time.Second), now.Add(time.Minute)) == nil {
		t.Error("a time before the call is not found")
	}
}
