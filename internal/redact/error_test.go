package redact_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/logsto/logsto-go/internal/redact"
)

// heldError does not say what it holds.
type heldError struct {
	Header http.Header
	err    error
}

func (*heldError) Error() string   { return "failed" }
func (e *heldError) Unwrap() error { return e.err }

// requestError holds the request, of which package json makes nothing.
type requestError struct {
	Req    *http.Request
	Resp   *http.Response
	Header *http.Header
}

func (*requestError) Error() string { return "failed" }

type bytesError struct {
	Body []byte
	F    func()
}

func (*bytesError) Error() string { return "failed" }

func TestInError(t *testing.T) {
	holds := &heldError{Header: http.Header{"X-Key": {"se-cret"}}}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"nil":         {nil, false},
		"harmless":    {fmt.Errorf("x: %w", &heldError{err: errors.New("y")}), false},
		"in the text": {errors.New("it is se-cret"), true},
		"held":        {holds, true},
		"request":     {&requestError{Req: &http.Request{Header: holds.Header}}, true},
		"other":       {&requestError{Req: &http.Request{Header: http.Header{"X-Key": {"other"}}}}, false},
		"answer":      {&requestError{Resp: &http.Response{Request: &http.Request{Header: holds.Header}}}, true},
		"header":      {&requestError{Req: &http.Request{}, Header: &holds.Header}, true},
		"none":        {&requestError{}, false},
		"bytes":       {&bytesError{Body: []byte("se-cret"), F: func() {}}, true},
		"wrapped":     {&heldError{err: holds}, true},
		"hidden":      {&heldError{err: &heldError{err: errors.New("se-cret")}}, true},
		"joined":      {errors.Join(errors.New("x"), &heldError{err: holds}), true},
	} {
		if got := redact.InError(c.err, "se-cret"); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if redact.InError(holds, "fail") || redact.InError(holds, "Key") || !redact.InError(holds, "failed") || redact.InError(holds, "ai") {
		t.Error("a short secret is looked for in the wrong place")
	}
}
