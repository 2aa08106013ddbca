package main

import (
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
)

// progressInterval is how often progress is shown.
const progressInterval = 200 * time.Millisecond

// console writes lines for people, and below them a line of progress if it is
// a terminal. Its methods may be called by any number of goroutines. That it
// cannot write does not matter to what is shipped.
type console struct {
	// Immutable once set.
	w        io.Writer
	terminal bool

	mu    sync.Mutex
	width int // of the progress that is shown, in characters
}

// printf writes one line.
func (c *console) printf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.w, c.erase()+"ship: "+format+"\n", args...)
}

// show replaces the progress.
func (c *console) show(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = io.WriteString(c.w, c.erase()+text)
	c.width = len(text)
}

// erase returns what removes the progress from the screen.
func (c *console) erase() string {
	if c.width == 0 {
		return ""
	}
	defer func() { c.width = 0 }()
	return fmt.Sprintf("\r%*s\r", c.width, "")
}

// follow shows what text returns again and again, until stop is called. It does
// nothing if the console is not a terminal.
func (c *console) follow(text func() string) (stop func()) {
	if !c.terminal {
		return func() {}
	}
	ticker := time.NewTicker(progressInterval)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ticker.C:
				c.show(text())
			case <-end:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(end)
		<-ended
		c.show("")
	}
}

// grouped returns n with commas between thousands.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural returns n with the word, in the plural unless n is one.
func plural(n uint64, word string) string {
	if n != 1 {
		word += "s"
	}
	return grouped(n) + " " + word
}

// perSecond returns n over d, rounded down.
func perSecond(n uint64, d time.Duration) uint64 {
	if d <= 0 {
		return 0
	}
	return uint64(float64(n) / d.Seconds())
}
