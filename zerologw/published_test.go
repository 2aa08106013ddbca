package zerologw_test

import (
	"testing"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/conformance/published"
	"github.com/logsto/logsto-go/zerologw"
)

func TestPublishedCases(t *testing.T) {
	published.Zerolog(t, func(b *batch.Buffer) zerolog.LevelWriter { return zerologw.NewWriter(b) })
}
