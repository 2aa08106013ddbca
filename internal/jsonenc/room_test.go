package jsonenc

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestRoomMakesNoDifference checks that keys and strings are the same whether they
// fit into the slice or outgrow it, and that no byte before them changes.
func TestRoomMakesNoDifference(t *testing.T) {
	for _, s := range []string{"", "a", "abc", "abcd", "abcdefg", "abcdefgh", "abcdefghijk", `"`, `abc"`, `abcd"fg`, `abcdefg\`, "abcdefghij\n", "é", "ab\xff", "\x00abcd", "a世"} {
		var sb strings.Builder
		enc := json.NewEncoder(&sb)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(s); err != nil {
			t.Fatal(err)
		}
		quoted := strings.TrimSpace(sb.String())
		for before, comma := range map[string]string{"": "", "{": "", "[": "", `{"x":1`: ",", `{"x":[]`: ","} {
			for room := range 3 * len(quoted) {
				dst := append(make([]byte, 0, len(before)+room), before...)
				if got, want := string(AppendKey(dst, s)), before+comma+quoted+":"; got != want {
					t.Fatalf("AppendKey with room for %d: got %s, want %s", room, got, want)
				}
				if got, want := string(AppendString(dst, s)), before+quoted; got != want {
					t.Fatalf("AppendString with room for %d: got %s, want %s", room, got, want)
				}
			}
		}
	}
}
