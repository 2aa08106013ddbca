package zapcore_test

import (
	"context"
	"encoding/json"
	"fmt"

	"go.uber.org/zap"

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
