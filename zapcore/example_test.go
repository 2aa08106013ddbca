package zapcore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

func ExampleNewCore() {
	srv := logstotest.NewServer() // stands in for Logs.to
	defer srv.Close()
	client, err := transport.New(transport.WithEndpoint(srv.Endpoint()), transport.WithAuth(auth.APIKey(logstotest.APIKey)))
	if err != nil {
		panic(err)
	}
	buf, err := batch.New(client)
	if err != nil {
		panic(err)
	}

	logger := zap.New(logstozap.NewCore(buf))
	logger.Info("request served", zap.Int("status", 200))

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	for _, r := range srv.Records() {
		var m struct {
			Level, Message string
			Status         int
		}
		if err := json.Unmarshal(r.JSON, &m); err != nil {
			panic(err)
		}
		fmt.Println(m.Level, m.Message, m.Status)
	}
	// Output: info request served 200
}

// The logger's own output stays, and Logs.to comes beside it.
func ExampleTee() {
	srv := logstotest.NewServer() // stands in for Logs.to
	defer srv.Close()
	client, err := transport.New(transport.WithEndpoint(srv.Endpoint()), transport.WithAuth(auth.APIKey(logstotest.APIKey)))
	if err != nil {
		panic(err)
	}
	buf, err := batch.New(client)
	if err != nil {
		panic(err)
	}

	logger := zap.NewExample(logstozap.Tee(buf)) // writes to standard output
	logger.Info("request served", zap.Int("status", 200))

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	for _, r := range srv.Records() {
		var m struct {
			Level, Message string
			Status         int
		}
		if err := json.Unmarshal(r.JSON, &m); err != nil {
			panic(err)
		}
		fmt.Println(m.Level, m.Message, m.Status)
	}
	// Output:
	// {"level":"info","msg":"request served","status":200}
	// info request served 200
}

// printer is a Sender that prints records without their time; the usual one is
// a transport.Client.
type printer struct{}

func (printer) Send(_ context.Context, b *batch.Batch) batch.Result {
	for _, r := range b.Records {
		var m map[string]any
		if err := json.Unmarshal(r, &m); err != nil {
			panic(err)
		}
		delete(m, "timestamp")
		text, err := json.Marshal(m)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
	return batch.Result{}
}

// How to ship the first two records of a message in a minute, and one of five of
// the rest: with zap's sampler around our core. It counts each message and level
// by itself, errors too. What it leaves out never reaches the buffer, so it is not
// counted there, neither as accepted nor as dropped.
func ExampleNewCore_sampling() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	logger := zap.New(zapcore.NewSamplerWithOptions(logstozap.NewCore(buf), time.Minute, 2, 5))
	for i := range 10 {
		logger.Info("polled", zap.Int("i", i))
	}
	logger.Info("stopped")

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(buf.Stats())
	// Output:
	// {"i":0,"level":"info","message":"polled"}
	// {"i":1,"level":"info","message":"polled"}
	// {"i":6,"level":"info","message":"polled"}
	// {"level":"info","message":"stopped"}
	// accepted 4 = delivered 4 + dropped 0 + pending 0
}

// How to change the level while the program runs. A zap.AtomicLevel is an
// http.Handler too, so that it can be changed from outside.
func ExampleWithLevel() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	level := zap.NewAtomicLevel() // at info
	logger := zap.New(logstozap.NewCore(buf, logstozap.WithLevel(level)))
	logger.Debug("not shipped")
	level.SetLevel(zap.DebugLevel)
	logger.Debug("shipped")

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	// Output: {"level":"debug","message":"shipped"}
}
