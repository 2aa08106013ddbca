package main

import (
	"fmt"
	"slices"
	"time"
)

// table has the results of all rounds.
type table struct {
	results  map[protocol]map[string][]result // by side
	children time.Duration                    // processor time of all clients and servers
}

func (t *table) add(p protocol, side string, r result) {
	if t.results[p] == nil {
		t.results[p] = map[string][]result{}
	}
	t.results[p][side] = append(t.results[p][side], r)
}

// print prints the medians, and returns the protocols over which the ratio is above the
// limit.
func (t *table) print(protocols []protocol, limit float64) (missed []string) {
	fmt.Println("a record       processor time, µs          time, µs   allocations  bytes allocated")
	fmt.Println("          bare   ours  ratio  spread    bare   ours    bare  ours      bare  ours")
	for _, p := range protocols {
		b, o := t.results[p][bare], t.results[p][ours]
		ratios := make([]float64, len(o))
		for i := range o {
			ratios[i] = o[i].CPU / b[i].CPU
		}
		ratio := median(ratios)
		verdict := "met"
		if ratio > limit {
			verdict = "missed"
			missed = append(missed, fmt.Sprintf("%s %.2f", p, ratio))
		}
		cpu, wall := func(r result) float64 { return r.CPU }, func(r result) float64 { return r.Wall }
		allocs, bytes := func(r result) float64 { return r.Allocs }, func(r result) float64 { return r.Bytes }
		fmt.Printf("%-6s%8.1f%7.1f%7.2f%7.0f%%%8.1f%7.1f%8.0f%6.0f%10.0f%6.0f   <= %v %s\n", p,
			of(b, cpu), of(o, cpu), ratio, 100*spread(ratios), of(b, wall), of(o, wall),
			of(b, allocs), of(o, allocs), of(b, bytes), of(o, bytes), limit, verdict)
	}
	return missed
}

// of returns the median of a number of the results.
func of(list []result, number func(result) float64) float64 {
	values := make([]float64, len(list))
	for i, r := range list {
		values[i] = number(r)
	}
	return median(values)
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// spread returns the distance of the quartiles as a share of the median.
func spread(values []float64) float64 {
	return (quantile(values, 0.75) - quantile(values, 0.25)) / median(values)
}

func quantile(values []float64, q float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[int(q*float64(len(values)-1)+0.5)]
}
