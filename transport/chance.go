package transport

import "math"

// share is an estimate of how many attempts fail, from 0 to 1: of late, since what is
// older counts less and less.
type share struct{ failed, passed float64 }

// memory is for how many successes about a share remembers.
const memory = 64

// add counts a success, and the failures before it.
func (s *share) add(failures int) {
	const keep = 1 - 1.0/memory
	s.failed = s.failed*keep + float64(failures)
	s.passed = s.passed*keep + 1
}

// value returns the share. Before anything is known it is zero.
func (s *share) value() float64 {
	if s.failed == 0 {
		return 0
	}
	return s.failed / (s.failed + s.passed + 1)
}

// mostShare is the largest share that is believed: beyond, nothing would ever rule out chance.
const mostShare = 0.9

// tooMany returns how many failures in a row are not chance any more, where a share of
// all attempts fails: so many come by chance with the given probability at most.
func tooMany(share, probability float64) int {
	if share <= 0 {
		return 1
	}
	return max(1, int(math.Ceil(math.Log(probability)/math.Log(min(share, mostShare)))))
}
