// Package appendbench measures what it costs to hand one record over from the
// goroutine that logs to another one: through the buffer of package batch,
// through its twin with a mutex, and through what others use for it, next to
// the bare copy of the bytes, which nothing can beat.
//
//	go test -bench . -cpu 1,2,4,8 ./append    each measurement by itself
//	go run ./appendratios                     the ratios, from rounds that take turns
//
// Each queue has a consumer that takes the records at once and does nothing
// with them. Where a queue can be made to wait for room, it is, so that nothing
// is dropped; the share that was dropped is reported, since a record that is
// dropped costs less than one that is kept.
package appendbench
