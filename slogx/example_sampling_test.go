package slogx_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/slogx"
)

// sampler passes on one of so many records below slog.LevelWarn, and all others.
type sampler struct {
	slog.Handler
	every uint64
	seen  *atomic.Uint64 // shared by all handlers that come from one
}

func (s sampler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn && s.seen.Add(1)%s.every != 1 {
		return nil
	}
	return s.Handler.Handle(ctx, r)
}

// Without these two the embedded Handler's would be called, and what they return
// does not sample.

func (s sampler) WithAttrs(attrs []slog.Attr) slog.Handler {
	s.Handler = s.Handler.WithAttrs(attrs)
	return s
}

func (s sampler) WithGroup(name string) slog.Handler {
	s.Handler = s.Handler.WithGroup(name)
	return s
}

// How to ship one of five records only: slog has no sampler, but it takes a
// small handler around ours. What that leaves out never reaches the buffer, so it
// is not counted there, neither as accepted nor as dropped.
func ExampleNewHandler_sampling() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	logger := slog.New(sampler{slogx.NewHandler(buf), 5, new(atomic.Uint64)})
	logger = logger.With("service", "shop")
	for i := range 10 {
		logger.Info("polled", "i", i)
	}
	logger.Error("no answer")

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(buf.Stats())
	// Output:
	// {"i":0,"level":"info","message":"polled","service":"shop"}
	// {"i":5,"level":"info","message":"polled","service":"shop"}
	// {"level":"error","message":"no answer","service":"shop"}
	// accepted 3 = delivered 3 + dropped 0 + pending 0
}
