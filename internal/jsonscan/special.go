package jsonscan

// Special returns 0 if none of the eight bytes of w is a quote, a backslash, a
// control character or part of a longer character. Otherwise the lowest bit that
// is set is in the first byte that is; bits above it mean nothing, because a
// subtraction may have borrowed from there.
func Special(w uint64) uint64 {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	control := w - ' '*ones
	quote := (w ^ '"'*ones) - ones
	backslash := (w ^ '\\'*ones) - ones
	return (w | control | quote | backslash) & highs
}
