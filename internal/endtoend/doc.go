// Package endtoend tests the whole way, from a log call to the server.
package endtoend
