package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/urls"
)

// Option changes a default of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	endpoint    string
	url         *url.URL
	credential  *auth.Credential
	searchPath  string // of WithSearchPath, or empty
	client      *http.Client
	pool        *pool
	tls         *tls.Config
	header      http.Header
	idempotency string
	format      Format
	compression Compression
	timeout     time.Duration
	retry       Retry
	once        bool // nothing is tried twice
	setupFinal  bool
	concurrency int
	read        func([]byte, int) ([]Failure, error)
	refusal     func(Refusal)
	insecure    bool
	err         error
}

func defaults() config {
	return config{
		endpoint:    DefaultEndpoint,
		header:      http.Header{"User-Agent": {"logsto-go"}},
		idempotency: idempotencyKey,
		timeout:     30 * time.Second,
		retry:       Retry{Min: 250 * time.Millisecond, Max: 10 * time.Second},
		concurrency: DefaultConcurrency,
	}
}

// fail keeps the first thing that is wrong.
func (c *config) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("transport: "+format, args...)
	}
}

// WithAuth sets the credential. It is required. What is wrong with it, New
// reports.
func WithAuth(credential *auth.Credential) Option {
	return optionFunc(func(c *config) {
		if credential == nil {
			c.fail("WithAuth(nil): a credential is required")
		}
		c.credential = credential
	})
}

// WithEndpoint sets the URL that records are posted to. It must be https, or
// http to a loopback host unless [WithInsecure] is given, and have no user
// name, password or fragment. Errors show it, its path too, but neither its query nor the
// values of eight bytes and more in that. The default
// is [DefaultEndpoint].
func WithEndpoint(endpoint string) Option {
	return optionFunc(func(c *config) { c.endpoint = endpoint })
}

// WithInsecure permits plain http to hosts that are not loopback, for the
// endpoint and for the token endpoint, and a TLS configuration with InsecureSkipVerify and
// without a check of its own. Records and credentials can then be read by anybody on the
// way.
func WithInsecure() Option {
	return optionFunc(func(c *config) { c.insecure = true })
}

// WithTLSConfig sets the certificates that the server's must be signed by, client
// certificates and the like. It is copied. TLS 1.2 is the least in any case, and a lower
// MaxVersion is refused, and so is InsecureSkipVerify without VerifyConnection or
// VerifyPeerCertificate, unless [WithInsecure] is given. The default is that of crypto/tls,
// with the certificates of the
// system. It excludes [WithHTTPClient]; cfg must not be nil.
func WithTLSConfig(cfg *tls.Config) Option {
	return optionFunc(func(c *config) {
		if cfg == nil {
			c.fail("WithTLSConfig(nil): a configuration is required")
		}
		c.tls = cfg
	})
}

// WithHTTPClient sets the client for all requests, for what neither the
// environment (HTTPS_PROXY, NO_PROXY) nor [WithTLSConfig] can say. The client is
// copied, and its CheckRedirect replaced: redirects are followed only to the same
// scheme and host, with the method kept. It should keep as many idle connections
// as requests may run at once (see [WithConcurrency]; net/http keeps two). The
// default has its own connections, proxies from the environment, TLS 1.2 at least
// and HTTP/2 where it is offered; and only the default tells a proxy that will not
// connect (403, 404, 405, 407), which is a fault of the set-up, from a lack of an
// answer. hc must not be nil; a TLS configuration of its [http.Transport] that allows
// less than TLS 1.2 is refused, and so is InsecureSkipVerify as with [WithTLSConfig].
func WithHTTPClient(hc *http.Client) Option {
	return optionFunc(func(c *config) {
		if hc == nil {
			c.fail("WithHTTPClient(nil): a client is required")
		}
		c.client = hc
	})
}

// WithTimeout bounds one attempt, from the connection to the start of the answer; what
// is read of that takes half a second at most, or five with [WithPartialSuccess]. Within
// it, the default HTTP client gives ten seconds each to the connection and the TLS
// handshake. The default is 30 seconds; d must be positive.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d <= 0 {
			c.fail("WithTimeout(%v): must be positive", d)
		}
		c.timeout = d
	})
}

// Retry says how failed attempts are repeated.
type Retry struct {
	// Min and Max bound the wait before an attempt: it is drawn evenly from
	// half of a value to the whole of it, which starts at Min and grows by half
	// each time, up to Max. They are a millisecond at least. A Min of zero stands for 250
	// milliseconds, or for Max if that is less; a Max of zero for 10 seconds, or
	// for Min if that is more. All batches of a client that cannot be delivered
	// wait together, and one tries for all; up to three times as long while the set-up is
	// at fault.
	Min, Max time.Duration
	// MaxElapsed ends the attempts of a request when this time has passed since
	// its first, with a last attempt just before; a part of a batch that was split has as
	// much of its own, and a deferred record is tried last up to 30 seconds later. Zero means
	// that only the context ends them.
	MaxElapsed time.Duration
}

