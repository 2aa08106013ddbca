// Package conformance is the table that says how a record arrives, whatever
// logger it was logged with. Each adapter's tests run it for their logger; what
// is expected comes from encoding/json, not from our encoder.
package conformance
