package ingest

import (
	"net/http"
	"sync"
)

// send is one request of the client, with all its repetitions, and the token of one
// of them.
type send struct{ key, token string }

// Counts is how often the front has let requests through, and refused them.
type Counts struct {
	mu       sync.Mutex
	byToken  map[string]*Token
	tokens   []*Token     // in the order in which they first came
	perSend  map[send]int // refusals
	statuses map[int]int
}

func newCounts() Counts {
	return Counts{byToken: map[string]*Token{}, perSend: map[send]int{}, statuses: map[int]int{}}
}

func (c *Counts) note(token, key string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.byToken[token]
	if t == nil {
		t = new(Token)
		c.byToken[token] = t
		c.tokens = append(c.tokens, t)
	}
	c.statuses[status]++
	switch status {
	case http.StatusOK:
		t.Taken++
	case http.StatusUnauthorized:
		t.Refused++
		c.perSend[send{key, token}]++
	}
}

// Status returns how many requests were answered by the front with this status; 200
// are those that it has passed on.
func (c *Counts) Status(status int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.statuses[status]
}

// Token is what became of one token.
type Token struct {
	Taken   int // requests that were let through
	Refused int // requests that were answered with 401
}

// Tokens returns what became of each token, in the order in which they first came.
func (c *Counts) Tokens() []Token {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Token, 0, len(c.tokens))
	for _, t := range c.tokens {
		out = append(out, *t)
	}
	return out
}

// MostRefusals returns how often the request that was refused most often was refused
// with one and the same token, and how often with any.
func (c *Counts) MostRefusals() (oneToken, anyToken int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]int{}
	for s, n := range c.perSend {
		oneToken = max(oneToken, n)
		all[s.key] += n
		anyToken = max(anyToken, all[s.key])
	}
	return oneToken, anyToken
}
