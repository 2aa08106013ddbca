package zerologw

import (
	"fmt"

	"github.com/logsto/logsto-go/internal/jsonenc"
)

// MarshalInterface is for zerolog.InterfaceMarshalFunc, which zerolog calls for what has
// no method of its own: Interface, Any, and what is within a value of Fields. It makes of
// a value what the other adapters make of it: what encoding/json does, but an error is
// its message at any depth, of which encoding/json makes {} in silence. A value that
// fails, panics, is cyclic or has more than 16 MiB becomes a string that begins with
// "!ERROR" or "!PANIC".
//
// The error is always nil. It may be called by any number of goroutines.
func MarshalInterface(v any) ([]byte, error) {
	out := jsonenc.AppendAny(nil, v, jsonenc.MaxBytes)
	if len(out) > jsonenc.MaxBytes { // a text, which is not whole
		return jsonenc.AppendString(nil, fmt.Sprintf("!ERROR: larger than %d bytes (%T)", jsonenc.MaxBytes, v)), nil
	}
	return out, nil
}
