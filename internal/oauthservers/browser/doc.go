// Package browser walks through the login of zitadel's provider with Chromium, as a
// person does. The tests are skipped where Chromium is not installed (the Debian
// package chromium will do).
package browser
