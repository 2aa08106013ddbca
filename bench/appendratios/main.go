// Command appendratios measures what it costs to hand over a record, through
// the buffer of package batch and through what others use, as multiples of the
// bare copy of its bytes and of our cost. Within a number of processors and a
// size of records, the ways take turns in rounds, so that whatever else the
// machine does meets all of them alike, and the median of the rounds counts. For
// the call alone, which is measured in short rounds, the quiet ones count.
//
// "ns" is the time on the wall for one record, "quiet" the same in the rounds that
// were disturbed the least (nine in ten took longer), "cpu" the processor time of
// the whole process, consumer included; "spread" is the distance of the quartiles
// of ns, as a share of the median. "token in hand" is not measured but calculated:
// what package internal/slab costs by itself, less what a sync.Pool adds to the
// bare copy, for there is no way to keep a token from one record to the next.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/logsto/logsto-go/bench/append"
	"github.com/logsto/logsto-go/bench/internal/usage"
)

// parallelism is GOMAXPROCS and the number of goroutines that append; 0 stands
// for one whose calls are measured alone, without the consumer.
type parallelism struct{ procs, goroutines int }

func (p parallelism) String() string {
	if p.goroutines == 0 {
		return fmt.Sprintf("GOMAXPROCS %d, the call alone", p.procs)
	}
	return fmt.Sprintf("GOMAXPROCS %d, %d goroutines", p.procs, p.goroutines)
}

var (
	serial        = parallelism{1, 1}
	callAlone     = parallelism{1, 0}
	parallelisms  = []parallelism{callAlone, serial, {2, 1}, {2, 2}, {4, 4}, {8, 8}}
	sizes         = []int{64, 200, 256, 1024, 4096}
	goalSize      = 200
	peerMayDrop   = 0.001 // a peer that drops more is not compared
	noAllocations = 0.01  // per record: what a round brings along, and calls that wait for room
)

func main() {
	rounds := flag.Int("rounds", 11, "rounds; the median counts")
	each := flag.Duration("each", 25*time.Millisecond, "how long each way runs in a round")
	latency := flag.Duration("latency", time.Second/2, "how long each way runs in a round for the percentiles of a call")
	only := flag.Int("size", 0, "the only size of records, next to that of the goals; 0 for all")
	flag.Parse()

	before, own := usage.Now(), runtime.GOMAXPROCS(0)
	fmt.Printf("%s %s/%s, %d processors, %d rounds of %v\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), *rounds, *each)
	var all tables
	for _, p := range parallelisms {
		runtime.GOMAXPROCS(p.procs)
		for _, size := range sizes {
			if *only > 0 && size != *only && size != goalSize {
				continue
			}
			n, d := *rounds, *each
			if p == callAlone { // what others do can be kept out of short rounds
				n, d = 5**rounds, *each/20
			}
			t := measure(p, size, n, d)
			t.print()
			all = append(all, t)
		}
	}
	scales := scaling(3**rounds, *each/3)
	runtime.GOMAXPROCS(own)
	percentiles := latencies(*latency)
	fmt.Println()
	ok := all.goals(scales, percentiles)
	fmt.Printf("\nothers used %.0f%% of the machine meanwhile\n", 100*usage.Now().Others(before))
	if !ok {
		os.Exit(1)
	}
}

// row is one way to append, measured.
type row struct {
	appendbench.Case
	queue   appendbench.Queue
	ns, cpu []float64 // per record and round
	records int
	allocs  float64 // per record
	drop    float64 // share
}

type table struct {
	parallelism
	size int
	rows []*row
}

// measure lets all ways take turns.
func measure(p parallelism, size, rounds int, each time.Duration) *table {
	t := &table{parallelism: p, size: size}
	for _, c := range appendbench.Cases() {
		t.rows = append(t.rows, &row{Case: c, queue: c.Open(size)})
	}
	for range rounds {
		for _, r := range t.rows {
			r.run(size, p.goroutines, each)
		}
	}
	for _, r := range t.rows {
		r.drop = 1 - float64(r.queue.Close())/float64(r.records)
		r.queue = nil
	}
	runtime.GC()
	return t
}

// run adds one round.
func (r *row) run(size, goroutines int, d time.Duration) {
	var res appendbench.Result
	if goroutines == 0 {
		res = appendbench.Call(r.queue, size, d)
	} else {
		res = appendbench.Run(r.queue, size, goroutines, d)
	}
	n := float64(res.Records)
	r.ns = append(r.ns, float64(res.Elapsed)/n)
	r.cpu = append(r.cpu, float64(res.CPU)/n)
	r.allocs = (r.allocs*float64(len(r.ns)-1) + float64(res.Allocs)/n) / float64(len(r.ns))
	r.records += res.Records + res.Warm
}

func (t *table) row(name string) *row {
	for _, r := range t.rows {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// of returns the time that counts: the median of the rounds, or for short ones
// that of the quiet ones.
func (t *table) of(name string) float64 { return t.counts(t.row(name).ns) }

func (t *table) counts(ns []float64) float64 {
	if t.parallelism == callAlone {
		return quantile(ns, quiet)
	}
	return quantile(ns, 0.5)
}

// quiet is the share of the rounds that others have disturbed the least.
const quiet = 0.1

// inHand returns what a record costs with the token in hand, by round.
func (t *table) inHand() (ns []float64) {
	bare, pool, ours := t.row(appendbench.Copy).ns, t.row(appendbench.PoolCopy).ns, t.row(appendbench.Slab).ns
	for i := range ours {
		ns = append(ns, ours[i]-(pool[i]-bare[i]))
	}
	return ns
}

// quietInHand returns it for rounds that were disturbed little.
func (t *table) quietInHand() float64 {
	return quantile(t.row(appendbench.Slab).ns, quiet) - quantile(t.row(appendbench.PoolCopy).ns, quiet) + quantile(t.row(appendbench.Copy).ns, quiet)
}

func (t *table) print() {
	fmt.Printf("\n%v, %d bytes\n", t.parallelism, t.size)
	fmt.Printf("%-16s %9s %7s %9s %9s %8s %8s %9s %8s\n", "", "ns", "spread", "quiet", "cpu", "/copy", "/append", "dropped", "allocs")
	bare, ours := t.of(appendbench.Copy), t.of(appendbench.Append)
	for _, r := range t.rows {
		ns := quantile(r.ns, 0.5)
		fmt.Printf("%-16s %9.1f %6.0f%% %9.1f %9.1f %8.2f %8.2f %8.2f%% %8.3f\n", r.Name, ns,
			100*(quantile(r.ns, 0.75)-quantile(r.ns, 0.25))/ns, quantile(r.ns, quiet), quantile(r.cpu, 0.5), t.of(r.Name)/bare, t.of(r.Name)/ours, 100*r.drop, r.allocs)
		if r.Name == appendbench.Slab {
			held := t.counts(t.inHand())
			if t.parallelism == callAlone {
				held = t.quietInHand()
			}
			fmt.Printf("%-16s %9.1f %7s %9.1f %9s %8.2f %8.2f\n", "  token in hand", held, "", t.quietInHand(), "", held/bare, held/ours)
		}
	}
}
