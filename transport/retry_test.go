package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
)

func TestWaitsGrowWithJitter(t *testing.T) {
	r := Retry{Min: 100 * time.Millisecond, Max: time.Second}
	var longest [12]time.Duration
	shortest := r.Max
	for range 500 {
		waits := r.backOff()
		for i := range longest {
			d := waits.NextBackOff()
			longest[i] = max(longest[i], d)
			shortest = min(shortest, d)
		}
	}
	limit := float64(r.Min)
	for i, d := range longest {
		if d > time.Duration(limit)+1 || d < time.Duration(limit*0.9) {
			t.Errorf("wait %d is at most %v, want %v", i, d, time.Duration(limit))
		}
		limit = min(limit*1.5, float64(r.Max))
	}
	if shortest < r.Min/2 || shortest > r.Min*55/100 {
		t.Errorf("the shortest wait is %v", shortest)
	}
}

func TestWhatTheZerosOfRetryStandFor(t *testing.T) {
	least, most := 250*time.Millisecond, 10*time.Second
	for r, want := range map[Retry]Retry{
		{}:                       {Min: least, Max: most},
		{MaxElapsed: 3}:          {Min: least, Max: most, MaxElapsed: 3},
		{Min: leastWait}:         {Min: leastWait, Max: most},
		{Min: time.Hour}:         {Min: time.Hour, Max: time.Hour},
		{Max: leastWait}:         {Min: leastWait, Max: leastWait},
		{Max: time.Hour}:         {Min: least, Max: time.Hour},
		{Min: 1 << 62}:           {Min: 1 << 62, Max: 1 << 62},
		{Min: 1e9, Max: 3600e9}:  {Min: 1e9, Max: 3600e9},
		{Max: least / 2, Min: 0}: {Min: least / 2, Max: least / 2},
	} {
		if why := r.wrong(); why != "" || r.filled() != want {
			t.Errorf("%+v stands for %+v, want %+v; %s", r, r.filled(), want, why)
		}
	}
}

func TestTheShortestWaitsGrowToo(t *testing.T) {
	waits := Retry{Min: leastWait}.filled().backOff()
	var longest time.Duration
	for range 50 {
		longest = max(longest, waits.NextBackOff())
	}
	if longest < time.Second {
		t.Errorf("the longest of fifty is %v", longest)
	}
}

func TestWithAndWithoutRetryExcludeEachOther(t *testing.T) {
	for once, opts := range map[bool][]Option{
		true:  {WithRetry(Retry{MaxElapsed: time.Minute}), WithoutRetry()},
		false: {WithoutRetry(), WithRetry(Retry{})},
	} {
		c, err := New(append(opts, WithAuth(auth.APIKey("key")))...)
		if err != nil || c.once != once || c.retry != (Retry{}).filled() {
			t.Errorf("once %v: %v, %+v", once, err, c.retry)
		}
	}
}

func TestUUIDsAreOfVersion7(t *testing.T) {
	seen := map[string]bool{}
	now := time.UnixMilli(0x0123456789ab)
	for range 1000 {
		u := newUUID(now)
		if !strings.HasPrefix(u, "01234567-89ab-7") || len(u) != 36 || !strings.ContainsRune("89ab", rune(u[19])) || seen[u] {
			t.Fatalf("%q", u)
		}
		seen[u] = true
	}
}

// A body is used again only when nobody reads it: a reader that got the bytes
// of another batch would show here, or to the race detector.
func TestBodiesServeManyReaders(t *testing.T) {
	c := &Client{}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 100 {
				text := strings.Repeat(string(rune('a'+g)), 10+i*20)
				b := c.newBody([][]byte{[]byte(text)}, Single, Identity)
				var readers sync.WaitGroup
				for range 3 {
					r := b.reader()
					readers.Go(func() {
						got, err := io.ReadAll(r)
						if err != nil || string(got) != text {
							t.Errorf("read %.10q..., %v", got, err)
						}
						_ = r.Close()
						_ = r.Close()
						if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
							t.Errorf("a closed reader gave %d bytes, %v", n, err)
						}
					})
				}
				b.release()
				readers.Wait()
			}
		})
	}
	wg.Wait()
}

func TestABodyThatIsClosedWhileItIsRead(t *testing.T) {
	c := &Client{}
	for range 100 {
		b := c.newBody([][]byte{make([]byte, 1000)}, Single, Identity)
		r := b.reader()
		b.release()
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = io.Copy(io.Discard, r) })
		wg.Go(func() { _ = r.Close() })
		wg.Wait()
	}
}

func TestLargeBodiesAreNotKept(t *testing.T) {
	c := &Client{}
	c.newBody([][]byte{make([]byte, maxPooled+1)}, Single, Identity).release()
	for range 100 {
		if b := bodies.Get().(*body); cap(b.data) > maxPooled {
			t.Fatalf("%d bytes were kept", cap(b.data))
		}
	}
}

func TestEndOfNothing(t *testing.T) {
	cause := errors.New("cause")
	ctx, cancel := context.WithCancelCause(t.Context())
	if err := endOf(ctx); err != nil {
		t.Error(err)
	}
	cancel(cause)
	if err := endOf(ctx); !errors.Is(err, cause) {
		t.Error(err)
	}
}

func TestTheDefaultClientIsItsOwn(t *testing.T) {
	def := func() *http.Client {
		c, err := New(WithAuth(auth.APIKey("key")), WithConcurrency(7))
		if err != nil {
			t.Fatal(err)
		}
		return c.http
	}
	a, b := def(), def()
	if a.Transport == b.Transport || a.Transport == http.DefaultTransport {
		t.Error("connections are shared")
	}
	tr := a.Transport.(*pool).current().transport
	if tr.TLSClientConfig.MinVersion < 0x0303 || tr.TLSClientConfig.InsecureSkipVerify || tr.Proxy == nil ||
		tr.MaxIdleConnsPerHost != 7 || tr.MaxIdleConns < 7 || tr.TLSHandshakeTimeout <= 0 {
		t.Errorf("%+v", a.Transport)
	}
}
