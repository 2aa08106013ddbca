// Package bench measures what a log call costs through each adapter, next to
// what its logger costs by itself. It is a module of its own, so that users
// never see what it requires.
//
//	go test -bench . .      each measurement by itself
//	go run ./ratios         the ratios, from rounds that take turns (a minute or two);
//	                        with -call those of the call alone
//	go run ./appendratios   the buffer's append next to a bare copy and to peers
//	go run ./soak           200,000 records a second through the whole library
//	go run ./single         a request per record next to a bare loop over net/http
//
// Raw output of ratios, appendratios and soak is in results.
//
// A case of the benchmarks is named by logger, back end and shape of the record, so
// this says where the time of zerolog's goes through us, with ten fields:
//
//	go test -run '^$' -bench Log/zerolog/ours/10 -benchtime 3s -cpuprofile cpu.out .
//	go tool pprof -top -cum cpu.out
//
// and with -memprofile mem.out -memprofilerate 1, and pprof -sample_index
// alloc_objects, where its allocations come from. The same case alone in the ratios:
//
//	go run ./ratios -logger zerolog -fields 10 -parallel=false
package bench
