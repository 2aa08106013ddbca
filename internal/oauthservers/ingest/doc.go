// Package ingest is the front of a log store that leaves the check of tokens to
// an authorization server, and counts what came of it: by token, and by the
// request that carried it. It keeps no records; what lies behind it may.
package ingest
