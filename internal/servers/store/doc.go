// Package store tests the library against VictoriaLogs, a log store, behind
// vmauth, which serves POST /v1/log and asks for the API key as Logs.to
// documents it. Every record is queried back: this store answers 200 also to
// what it does not understand.
//
// Both programs are tools of the module, which the go command builds once and
// keeps in its cache.
package store
