// Package nginx tests the library against nginx as the front of a server: what
// it refuses, limits, breaks off and encrypts. The tests are skipped where nginx
// is not installed (the Debian package nginx will do).
package nginx
