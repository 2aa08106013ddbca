package check

// The sizes of the largest model. They bound the arrays of a state, so that it
// is a plain value that can be copied and compared.
const (
	maxProducers = 3
	maxSlabs     = 4
	maxPerSlab   = 3
	maxRecords   = 9
	maxSlots     = 2
	maxSenders   = 4
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
	perSlab   int               // records that a slab has room for
	slots     int               // Set.shared
	maxOwned  int               // Set.maxOwned

	levels  [maxProducers]uint8 // of each producer's records
	limits  [maxLevels]int      // Config.Limits, in slabs; the last is the budget
	evict   bool                // drop-oldest
	block   bool                // a producer waits for room, without a deadline
	batch   int                 // Limit.Records, and Config.FullRecords
	sends   int                 // sends that may run at once, but for those that leave their places
	fullSeq int                 // Config.FullBytes, in records

	clock   clock
	keeps   int    // how many records may be copied at once, if sends call Keep
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
	doneTwice
	finishIgnored
	gateStaysShut
	gateReopened
	roomNotTold
	blockedKeepsSlab
	doneForgetsFlush
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
	keepUncopied
	keepUncounted
	keepUntrimmed
	keepGateOpen
	unpinnedTwice
	doneCountsKept
	doneLosesKept
	keptForever
	unkeptShut
	unkeptNotTold
	numBugs
)

var bugNames = [numBugs]string{
	noBug:             "none",
	commitBeforeBytes: "committed is stored before the bytes of the record",
	commitBeforeEntry: "committed is stored before the index entry",
	sealAndKeep:       "a Token seals its slab and writes on",
	putBeforeCommit:   "a Token is put back before the commit",
	lendAndKeep:       "a Token lends its slab and keeps it",
	swapWithoutClear:  "a slab is borrowed by a load instead of a swap",
	recyclePinned:     "a slab is recycled while a batch holds it",
	recycleEarly:      "a slab is recycled before its last record is taken",
	committedNotReset: "committed is not reset when a slab is recycled",
	evictPinned:       "an eviction ignores pins",
	evictUnsealed:     "an eviction takes a slab that is not sealed",
	noSecondLook:      "the collector disarms without a second look",
	armedBeforeCommit: "a producer loads armed before it commits",
	orphanAlive:       "a slab is orphaned while its Token is in the pool",
	orphanKeepsCount:  "an orphan is still counted as owned",
	reapTwice:         "reap does not clear the list of orphans",
	tookPastRead:      "took moves taken to what look saw, not to what was read",
	doneTwice:         "Done is called twice for a batch",
	finishIgnored:     "took does not look at finished",
	gateStaysShut:     "the gate is not opened when a slab is recycled",
	gateReopened:      "a recycled slab opens the gate of a closed Set",
	roomNotTold:       "a recycled slab gives no signal of room",
	blockedKeepsSlab:  "a producer that is refused keeps the slab that it borrowed",
	doneForgetsFlush:  "Done does not look at the flushes",
	evictForgetsFlush: "an eviction is not charged to a Flush",
	noPokeAfterSend:   "the end of a send does not wake the collector",
	clockAfterLook:    "Take reads the clock only after it has looked",
	keyNotRaised:      "a key may be smaller than the one before it in the slab",
	rankIgnored:       "of equal keys the younger slab's comes first",
	lookUnpinned:      "look does not pin",
	mayOwnLeaks:       "mayOwn does not take back its count",
	reserveNotCounted: "reserve does not count the slab that is to be made",
	lookIgnoresMark:   "look starts at the first record instead of taken",
	drainSleeps:       "drain waits to be woken although it has seen a record",
	reclaimTaken:      "Reclaim seals the slab of a Token that stays in the pool with it",
	reclaimPending:    "Reclaim makes a slab free although a record in it is not taken",
	keepUncopied:      "Keep unpins the slabs but copies nothing",
	keepUncounted:     "copies are not counted",
	keepUntrimmed:     "copies are made beside free slabs",
	keepGateOpen:      "Keep does not look at the limits of the levels",
	unpinnedTwice:     "Done unpins again what Keep has unpinned",
	doneCountsKept:    "Done counts again what Keep has delivered",
	doneLosesKept:     "Done loses what Keep has delivered",
	keptForever:       "Done does not give back what the copies took",
	unkeptShut:        "the gate is not opened when copies are given back",
	unkeptNotTold:     "no signal of room is given when copies are given back",
}

func (b bug) String() string { return bugNames[b] }
