// Package differential logs what a fuzzer makes up through an adapter and
// through the logger's own JSON encoder, and compares what the two say. It is a
// module of its own, so that users never see what it requires.
//
//	go test ./...                                     // a few thousand inputs
//	go test -run '^$' -fuzz '^FuzzZap$' -fuzztime 5m
//
// Every record must be one JSON object on one line for a parser stricter than
// encoding/json, whatever was logged, and no field may cost another one.
// These differences are by design:
//
//   - The head of a record is timestamp, level, message and what the logger
//     knows besides, in that order. The timestamp is in UTC, in years from 0 to
//     9999; levels are in lower case, zap's DPANIC and what is above FATAL are
//     panic, zap's and zerolog's levels below debug trace, logrus's warning warn.
//   - A field at the top named timestamp, level or message gets the prefix
//     "fields.", also where the logger's encoder would write it twice.
//   - What JSON has no form for has one: "NaN", "+Inf" and "-Inf", complex numbers
//     such as "1-2i", and times with a year or zone that RFC 3339 cannot say as
//     their String method says them. Slog and logrus fail at all of them, zap has
//     other forms for the last two.
//   - A nil pointer whose method cannot bear that is null; the loggers say "<nil>".
//   - A value that fails becomes "!ERROR: " with the reason, followed by more of
//     it; slog leaves the blank out, zap has the reason under another key, logrus
//     has no record at all. In a map[string]any or []any only the member that
//     fails does so.
//   - A value that panics becomes "!PANIC: " with what it panicked with; zap,
//     zerolog and logrus let most panics through to the application.
//   - Logrus's own formatter gives fields named logrus_error a prefix.
//   - zap.Reflect of an error is its message, not an empty object, and zap.Binary
//     of nil is null, as with encoding/json.
//   - zerologw finds members by their keys as they are written, without looking
//     through escapes, and takes a time in any form of RFC 3339 if the format is one,
//     with a zone however far.
//
// And these are mistakes of slog.JSONHandler that are mended before the comparison: a
// time with another year is an error followed by the time, and after a group of which
// nothing is left a comma is missing, neither of which is JSON.
package differential
