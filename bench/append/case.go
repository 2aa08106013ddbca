package appendbench

import (
	"bytes"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

// Queue takes records from any number of goroutines and hands them to a
// consumer of its own.
type Queue interface {
	// Producer returns a function for one goroutine that hands over n records.
	Producer() func(n int)
	// Settle waits until the consumer has what was handed over and not dropped.
	// No producer may run.
	Settle()
	// Close waits until the consumer has what was handed over and not dropped,
	// ends it, and returns how many records that were, ever. No producer may run.
	Close() (taken uint64)
}

// Kind tells what a Case stands for.
type Kind uint8

// The kinds.
const (
	Floor Kind = iota // not a queue: what the bytes cost anyhow
	Ours
	Twin // ours with a mutex
	Peer
)

// Case is one way to hand over records of one size.
type Case struct {
	Name string
	Kind Kind
	Open func(size int) Queue
}

// The names of the cases that ratios are made of.
const (
	Copy     = "copy"           // into a ring of 1 MiB
	Store    = "copy+store"     // the same with one atomic store, by which a reader could know
	PoolCopy = "copy+pool"      // the same with a Get and a Put of a sync.Pool
	Slab     = "slab"           // internal/slab, without package batch around it
	Mutex    = "slab mutex"     // its twin
	Append   = "append"         // batch.Buffer.Append
	InPlace  = "in place"       // fields appended between batch.Buffer.Begin and Commit
	Scratch  = "scratch"        // fields appended to memory of the goroutine's own, then Append
	ScratchP = "pooled scratch" // the same with memory from a sync.Pool, as loggers have it
)

// Cases returns all cases.
func Cases() []Case {
	return []Case{
		{Copy, Floor, openCopy},
		{Store, Floor, openStores},
		{PoolCopy, Floor, openPoolCopy},
		{Slab, Ours, func(size int) Queue { return openSlabs(size, false) }},
		{Mutex, Twin, func(size int) Queue { return openSlabs(size, true) }},
		{Append, Ours, openAppend},
		{InPlace, Ours, openInPlace},
		{Scratch, Ours, openScratch},
		{ScratchP, Ours, openPooledScratch},
		{"chan", Peer, openChan},
		{"mutex+append", Peer, openLocked},
		{"zap buffered", Peer, openZap},
		{"xsync mpmc", Peer, openXsync},
		{"go-diodes", Peer, openDiode},
		{"phuslu async", Peer, openPhuslu},
		{"otel batch", Peer, openOTel},
	}
}

const (
	budget   = 16 << 20 // of queues that are bounded in bytes
	capacity = 8 << 10  // of those that are bounded in records
)

// await lets others run until done returns true. After a collision in a diode it
// may never do so, hence the end.
func await(done func() bool) {
	for end := time.Now().Add(50 * time.Millisecond); !done() && time.Now().Before(end); {
		runtime.Gosched()
	}
}

// record returns a record of the given size.
func record(size int) []byte { return bytes.Repeat([]byte("x"), size) }

// counter counts what a consumer takes, on a cache line of its own.
type counter struct {
	_ [128]byte
	n atomic.Uint64
	_ [120]byte
}

// encoder makes records of one size from a few fields, as a logger does.
type encoder struct {
	message string
	seq     uint64
}

const (
	part1    = `{"level":"info","seq":`
	part2    = `,"message":"`
	part3    = `"}`
	firstSeq = 100_000
	lastSeq  = 999_999
)

func newEncoder(size int) *encoder {
	fixed := len(part1) + len(strconv.Itoa(firstSeq)) + len(part2) + len(part3)
	return &encoder{string(record(size - fixed)), firstSeq}
}

// append appends one record to dst.
func (e *encoder) append(dst []byte) []byte {
	if e.seq++; e.seq > lastSeq {
		e.seq = firstSeq
	}
	dst = append(dst, part1...)
	dst = strconv.AppendUint(dst, e.seq, 10)
	dst = append(dst, part2...)
	dst = append(dst, e.message...)
	return append(dst, part3...)
}
