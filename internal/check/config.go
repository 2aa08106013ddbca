package check

// The sizes of the largest model. They bound the arrays of a state, so that it
// is a plain value that can be copied and compared.
const (
	maxProducers = 3
	maxSlabs     = 5
	maxPerSlab   = 3
	maxRecords   = 9
	maxSlots     = 2
	maxSenders   = 6
	maxWaiting   = 4
	maxBatch     = 4
	maxPool      = 3
	maxLevels    = 2
	closedGate   = maxLevels + 1
)

// clock says what a reading of the clock does to it.
type clock uint8

const (
	ticking clock = iota // each reading is later than the one before
	still                // all readings are equal
)

// config is one small configuration of the model.
type config struct {
	name      string
	producers int
	records   int               // of a producer, at most
	each      [maxProducers]int // how many each appends
	slabs     int               // the budget
	extra     int               // and so many records more
	perSlab   int               // records that a slab has room for
	slots     int               // Set.shared
	maxOwned  int               // Set.maxOwned

	levels  [maxProducers]uint8 // of each producer's records
	limits  [maxLevels]int      // Config.Limits, in slabs; the last is the budget, but for one slab if lesser
	evict   bool                // drop-oldest
	lesser  bool                // what is less important makes way
	crowd   bool                // with more than maxOpen slabs held, a Token gets none
	maxOpen int                 // Set.maxOpen
	block   bool                // a producer waits for room, without a deadline
	batch   int                 // Limit.Records, and Config.FullRecords
	sends   int                 // sends that may run at once, but for those of deferred records
	fullSeq int                 // Config.FullBytes, in records

	clock   clock
	defers  int    // how often a record may be deferred, in all
	alone   int    // how many deferred records may be with the Sender at once
	retries int    // how often a send may leave records in its batch, in all
	fail    bool   // a send may lose all, or the first, of its records
	flush   bool   // somebody calls Flush, once, at any time
	hasty   bool   // and its context may end at any time
	close   bool   // somebody calls Close, once, at any time
	giveUp  bool   // and its context may end at any time
	drops   int    // how many Tokens the garbage collector may take from the pool
	reclaim int    // how many slabs Reclaim may take from Tokens or slots
	abandon bool   // or from a goroutine that ends between Begin and Commit
	hot     bool   // a Token may have looked often enough to own a slab
	epochs  bool   // a Token may find that it was used too little to own one
	move    bool   // a record may outgrow its room
	large   uint16 // the producers whose first record is larger than a slab
}

// bug is a mistake that can be put into the model, to see that it is found.
type bug uint8

// The seeded bugs.
const (
	noBug bug = iota
	commitBeforeBytes
	commitBeforeEntry
	sealAndKeep
	putBeforeCommit
	lendAndKeep
	swapWithoutClear
	recyclePinned
	recycleEarly
	committedNotReset
	evictPinned
	evictUnsealed
	noSecondLook
	armedBeforeCommit
	orphanAlive
	orphanKeepsCount
	reapTwice
	tookPastRead
	settleTwice
	finishIgnored
	gateStaysShut
	gateReopened
	roomNotTold
	blockedKeepsSlab
	settleForgetsFlush
	evictForgetsFlush
	noPokeAfterSend
	clockAfterLook
	keyNotRaised
	rankIgnored
	lookUnpinned
	mayOwnLeaks
	reserveNotCounted
	lookIgnoresMark
	drainSleeps
	reclaimTaken
	reclaimPending
	letGoEarly
	copyKeepsBatch
	deferUncounted
	deferUntrimmed
	deferGateOpen
	deferShut
	deferNotTold
	shareIgnored
	moveUnreserved
	settledTwice
	settledUnmarked
	movedUnsettled
	stayedSettled
	tokenOld
	retryUnpins
	retryDelivers
	retryShifted
	waitingUncounted
	deferForgetsFlush
	deferRenumbered
	deferLostUncharged
	waitingUnreported
	againFinished
	againTwice
	deferTimerForgotten
	drainForgetsWaiting
	drainForgetsAgain
	evictMore
	evictInVain
	keptLost
	copyLate
	copyUncommitted
	copyCountedTwice
	movedForgetsFlush
	mayEvictForgotten
	fullForAll
	deferTakesReserve
	reopenedStaysSealed
	reopenKeepsBacklog
	roomyNotTold
	stowUnsealed
	stowKeyNotRaised
	numBugs
)

