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
	"time"

	"github.com/logsto/logsto-go/auth"
)

func TestClassifyKnowsEveryStatus(t *testing.T) {
	want := map[int]verdict{
		400: refused, 401: unsigned, 403: setup, 404: setup, 405: setup, 407: setup, 408: again,
		413: refused, 415: refused, 421: again, 422: refused, 425: again, 429: again,
	}
	for status := -1; status < 1100; status++ {
		v, ok := want[status]
		switch {
		case ok:
		case status >= 200 && status < 300:
			v = delivered
		case status >= 400 && status < 500:
			v = final
		case status >= 500 && status < 600:
			v = again
		default:
			v = setup
		}
		if got := classify(status, nil); got != v {
			t.Errorf("%d: %d, want %d", status, got, v)
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
		want verdict
		way  int // without a status, after the request was sent
	}{
		"end of file":           {io.ErrUnexpectedEOF, again, noAnswer},
		"deadline":              {context.DeadlineExceeded, again, noAnswer},
		"cancelled":             {context.Canceled, again, noAnswer},
		"net/http":              {&url.Error{Op: "Post", Err: io.EOF}, again, noAnswer},
		"refused":               {dial, again, 0},
		"refused, wrapped":      {&url.Error{Op: "Post", Err: fmt.Errorf("a: %w", dial)}, again, 0},
		"reset":                 {reset, again, noAnswer},
		"DNS":                   {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, again, 0},
		"nil within":            {&url.Error{Op: "Post"}, again, noAnswer},
		"of another request":    {&Error{Status: 400}, again, noAnswer},
		"empty":                 {&Error{}, again, noAnswer},
		"panicked":              {errPanicked, again, noAnswer},
		"web page":              {errWebPage, setup, 0},
		"web page, wrapped":     {errors.Join(io.EOF, fmt.Errorf("a: %w", errWebPage)), setup, 0},
		"certificate":           {verify, setup, 0},
		"certificate, wrapped":  {&url.Error{Op: "Post", Err: errors.Join(io.EOF, verify)}, setup, 0},
		"unknown authority":     {x509.UnknownAuthorityError{}, setup, 0},
		"another host's":        {x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}, setup, 0},
		"expired":               {x509.CertificateInvalidError{Reason: x509.Expired}, setup, 0},
		"no roots":              {x509.SystemRootsError{}, setup, 0},
		"weak":                  {x509.InsecureAlgorithmError(1), setup, 0},
		"constraint":            {x509.ConstraintViolationError{}, setup, 0},
		"extension":             {x509.UnhandledCriticalExtension{}, setup, 0},
		"no TLS":                {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, setup, 0},
		"http for https":        {fmt.Errorf("a: %w", http.ErrSchemeMismatch), setup, 0},
		"our certificate":       {remote, setup, 0},
		"alert":                 {alert(tls.AlertError(40)), setup, 0},
		"internal error":        {alert(tls.AlertError(80)), again, 0},
		"user canceled":         {&url.Error{Op: "Post", Err: alert(tls.AlertError(90))}, again, 0},
		"no alert":              {alert(nil), setup, 0},
		"alert of a proxy":      {proxy(alert(tls.AlertError(48))), setup, 0},
		"proxy, internal error": {proxy(alert(tls.AlertError(80))), again, 0},
		"proxy, refused":        {proxy(dial), again, 0},
		"proxy, certificate":    {proxy(verify), setup, 0},
		"SOCKS proxy":           {&net.OpError{Op: "socks connect", Err: errors.New("general SOCKS server failure")}, again, 0},
		"proxy, nil":            {(*proxyError)(nil), again, 0},
		"proxy 403":             {&proxyError{403}, setup, 0},
		"proxy 404":             {&proxyError{404}, setup, 0},
		"proxy 405":             {&proxyError{405}, setup, 0},
		"proxy 407":             {&url.Error{Op: "Post", Err: &proxyError{407}}, setup, 0},
		"proxy 429":             {&proxyError{429}, again, 0},
		"proxy 502":             {&proxyError{502}, again, 0},
		"proxy 503":             {&proxyError{503}, again, 0},
		"token, proxy 407":      {token(0, &proxyError{407}), setup, 0},
		"invalid_client":        {token(401, nil), setup, 0},
		"invalid_scope":         {fmt.Errorf("a: %w", token(400, nil)), setup, 0},
		"no token endpoint":     {token(404, nil), setup, 0},
		"token redirect":        {token(302, nil), setup, 0},
		"token later":           {token(429, nil), again, noAnswer},
		"token outage":          {token(503, nil), again, noAnswer},
		"token without token":   {token(200, nil), setup, 0},
		"token connection":      {token(0, dial), again, 0},
		"token certificate":     {token(0, verify), setup, 0},
		"token, nil":            {(*auth.TokenError)(nil), again, noAnswer},
		"token, nil, wrapped":   {&url.Error{Op: "Post", Err: (*auth.TokenError)(nil)}, again, noAnswer},
		"certificate, nil":      {(*tls.CertificateVerificationError)(nil), again, noAnswer},
		"net, nil":              {(*net.OpError)(nil), again, noAnswer},
		"url, nil":              {(*url.Error)(nil), again, noAnswer},
		"brittle, nil":          {(*brittle)(nil), again, noAnswer},
		"brittle, nil, wrapped": {errors.Join((*brittle)(nil), verify), again, noAnswer},
	} {
		// An error wins over any status.
		for _, status := range []int{0, 200, 401, 413, 503} {
			if got := classify(status, c.err); got != c.want {
				t.Errorf("%s, %d: %d, want %d", name, status, got, c.want)
			}
		}
		if got := wayOf(answer{sent: true, err: c.err}); got != c.way {
			t.Errorf("%s: way %d, want %d", name, got, c.way)
		}
		if got := wayOf(answer{err: c.err}); got != 0 {
			t.Errorf("%s, not sent: way %d", name, got)
		}
	}
}

