// Package oauthservers holds tests of the library's credentials against real
// authorization servers on loopback, each with a front that asks its server about
// every token. It is a module of its own, so that users never see what it requires.
//
//   - zitadel: an OpenID provider: services, persons who log in, refresh tokens
//   - fosite: a server whose tokens live three seconds, under load
//   - browser: Chromium on the login page of zitadel's provider, if it is installed
//   - ingest: the front, and what it has counted
package oauthservers
