package batch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// fallback has a second Sender, such as a file, take what the first cannot deliver.
type fallback struct{ first, second batch.Sender }

func (f fallback) Send(ctx context.Context, b *batch.Batch) batch.Result {
	return b.SendRest(ctx, f.first.Send(ctx, b), f.second)
}

// file appends records to a file, one on each line.
type file struct{ io.Writer }

func (f file) Send(_ context.Context, b *batch.Batch) (r batch.Result) {
	for i, record := range b.Records {
		if r.Err == nil {
			_, r.Err = fmt.Fprintf(f, "%s\n", record)
		}
		if r.Err != nil { // as of a disk that is full
			r.Retry = append(r.Retry, i)
		}
	}
	return r
}

// A Sender may be made of others: here, what Logs.to does not take at once goes to a
// file.
func ExampleSender_failover() {
	down := senderFunc(func(context.Context, *batch.Batch) batch.Result {
		return batch.Result{Err: errors.New("503 Service Unavailable")}
	})
	buf, err := batch.New(fallback{down, file{os.Stdout}})
	if err != nil {
		panic(err)
	}
	buf.Append(batch.Info, time.Now(), []byte(`{"message":"one"}`))
	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(buf.Stats())
	// Output:
	// {"message":"one"}
	// accepted 1 = delivered 1 + dropped 0 + pending 0
}

// tee gives each record to two Buffers. Each has its own budget, and tries again by
// itself, so that neither Sender waits for the other.
type tee struct{ first, second *batch.Buffer }

func (t tee) Send(_ context.Context, b *batch.Batch) batch.Result {
	for _, record := range b.Records {
		t.first.Append(batch.Info, time.Time{}, record)
		t.second.Append(batch.Info, time.Time{}, record)
	}
	return batch.Result{}
}

// Two Senders get all records.
func ExampleSender_fanOut() {
	first, err := batch.New(printer{})
	if err != nil {
		panic(err)
	}
	second, err := batch.New(file{os.Stdout})
	if err != nil {
		panic(err)
	}
	both, err := batch.New(tee{first, second}, batch.WithMaxInFlight(1))
	if err != nil {
		panic(err)
	}
	both.Append(batch.Info, time.Now(), []byte(`{"message":"one"}`))
	for _, buf := range []*batch.Buffer{both, first, second} { // those that the others feed come last
		if err := buf.Close(context.Background()); err != nil {
			panic(err)
		}
	}
	// Output:
	// batch 1: {"message":"one"}
	// {"message":"one"}
}

// A Sender that loses, defers and retries says so by the places of the records.
func ExampleResult() {
	store := senderFunc(func(_ context.Context, b *batch.Batch) (r batch.Result) {
		for i, record := range b.Records {
			switch {
			case len(record) > 100: // for good
				r.Lost = append(r.Lost, batch.Failure{Index: i, Err: errors.New("too long")})
			case b.Deferred == 0 && string(record) == `{"message":"odd"}`: // others may be fine
				r.Deferred = append(r.Deferred, batch.Failure{Index: i, Err: errors.New("odd")})
			default:
				fmt.Printf("%s, deferred %d times\n", record, b.Deferred)
			}
		}
		return r
	})
	buf, err := batch.New(store)
	if err != nil {
		panic(err)
	}
	buf.Append(batch.Info, time.Now(), []byte(`{"message":"odd"}`))
	buf.Append(batch.Info, time.Now(), []byte(`{"message":"even"}`))
	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	// Output:
	// {"message":"even"}, deferred 0 times
	// {"message":"odd"}, deferred 1 times
}
