package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/logsto/logsto-go/bench/internal/usage"
)

// plan is what is measured.
type plan struct {
	protocols   []protocol
	rounds      int
	records     int // that count, in a run
	warmUp      int // records before these
	concurrency int
	ballast     int    // MiB
	profiles    string // directory, or empty
}

func main() {
	p := plan{protocols: protocols}
	child := flag.String("child", "", "for the program itself: what a process of it does")
	flag.IntVar(&p.rounds, "rounds", 21, "rounds; the medians count")
	flag.IntVar(&p.records, "records", 5_000, "records of a run")
	flag.IntVar(&p.concurrency, "concurrency", 32, "requests at once")
	flag.IntVar(&p.ballast, "ballast", 32, "MiB of memory that each client has besides")
	flag.StringVar(&p.profiles, "profile", "", "directory for processor profiles")
	limit := flag.Float64("limit", 1.15, "the ratio that is still good, for -check")
	check := flag.Bool("check", false, "fail if a ratio is above the limit")
	quick := flag.Bool("quick", false, "five rounds of 2,000 records")
	flag.Func("protocol", "protocols to measure, separated by commas (default all)", func(s string) (err error) {
		p.protocols, err = parseProtocols(s)
		return err
	})
	flag.Parse()
	if *quick {
		p.rounds, p.records = 5, 2_000
	}
	p.warmUp = p.records / 4
	var err error
	if *child != "" {
		err = serveParent(*child)
	} else {
		err = measure(p, *limit, *check)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "single:", err)
		os.Exit(1)
	}
}

// measure runs the plan and prints what came of it.
func measure(p plan, limit float64, check bool) error {
	if usage.CPU() == 0 {
		return errors.New("the processor time of a process is not known here")
	}
	before, start := usage.Now(), time.Now()
	fmt.Printf("%s %s/%s, %d processors (%s), %d rounds of %d records of %d bytes, %d requests at once\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), usage.Processor(), p.rounds, p.records, len(record(0)), p.concurrency)
	t := table{results: map[protocol]map[string][]result{}}
	for _, proto := range p.protocols {
		if err := t.protocol(p, proto); err != nil {
			return fmt.Errorf("%v: %w", proto, err)
		}
	}
	missed := t.print(p.protocols, limit)
	children := float64(t.children) / float64(time.Since(start)) / float64(runtime.NumCPU())
	fmt.Printf("\nothers used %.0f%% of the machine meanwhile\n", 100*max(0, usage.Now().Others(before)-children))
	if check && len(missed) > 0 {
		return fmt.Errorf("above %v times the bare loop: %s", limit, strings.Join(missed, ", "))
	}
	return nil
}

// protocol measures all rounds over one protocol.
func (t *table) protocol(p plan, proto protocol) error {
	srv, err := startServer(proto)
	if err != nil {
		return err
	}
	defer func() { t.children += srv.stop() }()
	for round := range p.rounds {
		for i := range sides {
			side := sides[(i+round)%len(sides)] // take turns in going first
			j := job{
				Side: side, Protocol: proto, Target: srv.target,
				Records: p.records, WarmUp: p.warmUp, Concurrency: p.concurrency, Ballast: p.ballast,
			}
			if p.profiles != "" && round >= p.rounds-1 {
				j.Profile = filepath.Join(p.profiles, fmt.Sprintf("%s-%s.pprof", side, proto))
			}
			r, err := runClient(j)
			if err != nil {
				return fmt.Errorf("%s: %w", side, err)
			}
			t.add(proto, side, r)
			t.children += r.process
		}
	}
	return nil
}
