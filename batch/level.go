package batch

import "fmt"

// Level says how much a record matters. It decides what is shed first when
// the buffer runs out of room, and which records leave at once. The order is
// that of the constants: Trace is the least important.
type Level uint8

// The levels, from the least important to the most.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Error
	Fatal
	Panic

	numLevels = int(Panic) + 1
)

var levelNames = [numLevels]string{"trace", "debug", "info", "warn", "error", "fatal", "panic"}

// String returns the name of the level as it stands in a record, in lower
// case: "trace", "debug", "info", "warn", "error", "fatal" or "panic".
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("level(%d)", uint8(l))
}

// MarshalText implements [encoding.TextMarshaler] with the same names as
// String.
func (l Level) MarshalText() ([]byte, error) {
	if int(l) >= len(levelNames) {
		return nil, fmt.Errorf("batch: no level %d", uint8(l))
	}
	return []byte(levelNames[l]), nil
}
