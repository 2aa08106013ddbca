package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// bar is what a measure must reach.
type bar struct {
	what  string
	unit  unit
	sense sense
	limit float64
}

// sense says which values of a measure are good.
type sense int

const (
	atLeast sense = iota // the least of all seeds counts
	atMost               // the greatest counts
	mean                 // the mean of all seeds must be the limit at least
	shown                // no bar, only a figure; the greatest is shown
)

// unit is how a value is written.
type unit int

const (
	percent unit = iota
	seconds
	count
	ratio
)

// Bars that several scenarios have.
func goodBar(limit float64) bar { return bar{"good", percent, atLeast, limit} }

func p50Bar(limit time.Duration) bar {
	return bar{"p50", seconds, atMost, limit.Seconds()}
}

func p99Bar(limit time.Duration) bar {
	return bar{"p99", seconds, atMost, limit.Seconds()}
}

func noneBar(what string) bar            { return bar{what, count, atMost, 0} }
func shownBar(what string, u unit) bar   { return bar{what: what, unit: u, sense: shown} }
func mostBar(what string, n float64) bar { return bar{what, count, atMost, n} }

// String returns the bar in words, and nothing if it is none.
func (b bar) String() string {
	switch {
	case b.sense == shown:
		return ""
	case b.sense != atMost && b.limit == 1 && b.unit == percent:
		return b.what + ": all"
	case b.sense != atMost:
		return b.what + " ≥ " + b.write(b.limit)
	case b.limit == 0:
		return b.what + " 0"
	default:
		return b.what + " ≤ " + b.write(b.limit)
	}
}

// fold returns the value that counts.
func (b bar) fold(values []float64) float64 {
	switch b.sense {
	case atLeast:
		return slices.Min(values)
	case mean:
		sum := 0.0
		for _, v := range values {
			sum += v
		}
		return sum / float64(len(values))
	default:
		return slices.Max(values)
	}
}

// met reports whether a value reaches the bar.
func (b bar) met(v float64) bool {
	switch b.sense {
	case shown:
		return true
	case atMost:
		return v <= b.limit
	default:
		return v >= b.limit
	}
}

// write returns a value as text, never better than it is, and marks one that misses.
func (b bar) write(v float64) string {
	to := func(places float64) float64 {
		if b.sense == atLeast || b.sense == mean {
			return math.Floor(v*places+1e-6) / places
		}
		return max(0, math.Ceil(v*places-1e-6)) / places
	}
	text := ""
	switch b.unit {
	case percent:
		text = fmt.Sprintf("%.4g %%", to(10_000)*100)
	case seconds:
		text = fmt.Sprintf("%.4g s", to(1000))
	case ratio:
		text = fmt.Sprintf("%.3g×", to(100))
	case count:
		text = fmt.Sprintf("%.4g", to(10))
		if v >= 10 {
			text = fmt.Sprintf("%.0f", to(1))
		}
	}
	if !b.met(v) {
		text += " ✗"
	}
	return text
}

// values writes a value for each bar, those that are only shown with their names.
func writeValues(bars []bar, values []float64) string {
	var parts []string
	for i, b := range bars {
		text := b.write(values[i])
		if b.sense == shown {
			text = "(" + b.what + " " + text + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " · ")
}

// writeBars writes the bars.
func writeBars(bars []bar) string {
	var parts []string
	for _, b := range bars {
		if s := b.String(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}
