package auth_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// memory is a TokenStore for programs that want a login each time they start, and leave
// nothing behind.
type memory struct {
	updating chan struct{} // has room for one

	mu     sync.Mutex
	tokens map[string]*oauth2.Token
}

func newMemory() *memory {
	return &memory{updating: make(chan struct{}, 1), tokens: map[string]*oauth2.Token{}}
}

func (m *memory) Load(_ context.Context, key string) (*oauth2.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tokens[key], nil
}

func (m *memory) Update(ctx context.Context, key string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	select {
	case m.updating <- struct{}{}: // not m.mu: Load does not wait while f is at work
		defer func() { <-m.updating }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	old, err := m.Load(ctx, key)
	if err != nil {
		return err
	}
	tok, err := f(ctx, old)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens[key] = tok // nil stands for none
	return nil
}

// A store of one's own.
func ExampleTokenStore() {
	srv := logstotest.NewServer(logstotest.WithPublicClient("my-tool"))
	defer srv.Close()
	cfg := oauth2.Config{
		ClientID: "my-tool",
		Endpoint: oauth2.Endpoint{AuthURL: srv.AuthorizeURL(), TokenURL: srv.TokenURL()},
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	store := newMemory()
	if err := auth.Login(ctx, cfg, store, auth.WithBrowser(pressAllow)); err != nil {
		panic(err)
	}
	client, err := transport.New(transport.WithEndpoint(srv.Endpoint()), transport.WithAuth(auth.AuthorizationCode(cfg, store)))
	if err != nil {
		panic(err)
	}
	sent := client.Send(ctx, &batch.Batch{Seq: 1, Records: [][]byte{[]byte(`{"level":"info","message":"I am logged in"}`)}})
	fmt.Println(len(sent.Lost), sent.Err)
	// Output: 0 <nil>
}
