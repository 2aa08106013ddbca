package isnil_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/logsto/logsto-go/internal/isnil"
)

func TestValue(t *testing.T) {
	var reader io.Reader
	for _, v := range []any{nil, reader, io.Reader((*bytes.Buffer)(nil)), http.HandlerFunc(nil), http.Header(nil), (chan int)(nil), []int(nil)} {
		if !isnil.Value(v) {
			t.Errorf("%T is not nil", v)
		}
	}
	for _, v := range []any{0, "", &bytes.Buffer{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), http.Header{}, struct{}{}, [0]int{}} {
		if isnil.Value(v) {
			t.Errorf("%T is nil", v)
		}
	}
}
