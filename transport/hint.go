package transport

import (
	"fmt"
	"net/http"
)

// hint says where to look when an answer blames the configuration: where the credential came
// from, which one it is and how it was sent, or which path was asked for. It is empty if
// there is nothing to say.
func (c *Client) hint(r reply) string {
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		which := c.idOf(r.secret)
		if which != "" {
			which = " (" + which + ")"
		}
		return fmt.Sprintf("the credential of %s%s was sent in the header %s", c.credential.Origin(), which, c.credential.Header())
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return fmt.Sprintf("records were posted to the path %s: is the endpoint (WithEndpoint, LOGSTO_ENDPOINT) right?", c.template.URL.EscapedPath())
	case http.StatusBadRequest:
		return "is the endpoint one for TLS, and its URL one with http?"
	default:
		return ""
	}
}
