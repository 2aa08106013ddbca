package batch

import (
	"bytes"
	"testing"
)

// TestDraftsLeaveNoTrace checks that nothing of a record stays in the room of its
// draft, also if the record has outgrown it.
func TestDraftsLeaveNoTrace(t *testing.T) {
	for _, size := range []int{10, 64, 65, maxDraft, maxDraft + 1} {
		room := make([]byte, 64)
		d := &draft{room: room[:0]}
		var record []byte
		for record = d.room; len(record) < size; {
			record = append(record, 'x')
		}
		d.free(len(record))
		if bytes.IndexByte(room, 'x') >= 0 {
			t.Errorf("%d bytes: left %q", size, room)
		}
	}
}
