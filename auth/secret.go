package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"
)

// Secret is a secret and where it lives: [Literal], [Env], [File], [Func], or the
// first of several, [Chain]. [APIKeyFrom], [WithClientSecret] and [WithPrivateKey]
// take one. A secret that is replaced where it lives is used from then on, without a
// restart. What is read has no blanks and line ends around it. A Secret may be used by
// any number of goroutines and credentials. It never prints what it holds.
type Secret struct {
	name   string // what errors call it
	origin string // what Credential.Origin calls it
	err    error  // why it cannot work
	source source
	// first returns the secret and which of the sources has it, of a chain; otherwise it is
	// nil.
	first func(context.Context, fetching) (string, *Secret, error)
	// changed returns when what was read last was changed, of a file; otherwise it is nil.
	changed func() time.Time
}

// newSecret returns a Secret that get reads anew each time, without waiting for
// anything.
func newSecret(name, origin string, get func() (string, error)) *Secret {
	s := &Secret{name: name, origin: origin}
	s.source = source{
		secret:  func(context.Context, fetching) (string, error) { return s.named(get()) },
		instant: true,
	}
	return s
}

// named returns what a source has given, with its name before the error. A source
// that gives nothing has none.
func (s *Secret) named(secret string, err error) (string, error) {
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", s.name, err)
	case secret == "":
		return "", &setupError{fmt.Errorf("%s: it is empty", s.name)}
	}
	return secret, nil
}

// Literal is a secret that the program has in its hands. It is for tests, and for
// programs that read their configuration by other means; keep secrets out of source
// code. It is used as it is.
func Literal(secret string) *Secret { return literal(secret, "auth.Literal") }

// literal returns a secret that was given to the function that is its origin.
func literal(secret, origin string) *Secret {
	return newSecret("literal", origin, func() (string, error) { return secret, nil })
}

// Env is a secret in an environment variable. It is read with each request, so what
// the program itself sets later holds, and requests fail while it is not set or empty.
func Env(name string) *Secret {
	origin := placed(name, isEnvName(name), "", "an environment variable")
	return newSecret("environment variable "+shownPlace(name, isEnvName(name)), origin, func() (string, error) {
		value, ok := os.LookupEnv(name)
		if !ok {
			return "", errors.New("it is not set")
		}
		return strings.TrimSpace(value), nil
	})
}

// shownPlace returns what errors call the place of a secret. What does not look like one
// may be the secret itself, by mistake.
func shownPlace(name string, ok bool) string {
	if ok || len(name) <= maxShownName {
		return name
	}
	return "***"
}

// placed returns the origin of a secret: the name of its place with what stands before it,
// or without in its stead if errors would not show the name either.
func placed(name string, ok bool, before, without string) string {
	if name == "" || shownPlace(name, ok) != name {
		return without
	}
	return before + name
}

func isEnvName(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' })
}

// Chain is the first of the sources that has a secret, each time that one is needed.
// One that fails counts as having none, and so does one before the last for which five
// seconds, or half of the time that there is, were not enough, so a [Func] that cannot
// reach its secret manager gives way to those behind it. If none has one, the error names
// all that were tried, and why. One that cannot stand in a header is not passed over: that
// the key which comes first is malformed should be known.
func Chain(sources ...*Secret) *Secret {
	s := &Secret{name: "chain"}
	for _, one := range sources {
		if s.err == nil {
			s.err = one.unusable()
		}
	}
	if len(sources) == 0 {
		s.err = errors.New("Chain: there are no sources")
	}
	if s.err != nil {
		return s
	}
	sources = slices.Clone(sources)
	s.origin = either(sources)
	s.first = func(ctx context.Context, f fetching) (string, *Secret, error) { return firstOf(ctx, f, sources) }
	s.source = source{
		secret: func(ctx context.Context, f fetching) (string, error) {
			secret, _, err := s.first(ctx, f)
			return secret, err
		},
		instant: !slices.ContainsFunc(sources, func(one *Secret) bool { return !one.source.instant }),
		refused: func(secret string) {
			for _, one := range sources {
				one.source.refuse(secret)
			}
		},
		taken: func(secret string) {
			for _, one := range sources {
				one.source.take(secret)
			}
		},
		trouble: func() (err error) {
			for _, one := range sources {
				if err == nil {
					err = one.source.worry()
				}
			}
			return err
		},
		watch: func(f func()) (stop func()) {
			var stops []func()
			for _, one := range sources {
				stops = append(stops, one.source.watchBy(f))
			}
			return func() {
				for _, stop := range stops {
					stop()
				}
			}
		},
		counts: func() (fetches, failures uint64) {
			for _, one := range sources {
				n, bad := one.source.count()
				fetches, failures = fetches+n, failures+bad
			}
			return fetches, failures
		},
	}
	return s
}

// chainShare is how long a source of a chain has, unless it is the last.
const chainShare = 5 * time.Second

func shareOf(ctx context.Context) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return min(chainShare, time.Until(end)/2)
	}
	return chainShare
}

// firstOf returns the first secret that there is, and which source has it, or an error that
// has all failures.
func firstOf(ctx context.Context, f fetching, sources []*Secret) (string, *Secret, error) {
	none := &chainError{}
	for i, one := range sources {
		share, cancel := ctx, context.CancelFunc(func() {})
		if i < len(sources)-1 {
			share, cancel = context.WithTimeout(ctx, shareOf(ctx))
		}
		secret, from, err := one.read(share, f)
		cancel()
		switch {
		case err == nil:
			return secret, from, nil
		case ctx.Err() != nil:
			return "", nil, context.Cause(ctx)
		}
		none.failures = append(none.failures, err)
	}
	return "", nil, none
}

// chainError is what a chain without a secret returns: why, of each of its sources.
type chainError struct{ failures []error }

func (e *chainError) Error() string {
	text := "none of the sources has a secret"
	sep := ": "
	for _, err := range e.failures {
		text += sep + err.Error()
		sep = "; "
	}
	return text
}

func (e *chainError) Unwrap() []error { return e.failures }

// read returns the secret, and which source has it: s, or one of its chain.
func (s *Secret) read(ctx context.Context, f fetching) (secret string, from *Secret, err error) {
	if s.first != nil {
		return s.first(ctx, f)
	}
	secret, err = s.source.secret(ctx, f)
	return secret, s, err
}

// get returns the secret. That one is missing which is read without waiting, is a fault of
// the set-up.
func (s *Secret) get(ctx context.Context, f fetching) (string, error) {
	secret, _, err := s.getFrom(ctx, f)
	return secret, err
}

// getFrom returns what get does, and which source has the secret, as read does.
func (s *Secret) getFrom(ctx context.Context, f fetching) (secret string, from *Secret, err error) {
	secret, from, err = s.read(ctx, f)
	if err != nil && s.source.instant {
		err = &setupError{err}
	}
	return secret, from, err
}

// unusable returns why the secret can never work, or nil.
func (s *Secret) unusable() error {
	switch {
	case s == nil:
		return errors.New("a source is nil")
	case s.err == nil && s.source.secret == nil:
		return errors.New("a source is not made by a constructor")
	}
	return s.err
}

// String returns where the secret lives.
func (s *Secret) String() string {
	if s == nil {
		return "auth.Secret(nil)"
	}
	return "auth.Secret(" + s.name + ")"
}

// Format implements [fmt.Formatter]: every verb prints what String returns.
func (s *Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText implements [encoding.TextMarshaler] with what String returns.
func (s *Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements [slog.LogValuer] with what String returns.
func (s *Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
