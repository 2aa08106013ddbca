package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"

	"github.com/logsto/logsto-go/auth"
)

// class is what the answer to a request, or the lack of one, is about.
type class uint8

const (
	// accepted: the server has the records.
	accepted class = iota
	// content: this form, size or content is not taken.
	content
	// final: nothing that another attempt could change.
	final
	// unauthorized: the credential is refused, and there is no other one.
	unauthorized
	// misconfigured: nothing is taken until somebody mends the configuration, and the
	// content cannot be why.
	misconfigured
	// forbidden: likewise, but the content may be why, as for a firewall.
	forbidden
	// unreachable: there is no connection, or no token at present.
	unreachable
	// busy: the server has too many requests.
	busy
	// failing: the server fails, perhaps over the content, or has not taken it in time.
	failing
	// gateway: likewise, but the server behind a gateway is more likely why.
	gateway
	// unanswered: there was no answer, or a gateway had none (504).
	unanswered
)

func (c class) String() string {
	return [...]string{"accepted", "content", "final", "unauthorized", "misconfigured", "forbidden", "unreachable", "busy", "failing", "gateway", "unanswered"}[c]
}

// config reports whether somebody must mend the configuration.
func (c class) config() bool { return c == unauthorized || c == misconfigured || c == forbidden }

// sure reports whether the content cannot be why.
func (c class) sure() bool { return c == unauthorized || c == misconfigured || c == unreachable }

// noAnswer stands for the lack of an answer among statuses.
const noAnswer = 1

// classify is the table in the package documentation. It knows every answer: err is why
// there is none, or none that counts, and wins over status. sent says that a request
// left.
func classify(status int, err error, sent bool) class {
	if err != nil {
		return classifyError(status, err, sent)
	}
	switch status {
	case http.StatusUnauthorized:
		return unauthorized
	case http.StatusProxyAuthRequired:
		return misconfigured
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return forbidden
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return content
	case http.StatusTooManyRequests:
		return busy
	case http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly:
		return failing
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return gateway
	case http.StatusGatewayTimeout: // the server behind may have stored it
		return unanswered
	}
	switch {
	case status >= 200 && status < 300:
		return accepted
	case status >= 400 && status < 500:
		return final
	case status >= 500 && status < 600:
		return failing
	default: // a redirect that is not followed, or what no server of records answers
		return forbidden
	}
}

// classifyError knows what an error is about. What ends with a context is like no
// answer: who waits next sees it.
func classifyError(status int, err error, sent bool) (c class) {
	// The methods of a nil pointer that is an error may panic.
	defer func() {
		if recover() != nil {
			if c = unanswered; !sent {
				c = unreachable
			}
		}
	}()
	var proxy *proxyError
	switch {
	case errors.Is(err, errWebPage), errors.Is(err, errRedirect):
		return forbidden
	case auth.IsSetup(err), isTLSFault(err), errors.As(err, &proxy) && proxy.setup():
		return misconfigured
	case status != 0: // an answer that does not count
		return unanswered
	case !sent, isDial(err):
		return unreachable
	default:
		return unanswered
	}
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

// isDial reports whether there was no connection, be it for the proxy, or for an
// alert, which ends a handshake as a rule.
func isDial(err error) (yes bool) {
	defer func() { _ = recover() }() // as in classifyError
	var proxy *proxyError
	return errors.As(err, &proxy) || opError(err, "dial", "proxyconnect", "socks connect", "remote error") != nil
}
