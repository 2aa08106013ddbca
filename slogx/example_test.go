package slogx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"path"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

func ExampleNewHandler() {
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

	logger := slog.New(slogx.NewHandler(buf))
	logger.Info("request served", "status", 200)

	// Users of the standard package log.
	std := slog.NewLogLogger(logger.Handler(), slog.LevelWarn)
	std.Print("disk almost full")

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
	// info request served 200
	// warn disk almost full 0
}

// Levels may change while the program runs.
func ExampleWithLevel() {
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

	var level slog.LevelVar
	logger := slog.New(slogx.NewHandler(buf, slogx.WithLevel(&level)))
	logger.Debug("not shipped")
	level.Set(slog.LevelDebug)
	logger.Debug("shipped")

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
	// Output: debug shipped 0
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

// How to ship what a program logs with the standard package log, at a level of
// your choice. The handler has the message without the line break at its end.
// It takes the time itself, so log must not put it in the message: that is what
// SetFlags(0) is for. With log.Lshortfile the file and line would stand in the
// message too; WithSource has them as a field.
func ExampleNewHandler_standardLog() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	defer log.SetFlags(log.Flags())
	defer log.SetOutput(log.Writer())
	handler := slogx.NewHandler(buf, slogx.WithSource(), slogx.WithReplaceAttr(func(_ []string, a slog.Attr) slog.Attr {
		if src, ok := a.Value.Any().(*slog.Source); ok {
			return slog.String(a.Key, path.Base(src.File)) // without the line, which changes with this file
		}
		return a
	}))
	log.SetOutput(slog.NewLogLogger(handler, slog.LevelWarn).Writer())
	log.SetFlags(0)
	log.Print("disk almost full")
	log.Printf("%d files\non one disk\n", 3)

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	// Output:
	// {"level":"warn","message":"disk almost full","source":"example_test.go"}
	// {"level":"warn","message":"3 files\non one disk","source":"example_test.go"}
}

// How to ship what both packages log, log and slog: slog.SetDefault takes over
// the output of log and sets its flags to 0. Records of log have the level of
// slog.SetLogLoggerLevel, which is info. With WithSource they say where they come
// from only if log had log.Lshortfile or log.Llongfile among its flags before.
func ExampleNewHandler_setDefault() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	defer log.SetFlags(log.Flags())
	defer log.SetOutput(log.Writer())
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slogx.NewHandler(buf)))
	log.Print("from log")
	slog.Warn("from slog", "status", 503)

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	// Output:
	// {"level":"info","message":"from log"}
	// {"level":"warn","message":"from slog","status":503}
}

// How to have the trace id of a request in all records that are logged with its
// context.
func ExampleWithContextAttrs() {
	buf, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}

	type traceKey struct{}
	logger := slog.New(slogx.NewHandler(buf, slogx.WithContextAttrs(func(ctx context.Context) []slog.Attr {
		id, ok := ctx.Value(traceKey{}).(string)
		if !ok {
			return nil
		}
		return []slog.Attr{slog.String("trace_id", id)}
	})))
	ctx := context.WithValue(context.Background(), traceKey{}, "4bf92f35")
	logger.WithGroup("request").InfoContext(ctx, "served", "status", 200)
	logger.Info("idle")

	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	// Output:
	// {"level":"info","message":"served","request":{"status":200},"trace_id":"4bf92f35"}
	// {"level":"info","message":"idle"}
}
