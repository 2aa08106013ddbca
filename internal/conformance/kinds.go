package conformance

import "slices"

// kinds returns all kinds of values, by topic.
func kinds() []kind {
	return slices.Concat(
		texts(), numbers(), times(), lists(), errorKinds(), values(), marshalers(), failures(),
		slogKinds(), zapKinds(), zapPointers(), zerologKinds(),
	)
}
