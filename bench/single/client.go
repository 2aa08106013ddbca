package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/logsto/logsto-go/bench/internal/usage"
)

// apiKey is as long as those of Logs.to.
const apiKey = "lk_0123456789abcdef0123456789abcdef"

// userAgent is the one that transport sends.
const userAgent = "logsto-go"

// job is one run of a client.
type job struct {
	Side        string
	Protocol    protocol
	Target      target
	Records     int
	WarmUp      int
	Concurrency int
	Ballast     int
	Profile     string
}

// result is what came of it, for one record.
type result struct {
	CPU    float64 // µs
	Wall   float64 // µs
	Allocs float64
	Bytes  float64 // that were allocated

	process time.Duration // processor time of the whole process
}

// sender sends records, and returns when all of them are delivered.
type sender interface {
	send(records [][]byte) error
	close() error
}

func (j job) sender() (sender, error) {
	cfg, err := j.Target.tlsConfig()
	if err != nil {
		return nil, err
	}
	switch j.Side {
	case ours:
		return newOurs(j, cfg)
	case bare:
		return newBare(j, cfg), nil
	default:
		return nil, fmt.Errorf("there is no %q", j.Side)
	}
}

// run makes the run in this process.
func (j job) run() (r result, err error) {
	s, err := j.sender()
	if err != nil {
		return r, err
	}
	ballast := make([]byte, j.Ballast<<20)
	defer runtime.KeepAlive(ballast)
	records := someRecords(j.Records)
	if err := s.send(records[:min(j.WarmUp, len(records))]); err != nil {
		return r, err
	}
	if j.Profile != "" {
		f, err := os.Create(j.Profile)
		if err != nil {
			return r, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return r, err
		}
		defer pprof.StopCPUProfile()
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := usage.CPU(), time.Now()
	if err := s.send(records); err != nil {
		return r, err
	}
	cpu, wall := usage.CPU()-cpu, time.Since(start)
	runtime.ReadMemStats(&after)
	n := float64(len(records))
	r = result{
		CPU:    float64(cpu) / 1e3 / n,
		Wall:   float64(wall) / 1e3 / n,
		Allocs: float64(after.Mallocs-before.Mallocs) / n,
		Bytes:  float64(after.TotalAlloc-before.TotalAlloc) / n,
	}
	return r, s.close()
}

// tlsConfig trusts the server, and returns nil without TLS.
func (t target) tlsConfig() (*tls.Config, error) {
	if len(t.Cert) == 0 {
		return nil, nil
	}
	cert, err := x509.ParseCertificate(t.Cert)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
