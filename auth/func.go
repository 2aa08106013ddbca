package auth

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Func is a secret that a function fetches, say from a secret manager. f is called when
// the secret is needed first, when the server has refused it, and in the background when
// its age is 90 to 100 % of maxAge and it has been used; maxAge of zero means never for
// its age. Calls that fail are repeated, with waits that grow to 45 seconds, and meanwhile
// the secret that there is goes on.
//
// However many requests wait, f is called once, and by one goroutine at a time. Its context
// ends after 15 seconds; then nobody waits for it any more, and after five minutes another
// call may begin. Its errors are passed on in one line, so they must not show secrets; of an
// [*oauth2.RetrieveError] only what it says is passed on, and neither answer nor request. f
// must not be nil, nor maxAge negative.
func Func(f func(context.Context) (string, error), maxAge time.Duration) *Secret {
	s := &Secret{name: "function", origin: "a function"}
	switch {
	case f == nil:
		s.err = fmt.Errorf("Func: the function is nil")
	case maxAge < 0:
		s.err = fmt.Errorf("Func: maxAge is %v, which is negative", maxAge)
	}
	c := newCache("the function that fetches the secret", func(ctx context.Context, _ fetching, _ string) (grant, error) {
		secret, err := f(ctx)
		secret, err = s.named(strings.TrimSpace(secret), err)
		return grant{secret: secret, age: maxAge}, err
	})
	s.source = c.source()
	return s
}
