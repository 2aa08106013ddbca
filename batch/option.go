package batch

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/logsto/logsto-go/internal/mask"
	"github.com/logsto/logsto-go/internal/slab"
)

// Option changes a default of New. A value out of its range makes New return
// an error that names the option and the value.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is what the options set; zero sizes stand for "choose".
type config struct {
	maxBytes, slabBytes, maxRecord int
	batchBytes, batchRecords       int
	interval                       time.Duration
	maxInFlight                    int
	flushLevel                     Level
	watermarks                     [numLevels]float64
	dropOldest                     bool
	block                          time.Duration
	syncTimeout, closeTimeout      time.Duration
	onError                        func(error)
	errorInterval                  time.Duration
	mask                           *mask.Masker // nil unless something is redacted
	mutex                          bool         // for tests: see slab.Config.Mutex

	errs []error
}

const (
	kib = 1 << 10
	mib = 1 << 20

	minSlabBytes = 4 * kib
	maxSlabBytes = 256 * mib
	maxSlabs     = 4096 // what is done now and then for each slab must stay cheap
	maxMaxRecord = 1 << 30
	maxRecords   = 100_000
	maxMaxBytes  = 1 << (30 + 10*(^uint(0)>>63)) // 1 TiB, and 1 GiB where an int has 32 bits
)

func defaults() config {
	return config{
		maxBytes:      16 * mib,
		batchRecords:  10_000,
		interval:      time.Second,
		maxInFlight:   4,
		flushLevel:    Fatal,
		watermarks:    [numLevels]float64{0.70, 0.70, 0.85, 0.95, 1, 1, 1},
		syncTimeout:   5 * time.Second,
		closeTimeout:  5 * time.Second,
		onError:       printError,
		errorInterval: 10 * time.Second,
	}
}

// set returns an option that stores v through field if ok, and complains
// otherwise.
func set[T any](name string, v T, ok bool, want string, field func(*config) *T) Option {
	return optionFunc(func(c *config) {
		if !ok {
			c.errs = append(c.errs, fmt.Errorf("batch: %s(%v): must be %s", name, v, want))
			return
		}
		*field(c) = v
	})
}

// WithMaxBytes sets the budget in bytes for all records that are queued, in
// flight and waiting to be sent again together, with 16 bytes of index for each. The
// default is 16 MiB, the least 64 KiB, the most 1 TiB, or 1 GiB on 32-bit systems.
//
// Memory is taken in slabs (see [WithSlabBytes]), and a slab counts whole
// until all records in it are delivered; the budget is rounded down to whole
// slabs, of which one is kept for the copies that evictions make (see [WithWatermark]).
// Some two slabs for each processor, and 16 more, may be held without being full.
// Outside the budget stay about 30 bytes for each record of a batch in flight and
// 90 for each that is deferred, and the bodies of requests that the Sender makes, at most one per send in
// flight.
func WithMaxBytes(n int) Option {
	return set("WithMaxBytes", n, n >= 64*kib && n <= maxMaxBytes, "from 64 KiB to 1 TiB, or 1 GiB on 32-bit systems",
		func(c *config) *int { return &c.maxBytes })
}

// WithSlabBytes sets the size in bytes of the slabs that the budget is cut
// into, from 4 KiB to 256 MiB, at most an eighth of the budget and at least
// 1/4096 of it. The default is the power of two nearest below 1/256 of the budget,
// but 4 KiB at least and 1 MiB at most if that will do: 64 KiB for 16 MiB.
func WithSlabBytes(n int) Option {
	return set("WithSlabBytes", n, n >= minSlabBytes && n <= maxSlabBytes, "from 4 KiB to 256 MiB",
		func(c *config) *int { return &c.slabBytes })
}

// WithMaxRecordBytes sets the size in bytes over which a record is dropped and
// counted with [ReasonTooLarge], from 1 to half the budget, and at most 1 GiB. The
// default is 1 MiB, or half of a budget that is smaller than 2 MiB. The adapters stop
// there within a value of any type, such as a struct or a map, and put a string that says
// so in its place.
func WithMaxRecordBytes(n int) Option {
	return set("WithMaxRecordBytes", n, n > 0 && n <= maxMaxRecord, "from 1 to 1 GiB", func(c *config) *int { return &c.maxRecord })
}

// WithBatchBytes sets the size in bytes of records at which a batch is full
// and leaves without waiting for the flush interval. (Several processors fill
// slabs of their own; with small batches it may be late by one batch for each.)
// The default is 1 MiB, or less if the batches that may be in flight at once, one
// more than [WithMaxInFlight], would otherwise fill more than half the budget. A
// single record may be larger and is a batch of its own. It must not exceed half
// the budget.
func WithBatchBytes(n int) Option {
	return set("WithBatchBytes", n, n > 0, "positive", func(c *config) *int { return &c.batchBytes })
}

