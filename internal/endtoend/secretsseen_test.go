package endtoend

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/logsto/logsto-go/internal/leak"
)

// collected is all that can be seen of an application, by where it was seen:
//
//	Send, Search, Flush, Sync, Close, Login      the errors of these functions
//	Credential.Trouble                           likewise
//	error handler, Notify, refusal handler       what these functions were told
//	Stats, Stats.LastError, Buffer.Stats         what is counted, and why the last request failed
//	Client, Credential                           the values themselves
//	prompt                                       what a person is shown who logs in
//	stored record, noted request                 what the stand-in keeps, markers and idempotency keys included
//	URL                                          of every request that is not a redirect's
//	stranger                                     every request to another host than that of the endpoint
//
// Standard output and standard error are those of TestSecretsOfAProcess.
type collected struct {
	mu     sync.Mutex
	errs   map[string][]error
	values map[string][]any
	texts  map[string][]string
}

func (c *collected) addError(channel string, err error) {
	if err != nil {
		add(&c.mu, &c.errs, channel, err)
	}
}

func (c *collected) addValue(channel string, v any) { add(&c.mu, &c.values, channel, v) }
func (c *collected) addText(channel, text string)   { add(&c.mu, &c.texts, channel, text) }
func add[T any](mu *sync.Mutex, to *map[string][]T, channel string, v T) {
	mu.Lock()
	defer mu.Unlock()
	if *to == nil {
		*to = map[string][]T{}
	}
	(*to)[channel] = append((*to)[channel], v)
}

// leaks returns where one of the secrets was seen. Errors and values that look the
// same are looked at once, and only if it is to be thorough in things that hold them.
func (c *collected) leaks(secrets []string, thorough bool) (found []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	note := func(channel, where string) {
		if where != "" {
			found = append(found, channel+": "+where)
		}
	}
	known, held := map[string]bool{}, map[string]bool{}
	for _, channel := range slices.Sorted(maps.Keys(c.errs)) {
		for _, err := range c.errs[channel] {
			note(channel, leak.Find(err.Error(), secrets...))
			if same(known, channel, err) {
				continue
			}
			note(channel, leak.BriefError(err, secrets...))
			if thorough && !held[channel] {
				held[channel] = true
				note(channel, leak.InError(err, secrets...))
			}
		}
	}
	for _, channel := range slices.Sorted(maps.Keys(c.values)) {
		for _, v := range c.values[channel] {
			if same(known, channel, v) {
				continue
			}
			note(channel, leak.Brief(v, secrets...))
			if thorough && !held[channel] {
				held[channel] = true
				note(channel, leak.In(v, secrets...))
			}
		}
	}
	for _, channel := range slices.Sorted(maps.Keys(c.texts)) {
		note(channel, leak.Find(strings.Join(c.texts[channel], "\n\f"), secrets...))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// same reports whether a value that looks the same, numbers aside, was seen there before.
func same(known map[string]bool, channel string, v any) bool {
	text := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, fmt.Sprintf("%s %T %v", channel, v, v))
	if err, ok := v.(error); ok {
		for ; err != nil; err = errors.Unwrap(err) {
			text += fmt.Sprintf(" %T", err)
		}
	}
	was := known[text]
	known[text] = true
	return was
}

func partsOf(secret string) []string { return leak.Parts(secret) }

// TestALeakIsSeen has the search find what is planted, in each place.
func TestALeakIsSeen(t *testing.T) {
	const planted = "a-planted-secret-of-no-use"
	for name, plant := range map[string]func(*collected){
		"an error":         func(c *collected) { c.addError("here", errors.New(planted)) },
		"a wrapped error":  func(c *collected) { c.addError("here", &secretive{errors.New(planted)}) },
		"the second error": func(c *collected) { c.addError("here", errors.New("x")); c.addError("here", errors.New(planted)) },
		"one like another": func(c *collected) {
			c.addError("there", &secretive{})
			c.addError("here", &secretive{errors.New(planted)})
		},
		"a value":           func(c *collected) { c.addValue("here", struct{ err error }{errors.New(planted)}) },
		"a text":            func(c *collected) { c.addText("here", "X-Key: "+planted) },
		"the second text":   func(c *collected) { c.addText("here", "x"); c.addText("here", planted) },
		"the start of it":   func(c *collected) { c.addText("here", planted[:14]) },
		"the end, in a URL": func(c *collected) { c.addText("here", "https://h/?k="+planted[12:]) },
	} {
		for _, thorough := range []bool{false, true} {
			var c collected
			c.addError("there", errors.New("harmless"))
			c.addValue("there", "harmless")
			c.addText("there", "harmless")
			plant(&c)
			if found := c.leaks(halves([]string{planted}), thorough); len(found) == 0 || !strings.HasPrefix(found[0], "here: ") {
				t.Errorf("%s: found %q", name, found)
			}
		}
	}
	var c collected
	c.addError("there", errors.New("harmless"))
	if found := c.leaks(halves([]string{planted}), true); len(found) > 0 {
		t.Errorf("found %q", found)
	}
}

// secretive does not say what it wraps.
type secretive struct{ err error }

func (*secretive) Error() string   { return "secretive" }
func (e *secretive) Unwrap() error { return e.err }
