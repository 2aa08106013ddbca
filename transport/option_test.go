package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

const secret = `s3cr3t/+&"key`

func client(tokenURL string) *auth.Credential {
	return auth.ClientCredentials(clientcredentials.Config{ClientID: "me", ClientSecret: secret, TokenURL: tokenURL})
}

// unchecked returns a configuration with which anybody is the server.
func unchecked() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true} //nolint:gosec // it is to be refused
}

func TestNewNamesTheOptionAndTheValue(t *testing.T) {
	key := transport.WithAuth(auth.APIKey(secret))
	keyIn := func(header string) transport.Option {
		return transport.WithAuth(auth.APIKey(secret, auth.WithHeader(header)))
	}
	for name, c := range map[string]struct {
		opts []transport.Option
		want string // in the error; empty if there is none
	}{
		"defaults":             {[]transport.Option{key}, ""},
		"no credential":        {nil, "WithAuth is required"},
		"nil credential":       {[]transport.Option{transport.WithAuth(nil)}, "WithAuth(nil)"},
		"nil option":           {[]transport.Option{key, nil}, "an option is nil"},
		"empty key":            {[]transport.Option{transport.WithAuth(auth.APIKey(""))}, "WithAuth: auth: APIKey: the key is empty"},
		"key with line feed":   {[]transport.Option{transport.WithAuth(auth.APIKey(secret + "\n"))}, "WithAuth: auth: APIKey: the key has"},
		"no token URL":         {[]transport.Option{transport.WithAuth(client(""))}, "WithAuth: auth: ClientCredentials: TokenURL is empty"},
		"plain token URL":      {[]transport.Option{transport.WithAuth(client("http://auth.example/t"))}, `TokenURL "http://auth.example/t": plain http`},
		"plain, insecure":      {[]transport.Option{transport.WithAuth(client("http://auth.example/t")), transport.WithInsecure()}, ""},
		"empty endpoint":       {[]transport.Option{key, transport.WithEndpoint("")}, `WithEndpoint(""): empty`},
		"malformed":            {[]transport.Option{key, transport.WithEndpoint("https://%zz/")}, `WithEndpoint("https://%zz/"): not a URL`},
		"line feed":            {[]transport.Option{key, transport.WithEndpoint("https://logs.example/\n")}, `WithEndpoint("https://logs.example/\n"): not a URL`},
		"no scheme":            {[]transport.Option{key, transport.WithEndpoint("logs.example/v1/log")}, `WithEndpoint("***"): not an https URL`},
		"no host":              {[]transport.Option{key, transport.WithEndpoint("https:///v1/log")}, `WithEndpoint("https:///v1/log"): not an https URL`},
		"port only":            {[]transport.Option{key, transport.WithEndpoint("https://:443/")}, `WithEndpoint("https://:443/"): not an https URL`},
		"another scheme":       {[]transport.Option{key, transport.WithEndpoint("ftp://logs.example/")}, `WithEndpoint("ftp://logs.example/"): not an https URL`},
		"fragment":             {[]transport.Option{key, transport.WithEndpoint("https://logs.example/#a")}, `WithEndpoint("https://logs.example/#***"): a URL with a fragment`},
		"user":                 {[]transport.Option{key, transport.WithEndpoint("https://me:s3cr3t@logs.example/")}, `WithEndpoint("***@logs.example/"): a user name`},
		"malformed user":       {[]transport.Option{key, transport.WithEndpoint("https://me:s3cr3t%@logs.example/")}, `WithEndpoint("***@logs.example/"): not a URL`},
		"query":                {[]transport.Option{key, transport.WithEndpoint("http://logs.example/?key=s3cr3t")}, `WithEndpoint("http://logs.example/?***"): plain http`},
		"plain http":           {[]transport.Option{key, transport.WithEndpoint("http://logs.example/v1/log")}, `WithEndpoint("http://logs.example/v1/log"): plain http`},
		"plain to an address":  {[]transport.Option{key, transport.WithEndpoint("http://10.0.0.1/")}, "plain http"},
		"plain to a lookalike": {[]transport.Option{key, transport.WithEndpoint("http://localhost.example/")}, "plain http"},
		"WithInsecure":         {[]transport.Option{key, transport.WithEndpoint("http://logs.example/v1/log"), transport.WithInsecure()}, ""},
		"localhost":            {[]transport.Option{key, transport.WithEndpoint("http://localhost:8080/")}, ""},
		"127.0.0.1":            {[]transport.Option{key, transport.WithEndpoint("http://127.0.0.1:8080/")}, ""},
		"::1":                  {[]transport.Option{key, transport.WithEndpoint("http://[::1]:8080/")}, ""},
		"port":                 {[]transport.Option{key, transport.WithEndpoint("https://logs.example:99999/")}, `WithEndpoint("https://logs.example:99999/"): the port is not from 1 to 65535`},
		"port zero":            {[]transport.Option{key, transport.WithEndpoint("https://logs.example:0/")}, "the port is not from 1 to 65535"},
		"no check":             {[]transport.Option{key, transport.WithTLSConfig(unchecked())}, "InsecureSkipVerify, with which anybody on the way can pose as the server; WithInsecure permits it"},
		"no check, client":     {[]transport.Option{key, transport.WithHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: unchecked()}})}, "InsecureSkipVerify"},
		"no check, insecure":   {[]transport.Option{key, transport.WithTLSConfig(unchecked()), transport.WithInsecure()}, ""},
		"nil HTTP client":      {[]transport.Option{key, transport.WithHTTPClient(nil)}, "WithHTTPClient(nil)"},
		"no time":              {[]transport.Option{key, transport.WithTimeout(0)}, "WithTimeout(0s): must be positive"},
		"negative time":        {[]transport.Option{key, transport.WithTimeout(-time.Second)}, "WithTimeout(-1s): must be positive"},
		"negative Min":         {[]transport.Option{key, transport.WithRetry(transport.Retry{Min: -1})}, "WithRetry({Min:-1ns Max:0s MaxElapsed:0s}): a duration is negative"},
		"negative Max":         {[]transport.Option{key, transport.WithRetry(transport.Retry{Max: -1})}, "WithRetry({Min:0s Max:-1ns MaxElapsed:0s})"},
		"negative MaxElapsed":  {[]transport.Option{key, transport.WithRetry(transport.Retry{MaxElapsed: -1})}, "WithRetry({Min:0s Max:0s MaxElapsed:-1ns})"},
		"Min above Max":        {[]transport.Option{key, transport.WithRetry(transport.Retry{Min: 2, Max: 1})}, "WithRetry({Min:2ns Max:1ns MaxElapsed:0s}): Min is above Max"},
		"Min below the least":  {[]transport.Option{key, transport.WithRetry(transport.Retry{Min: time.Millisecond - 1})}, "Min is below a millisecond"},
		"the least Min":        {[]transport.Option{key, transport.WithRetry(transport.Retry{Min: time.Millisecond})}, ""},
		"Max below the least":  {[]transport.Option{key, transport.WithRetry(transport.Retry{Max: time.Millisecond - 1})}, "MaxElapsed:0s}): Max is below a millisecond"},
		"Max below default":    {[]transport.Option{key, transport.WithRetry(transport.Retry{Max: time.Millisecond})}, ""},
		"Min above default":    {[]transport.Option{key, transport.WithRetry(transport.Retry{Min: time.Hour})}, ""},
		"no format":            {[]transport.Option{key, transport.WithFormat(9)}, "WithFormat(format(9))"},
		"no compression":       {[]transport.Option{key, transport.WithCompression(9)}, "WithCompression(compression(9))"},
		"header":               {[]transport.Option{key, transport.WithHeader("X-Team", "blue, é")}, ""},
		"empty header":         {[]transport.Option{key, transport.WithHeader("", "x")}, `WithHeader("")`},
		"header with colon":    {[]transport.Option{key, transport.WithHeader("X:", "x")}, `WithHeader("X:")`},
		"header with feed":     {[]transport.Option{key, transport.WithHeader("X-Team", "s3cr3t\r\nX-Evil: 1")}, `WithHeader("X-Team")`},
		"header in lower case": {[]transport.Option{key, transport.WithHeader("content-type", "x")}, `WithHeader("Content-Type"): the client sets`},
		"Authorization":        {[]transport.Option{key, transport.WithHeader("Authorization", secret)}, `WithHeader("Authorization"): the client sets`},
		"Idempotency-Key":      {[]transport.Option{key, transport.WithHeader("Idempotency-Key", "1")}, `WithHeader("Idempotency-Key"): the client sets`},
		"user agent":           {[]transport.Option{key, transport.WithUserAgent("a\nb")}, `WithUserAgent("a\nb")`},
		"header taken twice":   {[]transport.Option{keyIn("X-Team"), transport.WithHeader("x-team", "blue")}, `WithHeader("X-Team"): the credential`},
		"key as content type":  {[]transport.Option{keyIn("Content-Type")}, `WithAuth: the client sets the header "Content-Type"`},
		"key as host":          {[]transport.Option{keyIn("host")}, `WithAuth: the client sets the header "Host"`},
		"key as user agent":    {[]transport.Option{keyIn("User-Agent")}, `WithAuth: the client sets the header "User-Agent"`},
		"key as the batch's":   {[]transport.Option{keyIn("Idempotency-Key")}, `WithAuth: the client sets the header "Idempotency-Key"`},
		"key in another":       {[]transport.Option{keyIn("X-Team")}, ""},
		"the first of two":     {[]transport.Option{transport.WithTimeout(0), transport.WithEndpoint("")}, "WithTimeout(0s)"},
	} {
		got, err := transport.New(c.opts...)
		switch {
		case c.want == "" && (err != nil || got == nil):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (got != nil || err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "transport: ")):
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the error shows the secret: %v", name, err)
		}
	}
}

