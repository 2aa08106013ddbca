package main

import (
	"slices"
	"time"
)

// scenario is one of the situations of a bar.
type scenario struct {
	row      string // of the bar, which other scenarios may share
	name     string
	bars     []bar
	see      string // where it is measured, if not here
	realTime bool   // it has connections that synctest cannot have in a bubble
	runs     runs

	// run returns a value for each of bars, and a note for those who look at each
	// seed.
	run func(e env) (values []float64, note string)
}

// runs is how often a scenario runs, where that is not the number of seeds.
type runs struct{ usual, short int }

// all returns the scenarios, in the order of the bars.
func all() []scenario {
	return slices.Concat(
		arrays(), singles(), everySecond(), random(), retryAfter(), outages(), closing(), hung(), hour(), throttled(), cpu(), ordered())
}

// aMinute is how long the first minute is, and how long a trial waits after its load.
const aMinute = time.Minute

// tenMinutes is how long most loads last.
const tenMinutes = 10 * time.Minute
