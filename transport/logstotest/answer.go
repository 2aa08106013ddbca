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
	status int
	text   string
}

func (e *httpError) Error() string { return e.text }

func refuse(status int, format string, args ...any) error {
	return &httpError{status, fmt.Sprintf(format, args...)}
}

func asHTTPError(err error) *httpError {
	h := &httpError{http.StatusInternalServerError, err.Error()}
	_ = errors.As(err, &h)
	return h
}

// answerError answers with an error as JSON.
func answerError(w http.ResponseWriter, err error) {
	h := asHTTPError(err)
	challenge(w, h.status)
	answerJSON(w, h.status, errorBody{h.text})
}

// errorBody is the usual body of a refusal.
type errorBody struct {
	Error string `json:"error"`
}

// challenge tells what credentials are asked for (RFC 9110, section 11.6.1).
func challenge(w http.ResponseWriter, status int) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="logs.to"`)
	}
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // fails only if the client is gone
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

// answer answers a request to /v1/log with what the step says, and this body
// unless the step has its own one. It panics, which cuts the connection, if it
// cannot end.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, step Step, usual any) {
	body := step.body
	if !step.own {
		text, _ := json.Marshal(usual) // of ours, so it can be encoded
		body = string(text) + "\n"
		w.Header().Set("Content-Type", "application/json")
	}
	challenge(w, step.status)
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
