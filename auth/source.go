package auth

import (
	"context"
	"net/http"
)

// source yields a secret. It is made of functions so that nothing that walks through
// values by reflection, as package fmt does, comes upon the secret. Only secret is
// required.
type source struct {
	// secret returns the key or token to use now.
	secret func(context.Context, fetching) (string, error)
	// refused is told that the server has refused the secret: the source must not
	// give it again if it can have another one.
	refused func(secret string)
	// taken is told that the server has taken the secret: a refusal that comes later
	// says that its time was over.
	taken func(secret string)
	// instant says that secret never waits for anything, so that it can be tried
	// beforehand.
	instant bool
	// trouble returns why the secret cannot be renewed although there is one.
	trouble func() error
	// watch has a function called when trouble begins or ends, as far as that is known
	// without a request, until stop is called.
	watch func(func()) (stop func())
	// counts returns how many fetches have ended, and how many of them in vain.
	counts func() (fetches, failures uint64)
}

// fetching says how a source that must fetch its secret does so.
type fetching struct {
	client *http.Client // nil for the default one
}

func (s source) refuse(secret string) {
	if s.refused != nil {
		s.refused(secret)
	}
}

func (s source) take(secret string) {
	if s.taken != nil {
		s.taken(secret)
	}
}

func (s source) worry() error {
	if s.trouble == nil {
		return nil
	}
	return s.trouble()
}

// alsoWorry adds a reason for trouble, which comes after those that there are.
func (s *source) alsoWorry(trouble func() error) {
	first := s.trouble
	s.trouble = func() error {
		if first != nil {
			if err := first(); err != nil {
				return err
			}
		}
		return trouble()
	}
}

func (s source) watchBy(f func()) (stop func()) {
	if s.watch == nil {
		return func() {}
	}
	return s.watch(f)
}

func (s source) count() (fetches, failures uint64) {
	if s.counts == nil {
		return 0, 0
	}
	return s.counts()
}

// setupError is a fault that lasts until somebody mends the set-up.
type setupError struct{ err error }

func (e *setupError) Error() string { return e.err.Error() }
func (e *setupError) Unwrap() error { return e.err }
func (e *setupError) Setup() bool   { return true }
