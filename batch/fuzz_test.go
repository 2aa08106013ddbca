package batch_test

import (
	"bytes"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// FuzzSizes appends records of sizes around every boundary, each in one of the
// ways that there are, and checks that what was taken arrives byte for byte and in
// order, and that the rest is counted. Two bytes of the input make one record: its
// size and way, and how far it is off the boundary.
func FuzzSizes(f *testing.F) {
	f.Add([]byte{})
	for way := range byte(5) {
		all := []byte{}
		for boundary := range byte(8) {
			for d := range byte(5) {
				all = append(all, way<<3|boundary, d)
			}
		}
		f.Add(all)
		slices.Reverse(all)
		f.Add(all)
	}
	f.Fuzz(func(t *testing.T, ops []byte) {
		const slabBytes, maxRecord, entry = 4096, 9000, 16
		var s capture.Sender
		b := newBuffer(t, &s, batch.WithMaxBytes(64<<10), batch.WithSlabBytes(slabBytes),
			batch.WithMaxRecordBytes(maxRecord), batch.WithMaxInFlight(1), batch.WithBatchRecords(7))
		boundaries := [8]int{1, 64, 256, slabBytes / 2, slabBytes - entry, slabBytes, 2 * slabBytes, maxRecord}
		var want []string
		accepted := uint64(0)
		left := slabBytes // in a slab, roughly: what fits exactly is a boundary too
		for i := 0; i+1 < len(ops) && i < 400; i += 2 {
			size := boundaries[ops[i]&7] + int(ops[i+1]%5) - 2
			if ops[i+1]&0x80 != 0 {
				size = left - entry + int(ops[i+1]%5) - 2
			}
			rec := bytes.Repeat([]byte("x"), max(0, size))
			copy(rec, strconv.Itoa(i))
			taken, counted := put(b, ops[i]>>3, rec)
			accepted += counted
			if taken && len(rec) > 0 {
				want = append(want, string(rec))
			}
			if left -= len(rec) + entry; left < 2*entry {
				left = slabBytes
			}
		}
		err := b.Close(t.Context())
		if got := withoutMarkers(s.Records()); !slices.Equal(got, want) {
			t.Errorf("%d records sent, %d taken, or others", len(got), len(want))
		}
		st := b.Stats()
		sum(t, st)
		if err != nil || st.Accepted != accepted || st.Delivered != uint64(len(want)) {
			t.Errorf("%v; %d were to be counted, %d were taken: %v", err, accepted, len(want), st)
		}
	})
}

// put appends rec in one of five ways. It returns whether it was taken, and how
// many records count as accepted: those taken, and those refused.
func put(b *batch.Buffer, way byte, rec []byte) (taken bool, counted uint64) {
	now := time.Now()
	if len(rec) > 0 {
		counted = 1
	}
	if way%5 == 0 {
		return b.Append(batch.Info, now, rec), counted
	}
	e, ok := b.Begin(batch.Info)
	if !ok {
		return false, 1
	}
	switch way % 5 {
	case 1: // in place, byte by byte
		buf := e.Buf()
		for i := range rec {
			buf = append(buf, rec[i:i+1]...)
		}
		return e.Commit(buf, now), counted
	case 2: // from elsewhere
		return e.Commit(bytes.Clone(rec), time.Time{}), counted
	case 3: // while another is open, which is let go
		if other, ok := b.Begin(batch.Info); ok {
			other.Discard()
		} else {
			counted++
		}
		return e.Commit(append(e.Buf(), rec...), now), counted
	default: // outgrown, and then cut off again
		buf := append(e.Buf(), rec...)
		buf = append(buf, make([]byte, 5000)...)
		return e.Commit(buf[:len(rec)], now), counted
	}
}
