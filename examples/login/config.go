package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// config is what the command goes by.
type config struct {
	clientID, authURL, tokenURL, endpoint string
	scopes                                []string
	clientSecret                          string
	store                                 string // path of the tokens
	headless, open, again                 bool
	query                                 string
}

// standIn reports whether nothing is configured.
func (c *config) standIn() bool { return c.clientID == "" && c.authURL == "" && c.tokenURL == "" }

// parse reads the command line, the environment and the file of -env.
func (a *app) parse(args []string) (*config, error) {
	fs := flag.NewFlagSet("login", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	cfg := &config{}
	fs.BoolVar(&cfg.headless, "headless", false, "take the code from the terminal, for machines without a browser")
	fs.BoolVar(&cfg.open, "open", false, "open the browser")
	fs.BoolVar(&cfg.again, "again", false, "log in anew, such as for other scopes")
	envFile := fs.String("env", "", "`file` with lines NAME=VALUE for what the environment does not have")
	fs.StringVar(&cfg.store, "store", "", "`file` in which the token is kept (logsto/token.json of the user's configuration)")
	var scopes string
	settings := []struct {
		value       *string
		flag, name  string
		description string
	}{
		{&cfg.clientID, "client-id", "LOGSTO_CLIENT_ID", "id of the client"},
		{&cfg.authURL, "auth-url", "LOGSTO_AUTH_URL", "`URL` of the authorization endpoint"},
		{&cfg.tokenURL, "token-url", "LOGSTO_TOKEN_URL", "`URL` of the token endpoint"},
		{&cfg.endpoint, "endpoint", "LOGSTO_ENDPOINT", "`URL` that records are sent to"},
		{&scopes, "scopes", "LOGSTO_SCOPES", "scopes, separated by blanks"},
	}
	for _, s := range settings {
		fs.StringVar(s.value, s.flag, "", s.description+" ("+s.name+")")
	}
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(a.stdout, "usage: login [flags] QUERY")
		_, _ = fmt.Fprintln(a.stdout, "without -client-id, -auth-url and -token-url it searches a stand-in for Logs.to")
		fs.SetOutput(a.stdout)
		fs.PrintDefaults()
		return nil, err
	}
	if err == nil && fs.NArg() != 1 {
		err = errors.New("one query is needed")
	}
	if err != nil {
		return nil, fmt.Errorf("%w; %w", err, errUsage)
	}
	cfg.query = fs.Arg(0)
	file, err := readEnv(*envFile)
	if err != nil {
		return nil, fmt.Errorf("%w; %w", err, errUsage)
	}
	for _, s := range settings {
		*s.value = cmp.Or(*s.value, a.getenv(s.name), file[s.name])
	}
	const secret = "LOGSTO_CLIENT_SECRET" // no flag: others see those
	cfg.clientSecret = cmp.Or(a.getenv(secret), file[secret])
	if cfg.scopes = strings.Fields(scopes); scopes == "" {
		cfg.scopes = []string{logstotest.ScopeRead}
	}
	return cfg, cfg.complete()
}

// complete reports what is missing, and says where the token is kept.
func (c *config) complete() error {
	if !c.standIn() && (c.clientID == "" || c.authURL == "" || c.tokenURL == "") {
		return fmt.Errorf("LOGSTO_CLIENT_ID, LOGSTO_AUTH_URL and LOGSTO_TOKEN_URL belong together; %w", errUsage)
	}
	if c.store != "" || c.standIn() {
		return nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return fmt.Errorf("where to keep the token: %w; %w", err, errUsage)
	}
	c.store = filepath.Join(dir, "logsto", "token.json")
	return nil
}

// readEnv reads a file of lines NAME=VALUE. Empty lines and those that begin with # do not
// count, and the value may stand in quotation marks. Without a path nothing is read: a file
// that lies in the present directory may be anybody's.
func readEnv(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is only read
	values := map[string]string{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(strings.TrimPrefix(name, "export ")); !ok || name == "" {
			return nil, fmt.Errorf("%s: line %d is not NAME=VALUE", path, n) // the line may be a secret
		}
		value = strings.TrimSpace(value)
		if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		values[name] = value
	}
	return values, lines.Err()
}
