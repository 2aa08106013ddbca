package zerologw

import "testing"

// BenchmarkScan measures the look at an event with ten fields, which is most of
// what the Writer costs.
func BenchmarkScan(b *testing.B) {
	p := []byte(`{"level":"info","method":"GET","path":"/api/v1/users/12345","status":200,"took":1.234567,"ratio":0.75,"user":"u12345",` +
		`"remote":"192.0.2.1:4242","cached":true,"seq":99,"began":"2026-11-23T20:18:41Z","time":"2026-11-24T18:02:07Z","message":"request served"}` + "\n")
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		var ev event
		if !ev.scan(p, true, 1<<20) {
			b.Fatal("not an object")
		}
	}
}
