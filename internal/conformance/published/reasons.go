package published

// Why a case differs.
const (
	whyRenamed   = "a built-in attribute that ReplaceAttr renames keeps our form of times and levels"
	whyFloats    = "what JSON has no number for is the string NaN, +Inf or -Inf, as with zap and zerolog"
	whyTimes     = "times are RFC 3339 with all digits that they have"
	whyDurations = "durations are numbers of nanoseconds, as with encoding/json"
	whyCaller    = "the caller is the object source, with function, file and line"
	whyFails     = "a value that fails is a string that says so, and not left out"
	whyPanics    = "a value that panics is a string in its own field"
	whyKeys      = "only the keys timestamp, level and message are ours, so that all others keep their names"
	whyTop       = "fields stand at the top of a record"
	whyFunctions = "logrus takes functions out of an entry, and tells its own formatter alone"
	whyLevels    = "levels below trace are trace"
	whyNil       = "a nil pointer that its method cannot bear is null"
)
