// Package fosite tests the library's client credentials against the authorization
// server of github.com/ory/fosite, with tokens that live three seconds, under load.
package fosite
