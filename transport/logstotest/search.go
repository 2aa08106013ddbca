package logstotest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// usualEnvelope is what the found records stand in.
const usualEnvelope = `{"records":[]}`

// SetSearchEnvelope makes the answer to a search this text, with the records that
// were found in the place of its first [], say {"total":2,"hits":[]}, or [] for
// nothing around them. The default is {"records":[]}, to which an empty text
// returns.
func (s *Server) SetSearchEnvelope(text string) {
	s.change(func(f *faults) { f.envelope = text })
}

// search serves GET /v1/search: the stored records that contain the query,
// letter case aside.
func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, &s.faults.searchScript, func() (any, error) {
		if err := s.admit(r, ScopeRead); err != nil {
			return nil, err
		}
		return s.find(r.URL.Query().Get("query")), nil
	}, func(int) {})
}

func (s *Server) find(query string) json.RawMessage {
	lower := bytes.ToLower([]byte(query))
	var found [][]byte
	for _, rec := range s.Records() {
		if bytes.Contains(bytes.ToLower(rec.JSON), lower) {
			found = append(found, rec.JSON)
		}
	}
	records := "[" + string(bytes.Join(found, []byte(","))) + "]"
	envelope := s.currentFaults().envelope
	if envelope == "" {
		envelope = usualEnvelope
	}
	return json.RawMessage(strings.Replace(envelope, "[]", records, 1))
}
