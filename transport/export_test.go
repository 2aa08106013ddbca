package transport

// DefaultHTTPClient is what a Client has without WithHTTPClient.
var DefaultHTTPClient = defaultHTTPClient
