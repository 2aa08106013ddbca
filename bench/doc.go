// Package bench measures what a log call costs through each adapter, next to
// what its logger costs by itself. It is a module of its own, so that users
// never see what it requires.
//
//	go test -bench . .      each measurement by itself
//	go run ./ratios         the ratios, from rounds that take turns
package bench