// The race detector sees an option that changes itself when it is applied.
func TestOptionsServeManyClients(t *testing.T) {
	opts := []transport.Option{
		transport.WithAuth(auth.APIKey(secret)), transport.WithHeader("x-team", "blue"),
		transport.WithRetry(transport.Retry{MaxElapsed: time.Second}), transport.WithUserAgent("a"),
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := transport.New(opts...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestACertificateThatNobodyVouchesForIsRefused(t *testing.T) {
	srv, requests := tlsServer(t)
	send := func(opts ...transport.Option) error {
		c, err := transport.New(append(opts, transport.WithEndpoint(srv.URL), transport.WithAuth(auth.APIKey(secret)), transport.WithoutRetry())...)
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseIdleConnections()
		return deliver.Records(t.Context(), c, records(1))
	}
	var unknown x509.UnknownAuthorityError
	if err := send(); !errors.As(err, &unknown) || requests.Load() != 0 {
		t.Errorf("with the system's certificates: %v", err)
	}
	own := &http.Client{Transport: srv.Client().Transport}
	if err := send(transport.WithHTTPClient(own)); err != nil || requests.Load() != 1 {
		t.Errorf("with one's own: %v, %d requests", err, requests.Load())
	}
	if own.CheckRedirect != nil {
		t.Error("the client of WithHTTPClient was changed")
	}
}
