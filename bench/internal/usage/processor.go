package usage

import (
	"os"
	"strings"
)

// Processor returns the name of the processor's model, where it is Linux.
func Processor() string {
	f, _ := os.ReadFile("/proc/cpuinfo") // without it, there is nothing to tell
	for line := range strings.Lines(string(f)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
