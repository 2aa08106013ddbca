package check

// small returns a configuration in which little happens; the others add to it.
// It has as many slabs as the least budget that the constructors permit: one
// more than those that may be held without being full.
func small(name string, each ...int) config {
	c := config{
		name: name, producers: len(each), slabs: 3, perSlab: 1, slots: 1, maxOwned: 1,
		levels: [maxProducers]uint8{1, 1, 1}, limits: [maxLevels]int{3, 3}, batch: 2, sends: 1, fullSeq: 2,
	}
	for i, n := range each {
		c.each[i] = n
		c.records = max(c.records, n)
	}
	return c
}

func (c config) with(f func(*config)) config {
	f(&c)
	return c
}

// tight is a budget of two slabs, of which none may be owned.
func tight(c *config) { c.slabs, c.maxOwned, c.limits = 2, 0, [maxLevels]int{2, 2} }

func configs() []config {
	return []config{
		small("two records", 2, 1),
		small("two records, wide slabs", 2, 1).with(func(c *config) { c.perSlab = 2 }),
		small("hot", 2, 1).with(func(c *config) { c.hot = true }),
		small("three producers", 1, 1, 1),
		small("three producers, hot", 1, 1, 1).with(func(c *config) { c.hot, c.perSlab = true, 2 }),
		small("tight", 2, 1).with(tight),
		small("drop-newest", 2, 1).with(tight).with(func(c *config) { c.levels[1], c.limits[0] = 0, 1 }),
		small("drop-oldest", 2, 1).with(tight).with(func(c *config) { c.evict = true }),
		small("drop-oldest, flush", 2, 1).with(tight).with(func(c *config) { c.evict, c.flush = true, true }),
		small("block", 2, 1).with(tight).with(func(c *config) { c.block = true }),
		small("block, move", 1, 1).with(tight).with(func(c *config) { c.block, c.move = true, true }),
		small("block, large", 1, 1).with(tight).with(func(c *config) { c.block, c.large = true, 1 }),
		small("flush", 1, 1).with(func(c *config) { c.flush, c.hasty, c.fail = true, true, true }),
		small("close", 1, 1).with(func(c *config) { c.close = true }),
		small("close, give up", 1, 1).with(func(c *config) { c.close, c.giveUp = true, true }),
		small("close, block", 1, 1).with(tight).with(func(c *config) { c.close, c.giveUp, c.block = true, true, true; c.slabs = 1; c.limits = [2]int{1, 1} }),
		small("orphans", 2, 1).with(func(c *config) { c.drops, c.hot = 1, true }),
		small("orphans, abandon", 1, 1).with(func(c *config) { c.drops, c.abandon, c.hot, c.perSlab = 1, true, true, 2 }),
		small("epochs", 2, 1).with(func(c *config) { c.epochs, c.hot, c.perSlab = true, true, 2 }),
		small("two sends", 2, 1).with(func(c *config) { c.sends, c.batch = 2, 1 }),
		small("clock that stands still", 2, 1).with(func(c *config) { c.clock = still }),
	}
}
