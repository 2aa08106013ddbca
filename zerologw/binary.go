//go:build binary_log

package zerologw

// With this tag zerolog writes CBOR (RFC 8949), which a Writer cannot read and
// nobody would want as the message of a record. Better no program than one whose
// log is of no use.
var _ = zerologw_cannot_read_CBOR_build_without_the_tag_binary_log
