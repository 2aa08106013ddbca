package auth_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/logsto/logsto-go/auth"
)

// TestErrorsAreTextInJSON checks what is seen of errors that are published, such as by
// package expvar.
func TestErrorsAreTextInJSON(t *testing.T) {
	for _, err := range []error{
		&auth.TokenError{URL: "https://auth.example/token", Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}},
		&auth.LoginError{Code: "access_denied", Description: "no"},
	} {
		got, failed := json.Marshal(map[string]any{"e": err})
		if want := fmt.Sprintf(`{"e":%q}`, err.Error()); failed != nil || string(got) != want {
			t.Errorf("%v: %s, want %s", failed, got, want)
		}
	}
}
