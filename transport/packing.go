package transport

import (
	"net/http"
	"sync"
	"time"
)

// packing is whether the server takes compressed bodies, as far as it has shown. That is
// forgotten after learntFor.
type packing struct {
	mu    sync.Mutex
	takes bool
	known time.Time // until then
}

// get returns whether the server takes them, and whether that is known.
func (k *packing) get() (takes, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.takes, time.Now().Before(k.known)
}

func (k *packing) set(takes bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.takes, k.known = takes, time.Now().Add(learntFor)
}

// packing returns how a body is compressed; plain says that it was rejected compressed.
func (c *Client) packing(plain bool) Compression {
	if c.compression != AutoCompression {
		return c.compression
	}
	if takes, known := c.packed.get(); plain || known && !takes {
		return Identity
	}
	return Gzip
}

// mayBePacked reports whether compression may be why a part was rejected. A server that
// has taken it may do so no more: before a single record is lost, that is tried.
func (p *part) mayBePacked(r reply) bool {
	if p.c.compression != AutoCompression || r.encoding == "" {
		return false
	}
	switch r.status {
	case http.StatusRequestEntityTooLarge:
		return false
	case http.StatusUnsupportedMediaType:
		return true
	default:
		takes, known := p.c.packed.get()
		return p.len() == 1 || !known || !takes
	}
}

// learnPacking remembers what the server has taken.
func (c *Client) learnPacking(p *part, r reply) {
	switch {
	case r.encoding != "":
		c.packed.set(true)
	case p.plain && c.compression == AutoCompression:
		c.packed.set(false)
	}
}
