package model

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/logsto/logsto-go/internal/slab"
)

// model drives a Set through a random schedule of everything that may be done
// to it, by one goroutine, and knows what must come out.
type model struct {
	set    *slab.Set
	cfg    slab.Config
	clock  time.Time
	open   []*openToken             // begun and not ended
	queued map[string]uint8         // committed records that are in no batch, and their levels
	flight map[*slab.Batch][]string // batches that are not done
	kept   map[*slab.Batch][]int    // of these, those that were kept: the indices that are left
	order  map[int]int              // for each producer the number that must come next
	next   map[int]int              // and the one that it will write next

	committed, delivered, dropped, inFlight uint64
	flushes                                 []*slab.Flush
	closed                                  bool
}

type openToken struct {
	t        *slab.Token
	producer int
}

func newModel(r *rapid.T, mutex bool) *model {
	m := &model{
		queued: map[string]uint8{},
		flight: map[*slab.Batch][]string{},
		kept:   map[*slab.Batch][]int{},
		order:  map[int]int{},
		next:   map[int]int{},
	}
	m.cfg = slab.Config{
		SlabBytes:   512,
		MaxBytes:    512 * rapid.IntRange(4, 12).Draw(r, "slabs"),
		MaxRecord:   900,
		Evict:       rapid.Bool().Draw(r, "evict"),
		FullBytes:   600,
		FullRecords: 5,
		Mutex:       mutex,
		Wake:        func() {},
		Evicted:     m.evicted,
	}
	for l := range m.cfg.Limits {
		m.cfg.Limits[l] = m.cfg.MaxBytes
		if l < 2 && !m.cfg.Evict {
			m.cfg.Limits[l] = m.cfg.MaxBytes / 2
		}
	}
	m.set = slab.New(m.cfg)
	return m
}

func (m *model) evicted(lost slab.Evicted) {
	n := sum(lost)
	m.dropped += n
}

// now returns a later time at each call, as a clock does for log calls.
func (m *model) now() time.Time {
	t := time.Now()
	for !t.After(m.clock) { // never ahead of the clock that Take reads
		t = time.Now()
	}
	m.clock = t
	return t
}

// record returns the next record of a producer, of about the given size.
func (m *model) record(producer, size int) []byte {
	i := m.next[producer]
	head := fmt.Sprintf("%d %d ", producer, i)
	return append([]byte(head), bytes.Repeat([]byte{byte('a' + i%26)}, max(0, size-len(head)))...)
}

// Begin starts a record, if the level gets room.
func (m *model) Begin(r *rapid.T) {
	if len(m.open) > 4 {
		r.Skip()
	}
	level := rapid.Uint8Range(0, slab.Levels-2).Draw(r, "level")
	t, why := m.set.Begin(level)
	if (t == nil) != (why != slab.None) || m.closed && why != slab.Closed {
		r.Fatalf("Begin: %v, %v", t, why)
	}
	if t != nil {
		if live := m.set.Stats(false).Bytes; live > m.cfg.Limits[level] {
			r.Fatalf("level %d admitted with %d bytes in use, its limit is %d", level, live, m.cfg.Limits[level])
		}
		m.open = append(m.open, &openToken{t, rapid.IntRange(0, 3).Draw(r, "producer")})
	}
}

// Commit ends one of the records that are being written.
func (m *model) Commit(r *rapid.T) {
	if len(m.open) == 0 {
		r.Skip()
	}
	i := rapid.IntRange(0, len(m.open)-1).Draw(r, "token")
	o := m.open[i]
	size := rapid.OneOf(rapid.IntRange(1, 200), rapid.IntRange(480, 512), rapid.IntRange(890, 910)).Draw(r, "size")
	rec := m.record(o.producer, size)
	level := o.t.Level()
	why := o.t.Commit(append(o.t.Buf(), rec...), m.now())
	switch why {
	case slab.None:
		if len(rec) > m.cfg.MaxRecord {
			r.Fatalf("a record of %d bytes was taken", len(rec))
		}
		m.queued[string(rec)] = level
		m.next[o.producer]++
		m.committed++
	case slab.Full:
		o.t.Discard()
	case slab.TooLarge:
		if len(rec) <= m.cfg.MaxRecord {
			r.Fatalf("a record of %d bytes is too large", len(rec))
		}
	default:
		r.Fatalf("Commit: %v", why)
	}
	m.open = append(m.open[:i], m.open[i+1:]...)
}

