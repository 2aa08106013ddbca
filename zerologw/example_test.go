package zerologw_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
	"github.com/logsto/logsto-go/zerologw"
)

func ExampleNewWriter() {
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

	logger := zerolog.New(zerologw.NewWriter(buf)).With().Timestamp().Logger()
	logger.Info().Int("status", 200).Msg("request served")

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

// Standard output stays, and Logs.to comes beside it.
func ExampleNewWriter_console() {
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

	logger := zerolog.New(zerolog.MultiLevelWriter(os.Stdout, zerologw.NewWriter(buf)))
	logger.Info().Int("status", 200).Msg("request served")

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
	// {"level":"info","status":200,"message":"request served"}
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

// How to ship one of five events, with zerolog's own sampler. What it leaves out
// never reaches the buffer, so it is not counted there, neither as accepted nor as
// dropped.
func ExampleNewWriter_sampling() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	logger := zerolog.New(zerologw.NewWriter(buf))
	sampled := logger.Sample(&zerolog.BasicSampler{N: 5})
	for i := range 10 {
		sampled.Info().Int("i", i).Msg("polled")
	}
	logger.Error().Msg("no answer") // not sampled

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

// How to ship at most two debug events in a minute and then one of four, and
// all others: the buffer sees and counts only those.
func ExampleNewWriter_rateLimit() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	logger := zerolog.New(zerologw.NewWriter(buf)).Sample(zerolog.LevelSampler{
		DebugSampler: &zerolog.BurstSampler{Burst: 2, Period: time.Minute, NextSampler: &zerolog.BasicSampler{N: 4}},
	})
	for i := range 8 {
		logger.Debug().Int("i", i).Msg("polled")
	}
	logger.Info().Msg("stopped")

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(buf.Stats())
	// Output:
	// {"i":0,"level":"debug","message":"polled"}
	// {"i":1,"level":"debug","message":"polled"}
	// {"i":2,"level":"debug","message":"polled"}
	// {"i":6,"level":"debug","message":"polled"}
	// {"level":"info","message":"stopped"}
	// accepted 5 = delivered 5 + dropped 0 + pending 0
}

// How to change the level while the program runs: zerolog's own level that holds
// for all loggers may be set at any time.
func ExampleNewWriter_dynamicLevel() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	defer zerolog.SetGlobalLevel(zerolog.GlobalLevel())
	zerolog.SetGlobalLevel(zerolog.InfoLevel)
	logger := zerolog.New(zerologw.NewWriter(buf))
	logger.Debug().Msg("not shipped")
	zerolog.SetGlobalLevel(zerolog.DebugLevel)
	logger.Debug().Msg("shipped")

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	// Output: {"level":"debug","message":"shipped"}
}
