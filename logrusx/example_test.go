package logrusx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/logrusx"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

func ExampleNewHook() {
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

	logger := logrus.New()
	logger.SetOutput(io.Discard) // to Logs.to alone
	logger.AddHook(logrusx.NewHook(buf))
	logger.WithField("status", 200).Info("request served")

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

// How to change the level while the program runs: that of the logger holds for
// its hooks too.
func ExampleNewHook_dynamicLevel() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	logger := logrus.New() // at info
	logger.SetOutput(io.Discard)
	logger.AddHook(logrusx.NewHook(buf))
	logger.Debug("not shipped")
	logger.SetLevel(logrus.DebugLevel)
	logger.Debug("shipped")

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	// Output: {"level":"debug","message":"shipped"}
}
