// Package published has the test cases that the loggers publish for their own
// JSON output, as data: what is logged, what the logger's test expects, and in
// which file and test that stands. Each adapter's tests run those of its logger.
//
// A case is the same if our record says what the test expects, after the mapping
// of keys that the table in PUBLISHED.md states. If it differs, the case has our
// record and the reason; it fails when the two have become the same, as much as
// when ours is another. The logger's own output is compared with what its test
// expects as well, so that a case which was carried over wrong fails too.
package published
