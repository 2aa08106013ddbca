package batch

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// Reason says why a record was dropped.
type Reason uint8

// The reasons.
const (
	// ReasonShed: its level's share of the budget is spent, and too little less important is
	// queued that could make way.
	ReasonShed Reason = iota
	// ReasonFull: the budget is spent, and nothing less important is queued.
	ReasonFull
	// ReasonTimeout: the log call waited as long as WithBlocking allows.
	ReasonTimeout
	// ReasonEvicted: it made way for a more important record, or, with WithDropOldest, for
	// newer ones.
	ReasonEvicted
	// ReasonTooLarge: the record is larger than WithMaxRecordBytes allows.
	ReasonTooLarge
	// ReasonUndelivered: the Sender gave it up, or the server refused it.
	ReasonUndelivered
	// ReasonAbandoned: it was pending when the deadline of Close passed.
	ReasonAbandoned
	// ReasonClosed: it was logged while or after the Buffer was closed.
	ReasonClosed
	// ReasonUnreadable: it is no JSON object on one line, so that Append does not take it, or
	// WithRedaction cannot look into it.
	ReasonUnreadable

	numReasons = int(ReasonUnreadable) + 1
)

var reasonNames = [numReasons]string{
	"shed", "full", "timeout", "evicted", "too large", "undelivered", "abandoned", "closed", "unreadable",
}

// String returns the reason in words: "shed", "full", "timeout", "evicted",
// "too large", "undelivered", "abandoned", "closed" or "unreadable".
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}

// MarshalText implements [encoding.TextMarshaler] with the same words as
// String.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Drop is a number of records of one level that were dropped for one reason.
type Drop struct {
	Reason  Reason
	Level   Level
	Records uint64
}

// Stats counts records since New, unless it says otherwise. At every moment
//
//	Accepted = Delivered + Dropped + Pending
//
// holds exactly.
type Stats struct {
	Accepted  uint64 // handed over by a logger, dropped at once or not
	Delivered uint64 // acknowledged by the Sender
	Dropped   uint64 // lost, for any reason; see Drops
	Pending   uint64 // queued, deferred or in flight at present
	InFlight  uint64 // of these, in batches that are with the Sender or wait to be sent again
	Deferred  uint64 // of these, set aside since they failed by themselves, waiting or with the Sender

	Batches     uint64 // batches handed to the Sender, each counted once
	BufferBytes int    // memory that holds records at present, at most MaxBytes
	MaxBytes    int    // the budget

	Drops []Drop // Dropped by reason and level, without zeros

	// LastError is why records wait at present, as the Sender says, or else why it has lost
	// some last. It is empty if neither is so, and text, to be published by package expvar.
	LastError string
}

// DroppedFor returns how many records were dropped for the reason.
func (s Stats) DroppedFor(r Reason) (n uint64) {
	for _, d := range s.Drops {
		if d.Reason == r {
			n += d.Records
		}
	}
	return n
}

// String returns the counts in one line, for people.
func (s Stats) String() string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "accepted %d = delivered %d + dropped %d + pending %d", s.Accepted, s.Delivered, s.Dropped, s.Pending)
	for _, d := range s.Drops {
		fmt.Fprintf(&sb, "; %d %v: %v", d.Records, d.Level, d.Reason)
	}
	return sb.String()
}

// drops counts dropped records.
type drops [numReasons][numLevels]atomic.Uint64

func (d *drops) add(r Reason, l Level, n uint64) { d[r][l].Add(n) }

// list returns the counts without zeros.
func (d *drops) list() (list []Drop) {
	for r := range d {
		for l := range d[r] {
			if n := d[r][l].Load(); n > 0 {
				list = append(list, Drop{Reason(r), Level(l), n})
			}
		}
	}
	return list
}

// refused reports whether a record that was dropped for the reason never was
// in a slab.
func (r Reason) refused() bool {
	return r != ReasonEvicted && r != ReasonUndelivered && r != ReasonAbandoned
}

// merge adds the counts of more to list.
func merge(list, more []Drop) []Drop {
next:
	for _, m := range more {
		for i := range list {
			if list[i].Reason == m.Reason && list[i].Level == m.Level {
				list[i].Records += m.Records
				continue next
			}
		}
		list = append(list, m)
	}
	return list
}

// total returns the number of records in list.
func total(list []Drop) (n uint64) {
	for _, d := range list {
		n += d.Records
	}
	return n
}

// ledger remembers which part of drops has been told to somebody.
type ledger [numReasons][numLevels]uint64

// untold returns what list, which drops returned, has beyond what was told,
// and takes it for told from now on.
func (t *ledger) untold(list []Drop) (news []Drop) {
	for _, d := range list {
		told := &t[d.Reason][d.Level]
		d.Records, *told = d.Records-*told, d.Records
		if d.Records > 0 {
			news = append(news, d)
		}
	}
	return news
}

// takeBack makes what was told untold again.
func (t *ledger) takeBack(list []Drop) {
	for _, d := range list {
		t[d.Reason][d.Level] -= d.Records
	}
}
