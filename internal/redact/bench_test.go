package redact_test

import (
	"strings"
	"testing"

	"github.com/logsto/logsto-go/internal/redact"
)

func BenchmarkText(b *testing.B) {
	for name, text := range map[string]string{
		"short": "dial tcp 127.0.0.1:443: connect: connection refused",
		"1KiB":  strings.Repeat(`{"error":"the record is malformed","at":17}`, 25),
		"16KiB": strings.Repeat(`{"error":"the record is malformed","at":17}`, 390),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				redact.Text(text, 1<<10, "sk_live_0123456789abcdef0123456789")
			}
		})
	}
}
