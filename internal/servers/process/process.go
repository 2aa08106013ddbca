// Package process runs a program for a test: it waits until the program is
// ready, and ends it with the test.
package process

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	startTimeout = 20 * time.Second
	stopTimeout  = 10 * time.Second
)

// Process is a program that runs.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu    sync.Mutex
	lines []string // of standard error, the last ones
}

// Start starts the program and waits until ready, which gets its lines of
// standard error, says so. The program ends with the test at the latest.
func Start(tb testing.TB, cmd *exec.Cmd, ready func(line string) bool) *Process {
	tb.Helper()
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	endWithParent(cmd)
	started, isReady := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(p.ended)
		// The kernel ends the child with the thread that started it, so this
		// one must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.read(stderr, ready, isReady)
		_ = cmd.Wait()
	}()
	if err := <-started; err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { p.Stop(tb) })
	select {
	case <-isReady:
	case <-p.ended:
		tb.Fatalf("%s ended: %s", cmd.Path, p.Tail())
	case <-time.After(startTimeout):
		tb.Fatalf("%s is not ready: %s", cmd.Path, p.Tail())
	}
	return p
}

// read keeps the last lines, and closes isReady at the first that says so.
func (p *Process) read(r io.Reader, ready func(string) bool, isReady chan struct{}) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines[max(0, len(p.lines)-19):], s.Text())
		p.mu.Unlock()
		if ready != nil && ready(s.Text()) {
			close(isReady)
			ready = nil
		}
	}
	_, _ = io.Copy(io.Discard, r) // after a line that is too long
}

// Tail returns the last lines of standard error.
func (p *Process) Tail() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// Signal sends a signal.
func (p *Process) Signal(tb testing.TB, s os.Signal) {
	tb.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		tb.Error(err)
	}
}

// Stop asks the program to end, waits for that, and ends it if it does not.
func (p *Process) Stop(tb testing.TB) {
	tb.Helper()
	_ = p.cmd.Process.Signal(terminate) // it may have ended
	select {
	case <-p.ended:
		return
	case <-time.After(stopTimeout):
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
	tb.Errorf("%s did not end when asked to: %s", p.cmd.Path, p.Tail())
}
