package transport

import (
	"encoding/binary"
	"encoding/hex"
	"time"
)

// tokenVersion is the first byte of a token; another one is not ours.
const tokenVersion = 1

// appendToken appends what must be known of a deferred record when it is sent again, in
// 47 bytes: the version (1), the key (16), the last answer (2), the attempts (4), the
// failures (4), the keys before this one (4), when the first failure was (8), and when the
// last attempt began (8).
func (p *part) appendToken(dst []byte) []byte {
	dst = append(dst, tokenVersion)
	dst = append(dst, keyBytes(p.key)...)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(p.past.answer))
	for _, n := range []int{p.past.e.Attempts, p.past.failures, p.past.renewed} {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(p.past.began.UnixMilli()))
	return binary.LittleEndian.AppendUint64(dst, uint64(p.past.since.UnixMilli()))
}

// recall reads a token. One that is not ours leaves the part as it is.
func (p *part) recall(token []byte) {
	if len(token) != 47 || token[0] != tokenVersion {
		return
	}
	p.key = keyText([16]byte(token[1:17]))
	p.past.answer = int(binary.LittleEndian.Uint16(token[17:]))
	for i, n := range []*int{&p.past.e.Attempts, &p.past.failures, &p.past.renewed} {
		*n = int(binary.LittleEndian.Uint32(token[19+4*i:]))
	}
	p.past.began = time.UnixMilli(int64(binary.LittleEndian.Uint64(token[31:])))
	p.past.started = p.past.began
	if p.past.answer != noAnswer {
		p.past.e.Status = p.past.answer
	}
	p.past.since = time.UnixMilli(int64(binary.LittleEndian.Uint64(token[39:])))
}

// keyBytes returns the bytes of a key that keyText has made.
func keyBytes(key string) []byte {
	var u [16]byte
	var digits [32]byte
	copy(digits[:], key[0:8])
	copy(digits[8:], key[9:13])
	copy(digits[12:], key[14:18])
	copy(digits[16:], key[19:23])
	copy(digits[20:], key[24:])
	_, _ = hex.Decode(u[:], digits[:]) // all are digits
	return u[:]
}
