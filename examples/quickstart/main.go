// Command quickstart logs through all four loggers into one buffer.
//
// With nothing configured it starts a stand-in for Logs.to on loopback, logs
// once with an API key and once with OAuth 2.0 client credentials, and prints
// each record as it was stored, and the counters. It exits with status 1 if they
// do not add up.
//
// With LOGSTO_API_KEY, or LOGSTO_CLIENT_ID, LOGSTO_CLIENT_SECRET and
// LOGSTO_TOKEN_URL, in the environment it ships to the real endpoint, or to
// LOGSTO_ENDPOINT.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

func main() {
	run := standIn
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "LOGSTO_") {
			run = configured // or an error that names what is missing, or misspelt
		}
	}
	var report strings.Builder
	err := run(&report)
	fmt.Print(report.String())
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// configured ships to the endpoint that the environment configures.
func configured(out *strings.Builder) error {
	client, err := transport.FromEnv(transport.WithoutSetupRetry())
	if err != nil {
		return err
	}
	stats, err := ship(client)
	fmt.Fprintf(out, "%v: %v\n", client, stats)
	return err
}

// standIn ships to a server of our own, with each kind of credential.
func standIn(out *strings.Builder) error {
	srv := logstotest.NewServer()
	defer srv.Close()
	for _, credential := range []*auth.Credential{
		auth.APIKey(logstotest.APIKey),
		auth.ClientCredentials(clientcredentials.Config{
			ClientID:     logstotest.ClientID,
			ClientSecret: logstotest.ClientSecret,
			TokenURL:     srv.TokenURL(),
		}),
	} {
		srv.Reset()
		client, err := transport.New(transport.WithAuth(credential), transport.WithEndpoint(srv.Endpoint()))
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "with %v\n", credential)
		stats, err := ship(client)
		if err != nil {
			return err
		}
		stored := srv.Records()
		for _, r := range stored {
			fmt.Fprintf(out, "  stored %s\n", r.JSON)
		}
		fmt.Fprintf(out, "  %v; stored %d\n", stats, len(stored))
		if n := uint64(len(stored)); stats.Accepted != n || stats.Delivered != n || n == 0 {
			return fmt.Errorf("the counters do not add up: %v, but %d records are stored", stats, n)
		}
	}
	return nil
}

// ship logs through all four loggers and delivers what they logged.
func ship(client *transport.Client) (batch.Stats, error) {
	buf, err := batch.New(client)
	if err != nil {
		return batch.Stats{}, err
	}
	logWithSlog(buf)
	logWithZap(buf)
	logWithZerolog(buf)
	logWithLogrus(buf)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = buf.Close(ctx)
	return buf.Stats(), err
}
