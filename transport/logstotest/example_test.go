package logstotest_test

import (
	"context"
	"fmt"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// Faults come on demand.
func ExampleServer_Script() {
	srv := logstotest.NewServer()
	defer srv.Close()
	srv.Script(logstotest.Status(503), logstotest.Reset()) // the third request is handled as usual

	client, err := transport.New(transport.WithEndpoint(srv.Endpoint()), transport.WithAuth(auth.APIKey(logstotest.APIKey)))
	if err != nil {
		panic(err)
	}
	if err := client.Send(context.Background(), 1, [][]byte{[]byte(`{"level":"info","message":"m"}`)}); err != nil {
		panic(err)
	}
	for _, r := range srv.Requests() {
		fmt.Println(r.Status)
	}
	// Output:
	// 503
	// 0
	// 200
}
