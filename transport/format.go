package transport

import "fmt"

// Format is how the records of a batch are put into request bodies.
type Format uint8

// The formats.
const (
	// Auto sends a JSON array, or the bare object for a single record, and
	// falls back to bare objects if the server takes no arrays.
	Auto Format = iota
	// Array sends a JSON array always.
	Array
	// NDJSON sends one object per line, as application/x-ndjson. It is never
	// chosen by itself: a server that reads one JSON value and stops would
	// acknowledge a batch and lose all but its first record.
	NDJSON
	// Single sends one request with a bare object per record, several at once.
	Single
)

var formatNames = [...]string{"auto", "array", "ndjson", "single"}

// String returns the name of the format in lower case.
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return fmt.Sprintf("format(%d)", uint8(f))
}

// WithFormat sets how records are put into request bodies. The default is
// [Auto].
func WithFormat(f Format) Option {
	return optionFunc(func(c *config) {
		if int(f) >= len(formatNames) {
			c.fail("WithFormat(%v): must be one of the formats", f)
		}
		c.format = f
	})
}

// Compression is how request bodies are compressed.
type Compression uint8

// The compressions.
const (
	// AutoCompression sends gzip, and falls back to plain bodies if the server
	// refuses it.
	AutoCompression Compression = iota
	// Gzip compresses with gzip (RFC 1952) at its fastest level.
	Gzip
	// Zstd compresses with Zstandard (RFC 8878) at its fastest level, where the
	// server takes it: log lines get a fifteenth smaller than with gzip, for a
	// tenth more CPU.
	Zstd
	// Identity does not compress.
	Identity
)

var compressionNames = [...]string{"auto", "gzip", "zstd", "identity"}

// String returns the name of the compression in lower case.
func (z Compression) String() string {
	if int(z) < len(compressionNames) {
		return compressionNames[z]
	}
	return fmt.Sprintf("compression(%d)", uint8(z))
}

// WithCompression sets how request bodies of a kibibyte and more are
// compressed; smaller ones go as they are. The default is [AutoCompression].
func WithCompression(z Compression) Option {
	return optionFunc(func(c *config) {
		if int(z) >= len(compressionNames) {
			c.fail("WithCompression(%v): must be one of the compressions", z)
		}
		c.compression = z
	})
}
