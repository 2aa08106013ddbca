// Package jsonstream reads the records of an answer in JSON (RFC 8259) while it arrives, in
// memory that does not grow with the answer.
//
// The records are the objects in the one array that the answer is, or that it has within
// objects, whatever their keys:
//
//	[{...},{...}]
//	{"took":3,"errors":[],"records":[{...},{...}]}
//	{"hits":{"total":2,"hits":[{...},{...}]}}
//
// An array that is empty is none, as long as there is another. Everything else is an error,
// and so is an answer that breaks off: without an error the records are all that there are.
// What encoding/json does not take is not JSON here either.
//
// There are bounds: for a record, which the caller sets; for what stands before, between
// and behind records, of one MiB; and for the objects around the records, of as many levels
// as package jsonscan has for a value.
//
// [Records] is the iterator. [Body] stands before it and makes the body of an answer, which
// a foreign HTTP client may have made, fit to be read so: it ends what is silent for too
// long, turns panics into errors, and keeps the start for messages.
package jsonstream