// WithBatchRecords sets the number of records at which a batch is full, from 1 to
// 100,000. The default is 10,000. A marker record comes on top.
func WithBatchRecords(n int) Option {
	return set("WithBatchRecords", n, n > 0 && n <= maxRecords, "from 1 to 100000", func(c *config) *int { return &c.batchRecords })
}

// WithFlushInterval sets how long a record waits at most for others to share
// its batch, when no send is in flight. The default is one second, the least a
// millisecond.
func WithFlushInterval(d time.Duration) Option {
	return set("WithFlushInterval", d, d >= time.Millisecond, "at least 1ms",
		func(c *config) *time.Duration { return &c.interval })
}

// WithMaxInFlight sets how many batches may be with the Sender at once, from 1 to
// 1,000. The default is 4. A second send starts only for a full batch, for a
// Flush, for a record that must leave at once, or when those that run have taken
// two seconds. A batch of which records are retried keeps its place, so that hardly more
// than n are taken out of the queue in an outage. Records that are deferred have none;
// up to 16 of them are with the Sender besides, each by itself.
//
// With 1, records are sent strictly in their order, one batch after the other, but for
// those that the Sender defers (see [Result]).
func WithMaxInFlight(n int) Option {
	return set("WithMaxInFlight", n, n > 0 && n <= 1000, "from 1 to 1000",
		func(c *config) *int { return &c.maxInFlight })
}

// WithFlushLevel sets the lowest level whose records do not wait for the flush
// interval. The default is Fatal.
func WithFlushLevel(l Level) Option {
	return set("WithFlushLevel", l, int(l) < numLevels, "one of the levels",
		func(c *config) *Level { return &c.flushLevel })
}

// WithWatermark sets the share of the budget, over 0 up to 1, that records of
// level l and below may fill; what is above is kept for more important ones. A record
// whose share is spent has the oldest records of the least important level make way for it
// ([ReasonEvicted]), and is refused ([ReasonShed]) only if too little less important is
// queued for it to get within its share. What is in flight, was deferred, or stands in a slab that is still
// being written to stays.
//
// The defaults are 0.70 for Trace and Debug, 0.85 for Info, 0.95 for Warn, and
// 1 from Error on. A less important level never gets a larger share than a
// more important one: the smaller value holds, and a share below 1 leaves a slab
// free at least. A share must have room for the slabs that are held without being
// full, three eighths of the budget, and one more; a record that is larger than
// its level's share is refused. Shares have no effect with [WithDropOldest] and
// [WithBlocking].
func WithWatermark(l Level, share float64) Option {
	return optionFunc(func(c *config) {
		if int(l) >= numLevels || !(share > 0 && share <= 1) {
			c.errs = append(c.errs, fmt.Errorf("batch: WithWatermark(%v, %v): must be one of the levels and a share over 0 and up to 1", l, share))
			return
		}
		c.watermarks[l] = share
	})
}

// WithDropOldest makes room by dropping the oldest records, a slab at a time,
// whatever their level, instead of refusing new ones. Slabs of which a part is in
// flight, or that are being written to, are not dropped; while there are no
// others, new records are refused. It excludes [WithBlocking].
func WithDropOldest() Option {
	return optionFunc(func(c *config) { c.dropOldest = true })
}

// WithBlocking makes a log call wait for room, whatever its level, up to d,
// and drop its record only then ([ReasonTimeout]). The default is not to wait.
// Those that wait try in turn, but others who come just then may get the room. d
// must be positive. It excludes [WithDropOldest].
func WithBlocking(d time.Duration) Option {
	return set("WithBlocking", d, d > 0, "positive", func(c *config) *time.Duration { return &c.block })
}

// WithSyncTimeout bounds [Buffer.Sync], and so how long a logger waits that is
// about to end the process. The default is five seconds; d must be positive.
func WithSyncTimeout(d time.Duration) Option {
	return set("WithSyncTimeout", d, d > 0, "positive", func(c *config) *time.Duration { return &c.syncTimeout })
}

// WithCloseTimeout bounds a Close whose context has no deadline. The default
// is five seconds; d must be positive.
func WithCloseTimeout(d time.Duration) Option {
	return set("WithCloseTimeout", d, d > 0, "positive", func(c *config) *time.Duration { return &c.closeTimeout })
}

