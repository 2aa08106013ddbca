package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// writeTable writes a row for each scenario.
func writeTable(to io.Writer, results []result) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{{"scenario", "bar", "measured", ""}}, rows(results)...) {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

func rows(results []result) (list [][]string) {
	for _, r := range results {
		list = append(list, []string{r.name, writeBars(r.bars), r.measured(), r.verdict()})
	}
	return list
}

// measured writes the values that count, or why there are none.
func (r result) measured() string {
	switch troubles := r.troubles(); {
	case r.run == nil:
		return "see " + r.see
	case len(troubles) > 0:
		return strings.Join(troubles, "; ")
	default:
		return writeValues(r.bars, r.values())
	}
}

func (r result) verdict() string {
	switch {
	case r.run == nil:
		return ""
	case r.passed():
		return "pass"
	default:
		return "FAIL"
	}
}

// writeMarkdown writes a row for each row of bars: the worst of its scenarios, and
// which ones miss.
func writeMarkdown(to io.Writer, results []result) error {
	if _, err := fmt.Fprint(to, "| scenario | bar | measured | |\n|---|---|---|---|\n"); err != nil {
		return err
	}
	for len(results) > 0 {
		n := 1
		for n < len(results) && results[n].row == results[0].row {
			n++
		}
		row := results[:n]
		results = results[n:]
		if _, err := fmt.Fprintf(to, "| %s | %s | %s | %s |\n",
			row[0].row, writeBars(row[0].bars), worst(row), verdict(row)); err != nil {
			return err
		}
	}
	return nil
}

// worst writes the values that count of several scenarios with the same bars.
func worst(row []result) string {
	if len(row) == 1 {
		return row[0].measured()
	}
	var values []float64
	for i, b := range row[0].bars {
		if b.sense == mean { // of each scenario
			b.sense = atLeast
		}
		var all []float64
		for _, r := range row {
			if troubles := r.troubles(); len(troubles) > 0 {
				return r.measured()
			}
			all = append(all, r.values()[i])
		}
		values = append(values, b.fold(all))
	}
	return writeValues(row[0].bars, values)
}

// verdict names the scenarios that miss.
func verdict(row []result) string {
	var missed []string
	for _, r := range row {
		if !r.passed() {
			missed = append(missed, r.name)
		}
	}
	switch {
	case len(missed) > 0:
		return fmt.Sprintf("FAIL: %d of %d (%s)", len(missed), len(row), strings.Join(missed, "; "))
	default:
		return row[0].verdict()
	}
}
