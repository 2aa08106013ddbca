package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// target is where a server is.
type target struct {
	URL  string
	Cert []byte // of the server, in DER; empty without TLS
}

// The names of what a process of this program does for another one.
const (
	asServer = "server"
	asClient = "client"
)

// serveParent is what a child does: it reads its task from the standard input, and
// writes what comes of it to the standard output, in JSON.
func serveParent(as string) error {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	switch as {
	case asServer:
		var p protocol
		if err := in.Decode(&p); err != nil {
			return err
		}
		srv := newServer(p)
		defer srv.Close()
		if err := out.Encode(targetOf(srv)); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, os.Stdin) // until the parent closes it, or is gone
		return err
	case asClient:
		var j job
		if err := in.Decode(&j); err != nil {
			return err
		}
		r, err := j.run()
		if err != nil {
			return err
		}
		return out.Encode(r)
	default:
		return fmt.Errorf("there is no %q", as)
	}
}

// start starts a child with its task.
func start(as string, task any) (cmd *exec.Cmd, in io.WriteCloser, out *json.Decoder, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, nil, err
	}
	cmd = exec.Command(self, "-child", as)
	cmd.Stderr = os.Stderr
	in, err = cmd.StdinPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, nil, err
	}
	// A child that is gone says so when it is waited for.
	_ = json.NewEncoder(in).Encode(task)
	return cmd, in, json.NewDecoder(stdout), nil
}

// serverProcess is a server in a process of its own.
type serverProcess struct {
	target target
	stop   func() time.Duration // returns the processor time that it has used
}

func startServer(p protocol) (*serverProcess, error) {
	cmd, in, out, err := start(asServer, p)
	if err != nil {
		return nil, err
	}
	s := &serverProcess{stop: func() time.Duration {
		_ = in.Close()
		_ = cmd.Wait()
		return processTime(cmd)
	}}
	if err := out.Decode(&s.target); err != nil {
		s.stop()
		return nil, fmt.Errorf("the server: %w", err)
	}
	return s, nil
}

// runClient measures one run in a process of its own.
func runClient(j job) (result, error) {
	cmd, in, out, err := start(asClient, j)
	if err != nil {
		return result{}, err
	}
	_ = in.Close()
	var r result
	err = out.Decode(&r)
	err = errors.Join(cmd.Wait(), err)
	r.process = processTime(cmd)
	return r, err
}

// processTime returns the processor time of a child that was waited for.
func processTime(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
