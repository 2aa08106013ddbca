package batch

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logsto/logsto-go/internal/slab"
)

// gap is a place in the stream of records where some are missing, and that no
// marker record tells of yet.
type gap struct {
	open  atomic.Bool
	alone atomic.Bool  // its marker may go by itself; otherwise it waits for records to go with
	key   atomic.Int64 // where it is; valid once open is true

	mu   sync.Mutex // held by those who open it
	told ledger     // what markers have told
}

// noteGap is called after a loss that is counted in drops. While a gap is open
// already it costs two loads.
func (b *Buffer) noteGap(r Reason) {
	g := &b.gap
	if r == ReasonClosed || r == ReasonAbandoned || g.pressing() {
		return
	}
	g.mu.Lock()
	g.alone.Store(true)
	if !g.open.Load() {
		g.key.Store(b.set.Key(time.Now()))
		g.open.Store(true)
	}
	g.mu.Unlock()
	b.poke() // also if no record follows
}

// reopen is called when a marker was lost. The next one goes with the next records:
// by itself it would be lost again and again while nothing is delivered.
func (g *gap) reopen(key int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open.Load() {
		g.alone.Store(false)
		g.key.Store(key)
		g.open.Store(true)
	}
}

// insist lets the marker go by itself.
func (g *gap) insist() { g.alone.Store(true) }

// pressing reports whether a marker is to be sent even if no records are.
func (g *gap) pressing() bool { return g.open.Load() && g.alone.Load() }

// place returns the key of the gap, or one that no record has.
func (g *gap) place() int64 {
	if !g.open.Load() {
		return slab.MaxKey
	}
	return g.key.Load()
}

// mark closes the gap, and returns the marker record that stands for it and what that
// tells; or nothing, if another marker has told all.
func (b *Buffer) mark() (record []byte, news []Drop) {
	if !b.gap.open.Load() {
		return nil, nil
	}
	now := time.Now()
	at := now.Add(-time.Duration(b.set.Key(now) - b.gap.key.Load()))
	b.gap.open.Store(false) // before the counts are read: a later loss opens it again
	b.gap.mu.Lock()
	news = b.gap.told.untold(b.drops.list())
	b.gap.mu.Unlock()
	if len(news) == 0 {
		return nil, nil
	}
	return marker(at, news), news
}

// untold makes the next marker tell what one that was lost has told.
func (g *gap) untold(drops []Drop) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.told.takeBack(drops)
}

// marker returns the record that stands for dropped ones:
//
//	{"timestamp":"...","level":"warn","message":"logsto: 12 records dropped",
//	 "dropped":{"shed":{"debug":12}}}
func marker(at time.Time, list []Drop) []byte {
	by := make(map[string]map[string]uint64)
	for _, d := range list {
		if by[d.Reason.String()] == nil {
			by[d.Reason.String()] = make(map[string]uint64)
		}
		by[d.Reason.String()][d.Level.String()] = d.Records
	}
	text, err := json.Marshal(struct {
		Timestamp string                       `json:"timestamp"`
		Level     Level                        `json:"level"`
		Message   string                       `json:"message"`
		Dropped   map[string]map[string]uint64 `json:"dropped"`
	}{
		at.UTC().Format("2006-01-02T15:04:05.000000000Z07:00"), Warn,
		fmt.Sprintf("logsto: %s dropped", records(total(list))), by,
	})
	if err != nil {
		panic(err) // strings and numbers can always be encoded
	}
	return text
}
