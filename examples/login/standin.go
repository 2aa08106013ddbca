package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// useStandIn starts a stand-in for Logs.to with a few records, and goes by that. leave ends
// it, and removes the token.
func (c *config) useStandIn(ctx context.Context) (leave func(), err error) {
	dir, err := os.MkdirTemp("", "logsto-login-")
	if err != nil {
		return nil, err
	}
	const id = "login-example"
	srv := logstotest.NewServer(logstotest.WithPublicClient(id, logstotest.ScopeRead))
	leave = func() {
		srv.Close()
		_ = os.RemoveAll(dir) // of a server that is gone
	}
	c.clientID, c.authURL, c.tokenURL, c.endpoint = id, srv.AuthorizeURL(), srv.TokenURL(), srv.Endpoint()
	c.clientSecret = "" // that of another client
	if c.store == "" {
		c.store = filepath.Join(dir, "token.json")
	}
	if err := fill(ctx, srv); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// fill sends the records.
func fill(ctx context.Context, srv *logstotest.Server) error {
	client, err := transport.New(transport.WithAuth(auth.APIKey(logstotest.APIKey)), transport.WithEndpoint(srv.Endpoint()))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	buf, err := batch.New(client)
	if err != nil {
		return err
	}
	for _, record := range [][]byte{
		[]byte(`{"timestamp":"2026-05-29T10:00:00Z","level":"info","message":"user login successful","user_id":"u12345"}`),
		[]byte(`{"timestamp":"2026-05-29T10:00:01Z","level":"error","message":"payment failed","user_id":"u12345"}`),
		[]byte(`{"timestamp":"2026-05-29T10:00:02Z","level":"error","message":"upstream timed out","component":"gateway"}`),
	} {
		buf.Append(batch.Info, time.Time{}, record)
	}
	return buf.Close(ctx)
}
