package auth

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// maxAnswer bounds what is read of the answer of a token endpoint, in bytes, as package oauth2
// does.
const maxAnswer = 1 << 20

// readable makes an answer one that package oauth2 reads, which gives a token up for what
// does not matter: a JSON object may have a byte order mark before it and the type of a
// text, a lifetime may be a fraction, a text, or nothing that is one, and a member that is
// not needed may be of another type.
func readable(resp *http.Response) {
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if object := bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF"))); err == nil && bytes.HasPrefix(object, []byte("{")) {
		text = object
		header := resp.Header.Clone() // it may be that of another answer, too, or nil
		if header == nil {
			header = http.Header{}
		}
		header.Set("Content-Type", "application/json")
		resp.Header = header
		if resp.StatusCode < 300 {
			text = plainToken(text)
		}
	}
	rest := io.Reader(bytes.NewReader(text))
	if err != nil {
		rest = io.MultiReader(rest, failingReader{err})
	}
	resp.Body = &restBody{rest, resp.Body}
}

// restBody is what is left of a body of which the start has been read.
type restBody struct {
	io.Reader
	io.Closer
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// plainToken returns the JSON object of a token in which each member has the type that
// package oauth2 wants, or the text as it is if it is none.
func plainToken(text []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return text
	}
	for name, value := range members {
		isText := value[0] == '"'
		switch strings.ToLower(name) { // package json does not mind the case
		case "expires_in":
			delete(members, name)
			if seconds, ok := seconds(value); ok {
				members[name] = strconv.AppendInt(nil, seconds, 10)
			}
		case "error":
			if !isText && string(value) != "null" { // the reason should be known all the same
				members[name], _ = json.Marshal(string(value)) // of a text it never fails
			}
		case "token_type", "refresh_token", "error_description", "error_uri":
			if !isText {
				delete(members, name)
			}
		}
	}
	plain, err := json.Marshal(members)
	if err != nil {
		return text
	}
	return plain
}

// seconds returns a lifetime in whole seconds, and whether it is one.
func seconds(value json.RawMessage) (int64, bool) {
	text := string(value)
	if json.Unmarshal(value, &text) != nil {
		text = string(value) // a number
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(n) {
		return 0, false
	}
	return int64(max(math.MinInt32, min(math.MaxInt32, n))), true
}