// WithErrorHandler sets the function that is told of losses, and that records
// wait. It gets a [*LossError] soon after the first loss, and then at most once in
// ten seconds for what was lost since; a [*StallError] once the Sender has delivered
// nothing for ten seconds and then each minute, or at once if it says that the set-up is
// at fault, such as a credential that is refused (see [Notifier]); and a
// [*RecoveredError] when that is over. It is called by one goroutine at a time, not by
// those that log; it may block, and a panic in it is swallowed. It must not
// log to this buffer. The default prints a line to standard error. h must not
// be nil.
//
// The first record of each level that is logged while or after the Buffer is closed is
// told with the record, and at once: its log call waits for h, 100 milliseconds at most.
// It may say why the program ends.
func WithErrorHandler(h func(error)) Option {
	return optionFunc(func(c *config) {
		if h == nil {
			c.errs = append(c.errs, fmt.Errorf("batch: WithErrorHandler(nil): use WithoutErrorHandler"))
			return
		}
		c.onError = h
	})
}

// WithoutErrorHandler reports losses in Stats alone, and nothing else.
func WithoutErrorHandler() Option {
	return optionFunc(func(c *config) { c.onError = nil })
}

// complete chooses the sizes that were not set and finds those that disagree.
func (c *config) complete() error {
	if len(c.errs) > 0 {
		return c.errs[0]
	}
	if c.slabBytes == 0 {
		c.slabBytes = min(max(1<<(bits.Len(uint(c.maxBytes/256))-1), minSlabBytes), mib)
		for c.maxBytes/c.slabBytes > maxSlabs {
			c.slabBytes *= 2
		}
	}
	if c.maxRecord == 0 {
		c.maxRecord = min(mib, c.maxBytes/2)
	}
	if c.batchBytes == 0 {
		c.batchBytes = max(1, min(mib, c.maxBytes/(2*(c.maxInFlight+1))))
	}
	switch {
	case c.slabBytes > c.maxBytes/8:
		return fmt.Errorf("batch: WithSlabBytes(%d) and WithMaxBytes(%d) disagree: a slab is at most an eighth of the budget", c.slabBytes, c.maxBytes)
	case c.maxBytes/c.slabBytes > maxSlabs:
		return fmt.Errorf("batch: WithSlabBytes(%d) and WithMaxBytes(%d) disagree: the budget is at most %d slabs", c.slabBytes, c.maxBytes, maxSlabs)
	case c.maxRecord > c.maxBytes/2:
		return fmt.Errorf("batch: WithMaxRecordBytes(%d) and WithMaxBytes(%d) disagree: a record is at most half of the budget", c.maxRecord, c.maxBytes)
	case c.batchBytes > c.maxBytes/2:
		return fmt.Errorf("batch: WithBatchBytes(%d) and WithMaxBytes(%d) disagree: a batch is at most half of the budget", c.batchBytes, c.maxBytes)
	case c.dropOldest && c.block > 0:
		return fmt.Errorf("batch: WithDropOldest() and WithBlocking(%v) exclude each other", c.block)
	}
	least := (slab.MaxWaiting(c.maxBytes/c.slabBytes) + 1) * c.slabBytes
	for l := range c.watermarks {
		if c.limit(Level(l)) < least {
			return fmt.Errorf("batch: WithWatermark(%v, %v) and WithMaxBytes(%d) disagree: the share must be %d bytes at least", Level(l), c.watermarks[l], c.maxBytes, least)
		}
	}
	return nil
}

// budget returns the bytes of all slabs together.
func (c *config) budget() int { return c.maxBytes / c.slabBytes * c.slabBytes }

// eviction returns what makes way when there is no room.
func (c *config) eviction() slab.Eviction {
	switch {
	case c.block > 0:
		return slab.Never
	case c.dropOldest:
		return slab.Oldest
	default:
		return slab.Lesser
	}
}

// limit returns the bytes that records of level l may fill.
func (c *config) limit(l Level) int {
	if c.eviction() != slab.Lesser {
		return c.budget()
	}
	most := c.budget() - c.slabBytes // one is for what an eviction keeps
	share := 1.0
	for _, s := range c.watermarks[l:] {
		share = min(share, s)
	}
	if share == 1 {
		return most
	}
	whole := int(share*float64(c.budget())) / c.slabBytes * c.slabBytes
	return min(whole, most-c.slabBytes)
}

// limits returns the limits of all levels as the slabs want them.
func (c *config) limits() (limits [slab.Levels]int) {
	for l := range limits {
		limits[l] = c.limit(min(Level(l), Panic))
	}
	return limits
}
