//go:build race

package check

// The model is one goroutine, so the race detector has nothing to find in it,
// and takes ten times as long for that.
const raceEnabled = true
