package logstotest

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Step is what a Server does with one request to /v1/log, the token endpoint or
// /v1/search: one of [OK], [Status], [OAuthError], [Partial], [Hang], [Reset],
// [ResetAfter] and [Raw], with more or less around it.
type Step struct {
	kind   kind
	status int    // of refusal and partial
	failed []int  // indices of records, of partial
	raw    string // of raw

	delay  time.Duration
	header http.Header
	body   string
	own    bool // body replaces the usual one
	pad    int64
	drip   time.Duration
}

// kind is what a step does.
type kind int

const (
	usual   kind = iota // store, answer
	refusal             // answer
	partial             // store a part, answer
	hang
	cutBefore
	cutAfter
	raw
)

// ends reports whether a step does nothing with the records of a request.
func (s Step) ends() bool {
	return s.kind == refusal || s.kind == hang || s.kind == cutBefore || s.kind == raw
}

// refused returns the step that answers with an error instead, and the usual body
// of its answer.
func (s Step) refused(err error) (Step, any) {
	h := asHTTPError(err)
	s.kind, s.status = refusal, h.status
	if h.challenge != "" {
		s = s.Header("WWW-Authenticate", h.challenge)
	}
	return s, h.body
}

// taken returns the step with the status of a success, if it is for the usual
// answer.
func (s Step) taken() Step {
	if s.kind == usual {
		s.status = http.StatusOK
	}
	return s
}

// OK handles the request as usual.
func OK() Step { return Step{} }

// Status answers with the status, and stores nothing.
func Status(status int) Step { return Step{kind: refusal, status: status} }

// OAuthError answers with the status, and with this error of RFC 6749, section
// 5.2, say 401 and invalid_client. An empty description is left out.
func OAuthError(status int, code, description string) Step {
	text, _ := json.Marshal(errorBody{code, description}) // two strings, so it can be encoded
	return Status(status).Body(string(text)).Header("Content-Type", "application/json")
}

// Partial takes the request in part: it stores all records but those with these
// indices, and answers with the status, say 200 or 207, and the indices, as in
//
//	{"accepted":2,"errors":[{"index":1,"error":"record 1 is not acceptable"}]}
//
// In [Server.PoisonWith] the records with the poison are among those that fail.
// It is for /v1/log; elsewhere it does what OK does, and answers with the status.
func Partial(status int, failed ...int) Step {
	return Step{kind: partial, status: status, failed: slices.Clone(failed)}
}

// Hang gives no answer until the client goes away or the server is closed, and
// stores nothing.
func Hang() Step { return Step{kind: hang} }

// Reset cuts the connection and stores nothing.
func Reset() Step { return Step{kind: cutBefore} }

// ResetAfter stores the records and cuts the connection instead of answering.
func ResetAfter() Step { return Step{kind: cutAfter} }

// Raw sends these bytes instead of an answer, whether they are HTTP or not, cuts
// the connection, and stores nothing.
func Raw(text string) Step { return Step{kind: raw, raw: text} }

// Delay returns the step with a wait before it.
func (s Step) Delay(d time.Duration) Step {
	s.delay = d
	return s
}

// Header returns the step with this header in the answer. A Content-Length
// greater than the body makes the answer break off after the body.
func (s Step) Header(name, value string) Step {
	if s.header = s.header.Clone(); s.header == nil {
		s.header = http.Header{}
	}
	s.header.Set(name, value)
	return s
}

// RetryAfter returns the step with this value of the header Retry-After.
func (s Step) RetryAfter(value string) Step { return s.Header("Retry-After", value) }

// Body returns the step with this body of the answer instead of the usual one,
// whatever the answer.
func (s Step) Body(text string) Step {
	s.body, s.own = text, true
	return s
}

// Pad returns the step with blanks after the body of the answer, so that it has
// as many bytes.
func (s Step) Pad(bytes int64) Step {
	s.pad = bytes
	return s
}

// Endless returns the step with blanks without end after the body of the answer.
func (s Step) Endless() Step { return s.Pad(math.MaxInt64) }

// Drip returns the step with an answer whose body comes a byte at a time, with
// this wait before each.
func (s Step) Drip(wait time.Duration) Step {
	s.drip = wait
	return s
}

// blanks are what bodies are padded with.
var blanks = strings.Repeat(" ", 32<<10)
