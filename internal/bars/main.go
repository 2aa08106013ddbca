package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"
)

// options are those of the command line.
type options struct {
	form              form
	verbose, markdown bool
	seeds             int
	limit             time.Duration
	run               *regexp.Regexp
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	// A bubble needs a test, so this is one, and none of its flags are ours.
	os.Args = os.Args[:1]
	testing.Main(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "Bars", F: func(t *testing.T) {
			t.Helper()
			os.Exit(run(t, o))
		}}}, nil, nil)
}

// parse reads the command line.
func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("bars", flag.ContinueOnError)
	brief := f.Bool("short", false, "one seed, and shorter runs")
	whole := f.Bool("long", false, "ten minutes at each rate")
	f.BoolVar(&o.verbose, "v", false, "print each seed by itself, as it ends")
	f.BoolVar(&o.markdown, "markdown", false, "print a Markdown table with a row for each bar")
	f.IntVar(&o.seeds, "seeds", 0, "how many `seeds` each scenario has; zero stands for five, or for one with -short")
	f.DurationVar(&o.limit, "limit", 3*time.Minute, "how long a trial may take in real time")
	name := f.String("run", "", "a `regexp` for the names of scenarios")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.run, err = regexp.Compile(*name); err != nil {
		return o, err
	}
	switch {
	case *brief:
		o.form, o.seeds = short, cmp.Or(o.seeds, 1)
	case *whole:
		o.form = long
	}
	o.seeds = cmp.Or(o.seeds, 5)
	return o, nil
}

// plan returns what to run.
func (o options) plan() plan {
	scenarios := slices.DeleteFunc(all(), func(s scenario) bool { return !o.run.MatchString(s.name) })
	p := plan{scenarios: scenarios, seeds: o.seeds, form: o.form, limit: o.limit, each: func(scenario, uint64, outcome) {}}
	if o.verbose {
		p.each = func(s scenario, seed uint64, o outcome) {
			text := o.trouble
			if text == "" {
				text = writeValues(s.bars, o.values)
			}
			fmt.Printf("%s, seed %d, in %v: %s\n\t%s\n", s.name, seed, o.took.Round(time.Millisecond), text, o.note)
		}
	}
	return p
}

// run runs what the options say, prints the table, and returns the exit status.
func run(t *testing.T, o options) int {
	t.Helper()
	start := time.Now()
	results := o.plan().execute(t)
	write := writeTable
	if o.markdown {
		write = writeMarkdown
	}
	if err := write(os.Stdout, results); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	missed := 0
	for _, r := range results {
		if !r.passed() {
			missed++
		}
	}
	form := fmt.Sprintf("the worst of %d seeds counts", o.seeds)
	if o.form == short {
		form += ", short form"
	}
	fmt.Fprintf(os.Stderr, "%d of %d scenarios miss a bar (%s; %v)\n", missed, len(results), form, time.Since(start).Round(time.Second))
	if missed > 0 {
		return 1
	}
	return 0
}
