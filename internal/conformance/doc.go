// Package conformance is the table that says how a record arrives, whatever
// logger it was logged with. Each adapter's tests run it for their logger; what
// is expected comes from encoding/json, not from our encoder.
//
// Every kind of value stands in every position: at the top of a record, in With,
// in a group, in With in a group, under a reserved key, in an array of the
// logger's, in a []any and in a map. The kinds are in files by topic.
//
// Where encoding/json fails, the table says what is there instead:
//
//   - NaN, infinities and complex numbers are strings, also in a []any or a
//     map[string]any; elsewhere in a value they fail.
//   - Times before year 0 and after 9999 are what their String method returns.
//   - A value that fails, panics, or is no value for JSON is a string that begins
//     with "!ERROR" or "!PANIC". In a []any or a map[string]any that is the
//     member, unless it is cyclic or nested too deep: then it is the whole field.
//   - An error is its message, at any depth.
//   - Logrus takes the message of an error that is also a json.Marshaler, the others
//     what it is in JSON.
package conformance