// leastWait is the least of Retry.Min and Retry.Max: a few nanoseconds would not
// grow, being rounded.
const leastWait = time.Millisecond

// filled returns r with its zeros filled in.
func (r Retry) filled() Retry {
	d := defaults().retry
	if r.Max == 0 {
		r.Max = max(d.Max, r.Min)
	}
	if r.Min == 0 {
		r.Min = min(d.Min, r.Max)
	}
	return r
}

// wrong says what is wrong with r as it was given, or nothing.
func (r Retry) wrong() string {
	tooShort := func(d time.Duration) bool { return d > 0 && d < leastWait }
	switch {
	case r.Min < 0 || r.Max < 0 || r.MaxElapsed < 0:
		return "a duration is negative"
	case r.Max > 0 && r.Min > r.Max:
		return "Min is above Max"
	case tooShort(r.Min):
		return "Min is below a millisecond"
	case tooShort(r.Max):
		return "Max is below a millisecond"
	default:
		return ""
	}
}

// WithRetry changes how failed attempts are repeated. No duration may be negative,
// neither Min nor Max between zero and a millisecond, and Min not above Max. It and
// [WithoutRetry] exclude each other: the last one counts.
func WithRetry(r Retry) Option {
	return optionFunc(func(c *config) {
		if why := r.wrong(); why != "" {
			c.fail("WithRetry(%+v): %s", r, why)
		}
		c.retry, c.once = r.filled(), false
	})
}

// WithoutRetry makes the first failure final.
func WithoutRetry() Option {
	return optionFunc(func(c *config) { c.retry, c.once = defaults().retry, true })
}

// WithoutSetupRetry gives a batch up at once if the set-up is at fault, such as a
// credential that is refused (see the package documentation). The default is to
// keep it, and to try now and then, so that a key that is replaced or a route that
// is repaired loses nothing. It is for programs that are run by hand.
func WithoutSetupRetry() Option {
	return optionFunc(func(c *config) { c.setupFinal = true })
}

// DefaultConcurrency is how many requests run at once without [WithConcurrency].
const DefaultConcurrency = 32

// WithConcurrency sets how many requests of the client run at once, from 1 to
// 1000: those of batches in flight, and those into which a batch is split where the
// server takes single records, or refuses some. The default is
// [DefaultConcurrency].
func WithConcurrency(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 || n > 1000 {
			c.fail("WithConcurrency(%d): must be from 1 to 1000", n)
		}
		c.concurrency = n
	})
}

// WithIdempotencyHeader sets the header by which a server can tell a repetition of
// a request from a new one. An empty name leaves it out. The default is
// Idempotency-Key, which is sent in lower case: a RoundTripper of [WithHTTPClient] finds it
// in the header under "idempotency-key", and Header.Get does not.
func WithIdempotencyHeader(name string) Option {
	canonical := http.CanonicalHeaderKey(name)
	return optionFunc(func(c *config) {
		switch {
		case name != "" && !validHeader(name, ""):
			c.fail("WithIdempotencyHeader(%q): cannot stand in a header", name)
		case ownHeaders[canonical] && canonical != idempotencyKey:
			c.fail("WithIdempotencyHeader(%q): the client sets this header by itself", name)
		default:
			c.idempotency = canonical
		}
	})
}

// WithHeader adds a header to every request that sends records or searches. A value of eight
// bytes and more is taken for a secret, which neither errors nor traces show. Headers that
// the client sets by itself are refused: those of the credential, Content-Type,
// Content-Encoding, Content-Length, Host, Idempotency-Key and the like.
func WithHeader(name, value string) Option {
	name = http.CanonicalHeaderKey(name)
	return optionFunc(func(c *config) {
		switch {
		case !validHeader(name, value):
			c.fail("WithHeader(%q): the name or the value cannot stand in a header", name)
		case ownHeaders[name]:
			c.fail("WithHeader(%q): the client sets this header by itself", name)
		default:
			c.header[name] = append(c.header[name], value)
		}
	})
}

// WithUserAgent sets the header User-Agent. The default is "logsto-go"; an
// empty agent leaves the header out.
func WithUserAgent(agent string) Option {
	return optionFunc(func(c *config) {
		if !validHeader("User-Agent", agent) {
			c.fail("WithUserAgent(%q): cannot stand in a header", agent)
		}
		c.header.Set("User-Agent", agent)
	})
}

