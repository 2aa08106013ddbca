// Command ratios measures what a log call costs through each adapter, as a
// multiple of what the logger's front end costs with a back end that does nothing
// ("floor"), and of the logger's own JSON to io.Discard. For each shape of a record
// the back ends of a logger take turns, in short slices and many rounds, so that
// whatever else the machine does meets all of them alike; the ratios are medians of
// those of the rounds.
//
// Nothing is hidden on another processor: a slice ends when what was logged in it is
// delivered (to a sender that does nothing), so that what the buffer does behind the
// call is in the time of a record, and so is the garbage collector. Times are
// processor time of the whole process, which others on the machine disturb less than
// the time on the clock, in one goroutine with GOMAXPROCS 1 (serial) and in one for
// each processor (parallel). "spread" is the distance of the quartiles of ours/floor,
// as a share of the median: the garbage collector works in some slices and not in
// others. With -call it is the time of the call alone that counts, on the clock, with
// all processors for what the buffer and the garbage collector do behind it; that
// needs a quiet machine.
//
// Shapes are a number of fields in the call; with, ten fields behind one With; and
// chain, these behind a With each. The floor of logrus is a formatter that does
// nothing; that of logrus+hook has a hook that does nothing besides.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/logsto/logsto-go/bench"
	"github.com/logsto/logsto-go/bench/internal/usage"
)

func main() {
	rounds := flag.Int("rounds", 13, "rounds; the medians count")
	slice := flag.Duration("slice", 40*time.Millisecond, "how long each back end runs in a round")
	shapes := list("fields", bench.Shapes, "shapes of the record")
	loggers := list("logger", bench.Loggers, "loggers")
	parallel := flag.Bool("parallel", false, "the parallel runs only; =false for the serial ones only, both without it")
	call := flag.Bool("call", false, "measure the call alone, by the clock, with all processors for what is done behind it; serial only")
	flag.Parse()
	modes := []bool{false, true}
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "parallel" {
			modes = []bool{*parallel}
		}
	})
	if *call {
		modes = []bool{false}
	}

	cases, end := bench.Cases()
	defer end()
	before, procs := usage.Now(), runtime.GOMAXPROCS(0)
	fmt.Printf("%s %s/%s, %d processors (%s), %d rounds of %v\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, procs, usage.Processor(), *rounds, *slice)
	for _, p := range modes {
		title, workers, limit := "serial", 1, 1
		switch {
		case p:
			title, workers, limit = "parallel", procs, procs
		case *call:
			title, limit = "the call alone", procs
		}
		runtime.GOMAXPROCS(limit)
		t := table{}
		for round := range *rounds {
			for _, shape := range *shapes {
				for _, logger := range *loggers {
					t.round(pick(cases, logger, shape), round, workers, *slice, *call)
				}
			}
		}
		fmt.Printf("\n%s, GOMAXPROCS %d\n", title, limit)
		t.print(*shapes, *loggers)
	}
	fmt.Printf("\nothers used %.0f%% of the machine meanwhile\n", 100*usage.Now().Others(before))
}

// list defines a flag that takes some of all.
func list(name string, all []string, what string) *[]string {
	chosen := slices.Clone(all)
	flag.Func(name, what+" to measure, separated by commas (default "+strings.Join(all, ",")+")", func(s string) error {
		chosen = strings.Split(s, ",")
		for _, c := range chosen {
			if !slices.Contains(all, c) {
				return fmt.Errorf("%q is none of %s", c, strings.Join(all, ", "))
			}
		}
		return nil
	})
	return &chosen
}

// pick returns the cases of a logger and shape.
func pick(cases []bench.Case, logger, shape string) (picked []bench.Case) {
	for _, c := range cases {
		if c.Logger == logger && c.Shape == shape {
			picked = append(picked, c)
		}
	}
	if len(picked) == 0 {
		fmt.Fprintf(os.Stderr, "ratios: no case for %s %s\n", logger, shape)
		os.Exit(2)
	}
	return picked
}
