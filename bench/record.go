package bench

import "time"

// Shapes of a record.
const (
	None  = "0"     // a message without fields
	Five  = "5"     // as many fields as fit into a record of slog
	Ten   = "10"    // what the promises about speed speak of
	Forty = "40"    // the ten, four times under other names
	With  = "with"  // the ten behind one With of the logger, none in the call
	Chain = "chain" // the ten behind a With each, none in the call
)

// Shapes are all of them.
var Shapes = []string{None, Five, Ten, Forty, With, Chain}

const text = "request served"

// The values of the ten fields.
const (
	method = "GET"
	path   = "/api/v1/users/12345"
	status = 200
	took   = 1234567 * time.Nanosecond
	ratio  = 0.75
	user   = "u12345"
	remote = "192.0.2.1:4242"
	cached = true
	seq    = uint64(99)
)

var began = time.Date(2026, 11, 23, 20, 18, 41, 123456789, time.UTC)

// keys are the names of forty fields.
var keys = [40]string{
	"method", "path", "status", "took", "ratio", "user", "remote", "cached", "seq", "began",
	"method2", "path2", "status2", "took2", "ratio2", "user2", "remote2", "cached2", "seq2", "began2",
	"method3", "path3", "status3", "took3", "ratio3", "user3", "remote3", "cached3", "seq3", "began3",
	"method4", "path4", "status4", "took4", "ratio4", "user4", "remote4", "cached4", "seq4", "began4",
}
