package jsonstream_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/internal/jsonstream"
)

type idleReader struct{}

func (idleReader) Read([]byte) (int, error) { return 0, nil }

func TestABodyThatBringsNothing(t *testing.T) {
	if _, err := read(idleReader{}, maxRecord); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

// foreign is a body that panics.
type foreign struct{}

func (foreign) Read([]byte) (int, error) { panic("with a secret") }
func (foreign) Close() error             { panic("with a secret") }

func TestABodyThatPanics(t *testing.T) {
	b := &jsonstream.Body{In: foreign{}}
	for range 2 {
		if n, err := b.Read(make([]byte, 1)); n != 0 || err == nil || err.Error() != "the answer breaks off: the HTTP client panicked" {
			t.Errorf("%d, %v", n, err)
		}
	}
	if err := b.Close(); err == nil || err.Error() != "the HTTP client panicked" {
		t.Error(err)
	}
}

func TestErrorsOfABodyAreHidden(t *testing.T) {
	hidden := errors.New("hidden")
	for want, hide := range map[string]func(error) error{
		"the answer breaks off: hidden":                   func(error) error { return hidden },
		"the answer breaks off: the HTTP client panicked": func(err error) error { panic(err) },
	} {
		b := on(iotest.ErrReader(errors.New("a secret")))
		b.Hide = hide
		if _, err := b.Read(make([]byte, 1)); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A reader may return bytes and an error at once; a body does not.
func TestABodyReturnsBytesOrAnError(t *testing.T) {
	for want, end := range map[string]error{"EOF": io.EOF, "the answer breaks off: broken": errors.New("broken")} {
		b := on(iotest.DataErrReader(io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(end))))
		p := make([]byte, 8)
		if n, err := b.Read(p); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		for range 2 {
			if n, err := b.Read(p); n != 0 || !errors.Is(err, end) || err.Error() != want {
				t.Errorf("%d, %v, want %s", n, err, want)
			}
		}
	}
}

func TestTheStartOfABody(t *testing.T) {
	for name, c := range map[string]struct {
		text        string
		keep, first int
		want        string
		whole       bool
	}{
		"shorter":      {"abc", 5, 1, "abc", true},
		"not read yet": {"abc", 5, 0, "abc", true},
		"longer":       {"abcdef", 4, 2, "abcd", false},
		"read further": {"abcdef", 4, 6, "abcd", false},
		"none is kept": {"abc", 0, 3, "", false},
	} {
		b := on(iotest.OneByteReader(strings.NewReader(c.text)))
		b.Keep = c.keep
		if _, err := io.ReadFull(b, make([]byte, c.first)); err != nil {
			t.Fatal(err)
		}
		if start, whole := b.Start(); string(start) != c.want || whole != c.whole {
			t.Errorf("%s: %q, %v", name, start, whole)
		}
	}
	b := on(io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(errors.New("broken"))))
	b.Keep = 5
	if start, whole := b.Start(); string(start) != "ab" || whole {
		t.Errorf("broken: %q, %v", start, whole)
	}
}

// pausing takes a while for each byte.
type pausing struct{ time.Duration }

func (r pausing) Read(p []byte) (int, error) {
	time.Sleep(r.Duration)
	return copy(p, " "), nil
}

func TestSilenceCountsWhileABodyIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := false
		b := on(pausing{9 * time.Second})
		b.Timeout = 10 * time.Second
		b.Silence = time.AfterFunc(b.Timeout, func() { silent = true })
		for range 10 {
			if _, err := b.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		synctest.Wait()
		if silent {
			t.Error("it was silent for too long")
		}
		b.In = io.NopCloser(pausing{11 * time.Second})
		_, _ = b.Read(make([]byte, 1))
		synctest.Wait()
		if !silent {
			t.Error("it was not silent for too long")
		}
	})
}
