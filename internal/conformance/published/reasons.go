package published

// Why a case differs.
const (
	whyRenamed   = "a built-in attribute that ReplaceAttr renames keeps our form of times and levels"
	whyFloats    = "what JSON has no number for is the string NaN, +Inf or -Inf, as with zap and zerolog"
	whyTimes     = "times are RFC 3339 with all digits that they have"
	whyDurations = "durations are numbers of nanoseconds, as with encoding/json"
	whyBoth      = whyTimes + "; " + whyDurations
)
