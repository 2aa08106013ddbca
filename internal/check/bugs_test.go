package check

import "testing"

// seeded are the bugs, and for each a configuration that shows it.
var seeded = map[bug]config{
	commitBeforeBytes: small("", oneOne),
	commitBeforeEntry: small("", oneOne),
	sealAndKeep:       small("", twoOne),
	putBeforeCommit:   small("", oneOne, hot, wide),
	lendAndKeep:       small("", oneOne),
	swapWithoutClear:  small("", oneOne),
	recyclePinned:     small("", twoOne),
	recycleEarly:      small("", twoOne),
	committedNotReset: small("", twoOne),
	evictPinned:       small("", twoOne, tight, evict),
	evictUnsealed:     small("", twoOne, tight, evict),
	noSecondLook:      small("", oneOne, tight, evict, outgrows),
	armedBeforeCommit: small("", oneOne),
	orphanAlive:       small("", oneOne, drops, wide),
	orphanKeepsCount:  small("", oneOne, drops, wide),
	reapTwice:         small("", oneOne, tight, block, abandons),
	tookPastRead:      small("", oneOne, wide),
	doneTwice:         small("", oneOne),
	finishIgnored:     small("", oneOne, tight, givesUp),
	gateStaysShut:     small("", twoOne, low),
	gateReopened:      small("", oneOne, closes),
	roomNotTold:       small("", oneOne, tight, block, outgrows),
	blockedKeepsSlab:  small("", oneOne, tight, block, outgrows),
	doneForgetsFlush:  small("", oneOne, flushes),
	evictForgetsFlush: small("", oneOne, tight, evict, outgrows, flushes),
	noPokeAfterSend:   small("", oneOne, closes),
	clockAfterLook:    small("", twoOne, wide),
	keyNotRaised:      small("", oneOne, wide),
	rankIgnored:       small("", twoOne, tight, stands),
	lookUnpinned:      small("", oneOne),
	mayOwnLeaks:       small("", oneOne, hot),
	reserveNotCounted: small("", oneOne, tight, evict, oversized),
	lookIgnoresMark:   small("", oneOne, wide),
	drainSleeps:       small("", oneOne, closes),
	reclaimTaken:      small("", oneOne, hot, wide, reclaims),
	reclaimPending:    small("", oneOne, wide, reclaims),
	keepUncopied:      small("", oneOne, keeps),
	keepUncounted:     small("", oneOne, keeps),
	keepUntrimmed:     small("", oneOne, tight, block, oversized, keeps),
	keepGateOpen:      small("", oneOne, lowest, keeps),
	unpinnedTwice:     small("", oneOne, keeps),
	doneCountsKept:    small("", oneOne, wide, keeps),
	doneLosesKept:     small("", oneOne, wide, keeps, fails),
	keptForever:       small("", oneOne, keeps),
	unkeptShut:        small("", oneOne, lowest, keeps),
	unkeptNotTold:     small("", oneOne, tight, block, keeps),
}

// TestSeededBugs finds each of them. With -v it prints the shortest way.
func TestSeededBugs(t *testing.T) {
	if raceEnabled {
		t.Skip("there is nothing for the race detector in it")
	}
	for b := noBug + 1; b < numBugs; b++ {
		t.Run(b.String(), func(t *testing.T) {
			cfg, ok := seeded[b]
			if !ok {
				t.Fatal("no configuration")
			}
			if r := run(t, cfg, b); r.wrong == "" {
				t.Error("not found")
			}
		})
	}
}

// TestAssumptions shows that what the package promises needs what it says it
// needs: without that, the search finds the promise broken.
func TestAssumptions(t *testing.T) {
	if raceEnabled {
		t.Skip("there is nothing for the race detector in it")
	}
	for _, cfg := range []config{
		// Of two slabs with equal keys the older comes first, but a producer may
		// write to the younger first and then to the older.
		small("the clock moves on between two records of one producer", twoOne, tight, wide, stands),
		// A full slab that waits in a slot for the next borrower is not sealed.
		small("the budget is more than slab.MaxWaiting", twoOne, one, block),
	} {
		t.Run(cfg.name, func(t *testing.T) {
			if r := run(t, cfg, noBug); r.wrong == "" {
				t.Error("not needed")
			}
		})
	}
}
