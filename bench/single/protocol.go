package main

import (
	"fmt"
	"slices"
	"strings"
)

// protocol is what client and server speak.
type protocol string

const (
	plain protocol = "http"  // HTTP/1.1 without TLS
	tls1  protocol = "https" // HTTP/1.1 with TLS
	tls2  protocol = "h2"    // HTTP/2, with TLS
)

var protocols = []protocol{plain, tls1, tls2}

// version returns the major version of HTTP.
func (p protocol) version() int {
	if p == tls2 {
		return 2
	}
	return 1
}

func parseProtocols(s string) (list []protocol, err error) {
	for name := range strings.SplitSeq(s, ",") {
		if !slices.Contains(protocols, protocol(name)) {
			return nil, fmt.Errorf("%q is none of %v", name, protocols)
		}
		list = append(list, protocol(name))
	}
	return list, nil
}

// The sides that are compared.
const (
	ours = "ours"
	bare = "bare"
)

var sides = []string{ours, bare}
