package bench

import "testing"

// BenchmarkLog measures one record with ten fields.
func BenchmarkLog(b *testing.B) {
	cases, end := Cases()
	defer end()
	for _, c := range cases {
		b.Run(c.Logger+"/"+c.BackEnd, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Log()
			}
		})
	}
}

// TestAllocations holds the promise that the adapters add none to those of the
// loggers.
func TestAllocations(t *testing.T) {
	cases, end := Cases()
	defer end()
	floor := map[string]float64{}
	for _, c := range cases {
		n := testing.AllocsPerRun(1000, c.Log)
		switch c.BackEnd {
		case Floor, Hook:
			floor[c.Logger] = n // Hook comes after Floor
		case Ours:
			if n > floor[c.Logger] {
				t.Errorf("%s: %v allocations a record, the front end has %v", c.Logger, n, floor[c.Logger])
			}
		}
	}
}
