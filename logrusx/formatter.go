package logrusx

import "github.com/sirupsen/logrus"

// Formatter returns a formatter that formats nothing, for a logger that logs to
// Logs.to alone: logrus formats every entry for its output, after the hooks, also
// if that is io.Discard. Set the output to io.Discard too. Another output gets an
// empty Write for each entry, which for os.Stderr is a system call and prints
// nothing.
func Formatter() logrus.Formatter { return noFormat{} }

type noFormat struct{}

func (noFormat) Format(*logrus.Entry) ([]byte, error) { return nil, nil }
