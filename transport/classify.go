package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"

	"github.com/logsto/logsto-go/auth"
)

// verdict is what an attempt means for the request.
type verdict uint8

const (
	delivered verdict = iota // the server has the records
	again                    // the same request may be taken later
	unsigned                 // the credential was refused; setup, unless a new one can be had
	setup                    // nothing will be taken until somebody mends the set-up
	refused                  // this form, size or content is not taken
	final                    // the request will never be taken
	suspect                  // it keeps failing, and its content may be why; see request.run
)

// classify is the table in the package documentation. It knows what to do for
// every answer: err is why there is none, or none that counts, and wins over
// status.
func classify(status int, err error) verdict {
	if err != nil {
		return classifyError(err)
	}
	switch status {
	case http.StatusUnauthorized:
		return unsigned
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired:
		return setup
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return refused
	case http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly, http.StatusTooManyRequests:
		return again
	}
	switch {
	case status >= 200 && status < 300:
		return delivered
	case status >= 400 && status < 500:
		return final
	case status >= 500 && status < 600:
		return again
	default: // a redirect that is not followed, or what no server of records answers
		return setup
	}
}

// classifyError knows again from setup. What ends with a context is again: who
// waits next sees it.
func classifyError(err error) (v verdict) {
	// The methods of a nil pointer that is an error may panic.
	defer func() {
		if recover() != nil {
			v = again
		}
	}()
	if auth.IsSetup(err) {
		return setup
	}
	var proxy *proxyError
	if errors.As(err, &proxy) {
		if proxy.setup() {
			return setup
		}
		return again
	}
	if errors.Is(err, errWebPage) || errors.Is(err, errRedirect) || isTLSFault(err) {
		return setup
	}
	return again
}

// isTLSFault reports whether err is that of a certificate, of the server's or of
// ours, or of two ends of which one does not speak TLS. A handshake that is cut or
// takes too long is not.
func isTLSFault(err error) bool {
	var (
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		roots   x509.SystemRootsError
		weak    x509.InsecureAlgorithmError
		limit   x509.ConstraintViolationError
		ext     x509.UnhandledCriticalExtension
	)
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record),
		errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid),
		errors.As(err, &roots), errors.As(err, &weak), errors.As(err, &limit), errors.As(err, &ext):
		return true
	default:
		// An alert by which the server ends the handshake, or the connection.
		op := opError(err, "remote error")
		return op != nil && !passing(op.Err)
	}
}

// passing reports whether an alert says nothing of the set-up, but that the server
// could not go on just now. The type of alerts is not exported; their texts are.
func passing(alert error) bool {
	const userCanceled, internalError = tls.AlertError(90), tls.AlertError(80)
	return alert != nil && (alert.Error() == internalError.Error() || alert.Error() == userCanceled.Error())
}

// opError returns the one in err that is of an operation with one of the names, or
// nil. One may hold another, as that for a proxy holds why there is no connection.
func opError(err error, names ...string) *net.OpError {
	for {
		var op *net.OpError
		if !errors.As(err, &op) || op == nil {
			return nil
		}
		if slices.Contains(names, op.Op) {
			return op
		}
		err = op.Err
	}
}

// noAnswer stands for the lack of an answer among statuses.
const noAnswer = 1

// wayOf tells apart the ways in which a request fails of which its content may be
// the cause: the status of the answer, or noAnswer. It is 0 if the content cannot
// be, such as without a connection.
func wayOf(a answer) int {
	switch {
	case a.err == nil || a.status != 0:
		if a.status == http.StatusUnauthorized || a.status == http.StatusProxyAuthRequired {
			return 0
		}
		return a.status
	case !a.sent, classifyError(a.err) == setup, isDial(a.err):
		return 0
	default:
		return noAnswer
	}
}

// isDial reports whether there was no connection, be it for the proxy, or for an
// alert, which ends a handshake as a rule.
func isDial(err error) (yes bool) {
	defer func() { _ = recover() }() // as in classifyError
	var proxy *proxyError
	return errors.As(err, &proxy) || opError(err, "dial", "proxyconnect", "socks connect", "remote error") != nil
}

// isBusy reports whether a server fails in this way that has too much to do, or too
// much in one request: it is no reason to look for a record that is at fault.
func isBusy(way int) bool {
	return way == http.StatusRequestTimeout || way == http.StatusTooEarly || way == http.StatusTooManyRequests
}

// isRefusal reports whether a request that fails in this way is one of many that were
// refused, and for that a fault of the set-up.
func isRefusal(way int) bool { return classify(way, nil) == refused }

// isOfOthers reports whether a failure in this way most likely has nothing to do with
// the content of the request.
func isOfOthers(way int) bool {
	switch way {
	case noAnswer, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return isBusy(way)
	}
}

// isOfSize reports whether a request that fails in this way may be too large: for
// what the server takes, or for the time that it takes.
func isOfSize(status int) bool {
	switch status {
	case 0, http.StatusRequestEntityTooLarge, http.StatusGatewayTimeout:
		return true
	default:
		return isBusy(status)
	}
}

// endOf returns why ctx has ended, or nil.
func endOf(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}
