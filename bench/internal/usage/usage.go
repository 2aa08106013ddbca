// Package usage tells what this process and the machine around it have used.
package usage

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"time"
)

// Resident returns the bytes of the process that are in memory: all of them on
// Linux, elsewhere those that the Go runtime has from the system.
func Resident() uint64 {
	// The second number of the file is in pages.
	if f, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(f); len(fields) > 1 {
			if pages, err := strconv.ParseUint(string(fields[1]), 10, 64); err == nil {
				return pages * uint64(os.Getpagesize())
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}

// Machine is what all processors have done since the start.
type Machine struct {
	busy, all uint64 // ticks
	own       time.Duration
}

// tick is the unit of /proc/stat.
const tick = 10 * time.Millisecond

// Now returns the state of the machine, where it is Linux.
func Now() Machine {
	m := Machine{own: CPU()}
	f, _ := os.ReadFile("/proc/stat") // without it, there is nothing to tell
	line, _, _ := bytes.Cut(f, []byte("\n"))
	fields := bytes.Fields(line)
	// cpu user nice system idle iowait irq softirq steal; the guests' are in user.
	for i := 1; i < len(fields) && i <= 8; i++ {
		n, _ := strconv.ParseUint(string(fields[i]), 10, 64) // the kernel writes numbers
		m.all += n
		if i != 4 && i != 5 {
			m.busy += n
		}
	}
	return m
}

// Others returns the share of the machine that others have used since before,
// time that the hypervisor took included.
func (m Machine) Others(before Machine) float64 {
	if m.all == before.all {
		return 0
	}
	own := float64(m.own-before.own) / float64(tick)
	return max(0, (float64(m.busy-before.busy)-own)/float64(m.all-before.all))
}
