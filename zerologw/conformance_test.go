package zerologw_test

import (
	"testing"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/conformance"
	"github.com/logsto/logsto-go/zerologw"
)

func TestConformance(t *testing.T) {
	before := zerolog.InterfaceMarshalFunc
	zerolog.InterfaceMarshalFunc = zerologw.MarshalInterface
	defer func() { zerolog.InterfaceMarshalFunc = before }()
	conformance.Zerolog(t, func(b *batch.Buffer) zerolog.Logger {
		return zerolog.New(zerologw.NewWriter(b)).Level(zerolog.TraceLevel).With().Timestamp().Logger()
	})
}
