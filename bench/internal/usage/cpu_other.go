//go:build !unix

package usage

import "time"

// CPU returns 0: it is known on Unix only.
func CPU() time.Duration { return 0 }
