package check

import "testing"

// seeded are the bugs, and for each a configuration that shows it.
var seeded = map[bug]config{
	commitBeforeBytes:   small("", oneOne),
	commitBeforeEntry:   small("", oneOne),
	sealAndKeep:         small("", twoOne),
	putBeforeCommit:     small("", oneOne, hot, wide),
	lendAndKeep:         small("", oneOne),
	swapWithoutClear:    small("", oneOne),
	recyclePinned:       small("", twoOne),
	recycleEarly:        small("", twoOne),
	committedNotReset:   small("", twoOne),
	evictPinned:         small("", twoOne, tight, evict),
	evictUnsealed:       small("", twoOne, tight, evict),
	noSecondLook:        small("", oneOne, tight, evict, outgrows),
	armedBeforeCommit:   small("", oneOne),
	orphanAlive:         small("", oneOne, drops, wide),
	orphanKeepsCount:    small("", oneOne, drops, wide),
	reapTwice:           small("", oneOne, tight, block, abandons),
	tookPastRead:        small("", oneOne, wide),
	settleTwice:         small("", oneOne),
	finishIgnored:       small("", oneOne, tight, givesUp),
	gateStaysShut:       small("", twoOne, low),
	gateReopened:        small("", oneOne, closes),
	roomNotTold:         small("", oneOne, tight, block, outgrows),
	blockedKeepsSlab:    small("", oneOne, tight, block, outgrows),
	settleForgetsFlush:  small("", oneOne, flushes),
	evictForgetsFlush:   small("", oneOne, tight, evict, outgrows, flushes),
	noPokeAfterSend:     small("", oneOne, closes),
	clockAfterLook:      small("", twoOne, wide),
	keyNotRaised:        small("", oneOne, wide),
	rankIgnored:         small("", twoOne, tight, stands),
	lookUnpinned:        small("", oneOne),
	mayOwnLeaks:         small("", oneOne, hot),
	reserveNotCounted:   small("", oneOne, tight, evict, oversized),
	lookIgnoresMark:     small("", oneOne, wide),
	drainSleeps:         small("", oneOne, closes),
	reclaimTaken:        small("", oneOne, hot, wide, reclaims),
	reclaimPending:      small("", oneOne, wide, reclaims),
	letGoEarly:          small("", oneOnly, defers),
	copyKeepsBatch:      small("", oneOnly, defers),
	deferUncounted:      small("", twoOnly, tight, singly, defers),
	deferUntrimmed:      small("", oneOnly, tight, oversized, reclaims, defers),
	deferGateOpen:       small("", oneOne, lowest, defers),
	deferShut:           small("", oneOne, lowest, defers),
	deferNotTold:        small("", oneOne, tight, block, defers),
	shareIgnored:        small("", threeOnly, twice),
	moveUnreserved:      small("", threeOnly, wide, often),
	settledTwice:        small("", oneOnly, twice),
	settledUnmarked:     small("", twoOnly, wide, twice),
	movedUnsettled:      small("", twoOnly, wide, twice),
	stayedSettled:       small("", threeOnly, tight, singly, twice),
	tokenOld:            small("", threeOnly, tight, singly, twice),
	retryUnpins:         small("", oneOnly, retries),
	retryDelivers:       small("", oneOnly, retries),
	retryShifted:        small("", twoOnly, retries),
	waitingUncounted:    small("", oneOnly, defers),
	deferForgetsFlush:   small("", oneOnly, defers, flushes),
	deferRenumbered:     small("", twoOnly, singly, twice, flushes),
	deferLostUncharged:  small("", oneOnly, defers, flushes, fails),
	waitingUnreported:   small("", oneOnly, defers, hasty),
	againFinished:       small("", oneOnly, defers, givesUp),
	againTwice:          small("", oneOnly, defers),
	deferTimerForgotten: small("", oneOnly, defers),
	drainForgetsWaiting: small("", oneOnly, defers, closes),
	drainForgetsAgain:   small("", oneOnly, defers, closes),

	evictMore:           small("", threeOne, cuts),
	evictInVain:         small("", threeOne, cuts, exact),
	keptLost:            small("", threeOne, cuts),
	copyLate:            small("", threeOne, cuts),
	copyUncommitted:     small("", threeOne, cuts),
	copyCountedTwice:    small("", threeOne, cuts),
	movedForgetsFlush:   small("", threeOne, cuts, flushes),
	mayEvictForgotten:   small("", twoOne, lesser),
	fullForAll:          small("", oneThree, little),
	deferTakesReserve:   small("", oneOne, lesser, defers),
	reopenedStaysSealed: small("", oneOne, drops, wide),
	reopenKeepsBacklog:  small("", oneOne, drops, wide),
	roomyNotTold:        small("", oneOne, one, wide, reclaims),
	stowUnsealed:        small("", oneOne, crowds, wide),
	stowKeyNotRaised:    small("", oneOne, alone, wide),
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