// Discard ends one without a record.
func (m *model) Discard(r *rapid.T) {
	if len(m.open) == 0 {
		r.Skip()
	}
	m.open[0].t.Discard()
	m.open = m.open[1:]
}

// Lose makes a Token unreachable, as the pool does at a garbage collection.
func (m *model) Lose(r *rapid.T) {
	if m.cfg.Mutex {
		r.Skip()
	}
	m.set.Orphan()
}

// Take makes a batch and checks that it is made of committed records, each
// once, in the order of their producers.
func (m *model) Take(r *rapid.T) {
	limit := slab.Limit{Bytes: rapid.IntRange(1, 2000).Draw(r, "bytes"), Records: rapid.IntRange(1, 20).Draw(r, "records")}
	b := m.set.Take(limit, slab.MaxKey)
	if b == nil {
		if n := m.set.Pending().Records; n != 0 {
			r.Fatalf("nothing taken of %d records", n)
		}
		return
	}
	if len(b.Records) > limit.Records || b.Bytes() > limit.Bytes && len(b.Records) > 1 {
		r.Fatalf("%d records, %d bytes; the limit is %v", len(b.Records), b.Bytes(), limit)
	}
	var texts []string
	for i, rec := range b.Records {
		text := string(rec)
		level, ok := m.queued[text]
		if !ok || level != b.Levels[i] {
			r.Fatalf("a record that was not committed, or of another level: %.40q", text)
		}
		delete(m.queued, text)
		texts = append(texts, text)
		m.inOrder(r, text)
	}
	m.flight[b] = texts
	m.inFlight += uint64(len(texts))
}

// Keep accounts for a part of one of the batches in flight.
func (m *model) Keep(r *rapid.T) {
	b := m.pick(r)
	texts := m.flight[b]
	left := rapid.SliceOfNDistinct(rapid.IntRange(0, len(texts)-1), 1, len(texts), rapid.ID).Draw(r, "left")
	slices.Sort(left)
	_, again := m.kept[b]
	size, copies := 0, 0
	for _, i := range left {
		size += len(texts[i])
	}
	for f, left := range m.kept {
		for _, i := range left {
			copies += len(m.flight[f][i])
		}
	}
	live := m.set.Stats(false).Bytes
	ok := !again && copies+size <= m.cfg.MaxBytes/16 && live+size <= m.cfg.MaxBytes
	if m.set.Keep(b, left) != ok {
		r.Fatalf("Keep: %v; %d bytes, %d copied, %d live, kept before: %v", !ok, size, copies, live, again)
	}
	if !ok {
		return
	}
	m.kept[b] = left
	if b.Len() != len(left) || b.Bytes() != size {
		r.Fatalf("%d records, %d bytes are left; kept were %d, %d", b.Len(), b.Bytes(), len(left), size)
	}
	m.delivered += uint64(len(texts) - len(left))
	m.inFlight -= uint64(len(texts) - len(left))
}

// pick returns one of the batches in flight.
func (m *model) pick(r *rapid.T) *slab.Batch {
	if len(m.flight) == 0 {
		r.Skip()
	}
	batches := slices.SortedFunc(maps.Keys(m.flight), func(a, b *slab.Batch) int { return cmp.Compare(a.Seq, b.Seq) })
	return rapid.SampledFrom(batches).Draw(r, "batch")
}

// left returns the indices of a batch that are still to be accounted for.
func (m *model) left(b *slab.Batch) (left []int) {
	if left, ok := m.kept[b]; ok {
		return left
	}
	for i := range m.flight[b] {
		left = append(left, i)
	}
	return left
}

// inOrder checks the number of a record against the last of its producer.
// Numbers may be missing, since slabs are evicted.
func (m *model) inOrder(r *rapid.T, text string) {
	var producer, i int
	if _, err := fmt.Sscanf(text, "%d %d ", &producer, &i); err != nil {
		r.Fatalf("%v in %.40q", err, text)
	}
	if i < m.order[producer] || i > m.order[producer] && !m.cfg.Evict {
		r.Fatalf("record %d of producer %d, where %d was next", i, producer, m.order[producer])
	}
	m.order[producer] = i + 1
}

