// Package zapcore makes Logs.to the back end of go.uber.org/zap. Import it
// under a name that tells it from zap's own package:
//
//	import logstozap "github.com/logsto/logsto-go/zapcore"
//
//	logger := zap.Must(zap.NewProduction(logstozap.Tee(buf))) // next to the console
//	logger := zap.New(logstozap.NewCore(buf))                 // Logs.to alone
//
// # How a record looks
//
//	{"timestamp":"2026-11-23T20:18:41.123456789Z","level":"info","message":"...",
//	 "logger":"...","source":{"function":"...","file":"...","line":1},"stacktrace":"...",
//	 fields in their order, namespaces as nested objects}
//
// The logger's name, the caller and the stack stand there if zap has them. Zap's
// DPANIC is the level panic; custom levels below debug are trace. Durations are
// numbers of nanoseconds and times RFC 3339, as with encoding/json. A field
// named timestamp, level or message, in whatever case, at the top of the record becomes
// "fields.timestamp" and so on; other keys that occur twice stay twice. Binary
// fields are base64. An error that has more to say than its message, or holds
// several errors, brings the fields that zap's own encoder adds for it; one within a
// value of zap.Any or zap.Reflect is its message. Values
// that fail or panic, or are nested more than a hundred deep, become strings that
// begin with "!ERROR" or "!PANIC", and one that calls runtime.Goexit is the last of
// its record; a field of which MarshalLogObject or MarshalLogArray returns an error is
// followed by one whose key has the suffix "Error", as with zap.
//
// As with zap's own encoders, a MarshalLogObject or MarshalLogArray must not use the
// encoder that it was given for anything but its purpose, nor keep it.
//
// # The end of the process
//
// After a record of DPANIC, PANIC or FATAL the core waits until it is
// delivered, at most as long as batch.WithSyncTimeout allows. Logger.Sync does
// the same.
package zapcore
