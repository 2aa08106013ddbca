package differential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// node is a JSON value with everything that it says: members in their order,
// those of the same name too, and numbers as they are written.
type node struct {
	kind kind
	text string // of a string, decoded; of a number or literal, as it is written
	list []*node
	keys []string // of an object, one for each of list
}

type kind byte

const (
	object  kind = '{'
	array   kind = '['
	text    kind = '"'
	number  kind = '0'
	literal kind = 't'
)

// parse reads one value, after which nothing may follow.
func parse(p []byte) (*node, error) {
	dec := json.NewDecoder(bytes.NewReader(p))
	dec.UseNumber()
	n, err := parseNext(dec)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return n, nil
}

func parseNext(dec *json.Decoder) (*node, error) {
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		return parseContainer(dec, kind(t))
	case string:
		return &node{kind: text, text: t}, nil
	case json.Number:
		return &node{kind: number, text: t.String()}, nil
	case nil:
		return null(), nil
	default:
		return &node{kind: literal, text: fmt.Sprint(t)}, nil
	}
}

func parseContainer(dec *json.Decoder, k kind) (*node, error) {
	n := &node{kind: k}
	for dec.More() {
		if k == object {
			t, err := dec.Token()
			if err != nil {
				return nil, err
			}
			n.keys = append(n.keys, t.(string))
		}
		v, err := parseNext(dec)
		if err != nil {
			return nil, err
		}
		n.list = append(n.list, v)
	}
	_, err := dec.Token()
	return n, err
}

func null() *node { return &node{kind: literal, text: "null"} }

// str returns a string, with U+FFFD for what is not UTF-8.
func str(s string) *node { return &node{kind: text, text: string([]rune(s))} }

func (n *node) isNull() bool { return n.kind == literal && n.text == "null" }

func (n *node) isText(prefix string) bool {
	return n.kind == text && strings.HasPrefix(n.text, prefix)
}

// add appends a member.
func (n *node) add(key string, v *node) {
	n.keys = append(n.keys, key)
	n.list = append(n.list, v)
}

// take removes the i-th member and returns its value.
func (n *node) take(i int) *node {
	v := n.list[i]
	n.keys = append(n.keys[:i:i], n.keys[i+1:]...)
	n.list = append(n.list[:i:i], n.list[i+1:]...)
	return v
}

// has reports whether a value that is in n, at any depth, is such.
func (n *node) has(such func(*node) bool) bool {
	if such(n) {
		return true
	}
	for _, v := range n.list {
		if v.has(such) {
			return true
		}
	}
	return false
}

func (n *node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	switch n.kind {
	case text:
		fmt.Fprintf(b, "%q", n.text)
	case object, array:
		b.WriteByte(byte(n.kind))
		for i, v := range n.list {
			if i > 0 {
				b.WriteString(", ")
			}
			if n.kind == object {
				fmt.Fprintf(b, "%q: ", n.keys[i])
			}
			v.write(b)
		}
		b.WriteByte(byte(n.kind) + 2) // the closing one
	default:
		b.WriteString(n.text)
	}
}
