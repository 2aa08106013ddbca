package batch

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/logsto/logsto-go/internal/slab"
)

// Reason says why a record was dropped.
type Reason uint8

// The reasons.
const (
	// ReasonShed: the budget is so full that records of its level are refused.
	ReasonShed Reason = iota
	// ReasonFull: the budget is spent.
	ReasonFull
	// ReasonTimeout: the log call waited as long as WithBlocking allows.
	ReasonTimeout
	// ReasonEvicted: WithDropOldest made room for newer records.
	ReasonEvicted
	// ReasonTooLarge: the record is larger than WithMaxRecordBytes allows.
	ReasonTooLarge
	// ReasonUndelivered: the Sender gave it up, or the server refused it.
	ReasonUndelivered
	// ReasonAbandoned: it was pending when the deadline of Close passed.
	ReasonAbandoned
	// ReasonClosed: it was logged while or after the Buffer was closed.
	ReasonClosed

	numReasons = int(ReasonClosed) + 1
)

var reasonNames = [numReasons]string{
	"shed", "full", "timeout", "evicted", "too large", "undelivered", "abandoned", "closed",
}

// String returns the reason in words: "shed", "full", "timeout", "evicted",
// "too large", "undelivered", "abandoned" or "closed".
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
	Pending   uint64 // queued or in flight at present
	InFlight  uint64 // of these, with the Sender

	Batches     uint64 // batches handed to the Sender
	BufferBytes int    // memory in use at present, at most MaxBytes
	MaxBytes    int    // the budget

	Drops []Drop // Dropped by reason and level, without zeros
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
type drops [numReasons][slab.Levels]atomic.Uint64

func (d *drops) add(r Reason, l Level, n uint64) { d[r][l].Add(n) }

// list returns the counts and, apart, how many of the records never were in a
// slab.
func (d *drops) list() (list []Drop, refused uint64) {
	for r := range d {
		for l := range numLevels {
			n := d[r][l].Load()
			if n == 0 {
				continue
			}
			list = append(list, Drop{Reason(r), Level(l), n})
			switch Reason(r) {
			case ReasonEvicted, ReasonUndelivered, ReasonAbandoned:
			default:
				refused += n
			}
		}
	}
	return list, refused
}
