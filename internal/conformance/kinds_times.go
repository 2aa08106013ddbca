package conformance

import (
	"math"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func duration(d time.Duration) kind {
	return typed("duration "+d.String(), d, zap.Duration,
		func(e event, key string, d time.Duration) event { return e.Dur(key, d) }, context.Dur, // of which one has options
		zapcore.ArrayEncoder.AppendDuration, (*zerolog.Array).Dur)
}

func moment(name string, t time.Time) kind {
	return typed("time "+name, t, zap.Time, event.Time, context.Time, zapcore.ArrayEncoder.AppendTime, (*zerolog.Array).Time)
}

// strange is a time that RFC 3339, and so encoding/json, cannot say. It becomes
// what its String method returns; zerolog formats it by itself.
func strange(name string, t time.Time) kind {
	k := moment(name, t).wants(t.String())
	k.event, k.ctx, k.arr = nil, nil, nil
	return k
}

func times() []kind {
	zoned := time.Date(2026, 11, 23, 20, 18, 41, 123456789, time.FixedZone("", 5400))
	early := time.Date(-1, 1, 2, 3, 4, 5, 6, time.UTC)
	late := time.Date(10000, 1, 2, 3, 4, 5, 6, time.UTC)
	zerologs := func(name string, t time.Time) kind {
		k := moment(name+" with zerolog", t).wants(t.Format(time.RFC3339Nano)).withoutSlog()
		k.zap, k.element = nil, nil
		return k
	}
	return []kind{
		duration(0),
		duration(1500 * time.Millisecond),
		duration(-time.Nanosecond),
		duration(math.MaxInt64),
		duration(math.MinInt64),
		moment("in a zone", zoned),
		moment("west", zoned.In(time.FixedZone("", -11*3600-1800))),
		moment("in UTC", time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)),
		moment("with a fraction", time.Date(2024, 2, 29, 0, 0, 0, 120000000, time.UTC)),
		moment("zero", time.Time{}),
		moment("1970", time.Unix(0, 0).UTC()),
		moment("year 0", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)),
		moment("end of 9999", time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)),
		moment("beyond int64 nanoseconds", time.Date(2500, 1, 1, 0, 0, 0, 1, time.UTC)),
		strange("before year 0", early),
		strange("after 9999", late),
		strange("far away", time.Unix(1<<40, 0).UTC()),
		zerologs("before year 0", early),
		zerologs("after 9999", late),
		anything("month", time.March),
	}
}
