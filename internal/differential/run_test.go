package differential

import (
	"math/rand/v2"
	"testing"
	"time"
)

// fuzz lets the fuzzer choose the input, from a few long ones on: what is not
// there counts as zero, so that short ones say little.
func fuzz(f *testing.F, check func(*testing.T, []byte)) {
	f.Helper()
	for seed := range uint64(50) {
		f.Add(input(rand.New(rand.NewPCG(seed, 1))))
	}
	f.Fuzz(check)
}

// random is a short walk without the fuzzer: inputs that are the same each time,
// and some that are new.
func random(t *testing.T, check func(*testing.T, []byte)) {
	t.Helper()
	fresh := uint64(time.Now().UnixNano())
	t.Logf("fresh seed %d", fresh)
	for _, seed := range []uint64{1, 2, 3, fresh} {
		r := rand.New(rand.NewPCG(seed, 2))
		for n := range perSeed {
			data := input(r)
			check(t, data)
			if t.Failed() {
				t.Fatalf("input %d of seed %d: %q", n, seed, data)
			}
		}
	}
}

// perSeed is the number of inputs that random makes from each seed.
const perSeed = 1000

func input(r *rand.Rand) []byte {
	data := make([]byte, r.IntN(300))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}
