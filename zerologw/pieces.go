package zerologw

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
)

// This file is for writes that have several events in them, or parts of one: somebody
// collects them before they come here.

// next returns the first event or text of p, and what stands behind it. Lines of text that
// follow each other are one text; if the buffer redacts, not beyond one that may be JSON.
func (w *Writer) next(p []byte) (first, rest []byte) {
	for i := 0; i < len(p); {
		end := len(p)
		if n := bytes.IndexByte(p[i:], '\n'); n >= 0 {
			end = i + n + 1
		}
		line := p[i:end]
		switch {
		case w.isEvent(line):
			if i > 0 {
				end = i
			}
			return p[:end], p[end:]
		case i > 0 && w.redacts && mayBeJSON(line):
			return p[:i], p[i:]
		}
		i = end
	}
	return p, nil
}

// addPieces appends each event and each text of p, with the level for what has none of
// its own, and returns the most severe level.
func (w *Writer) addPieces(level zerolog.Level, p []byte) (most batch.Level) {
	broken := false // there was an event that is no JSON, and what follows may belong to it
	spoilt := 0     // the bytes of such since the last event
	for len(p) > 0 {
		var piece []byte
		piece, p = w.next(p)
		own, ok := w.levelOf(piece)
		named := own != zerolog.NoLevel
		switch {
		case len(bytes.TrimSpace(piece)) == 0:
			continue
		case w.redacts && (!ok && mayBeJSON(piece) || broken && !w.isZerologs(piece)):
			broken = true
			spoilt += len(piece)
			continue
		case spoilt > 0:
			most, spoilt = max(most, w.add(level, withheld(spoilt), false)), 0
		}
		if !named {
			own = level
		}
		most = max(most, w.add(own, piece, named))
	}
	if spoilt > 0 {
		most = max(most, w.add(level, withheld(spoilt), false))
	}
	return most
}

// isZerologs reports whether p is an event with a member of zerolog's own, and not an object
// in one.
func (w *Writer) isZerologs(p []byte) bool {
	var ev event
	return ev.scan(p, true, w.limit) && (ev.level != none || ev.message != none || ev.stamp != none)
}

// cut is the beginning of an event.
type cut struct {
	is   atomic.Bool // there is one
	mu   sync.Mutex
	text []byte
}

// take returns the beginning, of which the next Write may have the rest.
func (c *cut) take() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := c.text
	c.text = nil
	c.is.Store(false)
	return text
}

// keep keeps a copy of the beginning, and returns one that was there.
func (c *cut) keep(p []byte) (was []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was, c.text = c.text, bytes.Clone(p)
	c.is.Store(true)
	return was
}

// end appends the beginning as a text, as there is no more to come.
func (c *cut) end(w *Writer) {
	if c.is.Load() {
		w.finish(w.addPieces(zerolog.NoLevel, c.take()))
	}
}

// goOn is Write after one that has ended with the beginning of an event.
func (w *Writer) goOn(p []byte) {
	text := w.cut.take()
	line, _, _ := bytes.Cut(p, []byte{'\n'})
	if len(text) > 0 && w.isEvent(line) { // from somebody else
		w.finish(w.addPieces(zerolog.NoLevel, text))
		text = nil
	}
	w.writeAny(append(text, p...))
}

// writeAny is Write for what may be no event by itself.
func (w *Writer) writeAny(p []byte) {
	whole := bytes.LastIndexByte(p, '\n') + 1
	if last := p[whole:]; len(last) <= w.limit && isBeginning(last) {
		if was := w.cut.keep(last); len(was) > 0 {
			w.finish(w.addPieces(zerolog.NoLevel, was))
		}
		if p = p[:whole]; len(bytes.TrimSpace(p)) == 0 {
			return
		}
	}
	level, _ := w.levelOf(p)
	w.write(level, p, level != zerolog.NoLevel)
}

// isBeginning reports whether p is an object of which the end is missing.
func isBeginning(p []byte) bool {
	if len(p) == 0 || p[0] != '{' {
		return false
	}
	var object json.RawMessage
	return errors.Is(json.NewDecoder(bytes.NewReader(p)).Decode(&object), io.ErrUnexpectedEOF)
}
