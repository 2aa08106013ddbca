package endtoend

import (
	"os"
	"strings"
)

// The environment of the process of TestSecretsOfAProcess.
const (
	printVar    = "LOGSTO_TEST_PRINT"   // print all that is seen
	carriedFile = "LOGSTO_TEST_CARRIED" // where to note the secrets that requests carried
)

func printing() bool { return os.Getenv(printVar) != "" }

func noteCarried(name string, secrets []string) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.WriteString(strings.Join(secrets, "\n") + "\n"); err != nil {
		panic(err)
	}
}
