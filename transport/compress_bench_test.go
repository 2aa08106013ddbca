package transport

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// logLines returns a batch of about n bytes as loggers write it: few messages and
// keys, many times, ids and durations.
func logLines(n int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	messages := []string{"request served", "cache miss", "user logged in", "query took long", "connection reset by peer", "job finished"}
	paths := []string{"/v1/users", "/v1/orders", "/v1/orders/items", "/healthz", "/v1/search"}
	levels := []string{"debug", "info", "info", "info", "warn", "error"}
	var out [][]byte
	for size, ms := 0, 0; size < n; {
		ms += r.IntN(20)
		line := fmt.Appendf(nil, `{"timestamp":"2026-05-29T10:%02d:%02d.%03d%06dZ","level":%q,"message":%q,"component":"api","method":"GET","path":%q,"status":%d,"user_id":"u%05d","trace_id":"%016x","took":%d,"bytes":%d}`,
			ms/60000%60, ms/1000%60, ms%1000, r.IntN(1e6), levels[r.IntN(len(levels))], messages[r.IntN(len(messages))],
			paths[r.IntN(len(paths))], []int{200, 200, 200, 204, 404, 500}[r.IntN(6)], r.IntN(5000), r.Uint64(), r.IntN(5e7), r.IntN(1e5))
		out = append(out, line)
		size += len(line) + 1
	}
	return out
}

// BenchmarkCompression compares the levels on a full batch: MB/s, and how many
// bytes are left of a hundred.
//
//	go test -run '^$' -bench Compression ./transport
func BenchmarkCompression(b *testing.B) {
	plain := appendRecords(nil, logLines(1<<20), Array)
	run := func(name string, pack func(dst []byte) []byte) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			var out []byte
			for b.Loop() {
				out = pack(out[:0])
			}
			b.ReportMetric(100*float64(len(out))/float64(len(plain)), "%left")
		})
	}
	for _, level := range []int{1, 2, 3, 4, 5, 6, 9} {
		w := new(gzipWriter)
		w.z, _ = gzip.NewWriterLevel(&w.out, level)
		run(fmt.Sprintf("gzip-%d", level), func(dst []byte) []byte {
			w.out.b = dst
			w.z.Reset(&w.out)
			_, _ = w.z.Write(plain)
			_ = w.z.Close()
			return w.out.b
		})
	}
	for _, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedDefault, zstd.SpeedBetterCompression} {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1))
		if err != nil {
			b.Fatal(err)
		}
		run("zstd-"+level.String(), func(dst []byte) []byte { return z.EncodeAll(plain, dst) })
	}
}
