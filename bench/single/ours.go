package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
)

// library sends through batch and transport.
type library struct {
	client *transport.Client
	buf    *batch.Buffer
}

func newOurs(j job, cfg *tls.Config) (*library, error) {
	opts := []transport.Option{
		transport.WithEndpoint(j.Target.URL),
		transport.WithAuth(auth.APIKey(apiKey)),
		transport.WithFormat(transport.Single),
		transport.WithConcurrency(j.Concurrency),
	}
	if cfg != nil {
		opts = append(opts, transport.WithTLSConfig(cfg))
	}
	client, err := transport.New(opts...)
	if err != nil {
		return nil, err
	}
	// A call waits for room in the buffer, so that nothing is dropped.
	buf, err := batch.New(client, batch.WithBlocking(time.Minute))
	if err != nil {
		return nil, err
	}
	return &library{client, buf}, nil
}

func (l *library) send(records [][]byte) error {
	for _, r := range records {
		if !l.buf.Append(batch.Info, time.Now(), r) {
			return errors.New("the buffer does not take a record")
		}
	}
	return l.buf.Flush(context.Background())
}

// close fails if anything was dropped, or sent more than once.
func (l *library) close() error {
	if err := l.buf.Close(context.Background()); err != nil {
		return err
	}
	l.client.CloseIdleConnections()
	b, c := l.buf.Stats(), l.client.Stats()
	if b.Delivered != b.Accepted || c.Requests != b.Accepted {
		return fmt.Errorf("%d records, %d delivered in %d requests", b.Accepted, b.Delivered, c.Requests)
	}
	return nil
}
