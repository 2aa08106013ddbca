package model

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	flight map[*slab.Batch][]string // what batches still hold, but for those of deferred records
	again  map[*slab.Batch]*deferral
	wait   []*deferral // deferred records in no batch
	order  map[int]int // for each producer the number that must come next
	next   map[int]int // and the one that it will write next

	asking uint8               // the level of the record for which there must be room
	gone   [slab.Levels]uint64 // evicted; these stay in queued
	wrong  string              // what is wrong with an eviction

	committed, delivered, dropped uint64
	flushes                       []*slab.Flush
	closed                        bool
}

// deferral is a record that was deferred.
type deferral struct {
	text, token string
	seq         uint64
	level       uint8
	times       int
	due         int64
}

type openToken struct {
	t        *slab.Token
	producer int
}

func newModel(r *rapid.T, mutex bool) *model {
	m := &model{
		queued: map[string]uint8{},
		flight: map[*slab.Batch][]string{},
		again:  map[*slab.Batch]*deferral{},
		order:  map[int]int{},
		next:   map[int]int{},
	}
	m.cfg = slab.Config{
		SlabBytes:   512,
		MaxBytes:    512 * rapid.IntRange(4, 12).Draw(r, "slabs"),
		MaxRecord:   900,
		Evict:       rapid.SampledFrom([]slab.Eviction{slab.Never, slab.Oldest, slab.Lesser}).Draw(r, "evict"),
		FullBytes:   600,
		FullRecords: 5,
		Mutex:       mutex,
		Wake:        func() {},
		Evicted:     m.evicted,
	}
	for l := range m.cfg.Limits {
		m.cfg.Limits[l] = m.cfg.MaxBytes
		if m.cfg.Evict == slab.Lesser {
			m.cfg.Limits[l] -= m.cfg.SlabBytes
		}
		if l < 2 && m.cfg.Evict != slab.Oldest {
			m.cfg.Limits[l] = m.cfg.MaxBytes / 2
		}
	}
	m.set = slab.New(m.cfg)
	return m
}

