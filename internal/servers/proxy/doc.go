// Package proxy tests the library through toxiproxy, which spoils the network
// between client and server.
package proxy
