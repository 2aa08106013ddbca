package transport

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// idempotencyKey is the header by which a server can tell a repetition of a
// request from a new one
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
const idempotencyKey = "Idempotency-Key"

// newUUID returns a UUID of version 7 as RFC 9562 section 5.7 has it: 48 bits
// of Unix milliseconds, then 74 random bits.
func newUUID(now time.Time) string {
	var u [16]byte
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	_, _ = rand.Read(u[6:]) // never fails, as its documentation says
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return keyText(u)
}

// keyText returns a UUID as RFC 9562 section 4 has it written.
func keyText(u [16]byte) string {
	var text [36]byte
	hex.Encode(text[0:8], u[0:4])
	hex.Encode(text[9:13], u[4:6])
	hex.Encode(text[14:18], u[6:8])
	hex.Encode(text[19:23], u[8:10])
	hex.Encode(text[24:], u[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
