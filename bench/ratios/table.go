package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logsto/logsto-go/bench"
	"github.com/logsto/logsto-go/bench/internal/usage"
)

// table has the nanoseconds of a record in each round, by case.
type table map[string][]float64

// round measures each of the cases once. The round says who begins, for what one
// leaves to be collected, the next one pays.
func (t table) round(cases []bench.Case, round, workers int, slice time.Duration, call bool) {
	for i := range cases {
		c := cases[(i+round)%len(cases)]
		t[c.Name()] = append(t[c.Name()], measure(c, workers, slice, call))
	}
}

// measure returns the nanoseconds of one record on one processor: the processor time of
// all that it takes until it is delivered, or the time of the call alone.
func measure(c bench.Case, workers int, slice time.Duration, call bool) float64 {
	const block = 50 // so that the looks at the clock do not count
	var records atomic.Int64
	cpu, start := usage.CPU(), time.Now()
	log := func() {
		n := 0
		for time.Since(start) < slice {
			for range block {
				c.Log()
			}
			n += block
		}
		records.Add(int64(n))
	}
	if workers == 1 {
		log()
	} else {
		var wg sync.WaitGroup
		for range workers {
			wg.Go(log)
		}
		wg.Wait()
	}
	took := time.Since(start) * time.Duration(workers)
	c.Flush()
	if used := usage.CPU() - cpu; used > 0 && !call { // it is known on Unix only
		took = used
	}
	return float64(took) / float64(records.Load())
}

func (t table) print(shapes, loggers []string) {
	fmt.Printf("%-8s%-13s%9s%9s%9s%12s%8s%11s\n", "fields", "logger", "floor ns", "json ns", "ours ns", "ours/floor", "spread", "ours/json")
	for _, shape := range shapes {
		for _, logger := range loggers {
			t.row(logger, shape, bench.Floor, logger)
			if logger == "logrus" {
				t.row(logger, shape, bench.Hook, "logrus+hook")
			}
		}
	}
	for _, logger := range loggers {
		t.with(logger)
	}
}

// row prints what is known of a logger and shape, with one of its floors.
func (t table) row(logger, shape, floor, name string) {
	times := func(backEnd string) []float64 {
		return t[bench.Case{Logger: logger, BackEnd: backEnd, Shape: shape}.Name()]
	}
	toFloor, toJSON := quotients(times(bench.Ours), times(floor)), quotients(times(bench.Ours), times(bench.JSON))
	line := fmt.Sprintf("%-8s%-13s%9s%9s%9s%12s%8s%11s", shape, name,
		number("%.0f", median(times(floor))), number("%.0f", median(times(bench.JSON))), number("%.0f", median(times(bench.Ours))),
		number("%.2f", median(toFloor)), number("%.0f%%", 100*spread(toFloor)), number("%.2f", median(toJSON)))
	if b, ok := bars[name]; ok && shape == bench.Ten {
		line += "   " + b.judge(median(toFloor), median(toJSON))
	}
	fmt.Println(strings.TrimRight(line, " "))
}

// with prints what the fields behind With add to a record without fields.
func (t table) with(logger string) {
	ours := func(shape string) []float64 {
		return t[bench.Case{Logger: logger, BackEnd: bench.Ours, Shape: shape}.Name()]
	}
	none, with, chain := ours(bench.None), ours(bench.With), ours(bench.Chain)
	if len(none) == 0 || len(with) == 0 || len(chain) == 0 {
		return
	}
	fmt.Printf("%s: ten fields behind one With add %.0f ns to a record without fields, behind ten %.0f ns\n",
		logger, median(differences(with, none)), median(differences(chain, none)))
}

// bar is what the ratios of a record with ten fields must not exceed; 0 stands for
// no bar.
type bar struct{ floor, json float64 }

var bars = map[string]bar{"slog": {2, 0.5}, "zap": {1.5, 0.75}, "zerolog": {1.15, 0}, "logrus": {1.3, 0}}

func (b bar) judge(toFloor, toJSON float64) string {
	say := func(what string, is, most float64) string {
		if is <= most {
			return fmt.Sprintf("%s <= %v met", what, most)
		}
		return fmt.Sprintf("%s <= %v missed", what, most)
	}
	s := say("floor", toFloor, b.floor)
	if b.json > 0 {
		s += ", " + say("json", toJSON, b.json)
	}
	return s
}

// quotients returns those of each round.
func quotients(a, b []float64) []float64 {
	return each(a, b, func(a, b float64) float64 { return a / b })
}

// differences returns those of each round.
func differences(a, b []float64) []float64 {
	return each(a, b, func(a, b float64) float64 { return a - b })
}

func each(a, b []float64, f func(a, b float64) float64) []float64 {
	out := make([]float64, min(len(a), len(b)))
	for i := range out {
		out[i] = f(a[i], b[i])
	}
	return out
}

// median returns 0 for no values.
func median(values []float64) float64 { return quantile(values, 0.5) }

// spread returns the distance of the quartiles as a share of the median.
func spread(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return (quantile(values, 0.75) - quantile(values, 0.25)) / median(values)
}

func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	return values[int(q*float64(len(values)-1)+0.5)]
}

// number formats v, or a dash if that has not been measured.
func number(format string, v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(format, v)
}
