package logrusx_test

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/logrusx"
)

// sampler passes on one of so many entries that are less important than a
// warning, and all others: the hook must have those of Fatal and Panic, to
// deliver them before the process ends.
type sampler struct {
	logrus.Hook
	every uint64
	seen  atomic.Uint64
}

func (s *sampler) Fire(entry *logrus.Entry) error {
	if entry.Level > logrus.WarnLevel && s.seen.Add(1)%s.every != 1 {
		return nil
	}
	return s.Hook.Fire(entry)
}

// How to ship one of five entries only: logrus has no sampler, but it takes a
// small hook around ours. What that leaves out never reaches the buffer, so it is
// not counted there, neither as accepted nor as dropped.
func ExampleNewHook_sampling() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	logger := logrus.New()
	logger.SetOutput(io.Discard)
	logger.AddHook(&sampler{Hook: logrusx.NewHook(buf), every: 5})
	for i := range 10 {
		logger.WithField("i", i).Info("polled")
	}
	logger.Error("no answer")

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(buf.Stats())
	// Output:
	// {"i":0,"level":"info","message":"polled"}
	// {"i":5,"level":"info","message":"polled"}
	// {"level":"error","message":"no answer"}
	// accepted 3 = delivered 3 + dropped 0 + pending 0
}
