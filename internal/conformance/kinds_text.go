package conformance

import (
	"strings"

	"github.com/rs/zerolog"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func text(name, s string) kind {
	return typed("string "+name, s, zap.String, event.Str, context.Str, zapcore.ArrayEncoder.AppendString, (*zerolog.Array).Str)
}

// byteString is text that a logger takes as bytes. For the others, bytes are
// base64.
func byteString(name, s string) kind {
	k := typed("byte string "+name, []byte(s), zap.ByteString, event.Bytes, context.Bytes, zapcore.ArrayEncoder.AppendByteString, (*zerolog.Array).Bytes)
	return k.wants(s).withoutSlog()
}

func texts() []kind {
	const (
		escapes    = "a\"b\\c/d\b\f\n\r\t\x00\x1f\x7f"
		characters = "Grüße, 世界 \U0001F600 \u2028\u2029"
		invalid    = "a\xffb\xc3(\xe2\x82"
	)
	return []kind{
		text("plain", "GET /api/v1/users"),
		text("empty", ""),
		text("escapes", escapes),
		text("HTML", "<a href='x'>&amp;</a>"),
		text("characters", characters),
		text("invalid UTF-8", invalid),
		text("surrogate halves", "\xed\xa0\x80\xed\xbf\xbf"),
		text("overlong", "\xc0\xaf\xf8\x88"),
		text("like JSON", `{"a":[1]}`),
		text("long", strings.Repeat("0123456789abcde\n", 300)),
		byteString("plain", "GET /api/v1/users"),
		byteString("empty", ""),
		byteString("escapes", escapes),
		byteString("characters", characters),
		byteString("invalid UTF-8", invalid),
		typed("bytes", []byte{0, 1, 254, 255}, zap.Binary, nil, nil, nil, nil),
		typed("no bytes", []byte{}, zap.Binary, nil, nil, nil, nil),
		typed("nil bytes", []byte(nil), zap.Binary, nil, nil, nil, nil),
	}
}
