package main

import (
	"regexp"
	"testing"

	"github.com/logsto/logsto-go/internal/capture"
)

// TestBars runs the short form, and with the race detector a part of it.
func TestBars(t *testing.T) {
	o, err := parse([]string{"-short"})
	if err != nil {
		t.Fatal(err)
	}
	if capture.Race || testing.Short() {
		o.run = regexp.MustCompile(`^(Arrays, 50/s, 1 %|Single objects, 50/s, 1 %|Retry-After|Outage 10 s|One send|Hung)`)
	}
	for _, r := range o.plan().execute(t) {
		if !r.passed() {
			t.Errorf("%s: want %s, got %s", r.name, writeBars(r.bars), r.measured())
		}
	}
}
