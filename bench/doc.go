// Package bench measures what a log call costs through each adapter, next to
// what its logger costs by itself. It is a module of its own, so that users
// never see what it requires.
//
//	go test -bench . .      each measurement by itself
//	go run ./ratios         the ratios, from rounds that take turns
//	go run ./appendratios   the buffer's append next to a bare copy and to peers
//	go run ./soak           200,000 records a second through the whole library
//
// Raw output of the last two is in results.
package bench
