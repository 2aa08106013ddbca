package slab

import (
	"encoding/binary"
	"sync/atomic"
)

// entryBytes is the size of one index entry: the key (8 bytes), the end of the
// record in the slab (4), its level (1), the length of the token in front of it (1),
// whether it is settled (1) and a spare byte, little endian. Only slabs of deferred
// records have tokens and settle their records one by one.
const entryBytes = 16

// cacheLines is the padding between words that different processors write: two
// lines of 64 bytes, since processors fetch lines in pairs.
const cacheLines = 128

// slab is one run of memory. See the package comment for its states.
type slab struct {
	_         [cacheLines]byte
	committed atomic.Uint64 // number of records << 32 | end of the last; stored by the owner
	_         [cacheLines - 8]byte

	body []byte // records from the start, index entries from the end; the header never changes

	// No further record gets a smaller key than floor, which belongs to the owner.
	floor int64

	next *slab // in Set.orphans; belongs to the owner, and then to who reaps

	// Guarded by Set.mu.
	gen      uint64         // how often the slab has been recycled; tells one use from the next
	taken    uint32         // records that are in batches or beyond
	takenEnd uint32         // where those records end
	pins     int32          // batches in flight that hold part of it; of deferred records, those that are not settled
	left     int            // bytes of deferred records that are not settled, and of their tokens and index entries
	sealed   bool           // no Token writes to it any more, unless it is reopened
	roomy    bool           // it is in Set.roomy
	mask     uint8          // of a sealed slab, a bit for each level that is in no batch yet; 0 if it was not looked
	sizes    [Levels]uint32 // and their bytes, with index entries; valid unless mask is 0
}

func newSlab(size int) *slab { return &slab{body: make([]byte, size)} }

// state returns the number of committed records and the end of the last.
func (s *slab) state() (n, end uint32) {
	c := s.committed.Load()
	return uint32(c >> 32), uint32(c)
}

func pack(n, end uint32) uint64 { return uint64(n)<<32 | uint64(end) }

// entryAt returns where in a slab of this size the index entry of record i
// stands, which is where the record must end at the latest. It may be negative,
// if there is no room for an entry.
func entryAt(size int, i uint32) int { return size - entryBytes*(int(i)+1) }

// putEntry writes an index entry to the start of dst.
func putEntry(dst []byte, key int64, end uint32, level uint8) {
	e := dst[:entryBytes]
	binary.LittleEndian.PutUint64(e, uint64(key))
	binary.LittleEndian.PutUint64(e[8:], uint64(level)<<32|uint64(end))
}

// entry reads the index entry of the committed record i.
func entry(body []byte, i uint32) (key int64, end uint32, level uint8) {
	e := body[entryAt(len(body), i):][:entryBytes]
	w := binary.LittleEndian.Uint64(e[8:])
	return int64(binary.LittleEndian.Uint64(e)), uint32(w), uint8(w >> 32)
}

// key returns the key of the committed record i.
func (s *slab) key(i uint32) int64 {
	key, _, _ := entry(s.body, i)
	return key
}

// end returns where the committed record i ends, and its level.
func (s *slab) end(i uint32) (end uint32, level uint8) {
	_, end, level = entry(s.body, i)
	return end, level
}

// room returns how many bytes the next record may have, as far as is committed.
func (s *slab) room() int {
	n, end := s.state()
	return entryAt(len(s.body), n) - int(end)
}

// pending returns how many committed records are in no batch yet, and their
// bytes. The caller holds Set.mu.
func (s *slab) pending() (records, bytes int) {
	n, end := s.state()
	return int(n - s.taken), int(end - s.takenEnd)
}
