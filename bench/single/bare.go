package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// loop is the bare loop over net/http.
type loop struct {
	url         string
	client      *http.Client
	concurrency int
}

func newBare(j job, cfg *tls.Config) *loop {
	return &loop{url: j.Target.URL, concurrency: j.Concurrency, client: &http.Client{Transport: &http.Transport{
		TLSClientConfig:     cfg,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: j.Concurrency,
	}}}
}

// send has each goroutine take the next record until there is none.
func (l *loop) send(records [][]byte) error {
	var next atomic.Int64
	errs := make([]error, l.concurrency)
	var wg sync.WaitGroup
	for k := range errs {
		wg.Go(func() {
			for errs[k] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(records) {
					return
				}
				errs[k] = l.post(context.Background(), records[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// post sends one record.
func (l *loop) post(ctx context.Context, record []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(record))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Logs-Api-Key", apiKey)
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Idempotency-Key", randomUUID())
	resp, err := l.client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", resp.Status)
	}
	return nil
}

func (l *loop) close() error {
	l.client.CloseIdleConnections()
	return nil
}

// randomUUID returns a UUID of version 4.
func randomUUID() string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails, as its documentation says
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:8], u[0:4])
	hex.Encode(text[9:13], u[4:6])
	hex.Encode(text[14:18], u[6:8])
	hex.Encode(text[19:23], u[8:10])
	hex.Encode(text[24:], u[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
