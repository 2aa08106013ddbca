package logrusx_test

import (
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/conformance"
	"github.com/logsto/logsto-go/logrusx"
)

func TestConformance(t *testing.T) {
	conformance.Logrus(t, func(l *logrus.Logger, b *batch.Buffer) { l.AddHook(logrusx.NewHook(b)) })
}
