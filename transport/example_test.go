package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

func ExampleNew() {
	client, err := transport.New(
		transport.WithAuth(auth.APIKey(os.Getenv("LOGSTO_API_KEY"))),
		transport.WithCompression(transport.Zstd),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	buf, err := batch.New(client)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() {
		if err := buf.Close(context.Background()); err != nil {
			log.Print(err)
		}
	}()
}

// What is wrong with the environment, the error names.
func ExampleFromEnv() {
	_, err := transport.FromEnv(transport.WithEndpoint("http://logs.example/v1/log"), transport.WithAuth(auth.APIKey("key")))
	fmt.Println(err)
	// Output: transport: WithEndpoint("http://logs.example/v1/log"): plain http to a host that is not loopback; WithInsecure permits it
}

// A record that the server refuses does not take others along.
func ExampleClient_Send() {
	srv := logstotest.NewServer()
	defer srv.Close()
	srv.Poison("bad")
	client, err := transport.New(transport.WithEndpoint(srv.Endpoint()), transport.WithAuth(auth.APIKey(logstotest.APIKey)))
	if err != nil {
		panic(err)
	}
	err = deliver.Records(context.Background(), client, [][]byte{
		[]byte(`{"level":"info","message":"good"}`),
		[]byte(`{"level":"info","message":"bad"}`),
		[]byte(`{"level":"info","message":"good, too"}`),
	})
	var lost *deliver.Error
	if errors.As(err, &lost) {
		fmt.Println("not delivered:", lost.Indices)
	}
	fmt.Println("stored:", len(srv.Records()))
	// Output:
	// not delivered: [1]
	// stored: 2
}

// Each record is the JSON object that the server has sent.
func ExampleClient_Search() {
	srv := logstotest.NewServer()
	defer srv.Close()
	client, err := transport.New(transport.WithEndpoint(srv.Endpoint()), transport.WithAuth(auth.APIKey(logstotest.APIKey)))
	if err != nil {
		panic(err)
	}
	err = deliver.Records(context.Background(), client, [][]byte{
		[]byte(`{"level":"info","message":"user login successful","user_id":"u12345"}`),
		[]byte(`{"level":"error","message":"payment failed","user_id":"u67890"}`),
	})
	if err != nil {
		panic(err)
	}
	for record, err := range client.Search(context.Background(), "error") {
		if err != nil {
			fmt.Println(err)
			return
		}
		var r struct{ Level, Message string }
		if err := json.Unmarshal(record, &r); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Level, r.Message)
	}
	// Output: error payment failed
}

// A key that was revoked is noticed at once, and told by its hash.
func ExampleWithRefusalHandler() {
	srv := logstotest.NewServer()
	defer srv.Close()
	client, err := transport.New(
		transport.WithEndpoint(srv.Endpoint()),
		transport.WithAuth(auth.APIKey("the-old-key")),
		transport.WithRefusalHandler(func(r transport.Refusal) { fmt.Println(r.Status, r.Key) }),
		transport.WithoutSetupRetry(),
	)
	if err != nil {
		panic(err)
	}
	err = deliver.Records(context.Background(), client, [][]byte{[]byte(`{"level":"info","message":"hello"}`)})
	fmt.Println("delivered:", err == nil)
	// Output:
	// 401 sha256:e6258a2b
	// delivered: false
}
