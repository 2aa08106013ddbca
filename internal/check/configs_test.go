package check

// small returns a configuration in which little happens: each producer appends
// so many records. The changes add to it. It has three slabs, which is the least
// budget that slab.MaxWaiting permits: one slab more than those that may be held
// without being full.
func small(name string, each []int, changes ...func(*config)) config {
	c := config{
		name: name, producers: len(each), slabs: 3, perSlab: 1, slots: 1, maxOwned: 1,
		levels: [maxProducers]uint8{1, 1, 1}, limits: [maxLevels]int{3, 3}, batch: 2, sends: 1, fullSeq: 2,
	}
	for i, n := range each {
		c.each[i] = n
		c.records = max(c.records, n)
	}
	for _, change := range changes {
		change(&c)
	}
	return c
}

// How many records each producer appends.
var (
	oneOne    = []int{1, 1}
	twoOne    = []int{2, 1}
	oneOneOne = []int{1, 1, 1}
)

// tight is a budget of two slabs, of which none may be owned.
func tight(c *config) { c.slabs, c.maxOwned, c.limits = 2, 0, [maxLevels]int{2, 2} }

// one is a budget of one slab, which is less than the constructors permit.
func one(c *config) { c.slabs, c.maxOwned, c.limits = 1, 0, [maxLevels]int{1, 1} }

// low makes the second producer's records ones that get but two of three slabs.
func low(c *config) { c.levels[1], c.maxOwned, c.limits[0] = 0, 0, 2 }

// lowest makes them ones that get but one of two slabs.
func lowest(c *config) { tight(c); c.levels[1], c.limits[0] = 0, 1 }

func wide(c *config)      { c.perSlab = 2 }
func hot(c *config)       { c.hot = true }
func evict(c *config)     { c.evict = true }
func block(c *config)     { c.block = true }
func flushes(c *config)   { c.flush = true }
func hasty(c *config)     { c.flush, c.hasty = true, true }
func closes(c *config)    { c.close = true }
func givesUp(c *config)   { c.close, c.giveUp = true, true }
func fails(c *config)     { c.fail = true }
func drops(c *config)     { c.drops, c.hot = 1, true }
func abandons(c *config)  { c.drops, c.abandon = 1, true }
func oversized(c *config) { c.large = 1 }
func outgrows(c *config)  { c.move = true }
func singly(c *config)    { c.batch = 1 }
func twoSends(c *config)  { c.sends = 2 }
func reclaims(c *config)  { c.reclaim = 2 }
func stands(c *config)    { c.clock = still }
func keeps(c *config)     { c.keeps = 1 }
func keepsTwo(c *config)  { c.keeps = 2 }
func parts(c *config)     { c.epochs, c.hot = true, true }

// quick are the configurations of up to some hundred thousand states.
var quick = []config{
	small("two producers", oneOne),
	small("hot", oneOne, hot, wide),
	small("drop-newest, one slab", twoOne, one),
	small("drop-oldest, sends fail", oneOne, tight, evict, outgrows, fails),
	small("drop-oldest, large", oneOne, tight, evict, oversized),
	small("block, large", oneOne, tight, block, oversized),
	small("block, abandoned", oneOne, tight, block, abandons),
	small("orphans", oneOne, drops),
	small("orphans, wide", oneOne, drops, wide),
	small("abandoned", oneOne, abandons, hot, wide),
	small("epochs", oneOne, parts, wide),
	small("reclaims", oneOne, reclaims, hot, wide),
	small("block, reclaims", oneOne, tight, block, reclaims),
	small("block, keeps", oneOne, tight, block, keeps, wide),
	small("drop-oldest, keeps", oneOne, tight, evict, keeps, oversized),
	small("clock that stands still", twoOne, one, stands),
}

// thorough take some seconds each.
var thorough = []config{
	small("two and one", twoOne),
	small("drop-newest", twoOne, low),
	small("drop-oldest", twoOne, tight, evict),
	small("drop-oldest, flush", oneOne, tight, evict, oversized, flushes),
	small("block", twoOne, tight, block),
	small("block, move", oneOne, tight, block, outgrows),
	small("flush", oneOne, flushes),
	small("flush, sends fail", oneOne, one, hasty, fails),
	small("close", oneOne, closes),
	small("close, give up", oneOne, one, givesUp),
	small("close, block", oneOne, one, closes, block),
	small("keeps, sends fail", oneOne, wide, keepsTwo, fails),
	small("drop-newest, keeps", oneOne, lowest, keeps),
}

// huge are for -large. They have 63 million states, and take five minutes and
// two gigabytes.
var huge = []config{
	small("two and one, wide", twoOne, wide),
	small("two and two", []int{2, 2}, tight),
	small("two sends", twoOne, tight, twoSends, singly),
	small("three producers", oneOneOne),
	small("three producers, drop-oldest", oneOneOne, tight, evict),
	small("flush, sends fail, two slabs", oneOne, tight, hasty, fails),
	small("close, give up, two slabs", oneOne, tight, givesUp),
	small("keeps, flush", oneOne, tight, keeps, hasty),
	small("keeps, close", oneOne, tight, keeps, closes),
}
