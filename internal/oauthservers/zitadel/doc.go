// Package zitadel tests the library's credentials against the OpenID provider of
// github.com/zitadel/oidc, with the login page and the storage of its example, and
// is that provider, for other tests.
package zitadel
