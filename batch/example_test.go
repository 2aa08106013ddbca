package batch_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// printer is a Sender; the usual one is a transport.Client.
type printer struct{}

func (printer) Send(_ context.Context, b *batch.Batch) batch.Result {
	for _, r := range b.Records {
		fmt.Printf("batch %d: %s\n", b.Seq, r)
	}
	return batch.Result{}
}

func ExampleNew() {
	buf, err := batch.New(printer{}, batch.WithMaxBytes(4<<20), batch.WithFlushInterval(500*time.Millisecond))
	if err != nil {
		panic(err)
	}
	buf.Append(batch.Info, time.Now(), []byte(`{"message":"one"}`))
	buf.Append(batch.Info, time.Now(), []byte(`{"message":"two"}`))
	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(buf.Stats())
	// Output:
	// batch 1: {"message":"one"}
	// batch 1: {"message":"two"}
	// accepted 2 = delivered 2 + dropped 0 + pending 0
}

// What Close could not deliver, it says.
func ExampleBuffer_Close() {
	down := senderFunc(func(context.Context, *batch.Batch) batch.Result {
		return batch.Result{Err: errors.New("503 Service Unavailable")} // try again
	})
	buf, err := batch.New(down, batch.WithoutErrorHandler())
	if err != nil {
		panic(err)
	}
	buf.Append(batch.Info, time.Now(), []byte(`{"message":"one"}`))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	var undelivered *batch.UndeliveredError
	if err := buf.Close(ctx); errors.As(err, &undelivered) {
		fmt.Println(undelivered)
	}
	// Output: batch: 1 record not delivered: 503 Service Unavailable: context deadline exceeded
}

// What must not leave the program is taken out of the records of all loggers by
// their buffer.
func ExampleWithRedaction() {
	card := regexp.MustCompile(`\b\d{4} \d{4} \d{4} \d{4}\b`)
	buf, err := batch.New(printer{},
		batch.WithRedaction("password", "user.email"),
		batch.WithRedactionFunc(func(_, value string) (string, bool) {
			return card.ReplaceAllString(value, "[CARD]"), card.MatchString(value)
		}))
	if err != nil {
		panic(err)
	}
	buf.Append(batch.Info, time.Now(), []byte(`{"message":"paid by 4111 1111 1111 1111","Password":"hunter2","user":{"id":7,"email":"a@example.com"}}`))
	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	// Output: batch 1: {"message":"paid by [CARD]","Password":"[REDACTED]","user":{"id":7,"email":"[REDACTED]"}}
}
