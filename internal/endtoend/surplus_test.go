package endtoend

import (
	"bufio"
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/transport"
)

// surplusServer answers each request twice, and counts the requests.
func surplusServer(t *testing.T) (addr string, requests *atomic.Int64) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	requests = new(atomic.Int64)
	done := make(chan struct{})
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, req.Body)
					requests.Add(1)
					const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
					_, _ = io.WriteString(c, answer+answer)
					if req.Close {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String(), requests
}

// TestNoLoopThroughTheStandardLogger has net/http write to the standard logger whenever a
// request of ours was answered, and the standard logger to the buffer: what the requests
// bring about must not feed itself.
func TestNoLoopThroughTheStandardLogger(t *testing.T) {
	addr, requests := surplusServer(t)
	client, err := transport.New(transport.WithAuth(auth.APIKey("key-of-a-test")), transport.WithEndpoint("http://"+addr+"/v1/log"), transport.WithInsecure())
	if err != nil {
		t.Fatal(err)
	}
	buf, err := batch.New(client, batch.WithFlushInterval(10*time.Millisecond), batch.WithErrorHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	old, flags, out := slog.Default(), log.Flags(), log.Writer()
	slog.SetDefault(slog.New(slogx.NewHandler(buf)))
	defer func() {
		slog.SetDefault(old)
		log.SetFlags(flags)
		log.SetOutput(out)
	}()
	slog.Info("the only one")
	time.Sleep(2 * time.Second)
	if st := buf.Stats(); st.Accepted < 2 || st.Accepted > 4 || requests.Load() > 4 {
		t.Errorf("%d records, in %d requests", st.Accepted, requests.Load())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := buf.Close(ctx); err != nil && !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
}
