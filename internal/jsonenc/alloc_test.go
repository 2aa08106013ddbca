package jsonenc

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

var (
	benchTime = time.Date(2026, 3, 4, 5, 6, 7, 123_456_789, time.UTC)
	errBench  = errors.New("dial tcp 10.0.0.1:443: connect: connection refused")
)

// The functions for typed fields take no memory.
func TestNoAllocations(t *testing.T) {
	buf := make([]byte, 0, 8192)
	text := strings.Repeat("a \"b\" é \xff \u2028 ", 20)
	raw := []byte(text)
	list := []string{"a", "b"}
	var anyText, anyTime, anyFloat, anyList any = text, benchTime, 1.5, list
	for name, f := range map[string]func(){
		"AppendString":            func() { AppendString(buf, text) },
		"AppendBytes":             func() { AppendBytes(buf, raw) },
		"AppendKey":               func() { AppendKey(buf, text) },
		"AppendFieldKey":          func() { AppendFieldKey(buf, "message") },
		"AppendHead":              func() { AppendHead(buf, benchTime, "INFO", text, noLimit) },
		"AppendBool":              func() { AppendBool(buf, true) },
		"AppendInt":               func() { AppendInt(buf, math.MinInt64) },
		"AppendUint":              func() { AppendUint(buf, math.MaxUint64) },
		"AppendFloat64":           func() { AppendFloat64(buf, math.SmallestNonzeroFloat64) },
		"AppendFloat32":           func() { AppendFloat32(buf, 1e-9) },
		"AppendComplex":           func() { AppendComplex(buf, complex(1.5, math.Inf(-1)), 128) },
		"AppendDuration":          func() { AppendDuration(buf, time.Hour) },
		"AppendTime":              func() { AppendTime(buf, benchTime) },
		"AppendTimestamp":         func() { AppendTimestamp(buf, benchTime) },
		"AppendError":             func() { AppendError(buf, errBench, noLimit) },
		"AppendError nil pointer": func() { AppendError(buf, (*pointerError)(nil), noLimit) },
		"AppendStringer":          func() { AppendStringer(buf, stringer{}, noLimit) },
		"AppendRaw":               func() { AppendRaw(buf, []byte(`{"a": [1, "é"]}`), noLimit) },
		"AppendSource":            func() { AppendSource(buf, "main.run", "main.go", 17) },
		"AppendAny": func() {
			AppendAny(buf, nil, noLimit)
			AppendAny(buf, anyText, noLimit)
			AppendAny(buf, anyTime, noLimit)
			AppendAny(buf, anyFloat, noLimit)
			AppendAny(buf, anyList, noLimit)
			AppendAny(buf, errBench, noLimit)
		},
	} {
		if n := testing.AllocsPerRun(200, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
