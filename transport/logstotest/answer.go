package logstotest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"
)

// httpError is an answer other than success.
type httpError struct {
	status    int
	body      errorBody
	challenge string // the header WWW-Authenticate, if not the usual one
}

func (e *httpError) Error() string { return e.body.Error }

func refuse(status int, format string, args ...any) error {
	return &httpError{status: status, body: errorBody{Error: fmt.Sprintf(format, args...)}}
}

func asHTTPError(err error) *httpError {
	h := &httpError{status: http.StatusInternalServerError, body: errorBody{Error: err.Error()}}
	_ = errors.As(err, &h)
	return h
}

// errorBody is the usual body of a refusal. Those of RFC 6749, section 5.2, and
// RFC 6750 have a code for the error, and may describe it.
type errorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// challenge tells what credentials are asked for (RFC 9110, section 11.6.1).
func challenge(w http.ResponseWriter, r *http.Request, status int) {
	if status != http.StatusUnauthorized {
		return
	}
	scheme := "Bearer"
	if r.URL.Path == tokenPath {
		scheme = "Basic"
	}
	w.Header().Set("WWW-Authenticate", scheme+` realm="logs.to"`)
}

// acceptedBody is the usual body of a success.
type acceptedBody struct {
	Accepted int           `json:"accepted"`
	Errors   []recordError `json:"errors,omitempty"`
}

// recordError tells of one record that failed.
type recordError struct {
	Index int    `json:"index"`
	Error string `json:"error"`
}

// partialBody returns the body for n records of which these failed.
func partialBody(failed []int, n int) acceptedBody {
	b := acceptedBody{Accepted: n - len(failed)}
	for _, i := range failed {
		b.Errors = append(b.Errors, recordError{i, unacceptable(i)})
	}
	return b
}

// answer answers a request with what the step says, and this body unless the
// step has its own one. It panics, which cuts the connection, if it cannot end.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, step Step, usual any) {
	body := step.body
	if !step.own {
		text, ready := usual.(json.RawMessage)
		if !ready {
			text, _ = json.Marshal(usual) // of ours, so it can be encoded
		}
		body = string(text) + "\n"
		w.Header().Set("Content-Type", "application/json")
	}
	challenge(w, r, step.status)
	maps.Copy(w.Header(), step.header)
	w.WriteHeader(step.status)
	out := io.Writer(w)
	if step.drip > 0 {
		out = &drip{s, w, r, step.drip}
	}
	_, err := io.WriteString(out, body)
	for left := step.pad - int64(len(body)); left > 0 && err == nil; left -= int64(len(blanks)) {
		_, err = io.WriteString(out, blanks[:min(left, int64(len(blanks)))])
	}
	if err != nil && !errors.Is(err, http.ErrBodyNotAllowed) { // with 204 and 304
		panic(http.ErrAbortHandler)
	}
}

// drip writes a byte at a time, after a wait.
type drip struct {
	s    *Server
	w    http.ResponseWriter
	r    *http.Request
	wait time.Duration
}

func (d *drip) Write(p []byte) (n int, err error) {
	flush := http.NewResponseController(d.w).Flush
	err = flush() // the status at once
	for n < len(p) && err == nil {
		if !d.s.sleep(d.r.Context(), d.wait) {
			return n, http.ErrAbortHandler
		}
		var m int
		m, err = d.w.Write(p[n : n+1])
		n += m
		err = cmp.Or(err, flush())
	}
	return n, err
}

// sendRaw sends bytes in the place of an answer.
func (s *Server) sendRaw(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	// Nobody else ends the connection when the server is closed.
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-s.closed:
			_ = conn.Close()
		case <-done:
		}
	}()
	_, _ = io.WriteString(conn, text) // fails if the client is gone
	_ = conn.Close()
}
