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
	threeOne  = []int{3, 1}
	oneThree  = []int{1, 3}
	oneOneOne = []int{1, 1, 1}
	oneOnly   = []int{1}
	twoOnly   = []int{2}
	threeOnly = []int{3}
)

// tight is a budget of two slabs, of which none may be owned.
func tight(c *config) { c.slabs, c.maxOwned, c.limits = 2, 0, [maxLevels]int{2, 2} }

// one is a budget of one slab, which is less than the constructors permit.
func one(c *config) { c.slabs, c.maxOwned, c.limits = 1, 0, [maxLevels]int{1, 1} }

// low makes the second producer's records ones that get but two of three slabs.
func low(c *config) { c.levels[1], c.maxOwned, c.limits[0] = 0, 0, 2 }

// lowest makes them ones that get but one of two slabs.
func lowest(c *config) { tight(c); c.levels[1], c.limits[0] = 0, 1 }

// lesser makes the second producer's records ones that make way for those of others. A
// slab of three is left for copies.
func lesser(c *config) {
	c.lesser, c.levels[1], c.maxOwned, c.limits = true, 0, 0, [maxLevels]int{2, 2}
}

// share makes their share a slab of these two.
func share(c *config) { lesser(c); c.limits[0] = 1 }

// cuts makes slabs that two records share, and a budget in which one record must make way.
func cuts(c *config) {
	lesser(c)
	c.slabs, c.perSlab, c.extra, c.limits = 2, 2, 1, [maxLevels]int{1, 1}
}

// little is a budget of one slab, and one for copies, which is less than the constructors
// permit.
func little(c *config) { lesser(c); c.slabs, c.limits = 2, [maxLevels]int{1, 1} }

func exact(c *config)     { c.extra = 0 }
func wide(c *config)      { c.perSlab = 2 }
func hot(c *config)       { c.hot = true }
func evict(c *config)     { c.evict = true }
func block(c *config)     { c.block = true }
func crowds(c *config)    { c.crowd, c.maxOpen = true, 0 }
func alone(c *config)     { c.crowd, c.maxOpen = true, -1 }
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
func defers(c *config)    { c.defers, c.alone = 1, 1 }
func twice(c *config)     { c.defers, c.alone = 2, 1 }
func often(c *config)     { c.defers, c.alone = 4, 2 }
func retries(c *config)   { c.retries = 1 }
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
	small("clock that stands still", twoOne, one, stands),
	small("deferred", oneOne, tight, defers, wide),
	small("deferred often, tight", twoOnly, tight, singly, often),
	small("deferred and retried, sends fail", twoOnly, wide, twice, retries, fails),
	small("drop-oldest, deferred, large", oneOne, tight, evict, defers, oversized),
	small("flush, deferred", oneOnly, twice, hasty, fails),
	small("close, deferred", oneOnly, defers, closes),
	small("close, give up, deferred", oneOnly, defers, givesUp),
	small("lesser", oneOne, lesser),
	small("lesser, deferred", oneOne, little, defers),
	small("lesser, flush", oneOne, little, flushes),
	small("crowded", oneOne, crowds, wide),
	small("crowded, block", oneOne, tight, block, crowds, wide),
	small("crowded always", twoOne, tight, alone, wide),
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
	small("deferred often", twoOnly, wide, often),
	small("drop-newest, deferred", oneOne, lowest, defers),
	small("block, deferred", oneOne, tight, block, wide, defers, retries),
	small("flush, deferred, sends fail", oneOne, one, flushes, defers, fails),
	small("lesser, copies", twoOne, cuts),
	small("lesser, orphans", oneOne, little, drops, wide),
	small("crowded, two and one", twoOne, tight, crowds, wide),
}

// huge are for -large. They have some 90 million states, and take ten minutes and
// three gigabytes.
var huge = []config{
	small("two and one, wide", twoOne, wide),
	small("two and two", []int{2, 2}, tight),
	small("two sends", twoOne, tight, twoSends, singly),
	small("three producers", oneOneOne),
	small("three producers, drop-oldest", oneOneOne, tight, evict),
	small("flush, sends fail, two slabs", oneOne, tight, hasty, fails),
	small("close, give up, two slabs", oneOne, tight, givesUp),
	small("deferred often, three records", threeOnly, wide, often),
	small("deferred twice", oneOne, twice),
	small("deferred twice, wide", oneOne, wide, twice, retries),
	small("block, deferred twice", oneOne, tight, block, wide, twice, retries),
	small("deferred, flush, two slabs", oneOne, tight, hasty, defers),
	small("lesser, a smaller share", twoOne, share),
	small("lesser, copies, three and one", threeOne, cuts),
}