// evicted is told what makes way for the record that is being begun or committed.
func (m *model) evicted(lost slab.Evicted) {
	m.dropped += sum(lost)
	for l, n := range lost {
		m.gone[l] += n
		if m.cfg.Evict == slab.Never || m.cfg.Evict == slab.Lesser && n > 0 && l >= int(m.asking) {
			m.wrong = fmt.Sprintf("%d records of level %d are evicted for one of level %d", n, l, m.asking)
		}
	}
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
	m.asking = level
	t, why := m.set.Begin(level)
	if (t == nil) != (why != slab.None) || m.closed && why != slab.Closed {
		r.Fatalf("Begin: %v, %v", t, why)
	}
	if t != nil {
		// Where it may evict others, it is admitted beyond its limit as long as there are some.
		if live := m.set.Stats(false).Bytes; live > m.cfg.Limits[level] && m.cfg.Evict != slab.Lesser {
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
	m.asking = level
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
}

// Settle accounts for one of the batches in flight.
func (m *model) Settle(r *rapid.T) {
	b := pick(r, m.flight)
	texts := m.flight[b]
	var o slab.Settlement
	var left []string
	lost := uint64(0)
	deferred := map[int]*deferral{}
	// Usually most are delivered.
	kinds := rapid.SampledFrom([]string{"d", "dddx", "dddr", "ddda", "r", "a", "x", "draxd"}).Draw(r, "kinds")
	for i, text := range texts {
		switch rapid.SampledFrom([]byte(kinds)).Draw(r, "kind") {
		case 'x':
			o.Lost = append(o.Lost, i)
			lost++
		case 'r':
			o.Retry = append(o.Retry, i)
			left = append(left, text)
		case 'a':
			d := &deferral{text: text, seq: b.Seq, level: b.Levels[i]}
			deferred[i] = d
			o.Deferred = append(o.Deferred, d.draw(r, i))
		}
	}
	if rapid.Bool().Draw(r, "reverse") {
		slices.Reverse(o.Retry)
	}
	given := slices.Clone(o.Retry)
	before := m.set.Stats(false)
	crowding := m.set.Crowding()
	more := m.set.Settle(b, o, m.losing(r, lost))
	if !slices.Equal(given, o.Retry) {
		r.Fatalf("the list of what is to be retried was %v, and is %v", given, o.Retry)
	}
	// What found no room for its deferral is left.
	var have []string
	if more {
		for _, rec := range b.Records {
			have = append(have, string(rec))
		}
	}
	for i, text := range texts {
		if d := deferred[i]; d != nil && !slices.Contains(have, text) {
			m.wait = append(m.wait, d)
		} else if d != nil {
			left = append(left, text)
		}
	}
	slices.SortFunc(left, func(a, b string) int { return cmp.Compare(slices.Index(texts, a), slices.Index(texts, b)) })
	if !slices.Equal(have, left) || more != (len(left) > 0) {
		r.Fatalf("%.20q are left of a batch, not %.20q", have, left)
	}
	if room := m.cfg.SlabBytes + m.longest(); len(left) > len(o.Retry) && crowding == 0 && before.Bytes+room <= m.cfg.MaxBytes && len(o.Deferred) == 1 {
		r.Fatalf("no room for the only deferred record, with %d bytes of %d in use, and crowding %v", before.Bytes, m.cfg.MaxBytes, crowding)
	}
	m.dropped += lost
	m.delivered += uint64(len(texts)-len(left)-len(o.Deferred)) - lost + uint64(len(left)-len(o.Retry))
	if delete(m.flight, b); more {
		m.flight[b] = left
		if b.Len() != len(left) || b.Bytes() != len(strings.Join(left, "")) {
			r.Fatalf("%d records of %d bytes are left of a batch, which says %d, %d", len(left), len(strings.Join(left, "")), b.Len(), b.Bytes())
		}
	}
}

// draw defers the record once more, in place i of a batch.
func (d *deferral) draw(r *rapid.T, i int) slab.Deferral {
	size := rapid.OneOf(rapid.IntRange(0, 20), rapid.SampledFrom([]int{0, slab.MaxToken})).Draw(r, "token")
	token := bytes.Repeat([]byte{byte('A' + d.times%26)}, size)
	d.token, d.due = string(token), rapid.Int64Range(0, 10).Draw(r, "due")
	d.times++
	return slab.Deferral{Index: i, Token: token, Due: d.due}
}

// longest returns the most that a record may need.
func (m *model) longest() int { return m.cfg.MaxRecord + slab.MaxToken + 16 }

// losing checks what Settle says is lost.
func (m *model) losing(r *rapid.T, want uint64) func([slab.Levels]uint64) {
	return func(lost [slab.Levels]uint64) {
		if k := sum(lost); k != want {
			r.Fatalf("%d lost, not %d", k, want)
		}
	}
}

// TakeDeferred takes the deferred record that is due first.
func (m *model) TakeDeferred(r *rapid.T) {
	upTo := rapid.Int64Range(-1, 10).Draw(r, "upTo")
	first := int64(slab.MaxKey)
	for _, d := range m.wait {
		first = min(first, d.due)
	}
	if next := m.set.NextDeferred(); next != first {
		r.Fatalf("the next is due at %d, not %d", next, first)
	}
	b, token, since, times := m.set.TakeDeferred(upTo)
	if (b != nil) != (first <= upTo) {
		r.Fatalf("%v is due up to %d, the first at %d", b, upTo, first)
	}
	if b == nil {
		return
	}
	i := slices.IndexFunc(m.wait, func(d *deferral) bool { return d.text == string(b.Records[0]) })
	if i < 0 || len(b.Records) != 1 || b.Len() != 1 || b.Bytes() != len(b.Records[0]) {
		r.Fatalf("%.20q were not deferred", b.Records)
	}
	d := m.wait[i]
	if string(token) != d.token || times != d.times || b.Seq != d.seq || b.Levels[0] != d.level || d.due != first || since > m.set.Key(time.Now()) {
		r.Fatalf("%+v comes back with %q, %d times, from batch %d", *d, token, times, b.Seq)
	}
	m.wait = slices.Delete(m.wait, i, i+1)
	m.again[b] = d
}

// SettleDeferred accounts for one of the deferred records in a batch.
func (m *model) SettleDeferred(r *rapid.T) {
	b := pick(r, m.again)
	d := m.again[b]
	var o slab.Settlement
	lost := uint64(0)
	switch rapid.SampledFrom([]string{"sent", "lost", "again", "again"}).Draw(r, "kind") {
	case "sent":
		m.delivered++
	case "lost":
		o.Lost = []int{0}
		lost = 1
	case "again":
		o.Deferred = []slab.Deferral{d.draw(r, 0)}
		m.wait = append(m.wait, d)
	}
	if m.set.Settle(b, o, m.losing(r, lost)) {
		r.Fatal("something is left of the batch of a deferred record")
	}
	m.dropped += lost
	delete(m.again, b)
}

// Hurry makes all deferred records due.
func (m *model) Hurry(r *rapid.T) {
	by := rapid.Int64Range(0, 10).Draw(r, "by")
	m.set.HurryDeferred(by, true)
	for _, d := range m.wait {
		d.due = min(d.due, by)
	}
}

// pick returns one of the batches in flight.
func pick[V any](r *rapid.T, flight map[*slab.Batch]V) *slab.Batch {
	if len(flight) == 0 {
		r.Skip()
	}
	texts := func(b *slab.Batch) string { return string(b.Records[0]) }
	batches := slices.SortedFunc(maps.Keys(flight), func(a, b *slab.Batch) int { return cmp.Compare(texts(a), texts(b)) })
	return batches[rapid.IntRange(0, len(batches)-1).Draw(r, "batch")]
}

// inOrder checks the number of a record against the last of its producer.
// Numbers may be missing, since slabs are evicted.
func (m *model) inOrder(r *rapid.T, text string) {
	var producer, i int
	if _, err := fmt.Sscanf(text, "%d %d ", &producer, &i); err != nil {
		r.Fatalf("%v in %.40q", err, text)
	}
	if i < m.order[producer] || i > m.order[producer] && m.cfg.Evict == slab.Never {
		r.Fatalf("record %d of producer %d, where %d was next", i, producer, m.order[producer])
	}
	m.order[producer] = i + 1
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
	inFlight := uint64(len(m.again))
	for b, texts := range m.flight {
		inFlight += uint64(len(texts))
		for i, text := range texts {
			if string(b.Records[i]) != text {
				r.Fatalf("a record changed while it was in flight: %.40q, now %.40q", text, b.Records[i])
			}
		}
	}
	waiting := uint64(len(m.wait))
	if st.Committed != m.committed || st.Delivered != m.delivered || st.Lost != m.dropped || st.InFlight != inFlight || st.Waiting != waiting || st.Deferred != waiting+uint64(len(m.again)) {
		r.Fatalf("%+v; committed %d, delivered %d, lost %d, in flight %d, waiting %d", st, m.committed, m.delivered, m.dropped, inFlight, waiting)
	}
	for b, d := range m.again {
		if string(b.Records[0]) != d.text {
			r.Fatalf("a deferred record changed while it was in flight: %.40q, now %.40q", d.text, b.Records[0])
		}
	}
	if st.Committed != st.Delivered+st.Lost+st.InFlight+st.Waiting+st.Queued {
		r.Fatalf("the counts do not add up: %+v", st)
	}
	queued := m.unsent()
	if sum(st.UnsentByLevel) != st.Queued+st.Waiting || st.UnsentByLevel != queued || m.wrong != "" {
		r.Fatalf("queued: %+v, %d in the model; %s", st, queued, m.wrong)
	}
	if c := m.set.Crowding(); c < 0 || c > 1 || (c == 0) != (st.Deferred == 0) {
		r.Fatalf("crowding is %v, with %d deferred records", c, st.Deferred)
	}
	// The share is a slab in so small a budget, and one more for those that move; or one
	// record that is larger, and a slab for that.
	if n := m.set.DeferredBytes(); n > m.cfg.SlabBytes+max(m.cfg.SlabBytes, m.longest()) {
		r.Fatalf("%d bytes of deferred records", n)
	}
	memory, err := m.set.Audit()
	if err != nil {
		r.Fatal(err)
	}
	if memory > m.cfg.MaxBytes || st.Bytes > memory {
		r.Fatalf("%d bytes live, %d in memory, the budget is %d", st.Bytes, memory, m.cfg.MaxBytes)
	}
	if st.Queued+st.InFlight+st.Waiting == 0 {
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

// unsent counts the records by level that are in no batch.
func (m *model) unsent() (n [slab.Levels]uint64) {
	for _, level := range m.queued {
		n[level]++
	}
	for _, d := range m.wait {
		n[d.level]++
	}
	for l := range n {
		n[l] -= m.gone[l]
	}
	return n
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
					"Discard": m.Discard, "Lose": m.Lose, "Take": m.Take, "Settle": m.Settle, "Settle2": m.Settle,
					"TakeDeferred": m.TakeDeferred, "SettleDeferred": m.SettleDeferred, "Hurry": m.Hurry,
					"Flush":        m.Flush,
					"Housekeeping": m.Housekeeping,
				})
			})
		})
	}
}
