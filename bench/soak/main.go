// Command soak logs at a steady rate through the whole library with its default
// options: log/slog, slogx, batch, transport, and a server of logstotest on a
// loopback address in the same process. It prints what was dropped, how much
// memory the process had on the way, how long a call took, and how much processor
// time a record cost, that of the server included. It fails if anything was
// dropped.
//
// The server of logstotest checks each record. With -plain the server only reads
// the bodies, which shows what the checks cost.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/bench/append"
	"github.com/logsto/logsto-go/bench/internal/usage"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

func main() {
	length := flag.Duration("d", time.Minute, "how long to log")
	rate := flag.Int("rate", 200_000, "records a second")
	goroutines := flag.Int("goroutines", 4, "goroutines that log")
	plain := flag.Bool("plain", false, "a server that only reads the bodies")
	profile := flag.String("profile", "", "file for a processor profile")
	flag.Parse()
	dropped, err := soak(*length, *rate, *goroutines, *plain, *profile)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	if err != nil || dropped > 0 {
		os.Exit(1)
	}
}

// soak logs, prints, and returns how many records were dropped.
func soak(length time.Duration, rate, goroutines int, plain bool, profile string) (dropped uint64, err error) {
	srv := newServer(plain)
	defer srv.close()
	client, err := transport.New(transport.WithEndpoint(srv.endpoint), transport.WithAuth(auth.APIKey(logstotest.APIKey)))
	if err != nil {
		return 0, err
	}
	buf, err := batch.New(client)
	if err != nil {
		return 0, err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return 0, err
		}
		defer pprof.StopCPUProfile()
	}
	logger := slog.New(slogx.NewHandler(buf))

	fmt.Printf("%s %s/%s, %d processors: %d records a second from %d goroutines for %v\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rate, goroutines, length)
	mem := watch(length)
	before, cpu, start := usage.Now(), usage.CPU(), time.Now()
	calls := load(logger, length, rate, goroutines)
	took := time.Since(start)
	closeErr := buf.Close(context.Background())
	cpu = usage.CPU() - cpu
	others := usage.Now().Others(before)
	mem.print()

	st := buf.Stats()
	n := float64(st.Accepted)
	fmt.Printf("records    %v\n", st)
	fmt.Printf("server     %s, %d batches, %.1f bytes a record compressed\n", srv, st.Batches, float64(client.Stats().Bytes)/float64(max(1, st.Delivered)))
	fmt.Printf("rate       %.0f a second, retries %d, close %v\n", n/took.Seconds(), client.Stats().Retries, closeErr)
	fmt.Printf("call       p50 %v, p99 %v, p99.9 %v, p99.99 %v, longest %v (a look at the clock included)\n", calls.Percentile(0.5),
		calls.Percentile(0.99), calls.Percentile(0.999), calls.Percentile(0.9999), calls.Percentile(1))
	fmt.Printf("processor  %.2f us a record, the server included; others used %.0f%% of the machine\n", float64(cpu)/1e3/n, 100*others)
	fmt.Printf("dropped    %d\n", st.Dropped)
	return st.Dropped, errors.Join(closeErr, srv.check(st.Delivered))
}

// load logs and returns how long the calls took.
func load(logger *slog.Logger, length time.Duration, rate, goroutines int) *appendbench.Histogram {
	parts := make([]appendbench.Histogram, goroutines)
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() { produce(logger, length, float64(rate)/float64(goroutines), i, &parts[i]) })
	}
	wg.Wait()
	var all appendbench.Histogram
	for i := range parts {
		all.Merge(&parts[i])
	}
	return &all
}

// produce logs as many records a second as it is told, in a burst each millisecond.
func produce(logger *slog.Logger, length time.Duration, rate float64, worker int, calls *appendbench.Histogram) {
	ctx, start, sent := context.Background(), time.Now(), 0
	for now := time.Duration(0); now < length; now = time.Since(start) {
		for due := int(rate * now.Seconds()); sent < due; sent++ {
			before := time.Since(start)
			logger.LogAttrs(ctx, slog.LevelInfo, "request served",
				slog.String("method", "GET"), slog.String("path", "/api/v1/users/12345/orders"), slog.Int("status", 200),
				slog.Int("worker", worker), slog.Int("seq", sent), slog.Duration("took", 1234567*time.Nanosecond),
				slog.String("remote", "192.0.2.1:4242"), slog.String("trace", "4bf92f3577b34da6a3ce929d0e0e4736"),
				slog.String("agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit"))
			calls.Add(time.Since(start) - before)
		}
		time.Sleep(time.Millisecond)
	}
}
