package jsonenc

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// versus runs a function and its plain twin.
func versus(b *testing.B, name string, plain, ours func(dst []byte) []byte) {
	b.Helper()
	buf := make([]byte, 0, 8192)
	for _, f := range []struct {
		name string
		f    func([]byte) []byte
	}{{"plain", plain}, {"ours", ours}} {
		b.Run(name+"/"+f.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = f.f(buf[:0])
			}
		})
	}
}

func BenchmarkString(b *testing.B) {
	ascii := strings.Repeat("GET /v1/users/42 took 17 ms; ", 100)
	for _, n := range []int{4, 7, 10, 16, 20, 50, 100, 200, 1000} {
		s := ascii[:n]
		versus(b, fmt.Sprintf("ascii=%d", n),
			func(dst []byte) []byte { return plainString(dst, s) },
			func(dst []byte) []byte { return AppendString(dst, s) })
	}
	for name, s := range map[string]string{
		"german":   strings.Repeat("Größe überschritten, bitte prüfen. ", 3),
		"japanese": strings.Repeat("接続がタイムアウトしました", 3),
		"json":     strings.Repeat(`{"id":17,"ok":"yes"}`, 5),
		"stack":    strings.Repeat("main.run(0x1)\n\t/src/main.go:17\n", 3),
	} {
		versus(b, name,
			func(dst []byte) []byte { return plainString(dst, s) },
			func(dst []byte) []byte { return AppendString(dst, s) })
	}
}

func BenchmarkBytes(b *testing.B) {
	s := []byte(strings.Repeat("GET /v1/users/42 took 17 ms; ", 10))[:100]
	buf := make([]byte, 0, 8192)
	for b.Loop() {
		buf = AppendBytes(buf[:0], s)
	}
}

func BenchmarkKey(b *testing.B) {
	buf := make([]byte, 0, 8192)
	for _, key := range []string{"id", "status", "user_agent", "http.request.method"} {
		b.Run(key, func(b *testing.B) {
			for b.Loop() {
				buf = AppendFieldKey(append(buf[:0], '{'), key)
			}
		})
	}
}

func BenchmarkTimestamp(b *testing.B) {
	t := time.Date(2026, 3, 4, 5, 6, 7, 123_456_789, time.UTC)
	versus(b, "same", func(dst []byte) []byte { return plainTimestamp(dst, t) }, func(dst []byte) []byte { return AppendTimestamp(dst, t) })
}

func BenchmarkFloat(b *testing.B) {
	for _, v := range []float64{0, 17, 200, 123456, 1.5, 0.1234567} {
		versus(b, fmt.Sprint(v), func(dst []byte) []byte { return plainFloat64(dst, v) }, func(dst []byte) []byte { return AppendFloat64(dst, v) })
	}
}

func BenchmarkInt(b *testing.B) {
	for _, v := range []int64{7, 42, 200, 31337, 1_700_000_000} {
		versus(b, fmt.Sprint(v), func(dst []byte) []byte { return plainInt(dst, v) }, func(dst []byte) []byte { return AppendInt(dst, v) })
	}
}

func BenchmarkTime(b *testing.B) {
	buf := make([]byte, 0, 8192)
	for b.Loop() {
		buf = AppendTime(buf[:0], benchTime)
	}
}

// The plain twin here is encoding/json.
func BenchmarkAny(b *testing.B) {
	type user struct {
		ID   int
		Name string
		Tags []string
	}
	for name, v := range map[string]any{
		"struct":    user{17, "Ada Lovelace", []string{"a", "b"}},
		"map":       map[string]any{"id": 17, "name": "Ada Lovelace", "ok": true, "ratio": 0.5, "nested": map[string]any{"a": []any{1, 2, 3}}},
		"anyField":  anyField{[]any{1, "two", user{}}},
		"linked":    nodes(20),
		"bytes":     []byte("some bytes"),
		"marshaler": marshaler{out: `{"a":1}`},
	} {
		versus(b, name, func(dst []byte) []byte { return plainAny(dst, v) }, func(dst []byte) []byte { return AppendAny(dst, v, noLimit) })
	}
}
