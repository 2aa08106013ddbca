package logstotest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/klauspost/compress/zstd"
)

// maxPlain bounds a body after decompression, in bytes.
const maxPlain = 256 << 20

// Record is one stored record.
type Record struct {
	JSON     json.RawMessage // as it was sent
	Batch    int             // number of the request that brought it, from 1, among those that stored any
	Key      string          // Idempotency-Key of the request
	Received time.Time
}

// Request tells of one request to /v1/log. It holds no credential.
type Request struct {
	Status   int // of the answer; 0 if the connection was cut or left hanging
	Format   string
	Encoding string // Content-Encoding
	Key      string // Idempotency-Key
	Bytes    int    // of the body as it was sent
	Records  int    // in the body, if it could be read
	Received time.Time
}

// Records returns what has been stored, in order of arrival.
func (s *Server) Records() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Record(nil), s.records...)
}

// Requests returns the requests to /v1/log in order of their ends.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Reset forgets records and requests. Faults and tokens stay.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records, s.requests, s.batches = nil, nil, 0
	if s.seen != nil {
		s.seen = map[string]bool{}
	}
}

// httpError is an answer other than success.
type httpError struct {
	status int
	text   string
}

func (e *httpError) Error() string { return e.text }

func refuse(status int, format string, args ...any) error {
	return &httpError{status, fmt.Sprintf(format, args...)}
}

// log serves POST /v1/log.
func (s *Server) log(w http.ResponseWriter, r *http.Request) {
	req := Request{
		Encoding: r.Header.Get("Content-Encoding"),
		Key:      r.Header.Get("Idempotency-Key"),
		Received: time.Now(),
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		// The client is gone, or has sent half a body: any answer would be a lie.
		panic(http.ErrAbortHandler)
	}
	req.Bytes = len(body)
	step := s.nextStep()
	if !s.wait(r.Context(), step) {
		s.note(req)
		panic(http.ErrAbortHandler) // cuts the connection
	}
	err = s.handle(r, body, step, &req)
	// Noted before the answer, so that who has the answer finds it.
	s.note(req)
	switch {
	case err == nil && step.cutAfter:
		panic(http.ErrAbortHandler)
	case step.status != 0:
		step.answer(w)
	case err != nil:
		answerError(w, err)
	default:
		answerJSON(w, http.StatusOK, map[string]int{"accepted": req.Records})
	}
}

// handle stores the records of a request, if that is what it comes to.
func (s *Server) handle(r *http.Request, body []byte, step Step, req *Request) error {
	if step.status != 0 {
		req.Status = step.status
		return nil
	}
	records, format, err := s.read(r, body)
	req.Format, req.Records = format, len(records)
	if err == nil {
		err = s.poisoned(records)
	}
	if err != nil {
		req.Status = asHTTPError(err).status
		return err
	}
	s.store(records, *req)
	if !step.cutAfter {
		req.Status = http.StatusOK
	}
	return nil
}

func (s *Server) note(req Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep {
		s.requests = append(s.requests, req)
	}
}

// read checks a request and takes its body apart.
func (s *Server) read(r *http.Request, body []byte) (records []json.RawMessage, format string, err error) {
	if !s.authorized(r) {
		return nil, "", refuse(http.StatusUnauthorized, "missing or invalid credentials")
	}
	f := s.currentFaults()
	if f.maxBody > 0 && len(body) > f.maxBody {
		return nil, "", refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", f.maxBody)
	}
	encoding := r.Header.Get("Content-Encoding")
	if f.noCompression != 0 && encoding != "" {
		return nil, "", refuse(f.noCompression, "content encoding %q is not supported", encoding)
	}
	if body, err = decompress(body, encoding, maxPlain); err != nil {
		return nil, "", err
	}
	records, format, err = split(body, r.Header.Get("Content-Type"))
	if err == nil && f.noArrays != 0 && format == "array" {
		return nil, format, refuse(f.noArrays, "expected one JSON object")
	}
	for _, rec := range records {
		if err == nil {
			err = checkRecord(rec)
		}
	}
	return records, format, err
}

// decompress returns the body without its encoding, if that is at most limit
// bytes.
func decompress(body []byte, encoding string, limit int) ([]byte, error) {
	var in io.Reader
	switch encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "gzip: %v", err)
		}
		in = z
	case "zstd":
		z, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "zstd: %v", err)
		}
		defer z.Close()
		in = z
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "content encoding %q is not supported", encoding)
	}
	plain, err := io.ReadAll(io.LimitReader(in, int64(limit)+1))
	switch {
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "%s: %v", encoding, err)
	case len(plain) > limit:
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes after decompression", limit)
	}
	return plain, nil
}

// split takes a body apart into records.
func split(body []byte, contentType string) (records []json.RawMessage, format string, err error) {
	body = bytes.TrimSpace(body)
	mediaType, _, _ := mime.ParseMediaType(contentType) // empty if it is malformed
	switch {
	case mediaType == "application/x-ndjson":
		for line := range bytes.Lines(body) {
			records = append(records, bytes.TrimSpace(line))
		}
		return records, "ndjson", nil
	case mediaType != "application/json":
		return nil, "", refuse(http.StatusUnsupportedMediaType, "content type %q is not supported", contentType)
	case bytes.HasPrefix(body, []byte("[")):
		if err := json.Unmarshal(body, &records); err != nil {
			return nil, "array", refuse(http.StatusBadRequest, "%v", err)
		}
		return records, "array", nil
	default:
		return []json.RawMessage{body}, "object", nil
	}
}

// checkRecord reports whether a record is what Logs.to documents: an object
// with at least a message and a level.
func checkRecord(rec json.RawMessage) error {
	var r struct {
		Message *string `json:"message"`
		Level   *string `json:"level"`
	}
	if err := json.Unmarshal(rec, &r); err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	if r.Message == nil || r.Level == nil {
		return refuse(http.StatusUnprocessableEntity, "message or level is missing")
	}
	return nil
}

// store keeps the records, and shows them to the observer.
func (s *Server) store(records []json.RawMessage, req Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen != nil && req.Key != "" {
		if s.seen[req.Key] {
			return
		}
		s.seen[req.Key] = true
	}
	if len(records) == 0 {
		return
	}
	s.batches++
	out := make([]Record, len(records))
	for i, rec := range records {
		out[i] = Record{JSON: rec, Batch: s.batches, Key: req.Key, Received: req.Received}
	}
	if s.observe != nil {
		s.observe(out)
	}
	if s.keep {
		s.records = append(s.records, out...)
	}
}

func asHTTPError(err error) *httpError {
	h := &httpError{http.StatusInternalServerError, err.Error()}
	_ = errors.As(err, &h)
	return h
}

// answerError answers with an error as JSON.
func answerError(w http.ResponseWriter, err error) {
	h := asHTTPError(err)
	if h.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="logs.to"`)
	}
	answerJSON(w, h.status, map[string]string{"error": h.text})
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // fails only if the client is gone
}
