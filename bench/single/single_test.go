package main

import "testing"

// Both sides deliver each record once over each protocol; the benchmark fails otherwise.
func TestSides(t *testing.T) {
	for _, p := range protocols {
		for _, side := range sides {
			t.Run(string(p)+"/"+side, func(t *testing.T) {
				srv := newServer(p)
				defer srv.Close()
				r, err := job{Side: side, Protocol: p, Target: targetOf(srv), Records: 200, WarmUp: 50, Concurrency: 4}.run()
				if err != nil {
					t.Fatal(err)
				}
				if r.Allocs <= 0 {
					t.Errorf("a record takes %v allocations", r.Allocs)
				}
			})
		}
	}
}
