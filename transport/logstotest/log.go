package logstotest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// log serves POST /v1/log.
func (s *Server) log(w http.ResponseWriter, r *http.Request) {
	s.begin()
	defer s.end()
	ws := s.space()
	defer s.putBack(ws)
	req := Request{
		Encoding: r.Header.Get("Content-Encoding"),
		Key:      r.Header.Get("Idempotency-Key"),
		Received: time.Now(),
	}
	if err := ws.readBody(r.Body); err != nil {
		// The client is gone, or has sent half a body: any answer would be a lie.
		panic(http.ErrAbortHandler)
	}
	req.Bytes = len(ws.body)
	step, body := s.handle(r, ws, &req)
	// Noted before the answer, so that who has the answer finds it.
	req.Status = step.status
	s.note(req)
	s.finish(w, r, step, body)
}

// handle stores the records of a request, if that is what it comes to. It
// returns the step that is left to do, and the usual body of its answer.
func (s *Server) handle(r *http.Request, ws *workspace, req *Request) (Step, any) {
	step := s.wait(r.Context(), s.nextStep())
	if step.ends() {
		return step, errorBody{Error: http.StatusText(step.status)}
	}
	records, err := s.read(r, ws, req)
	if err != nil {
		return step.refused(err)
	}
	if bad, poison := s.poisoned(records); len(bad) > 0 {
		step = s.wait(r.Context(), poison)
		step.failed = append(slices.Clip(step.failed), bad...)
		if step.ends() {
			return step, errorBody{Error: unacceptable(bad[0])}
		}
	}
	step = step.taken()
	answer := acceptedBody{Accepted: len(records)}
	if step.kind == partial {
		failed := indices(step.failed, len(records))
		answer = partialBody(failed, len(records))
		records = without(records, failed)
	}
	s.store(records, *req)
	return step, answer
}

// read checks a request and takes its body apart.
func (s *Server) read(r *http.Request, ws *workspace, req *Request) ([]Record, error) {
	if err := s.admit(r, ScopeWrite); err != nil {
		return nil, err
	}
	f := s.currentFaults()
	if f.maxBody > 0 && req.Bytes > f.maxBody {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", f.maxBody)
	}
	if f.noCompression != 0 && req.Encoding != "" {
		return nil, refuse(f.noCompression, "content encoding %q is not supported", req.Encoding)
	}
	plain, err := ws.decompress(req.Encoding, maxPlain)
	if err != nil {
		return nil, err
	}
	if s.keep {
		plain = bytes.Clone(plain) // what is stored outlives the workspace
	}
	records, format, bad, err := split(plain, r.Header.Get("Content-Type"), ws.records[:0])
	ws.records = records
	req.Format, req.Records = format, len(records)
	if err != nil {
		return nil, err
	}
	if format == "array" {
		if status := s.refuseArray(); status != 0 {
			return nil, refuse(status, "expected one JSON object")
		}
	}
	return records, bad
}

// indices returns those of failed that n records have, in order and each once.
func indices(failed []int, n int) []int {
	failed = slices.Compact(slices.Sorted(slices.Values(failed)))
	return slices.DeleteFunc(failed, func(i int) bool { return i < 0 || i >= n })
}

// without returns the records but for those with these indices, in the same
// memory.
func without(records []Record, failed []int) []Record {
	kept := records[:0]
	for i, rec := range records {
		if _, found := slices.BinarySearch(failed, i); !found {
			kept = append(kept, rec)
		}
	}
	return kept
}

func unacceptable(i int) string { return fmt.Sprintf("record %d is not acceptable", i) }