// Done ends one of the batches in flight. What the sender says of records that Keep
// has accounted for changes nothing.
func (m *model) Done(r *rapid.T) {
	b := m.pick(r)
	left := m.left(b)
	all := rapid.Bool().Draw(r, "all")
	var some []int
	want := 0
	if all {
		want = len(left)
	} else if rapid.Bool().Draw(r, "some") {
		some = []int{rapid.IntRange(0, len(m.flight[b])-1).Draw(r, "index")}
		if slices.Contains(left, some[0]) {
			want = 1
		}
	}
	m.set.Done(b, all, some, func(lost [slab.Levels]uint64) {
		if k := sum(lost); k != uint64(want) {
			r.Fatalf("%d lost of %d, not %d", k, len(left), want)
		}
	})
	m.dropped += uint64(want)
	m.delivered += uint64(len(left) - want)
	m.inFlight -= uint64(len(left))
	delete(m.flight, b)
	delete(m.kept, b)
}

// Flush starts to wait for what is committed.
func (m *model) Flush(*rapid.T) { m.flushes = append(m.flushes, m.set.Flush()) }

// Housekeeping does what the collector does between batches.
func (m *model) Housekeeping(r *rapid.T) {
	switch rapid.IntRange(0, 3).Draw(r, "what") {
	case 0:
		m.set.Tick()
	case 1:
		m.set.Shrink(rapid.Bool().Draw(r, "all"))
	case 2:
		m.set.Disarm()
	case 3:
		if rapid.IntRange(0, 50).Draw(r, "close") == 0 {
			m.set.CloseGate()
			m.closed = true
		}
	}
}

// Check holds after every step.
func (m *model) Check(r *rapid.T) {
	st := m.set.Stats(true)
	if st.Committed != m.committed || st.Delivered != m.delivered || st.Lost != m.dropped || st.InFlight != m.inFlight {
		r.Fatalf("%+v; committed %d, delivered %d, lost %d, in flight %d", st, m.committed, m.delivered, m.dropped, m.inFlight)
	}
	for b, texts := range m.flight {
		for _, i := range m.left(b) {
			if string(b.Records[i]) != texts[i] {
				r.Fatalf("a record changed while it was in flight: %.40q, now %.40q", texts[i], b.Records[i])
			}
		}
	}
	if st.Committed != st.Delivered+st.Lost+st.InFlight+st.Queued {
		r.Fatalf("the counts do not add up: %+v", st)
	}
	if sum(st.QueuedByLevel) != st.Queued || !m.cfg.Evict && st.Queued != uint64(len(m.queued)) {
		r.Fatalf("queued: %+v, %d in the model", st, len(m.queued))
	}
	memory, err := m.set.Audit()
	if err != nil {
		r.Fatal(err)
	}
	if memory > m.cfg.MaxBytes || st.Bytes > memory {
		r.Fatalf("%d bytes live, %d in memory, the budget is %d", st.Bytes, memory, m.cfg.MaxBytes)
	}
	if st.Queued == 0 && st.InFlight == 0 {
		for _, f := range m.flushes {
			select {
			case <-f.Done():
			default:
				r.Fatal("a Flush waits for nothing")
			}
		}
		m.flushes = nil
	}
}

func sum(counts [slab.Levels]uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func TestModel(t *testing.T) {
	for _, mutex := range []bool{false, true} {
		t.Run(fmt.Sprintf("mutex=%v", mutex), func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				m := newModel(r, mutex)
				r.Repeat(map[string]func(*rapid.T){
					"": m.Check, "Begin": m.Begin, "Commit": m.Commit, "Begin2": m.Begin, "Commit2": m.Commit,
					"Discard": m.Discard, "Lose": m.Lose, "Take": m.Take, "Keep": m.Keep, "Done": m.Done,
					"Flush":        m.Flush,
					"Housekeeping": m.Housekeeping,
				})
			})
		})
	}
}