var bugNames = [numBugs]string{
	noBug:               "none",
	commitBeforeBytes:   "committed is stored before the bytes of the record",
	commitBeforeEntry:   "committed is stored before the index entry",
	sealAndKeep:         "a Token seals its slab and writes on",
	putBeforeCommit:     "a Token is put back before the commit",
	lendAndKeep:         "a Token lends its slab and keeps it",
	swapWithoutClear:    "a slab is borrowed by a load instead of a swap",
	recyclePinned:       "a slab is recycled while a batch holds it",
	recycleEarly:        "a slab is recycled before its last record is taken",
	committedNotReset:   "committed is not reset when a slab is recycled",
	evictPinned:         "an eviction ignores pins",
	evictUnsealed:       "an eviction takes a slab that is not sealed",
	noSecondLook:        "the collector disarms without a second look",
	armedBeforeCommit:   "a producer loads armed before it commits",
	orphanAlive:         "a slab is orphaned while its Token is in the pool",
	orphanKeepsCount:    "an orphan is still counted as owned",
	reapTwice:           "reap does not clear the list of orphans",
	tookPastRead:        "took moves taken to what look saw, not to what was read",
	settleTwice:         "Settle is called twice for a batch",
	finishIgnored:       "took does not look at finished",
	gateStaysShut:       "the gate is not opened when a slab is recycled",
	gateReopened:        "a recycled slab opens the gate of a closed Set",
	roomNotTold:         "a recycled slab gives no signal of room",
	blockedKeepsSlab:    "a producer that is refused keeps the slab that it borrowed",
	settleForgetsFlush:  "Settle does not look at the flushes",
	evictForgetsFlush:   "an eviction is not charged to a Flush",
	noPokeAfterSend:     "the end of a send does not wake the collector",
	clockAfterLook:      "Take reads the clock only after it has looked",
	keyNotRaised:        "a key may be smaller than the one before it in the slab",
	rankIgnored:         "of equal keys the younger slab's comes first",
	lookUnpinned:        "look does not pin",
	mayOwnLeaks:         "mayOwn does not take back its count",
	reserveNotCounted:   "reserve does not count the slab that is to be made",
	lookIgnoresMark:     "look starts at the first record instead of taken",
	drainSleeps:         "drain waits to be woken although it has seen a record",
	reclaimTaken:        "Reclaim seals the slab of a Token that stays in the pool with it",
	reclaimPending:      "Reclaim makes a slab free although a record in it is not taken",
	letGoEarly:          "a deferred record is let go before its copy is committed",
	copyKeepsBatch:      "a deferred record stays in its batch too",
	deferUncounted:      "slabs of deferred records are not counted",
	deferUntrimmed:      "a slab for a deferred record is made beside free slabs",
	deferGateOpen:       "a slab for deferred records does not look at the limits of the levels",
	deferShut:           "the gate is not opened when a slab of deferred records becomes free",
	deferNotTold:        "no signal of room is given when a slab of deferred records becomes free",
	shareIgnored:        "deferred records take more than their share",
	moveUnreserved:      "a new deferred record takes the room of those that move",
	settledTwice:        "a record that moves is settled twice in its old place",
	settledUnmarked:     "the index does not say that a record is settled",
	movedUnsettled:      "a record that has moved is not settled in its old place",
	stayedSettled:       "a record that stays in its place is settled there",
	tokenOld:            "a record that stays in its place keeps its old token",
	retryUnpins:         "Settle unpins the slabs of what is to be retried",
	retryDelivers:       "Settle counts what is to be retried as delivered",
	retryShifted:        "Settle leaves the first records of the batch, whichever are to be retried",
	waitingUncounted:    "Stats does not count deferred records that wait",
	deferForgetsFlush:   "a Flush does not wait for deferred records",
	deferRenumbered:     "a deferred record gets the number of the batch that was taken last",
	deferLostUncharged:  "the loss of a deferred record is not charged to a Flush",
	waitingUnreported:   "a Flush that gives up does not count deferred records that wait",
	againFinished:       "TakeDeferred does not look at finished",
	againTwice:          "TakeDeferred leaves the record where it waits",
	deferTimerForgotten: "the timer for the next deferred record does not run",
	drainForgetsWaiting: "drain ends while deferred records wait",
	drainForgetsAgain:   "drain ends while a deferred record is with the Sender",

	evictMore:           "an eviction drops records as important as the one that comes",
	evictInVain:         "an eviction drops records although that makes too little room",
	keptLost:            "an eviction does not copy what it is to keep",
	copyLate:            "an eviction lets slabs go before the copy of what it keeps is made",
	copyUncommitted:     "the copy that an eviction makes is not committed",
	copyCountedTwice:    "records that an eviction copies are counted twice",
	movedForgetsFlush:   "a Flush does not wait for records that an eviction has copied",
	mayEvictForgotten:   "a level stays refused although something can be evicted for it",
	fullForAll:          "full refuses levels for which something can be evicted",
	deferTakesReserve:   "deferred records take the slab that is left for copies",
	reopenedStaysSealed: "a slab that is reopened stays sealed",
	reopenKeepsBacklog:  "the records of a slab that is reopened are still counted as sealed",
	roomyNotTold:        "no signal of room is given for a slab that can be reopened",
	stowUnsealed:        "stow leaves its slab to nobody",
	stowKeyNotRaised:    "stow stores a key smaller than the one before it in the slab",
}

func (b bug) String() string { return bugNames[b] }
