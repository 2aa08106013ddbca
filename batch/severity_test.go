package batch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// dropped returns how many records of the level were dropped, for any reason.
func dropped(s batch.Stats, l batch.Level) (n uint64) {
	for _, d := range s.Drops {
		if d.Level == l {
			n += d.Records
		}
	}
	return n
}

// mixed is the level of record i where one in a hundred is an error, nine are
// warnings, and the rest are info and debug.
func mixed(i int) batch.Level {
	switch {
	case i%100 == 0:
		return batch.Error
	case i%100 < 10:
		return batch.Warn
	case i%2 == 0:
		return batch.Info
	default:
		return batch.Debug
	}
}

// TestSeverityDecidesToTheEnd floods a buffer whose server hangs, and counts the errors that
// it still has.
func TestSeverityDecidesToTheEnd(t *testing.T) {
	for _, c := range []struct {
		name    string
		records int
		size    int
		level   func(i int) batch.Level
	}{
		{"flood", 400_000, 375, mixed},
		{"long", 4_000_000, 250, mixed},
		{"last", 400_000, 375, func(i int) batch.Level {
			if i >= 396_000 {
				return batch.Error
			}
			return max(batch.Debug, min(mixed(i), batch.Warn))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stuck{release: make(chan struct{})}
				b := newBuffer(t, s, batch.WithCloseTimeout(time.Minute))
				errors := uint64(0)
				rec := record(c.size)
				for i := range c.records {
					l := c.level(i)
					if l == batch.Error {
						errors++
					}
					b.Append(l, time.Now(), rec)
					if i%100 == 0 {
						time.Sleep(10 * time.Millisecond)
					}
				}
				st := b.Stats()
				sum(t, st)
				if kept := errors - dropped(st, batch.Error); kept*100 < errors*99 {
					t.Errorf("%d of %d errors are kept: %v", kept, errors, st)
				}
				close(s.release)
			})
		})
	}
}
