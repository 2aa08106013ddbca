package endtoend

import (
	"log/slog"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// losing are the cases in which an option, or the size of the budget, says what is
// lost.
var losing = []faultCase{
	{
		name:     "an outage of ten minutes and a budget of 256 KiB",
		faults:   downFor(10*time.Minute, 503),
		buffer:   []batch.Option{batch.WithMaxBytes(256 << 10)},
		logs:     logs{n: 6000, over: 10 * time.Minute},
		requests: between(10, 150),
		lost:     losses{batch.ReasonShed: between(3000, 5500), batch.ReasonEvicted: between(1, 2000)},
		told:     "loss, stall",
		took:     within(10*time.Minute, 11*time.Minute),
	},
	{
		name:     "an outage of ten minutes and WithDropOldest",
		faults:   downFor(10*time.Minute, 503),
		buffer:   []batch.Option{batch.WithMaxBytes(256 << 10), batch.WithDropOldest()},
		logs:     logs{n: 6000, over: 10 * time.Minute},
		requests: between(10, 150),
		lost:     losses{batch.ReasonEvicted: between(3000, 5500), batch.ReasonFull: between(0, 60)},
		told:     "loss, stall",
		took:     within(10*time.Minute, 11*time.Minute),
	},
	{
		name:     "an outage of five seconds and WithBlocking for longer",
		faults:   downFor(5*time.Second, 503),
		buffer:   []batch.Option{batch.WithMaxBytes(256 << 10), batch.WithBlocking(time.Minute)},
		logs:     logs{n: 6000},
		requests: between(10, 200),
		mayTell:  "stall",
		took:     within(5*time.Second, 30*time.Second),
		slowest:  within(time.Second, 30*time.Second),
	},
	{
		name:     "an outage of a minute and WithBlocking for less",
		faults:   downFor(time.Minute, 503),
		buffer:   []batch.Option{batch.WithMaxBytes(256 << 10), batch.WithBlocking(100 * time.Millisecond)},
		logs:     logs{n: 3000},
		requests: between(8, 150),
		lost:     losses{batch.ReasonTimeout: between(500, 2500)},
		told:     "loss, stall",
		took:     within(time.Minute, 2*time.Minute),
		slowest:  within(100*time.Millisecond, 100*time.Millisecond),
	},
	{
		name:     "a record that is too large",
		buffer:   []batch.Option{batch.WithMaxRecordBytes(10_000)},
		logs:     logs{n: 200, size: oneLarge(77, 10_000)},
		requests: exactly(1),
		lost:     losses{batch.ReasonTooLarge: exactly(1)},
		missing:  []int{77},
		told:     "loss",
	},
	{
		name:     "Close gives up after three seconds of 503",
		faults:   downFor(24*time.Hour, 503),
		closes:   3 * time.Second,
		requests: between(3, 20),
		lost:     losses{batch.ReasonAbandoned: exactly(200)},
		told:     "loss",
		took:     within(3*time.Second, 3100*time.Millisecond),
	},
	{
		name:     "Close gives up after three seconds without an answer",
		faults:   script(times(100, logstotest.Hang())...),
		closes:   3 * time.Second,
		requests: exactly(1),
		lost:     losses{batch.ReasonAbandoned: exactly(200)},
		told:     "loss",
		took:     within(3*time.Second, 3100*time.Millisecond),
	},
	{
		// The only case in which the server has what is counted as lost: nobody
		// can know.
		name:     "Close gives up while an answer is on its way",
		faults:   script(logstotest.ResetAfter(), logstotest.Hang()),
		closes:   3 * time.Second,
		requests: exactly(2),
		lost:     losses{batch.ReasonAbandoned: exactly(200)},
		unsure:   exactly(200),
		told:     "loss",
		took:     within(3*time.Second, 3100*time.Millisecond),
	},
	{
		name:     "an outage that is longer than MaxElapsed",
		faults:   downFor(10*time.Minute, 503),
		client:   []transport.Option{transport.WithRetry(transport.Retry{MaxElapsed: 30 * time.Second})},
		requests: between(5, 50),
		lost:     losses{batch.ReasonUndelivered: exactly(200)},
		told:     "loss, stall",
		took:     within(5*time.Second, 90*time.Second), // the record that tells of the loss has its time too
	},
	{
		name:     "WithoutRetry",
		faults:   script(logstotest.Status(503)),
		client:   []transport.Option{transport.WithoutRetry()},
		logs:     tenBatches,
		requests: exactly(10),
		lost:     losses{batch.ReasonUndelivered: between(150, 250)},
		told:     "loss",
	},
	{
		name: "logging goes on after Close",
		after: func(_ *testing.T, _ *batch.Buffer, l *slog.Logger) {
			logs{n: 100, size: always(100)}.write(l)
			time.Sleep(time.Minute) // for the error handler
		},
		requests: exactly(1),
		lost:     losses{batch.ReasonClosed: exactly(100)},
		told:     "loss",
	},
}
