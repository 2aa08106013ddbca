package slab

import "slices"

// Batch is a run of records on their way to the sender. Records point into the
// slabs, which stay as they are until Settle has left nothing in the batch.
type Batch struct {
	Seq     uint64   // 1, 2, 3, ... in the order of Take; of TakeDeferred, that of the batch the record was in
	Records [][]byte // in order of their keys
	Levels  []uint8  // of each record
	Gap     int      // where the key that Take was given belongs, or -1

	n     int       // records that came from slabs
	bytes int       // of these
	slabs []*slab   // each once, pinned
	alone *deferral // of a batch of TakeDeferred; nil for others
}

// Marker is the level of a record that the collector has put into a batch by
// itself. Such a record is in no count.
const Marker = Levels - 1

// Mark puts a record of the collector's own at Gap.
func (b *Batch) Mark(record []byte) {
	b.Records = slices.Insert(b.Records, b.Gap, record)
	b.Levels = slices.Insert(b.Levels, b.Gap, Marker)
}

// Len returns the number of records without a marker.
func (b *Batch) Len() int { return b.n }

// Bytes returns the bytes of the records that came from slabs.
func (b *Batch) Bytes() int { return b.bytes }

// Limit bounds a batch. A batch has at least one record.
type Limit struct {
	Bytes   int
	Records int
}

// cursor is a slab from which a batch is being taken.
type cursor struct {
	slab *slab
	rank int    // its place in the order of acquisition
	n    uint32 // records committed when the collector looked
	i    uint32 // the next record
	off  uint32 // where it starts
	key  int64  // its key
}

// before orders records by key. Equal keys, which a clock that stands still
// gives, stand in the order in which their slabs were acquired.
func (c *cursor) before(d *cursor) bool {
	return c.key < d.key || c.key == d.key && c.rank < d.rank
}

// newBatch returns an empty batch, used before if possible.
func (s *Set) newBatch() *Batch {
	if n := len(s.batches); n > 0 {
		b := s.batches[n-1]
		s.batches = s.batches[:n-1]
		return b
	}
	return &Batch{}
}

// reuse forgets what the batch pointed to and keeps it for the next.
func (s *Set) reuse(b *Batch) {
	clear(b.Records)
	clear(b.slabs)
	*b = Batch{Records: b.Records[:0], Levels: b.Levels[:0], slabs: b.slabs[:0]}
	s.batches = append(s.batches, b)
}

// addRun appends the records from the cursor on whose keys are at most upTo, and
// reports whether that were all of them: false says that the batch is full.
func (b *Batch) addRun(c *cursor, upTo int64, limit Limit) bool {
	body, first := c.slab.body, c.i
	defer func() { b.n += int(c.i - first) }()
	for c.i < c.n {
		var end uint32
		var level uint8
		if c.key, end, level = entry(body, c.i); c.key > upTo {
			break
		}
		size := int(end - c.off)
		if len(b.Records) > 0 && (len(b.Records) >= limit.Records || b.bytes+size > limit.Bytes) {
			return false
		}
		b.Records = append(b.Records, body[c.off:end:end])
		b.Levels = append(b.Levels, level)
		b.bytes += size
		c.i, c.off = c.i+1, end
	}
	return true
}
