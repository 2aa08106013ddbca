package env_test

import (
	"os"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/internal/env"
)

func TestCheck(t *testing.T) {
	names := []string{"LOGSTO_API_KEY", "LOGSTO_API_KEY_FILE", "LOGSTO_SCOPES", "LOGSTO_TOKEN_URL", "LOGSTO_ENDPOINT"}
	for variable, want := range map[string]string{
		"LOGSTO_API_KEY=k":              "",
		"LOGSTO_API_KEY= k\r\n":         "",
		"LOGSTO_API_KEY=k\"":            "",
		"LOGSTO_API_KEY=\"":             "",
		"LOGSTO_API_KEY=":               "LOGSTO_API_KEY is set, but empty",
		"LOGSTO_SCOPES= \r\n":           "LOGSTO_SCOPES is set, but empty",
		`LOGSTO_API_KEY="k"`:            "LOGSTO_API_KEY has quotation marks around its value; leave them out",
		"LOGSTO_ENDPOINT='https://h'\r": "LOGSTO_ENDPOINT has quotation marks around its value; leave them out",
		"LOGSTO_APIKEY=s3cr3t":          "LOGSTO_APIKEY is unknown: LOGSTO_API_KEY?",
		"LOGSTO_APIKEY=":                "LOGSTO_APIKEY is unknown: LOGSTO_API_KEY?",
		"LOGS_TO_API_KEY=s3cr3t":        "LOGS_TO_API_KEY is unknown: LOGSTO_API_KEY?",
		"LOGSTO_API_KEY_FILES=s3cr3t":   "LOGSTO_API_KEY_FILES is unknown: LOGSTO_API_KEY_FILE?",
		"LOGSTO_SCOPE=a":                "LOGSTO_SCOPE is unknown: LOGSTO_SCOPES?",
		"LOGSTO_TOKEN_URI=a":            "LOGSTO_TOKEN_URI is unknown: LOGSTO_TOKEN_URL?",
		"LOGSTO_ENPDOINT=a":             "LOGSTO_ENPDOINT is unknown: LOGSTO_ENDPOINT?",
		"LOGSTO_API_KEY_2=k":            "", // beside LOGSTO_API_KEY
		"LOGSTO_ENABLED=true":           "",
		"LOGSTO_AUTH_URL=https://h":     "",
		"LOGSTO_HOME=/":                 "",
		"MY_LOGSTO_APIKEY=s3cr3t":       "",
	} {
		t.Run(variable, func(t *testing.T) {
			for _, v := range os.Environ() {
				if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "LOGS") {
					t.Setenv(name, "") // which restores it
					_ = os.Unsetenv(name)
				}
			}
			name, value, _ := strings.Cut(variable, "=")
			t.Setenv(name, value)
			if name == "LOGSTO_API_KEY_2" {
				t.Setenv("LOGSTO_API_KEY", "k")
			}
			got := ""
			if err := env.Check(names...); err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
