package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"

	"github.com/logsto/logsto-go/auth"
)

func TestClassifyKnowsEveryStatus(t *testing.T) {
	want := map[int]class{
		400: content, 401: unauthorized, 403: forbidden, 404: forbidden, 405: forbidden, 407: misconfigured, 408: failing,
		413: content, 415: content, 421: failing, 422: content, 425: failing, 429: busy, 502: gateway, 503: gateway, 504: unanswered,
	}
	for status := -1; status < 1100; status++ {
		v, ok := want[status]
		switch {
		case ok:
		case status >= 200 && status < 300:
			v = accepted
		case status >= 400 && status < 500:
			v = final
		case status >= 500 && status < 600:
			v = failing
		default:
			v = forbidden
		}
		if got := classify(status, nil, true); got != v {
			t.Errorf("%d: %v, want %v", status, got, v)
		}
	}
}

// brittle is an error whose methods panic on a nil pointer.
type brittle struct{ err error }

func (b *brittle) Error() string { return b.err.Error() }
func (b *brittle) Unwrap() error { return b.err }

func TestClassifyKnowsEveryError(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	remote := &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}
	verify := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	alert := func(err error) error { return &net.OpError{Op: "remote error", Err: err} }
	proxy := func(err error) error { return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err} }
	token := func(status int, err error) error { return &auth.TokenError{Status: status, Err: err} }
	for name, c := range map[string]struct {
		err  error
		want class // without a status, after the request was sent
	}{
		"end of file":           {io.ErrUnexpectedEOF, unanswered},
		"deadline":              {context.DeadlineExceeded, unanswered},
		"cancelled":             {context.Canceled, unanswered},
		"net/http":              {&url.Error{Op: "Post", Err: io.EOF}, unanswered},
		"refused":               {dial, unreachable},
		"refused, wrapped":      {&url.Error{Op: "Post", Err: fmt.Errorf("a: %w", dial)}, unreachable},
		"reset":                 {reset, unanswered},
		"DNS":                   {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, unreachable},
		"nil within":            {&url.Error{Op: "Post"}, unanswered},
		"of another request":    {&Error{Status: 400}, unanswered},
		"empty":                 {&Error{}, unanswered},
		"panicked":              {errPanicked, unanswered},
		"web page":              {errWebPage, forbidden},
		"web page, wrapped":     {errors.Join(io.EOF, fmt.Errorf("a: %w", errWebPage)), forbidden},
		"certificate":           {verify, misconfigured},
		"certificate, wrapped":  {&url.Error{Op: "Post", Err: errors.Join(io.EOF, verify)}, misconfigured},
		"unknown authority":     {x509.UnknownAuthorityError{}, misconfigured},
		"another host's":        {x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}, misconfigured},
		"expired":               {x509.CertificateInvalidError{Reason: x509.Expired}, misconfigured},
		"no roots":              {x509.SystemRootsError{}, misconfigured},
		"weak":                  {x509.InsecureAlgorithmError(1), misconfigured},
		"constraint":            {x509.ConstraintViolationError{}, misconfigured},
		"extension":             {x509.UnhandledCriticalExtension{}, misconfigured},
		"no TLS":                {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, misconfigured},
		"http for https":        {fmt.Errorf("a: %w", http.ErrSchemeMismatch), misconfigured},
		"our certificate":       {remote, misconfigured},
		"alert":                 {alert(tls.AlertError(40)), misconfigured},
		"internal error":        {alert(tls.AlertError(80)), unreachable},
		"user canceled":         {&url.Error{Op: "Post", Err: alert(tls.AlertError(90))}, unreachable},
		"no alert":              {alert(nil), misconfigured},
		"alert of a proxy":      {proxy(alert(tls.AlertError(48))), misconfigured},
		"proxy, internal error": {proxy(alert(tls.AlertError(80))), unreachable},
		"proxy, refused":        {proxy(dial), unreachable},
		"proxy, certificate":    {proxy(verify), misconfigured},
		"SOCKS proxy":           {&net.OpError{Op: "socks connect", Err: errors.New("general SOCKS server failure")}, unreachable},
		"proxy, nil":            {(*proxyError)(nil), unanswered},
		"proxy 403":             {&proxyError{403}, misconfigured},
		"proxy 404":             {&proxyError{404}, misconfigured},
		"proxy 405":             {&proxyError{405}, misconfigured},
		"proxy 407":             {&url.Error{Op: "Post", Err: &proxyError{407}}, misconfigured},
		"proxy 429":             {&proxyError{429}, unreachable},
		"proxy 502":             {&proxyError{502}, unreachable},
		"proxy 503":             {&proxyError{503}, unreachable},
		"token, proxy 407":      {token(0, &proxyError{407}), misconfigured},
		"invalid_client":        {token(401, nil), misconfigured},
		"invalid_scope":         {fmt.Errorf("a: %w", token(400, nil)), misconfigured},
		"no token endpoint":     {token(404, nil), misconfigured},
		"token redirect":        {token(302, nil), misconfigured},
		"token later":           {token(429, nil), unanswered},
		"token outage":          {token(503, nil), unanswered},
		"token without token":   {token(200, nil), misconfigured},
		"token connection":      {token(0, dial), unreachable},
		"token certificate":     {token(0, verify), misconfigured},
		"token, nil":            {(*auth.TokenError)(nil), unanswered},
		"token, nil, wrapped":   {&url.Error{Op: "Post", Err: (*auth.TokenError)(nil)}, unanswered},
		"certificate, nil":      {(*tls.CertificateVerificationError)(nil), unanswered},
		"net, nil":              {(*net.OpError)(nil), unanswered},
		"url, nil":              {(*url.Error)(nil), unanswered},
		"brittle, nil":          {(*brittle)(nil), unanswered},
		"brittle, nil, wrapped": {errors.Join((*brittle)(nil), verify), unanswered},
	} {
		if got := classify(0, c.err, true); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		// An error wins over any status, and there was a connection then.
		for _, status := range []int{200, 401, 413, 503} {
			want := c.want
			if want == unreachable {
				want = unanswered
			}
			if got := classify(status, c.err, true); got != want {
				t.Errorf("%s, %d: %v, want %v", name, status, got, want)
			}
		}
		want := c.want
		if want == unanswered {
			want = unreachable
		}
		if got := classify(0, c.err, false); got != want {
			t.Errorf("%s, not sent: %v, want %v", name, got, want)
		}
	}
}
