// Command ratios measures what a log call with ten fields costs through each
// adapter, as a multiple of what the logger's front end costs with a back end
// that does nothing, and of the logger's own JSON to io.Discard. The back ends
// take turns in rounds, so that whatever else the machine does meets all of them
// alike, and the median of the rounds counts.
package main

import (
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/logsto/logsto-go/bench"
)

func main() {
	rounds := flag.Int("rounds", 15, "rounds; the median counts")
	each := flag.Duration("each", 100*time.Millisecond, "about how long each back end runs in a round")
	flag.Parse()

	cases, end := bench.Cases()
	defer end()
	times := map[string]map[string][]float64{} // nanoseconds a call by logger and back end
	for range *rounds {
		for _, c := range cases {
			if times[c.Logger] == nil {
				times[c.Logger] = map[string][]float64{}
			}
			times[c.Logger][c.BackEnd] = append(times[c.Logger][c.BackEnd], measure(c.Log, *each))
		}
	}
	fmt.Printf("%-10s %10s %10s %10s %12s %12s\n", "logger", "floor ns", "json ns", "ours ns", "ours/floor", "ours/json")
	for _, logger := range []string{"slog", "zap", "zerolog", "logrus"} {
		floor, ours := median(times[logger][bench.Floor]), median(times[logger][bench.Ours])
		fmt.Printf("%-10s %10.0f %10s %10.0f %12.2f %12s\n", logger, floor, number("%.0f", median(times[logger][bench.JSON])),
			ours, ours/floor, number("%.2f", ours/median(times[logger][bench.JSON])))
	}
}

// measure returns the nanoseconds of one call.
func measure(call func(), d time.Duration) float64 {
	const block = 1000
	n, start := 0, time.Now()
	for time.Since(start) < d {
		for range block {
			call()
		}
		n += block
	}
	return float64(time.Since(start)) / float64(n)
}

// median returns 0 for no times.
func median(times []float64) float64 {
	if len(times) == 0 {
		return 0
	}
	times = slices.Sorted(slices.Values(times))
	return times[len(times)/2]
}

// number formats v, or a dash if the back end has not been measured.
func number(format string, v float64) string {
	if v > 0 && v < 1e9 {
		return fmt.Sprintf(format, v)
	}
	return "-"
}