var ownHeaders = map[string]bool{
	"Authorization": true, auth.DefaultHeader: true, "Content-Type": true, "Content-Encoding": true,
	"Content-Length": true, "Transfer-Encoding": true, "Host": true, "Connection": true, "Trailer": true,
	"Te": true, "Upgrade": true, "Expect": true, "User-Agent": true, "Accept-Encoding": true, idempotencyKey: true,
}

// validHeader reports whether the header can be sent; net/http would refuse it
// with every request.
func validHeader(name, value string) bool {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) {
		return false
	}
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// check reports what is wrong, and completes the configuration.
func (c *config) check() error {
	if c.err != nil {
		return c.err
	}
	if c.credential == nil {
		return errors.New("transport: WithAuth is required")
	}
	u, err := parseEndpoint(c.endpoint, c.insecure)
	if err != nil {
		return fmt.Errorf("transport: WithEndpoint(%q): %w", urls.Shown(c.endpoint), err)
	}
	c.url = u
	if err := c.credential.Check(c.insecure); err != nil {
		return fmt.Errorf("transport: WithAuth: %w", err)
	}
	switch {
	case c.client != nil && c.tls != nil:
		return errors.New("transport: WithHTTPClient and WithTLSConfig exclude each other")
	case c.client != nil && urls.AllowsOldTLS(urls.TLSOf(c.client)):
		return errors.New("transport: WithHTTPClient: its TLS configuration allows less than TLS 1.2")
	case !c.insecure && (urls.Unverified(c.tls) || c.client != nil && urls.Unverified(urls.TLSOf(c.client))):
		return errors.New("transport: the TLS configuration has InsecureSkipVerify, with which anybody on the way can pose as the server; WithInsecure permits it")
	case c.tls != nil && c.tls.MaxVersion != 0 && c.tls.MaxVersion < tls.VersionTLS12:
		return errors.New("transport: WithTLSConfig: it allows no version from TLS 1.2 on")
	case c.client == nil:
		c.client = &http.Client{}
		c.pool = newPool(c.client, func() *http.Transport { return defaultTransport(c.concurrency, c.timeout, c.tls) })
	default:
		c.pool = newPool(c.client, nil)
	}
	return c.checkCredentialHeader()
}

// leastHidden is how many bytes a value must have to be hidden for no other reason than that
// it may be a secret; shorter ones stand anywhere.
const leastHidden = 8

// hidden returns what errors must not show beside the credential, as it may be a secret: the
// values of WithHeader and those in the query of the endpoint, unless they stand in what
// errors name anyway.
func (c *config) hidden() (values []string) {
	all := urls.QueryValues(c.url)
	for name, of := range c.header {
		if name != "User-Agent" {
			all = append(all, of...)
		}
	}
	shown := urls.Shown(c.url.String())
	for _, value := range all {
		if len(value) >= leastHidden && !strings.Contains(shown, value) {
			values = append(values, value)
		}
	}
	return values
}

// masked returns the headers whose values a trace must not be told. That of HTTP/2 for the
// path has the query, too.
func (c *config) masked() []string {
	names := []string{c.credential.Header()}
	for name := range c.header {
		if name != "User-Agent" {
			names = append(names, name)
		}
	}
	if c.url.RawQuery != "" {
		names = append(names, ":path")
	}
	return names
}

// checkCredentialHeader refuses a credential in a header that is set for
// something else: one of the two would be lost.
func (c *config) checkCredentialHeader() error {
	name := c.credential.Header()
	if ownHeaders[name] && name != "Authorization" && name != auth.DefaultHeader || name == c.idempotency {
		return fmt.Errorf("transport: WithAuth: the client sets the header %q by itself", name)
	}
	if _, taken := c.header[c.idempotency]; taken {
		return fmt.Errorf("transport: WithHeader(%q): the idempotency key stands in this header", c.idempotency)
	}
	if _, taken := c.header[name]; taken {
		return fmt.Errorf("transport: WithHeader(%q): the credential stands in this header", name)
	}
	return nil
}

// parseEndpoint returns the URL, or why it cannot be an endpoint.
func parseEndpoint(endpoint string, insecure bool) (*url.URL, error) {
	fail := func(why string) (*url.URL, error) { return nil, errors.New(why) }
	if endpoint == "" {
		return fail("empty")
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return fail("not a URL, such as " + DefaultEndpoint)
	case u.User != nil:
		return fail("a user name or password must not be in the URL; use WithAuth")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return fail("not an https URL with a host")
	case urls.BadPort(u):
		return fail("the port is not from 1 to 65535")
	case u.Fragment != "":
		return fail("a URL with a fragment")
	case u.Scheme == "http" && !insecure && !urls.IsLoopback(u.Hostname()):
		return fail("plain http to a host that is not loopback; WithInsecure permits it")
	}
	return u, nil
}
