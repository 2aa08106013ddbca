package endtoend

import (
	"context"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
)

// sendRecords has the client send a batch once, without a Buffer, and returns why something
// of it is not delivered.
func sendRecords(ctx context.Context, client *transport.Client, records ...string) error {
	b := &batch.Batch{Seq: 1}
	for _, r := range records {
		b.Records = append(b.Records, []byte(r))
	}
	r := client.Send(ctx, b)
	for _, f := range append(r.Lost, r.Deferred...) {
		return f.Err
	}
	return r.Err
}
