package main

import (
	"bytes"
	"encoding/json"
	"strings"
)

// fields is what a JSON object has under the names that matter here.
type fields struct {
	any   bool // it has a field
	unfit bool // a field that every record has is there, but not as it must be

	hasTimestamp, hasLevel, hasMessage bool

	level     string
	time, msg string // where log/slog, zap, zerolog and logrus put them
}

// readFields reads a JSON object, which must be valid.
func readFields(obj []byte) (f fields) {
	walk(obj, func(key string, value []byte) {
		f.any = true
		text, isText := unquote(value)
		// Whoever reads the record may not mind the case of keys.
		switch {
		case strings.EqualFold(key, "timestamp"):
			f.unfit = f.unfit || !isText || !isTimestamp(text)
			f.hasTimestamp = f.hasTimestamp || key == "timestamp"
		case strings.EqualFold(key, "level"):
			f.unfit = f.unfit || !isText
			f.hasLevel = f.hasLevel || key == "level"
			f.level = text
		case strings.EqualFold(key, "message"):
			f.unfit = f.unfit || !isText
			f.hasMessage = f.hasMessage || key == "message"
		case key == "time":
			f.time = text
		case key == "msg":
			f.msg = text
		}
	})
	return f
}

// unquote returns the text of a JSON string.
func unquote(value []byte) (text string, ok bool) {
	if value[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1]), true
	}
	err := json.Unmarshal(value, &text)
	return text, err == nil
}

// walk calls visit for each field of a valid JSON object, but not for those of
// objects within it.
func walk(obj []byte, visit func(key string, value []byte)) {
	i := skip(obj, 1)
	for obj[i] != '}' {
		end := valueEnd(obj, i)
		key, _ := unquote(obj[i:end])
		i = skip(obj, end)
		end = valueEnd(obj, i)
		visit(key, obj[i:end])
		i = skip(obj, end)
	}
}

// skip returns the index of what follows blanks and separators.
func skip(obj []byte, i int) int {
	for strings.IndexByte(blanks+",:", obj[i]) >= 0 {
		i++
	}
	return i
}

// valueEnd returns the index behind the value that begins at i.
func valueEnd(obj []byte, i int) int {
	depth := 0
	for ; ; i++ {
		switch c := obj[i]; {
		case c == '"':
			i = stringEnd(obj, i)
			if depth == 0 {
				return i + 1
			}
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth == 0 {
				return i // of the object around a number or the like
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case depth == 0 && strings.IndexByte(blanks+",", c) >= 0:
			return i
		}
	}
}

// stringEnd returns the index of the quote that ends the string begun at i.
func stringEnd(obj []byte, i int) int {
	for i++; obj[i] != '"'; i++ {
		if obj[i] == '\\' {
			i++
		}
	}
	return i
}
