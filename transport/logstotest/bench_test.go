package logstotest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkBody reads one gzip array of 10,000 records of about 315 bytes, with
// the server and with encoding/json alone, as a measure of what the server costs.
func BenchmarkBody(b *testing.B) {
	const records = 10_000
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	size, sep := 0, "["
	for i := range records {
		n, _ := fmt.Fprintf(z, `%s{"time":"2026-01-02T03:04:05.%09dZ","level":"info","message":"request served","method":"GET",`+
			`"path":"/api/v1/users/12345/orders","status":200,"worker":3,"seq":%d,"took":1234567,"remote":"192.0.2.1:4242",`+
			`"trace":"4bf92f3577b34da6a3ce929d0e0e4736","agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit"}`, sep, i, i)
		size, sep = size+n, ","
	}
	fmt.Fprint(z, "]")
	z.Close()

	b.Run("server", func(b *testing.B) {
		s := newServer([]Option{WithoutStorage()})
		h := s.handler()
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			r := httptest.NewRequest(http.MethodPost, "/v1/log", bytes.NewReader(packed.Bytes()))
			r.Header = http.Header{"X-Logs-Api-Key": {APIKey}, "Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusOK {
				b.Fatal(w.Body)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
	})
	b.Run("encoding json", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			z, err := gzip.NewReader(bytes.NewReader(packed.Bytes()))
			if err != nil {
				b.Fatal(err)
			}
			plain, err := io.ReadAll(z)
			if err != nil {
				b.Fatal(err)
			}
			if got, bad, err := referenceArray(plain); len(got) != records || bad != nil || err != nil {
				b.Fatal(len(got), bad, err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
	})
}