func TestTheWaysInWhichContentMayBeAtFault(t *testing.T) {
	for status := 100; status < 600; status++ {
		way := status
		switch status {
		case 401, 407:
			way = 0
		}
		if got := wayOf(answer{sent: true, status: status}); got != way {
			t.Errorf("%d: way %d, want %d", status, got, way)
		}
		busy := status == 408 || status == 425 || status == 429
		if isBusy(way) != busy || isOfOthers(way) != (busy || status == 502 || status == 503 || status == 504) ||
			isOfSize(status) != (busy || status == 413 || status == 504) {
			t.Errorf("%d: busy %v, of others %v, of size %v", status, isBusy(way), isOfOthers(way), isOfSize(status))
		}
	}
	if got := wayOf(answer{sent: true, status: 200, err: errWebPage}); got != 200 {
		t.Errorf("a web page: way %d", got)
	}
	if !isOfOthers(noAnswer) || !isOfSize(0) {
		t.Error("the lack of an answer is taken for one")
	}
}

func TestSpreadComesToEachPlace(t *testing.T) {
	for n := 1; n < 300; n++ {
		seen := make([]bool, n)
		for k := range n {
			seen[spread(k, n)] = true
		}
		for i, ok := range seen {
			if !ok {
				t.Errorf("%d of %d is left out", i, n)
			}
		}
		if spread(0, n) != 0 {
			t.Errorf("of %d: the first is not", n)
		}
	}
}

func TestWhenARecordIsGivenUp(t *testing.T) {
	start := time.Now()
	type counts struct{ delivered, failed uint64 }
	for name, c := range map[string]struct {
		ways  []int            // of the failures, the last one repeated
		n     int              // failures
		every time.Duration    // between them
		each  func(int) counts // of all requests, before a failure
		known int
		want  bool
	}{
		"enough":            {[]int{500}, 16, 5 * time.Second, func(i int) counts { return counts{uint64(i), 0} }, 0, true},
		"one less":          {[]int{500}, 15, 5 * time.Second, func(i int) counts { return counts{uint64(i), 0} }, 0, false},
		"too soon":          {[]int{500}, 16, 3 * time.Second, func(i int) counts { return counts{uint64(i), 0} }, 0, false},
		"for a minute":      {[]int{500}, 16, 4 * time.Second, func(i int) counts { return counts{uint64(i), 0} }, 0, true},
		"nothing delivered": {[]int{500}, 100, 5 * time.Second, func(int) counts { return counts{9, 0} }, 0, false},
		"once, soon":        {[]int{500}, 10, time.Minute, func(i int) counts { return counts{uint64(min(i, 1)), 0} }, 0, false},
		"once":              {[]int{500}, 16, time.Minute, func(i int) counts { return counts{uint64(min(i, 1)), 0} }, 0, true},
		"known, never":      {[]int{500}, 100, 2 * time.Second, func(i int) counts { return counts{9, 0} }, 500, false},
		"known, one less":   {[]int{500}, 5, 3 * time.Second, func(i int) counts { return counts{uint64(min(i, 1)), 0} }, 500, false},
		"known, too soon":   {[]int{500}, 6, 500 * time.Millisecond, func(i int) counts { return counts{uint64(min(i, 1)), 0} }, 500, false},
		"known":             {[]int{500}, 6, time.Second, func(i int) counts { return counts{uint64(min(i, 1)), 0} }, 500, true},
		"another is known":  {[]int{500}, 6, time.Second, func(i int) counts { return counts{uint64(min(i, 1)), 0} }, 501, false},
		"now and then":      {[]int{500}, 31, 5 * time.Second, func(i int) counts { return counts{uint64(i / 2), 0} }, 0, true},
		"another way first": {[]int{503, 500}, 16, 5 * time.Second, func(i int) counts { return counts{uint64(i), 0} }, 0, false},
		"a gateway, soon":   {[]int{502}, 5, time.Minute, func(i int) counts { return counts{uint64(i), 0} }, 0, false},
		"a gateway":         {[]int{502}, 16, time.Minute, func(i int) counts { return counts{uint64(i), 0} }, 0, true},
		"no answer, soon":   {[]int{noAnswer}, 5, time.Minute, func(i int) counts { return counts{uint64(i), 0} }, 0, false},
		"no answer":         {[]int{noAnswer}, 16, time.Minute, func(i int) counts { return counts{uint64(i), 0} }, 0, true},
		"a limiter":         {[]int{429}, 16, time.Minute, func(i int) counts { return counts{uint64(i), 0} }, 0, true},
		"no way":            {[]int{0}, 100, time.Minute, func(i int) counts { return counts{uint64(i), 0} }, 0, false},
		"others fail too":   {[]int{500}, 100, time.Minute, func(i int) counts { return counts{uint64(i), uint64(i) / 3} }, 0, false},
		"others rarely do":  {[]int{500}, 16, 5 * time.Second, func(i int) counts { return counts{uint64(i), uint64(i) / 5} }, 0, true},
		"only before":       {[]int{500}, 16, 5 * time.Second, func(i int) counts { return counts{1000 + uint64(i), 9999} }, 0, true},
	} {
		var s streak
		got := false
		for i := range c.n {
			now, n := start.Add(time.Duration(i)*c.every), c.each(i)
			s.add(c.ways[min(i, len(c.ways)-1)], now, n.delivered, n.failed)
			got = s.condemns(now, n.delivered, n.failed, c.known == s.way)
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
