package logstotest

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
)

// split takes a body apart into records, which it appends to those that it is
// given. A bad record does not end that: it is told in bad, and a body that is
// not well-formed in err.
func split(body []byte, contentType string, records []Record) (all []Record, format string, bad, err error) {
	mediaType := contentType
	if contentType != "application/json" { // parsing it costs as much as some bodies
		mediaType, _, _ = mime.ParseMediaType(contentType) // empty if it is malformed
	}
	body = trimSpace(body)
	switch {
	case mediaType == "application/x-ndjson":
		for line := range bytes.Lines(body) {
			line = trimSpace(line)
			records = append(records, Record{JSON: line[:len(line):len(line)]})
			if bad == nil {
				bad = checkAlone(line)
			}
		}
		return records, "ndjson", bad, nil
	case mediaType != "application/json":
		return records, "", nil, refuse(http.StatusUnsupportedMediaType, "content type %q is not supported", contentType)
	case bytes.HasPrefix(body, []byte("[")):
		records, bad, err = splitArray(body, records)
		return records, "array", bad, err
	default:
		return append(records, Record{JSON: body}), "object", checkAlone(body), nil
	}
}

// trimSpace returns b without the JSON white space around it.
func trimSpace(b []byte) []byte { return bytes.Trim(b, " \t\r\n") }

func splitArray(body []byte, records []Record) (all []Record, bad, err error) {
	before := len(records)
	records, doubtful, ok := scanArray(body, records)
	if ok {
		for _, i := range doubtful {
			if bad := checkRecord(records[i].JSON); bad != nil {
				return records, bad, nil
			}
		}
		return records, nil, nil
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return records[:before], nil, refuse(http.StatusBadRequest, "%v", err)
	}
	records = records[:before]
	for _, rec := range raw {
		records = append(records, Record{JSON: rec})
		if bad == nil {
			bad = checkRecord(rec)
		}
	}
	return records, bad, nil
}

// checkAlone does what checkRecord does for a text that may be anything.
func checkAlone(rec []byte) error {
	if end, good := scanRecord(rec, 0, 0); good && end == len(rec) {
		return nil
	}
	return checkRecord(rec)
}

// checkRecord reports whether a record is what Logs.to documents: an object
// with at least a message and a level.
func checkRecord(rec []byte) error {
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
