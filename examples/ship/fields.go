package main

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// The fields that every record has.
const (
	timestamp = iota
	level
	message
	fixed
)

var fixedKeys = [fixed]string{"timestamp", "level", "message"}

// aliases are where other loggers put them: log/slog, zap, zerolog, logrus, pino, bunyan,
// Logstash and others.
var aliases = map[string]int{"time": timestamp, "ts": timestamp, "@timestamp": timestamp, "severity": level, "msg": message}

// fields is what a JSON object has of these.
type fields struct {
	any    bool          // it has a field
	has    [fixed]bool   // it is there as it must be
	texts  [fixed]string // what it says, there or in a field that stands for it
	ranks  [fixed]int    // of the text
	rename []int         // where keys begin that only a fixed field may have
}

// readFields reads a JSON object, which must be valid.
func readFields(obj []byte) (f fields) {
	walk(obj, func(at int, key string, value []byte) {
		f.any = true
		for field, name := range fixedKeys {
			if !strings.EqualFold(key, name) { // who reads the record may not mind the case
				continue
			}
			text, isText := unquote(value)
			if key == name && !f.has[field] && isText && (field != timestamp || isTimestamp(text)) {
				f.has[field], f.texts[field], f.ranks[field] = true, text, 3
				return
			}
			f.rename = append(f.rename, at)
			f.stands(field, 2, value)
			return
		}
		if field, ok := aliases[key]; ok {
			f.stands(field, 1, value)
		}
	})
	return f
}

// stands takes the value for a fixed field, unless there is a better one.
func (f *fields) stands(field, rank int, value []byte) {
	text, _ := unquote(value)
	switch field {
	case timestamp:
		text = timeOf(value)
	case level:
		if n, err := strconv.ParseFloat(strings.Trim(string(value), `"`), 64); err == nil {
			text = levelOf(n)
		}
	}
	if text != "" && rank > f.ranks[field] {
		f.texts[field], f.ranks[field] = text, rank
	}
}

// levelOf returns the level of a number of pino and bunyan, or nothing.
func levelOf(n float64) string {
	names := []string{"trace", "debug", "info", "warn", "error", "fatal"}
	if n < 10 || n > 1e6 {
		return ""
	}
	return names[min(int(n)/10, len(names))-1]
}

// timeLayouts are those of times that are not as RFC 3339 has them: of zap's encoder for ISO
// 8601, of Python and of others. What has no zone could be in any.
var timeLayouts = []string{
	"2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07",
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999 Z07:00", "2006-01-02 15:04:05.999999999 Z0700",
}

// timeOf returns the time of a JSON value in RFC 3339, or nothing: a text, or the number of
// seconds, milliseconds, microseconds or nanoseconds since 1970 that makes a time from 1973
// to 2261.
func timeOf(value []byte) string {
	text, isText := unquote(value)
	if !isText {
		text = string(value)
	}
	if isTimestamp(text) {
		return text
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format(timestampLayout)
		}
	}
	const least, most, maxDigits = 1e17, 9.2e18, 40
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || len(text) > maxDigits {
		return ""
	}
	for _, unit := range []int64{1e9, 1e6, 1e3, 1} {
		if ns := n * float64(unit); ns < least || ns >= most {
			continue
		}
		exact, ok := new(big.Rat).SetString(text) // a float has not as many digits
		if !ok {
			return ""
		}
		exact.Mul(exact, new(big.Rat).SetInt64(unit))
		return time.Unix(0, new(big.Int).Quo(exact.Num(), exact.Denom()).Int64()).UTC().Format(timestampLayout)
	}
	return ""
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

// walk calls visit for each field of a valid JSON object, with where its key begins, but not
// for those of objects within it.
func walk(obj []byte, visit func(at int, key string, value []byte)) {
	i := skip(obj, 1)
	for obj[i] != '}' {
		at := i
		end := valueEnd(obj, i)
		key, _ := unquote(obj[i:end])
		i = skip(obj, end)
		end = valueEnd(obj, i)
		visit(at, key, obj[i:end])
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
