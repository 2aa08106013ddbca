package transport

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/internal/slab"
)

// deferredPart returns a part with everything set of which a token tells.
func deferredPart() *part {
	p := &part{hi: 1, encoding: encoding{key: newUUID(time.Now())}}
	p.past.answer, p.past.e.Attempts, p.past.failures, p.past.renewed = 503, 17, 5, 2
	p.past.began, p.past.since = time.UnixMilli(1_700_000_000_123), time.UnixMilli(1_700_000_060_456)
	return p
}

func TestTokenRoundTrip(t *testing.T) {
	for name, change := range map[string]func(p *part){
		"as it is":         func(*part) {},
		"no answer":        func(p *part) { p.past.answer = noAnswer },
		"odd status":       func(p *part) { p.past.answer = 999 },
		"never failed":     func(p *part) { p.past.began, p.past.failures, p.past.e.Attempts = time.Time{}, 0, 0 },
		"many attempts":    func(p *part) { p.past.e.Attempts, p.past.failures = math.MaxInt32, math.MaxInt32 },
		"no attempt yet":   func(p *part) { p.past.since = time.Time{} },
		"long ago":         func(p *part) { p.past.began, p.past.since = time.UnixMilli(math.MinInt64), time.UnixMilli(1) },
		"key of zeros":     func(p *part) { p.key = keyText([16]byte{}) },
		"key of all bytes": func(p *part) { p.key = keyText([16]byte(slices.Repeat([]byte{0xff}, 16))) },
	} {
		t.Run(name, func(t *testing.T) {
			p := deferredPart()
			change(p)
			if p.past.answer != noAnswer {
				p.past.e.Status = p.past.answer
			}
			token := p.appendToken([]byte("x"))
			if token[0] != 'x' || len(token) != 48 || len(token)-1 > slab.MaxToken {
				t.Fatalf("%d bytes: %x", len(token), token)
			}
			q := &part{hi: 1}
			q.recall(token[1:])
			for name, times := range map[string][2]time.Time{
				"the first failure": {q.past.began, p.past.began},
				"the first attempt": {q.past.started, p.past.began}, // as far as is known
				"the last attempt":  {q.past.since, p.past.since},
			} {
				if !times[0].Equal(times[1]) || times[0].IsZero() != times[1].IsZero() {
					t.Errorf("%s: %v, want %v", name, times[0], times[1])
				}
			}
			q.past.began, q.past.started, q.past.since = p.past.began, p.past.started, p.past.since // without the zone
			if !reflect.DeepEqual(p, q) {
				t.Errorf("got  %+v\nwant %+v", q, p)
			}
		})
	}
}

// TestTokenOfAnother checks that what is not a token of ours leaves a part as it is.
func TestTokenOfAnother(t *testing.T) {
	token := deferredPart().appendToken(nil)
	other := slices.Clone(token)
	for _, version := range []byte{0, tokenVersion + 1, 255} {
		other[0] = version
		if p := recalled(other); !reflect.DeepEqual(p, part{}) {
			t.Errorf("version %d: %+v", version, p)
		}
	}
	for n := range token {
		if p := recalled(token[:n]); !reflect.DeepEqual(p, part{}) {
			t.Errorf("the first %d bytes: %+v", n, p)
		}
	}
	for _, foreign := range [][]byte{nil, {}, append(slices.Clone(token), 0), []byte(strings.Repeat("x", 47)), make([]byte, 47)} {
		if p := recalled(foreign); !reflect.DeepEqual(p, part{}) {
			t.Errorf("%x: %+v", foreign, p)
		}
	}
}

func recalled(token []byte) (p part) {
	p.recall(token)
	return p
}

// FuzzToken checks that no token makes the client panic, and that one which is taken
// comes out again as it went in.
func FuzzToken(f *testing.F) {
	f.Add(deferredPart().appendToken(nil))
	f.Add([]byte{tokenVersion})
	f.Add(append([]byte{tokenVersion}, make([]byte, 46)...))
	f.Add(append([]byte{tokenVersion}, slices.Repeat([]byte{0xff}, 46)...))
	f.Fuzz(func(t *testing.T, token []byte) {
		before := slices.Clone(token)
		p := recalled(token)
		if !slices.Equal(before, token) {
			t.Fatal("the token was changed")
		}
		if p.key == "" {
			if !reflect.DeepEqual(p, part{}) {
				t.Fatalf("half of it was taken: %+v", p)
			}
			return
		}
		if len(p.key) != 36 || strings.Trim(p.key, "0123456789abcdef-") != "" {
			t.Fatalf("the key %q", p.key)
		}
		if got := p.appendToken(nil); !slices.Equal(got, before) {
			t.Fatalf("got  %x\nwant %x", got, before)
		}
	})
}
