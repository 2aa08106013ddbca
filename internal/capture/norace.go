//go:build !race

package capture

// Race says whether the race detector is on: pools forget at random under it, so
// that allocations cannot be counted.
const Race = false
