package logrusx_test

import (
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/conformance/published"
	"github.com/logsto/logsto-go/logrusx"
)

func TestPublishedCases(t *testing.T) {
	published.Logrus(t, func(b *batch.Buffer) logrus.Hook { return logrusx.NewHook(b) })
}
