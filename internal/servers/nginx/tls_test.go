package nginx

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/transport"
)

// authority makes a CA and a certificate for 127.0.0.1 that it has signed. It
// returns the CA in a pool, and the configuration of nginx.
func authority(t *testing.T) (*x509.CertPool, site) {
	t.Helper()
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA of a test"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "nginx of a test"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caKey, leafKey := newKey(t), newKey(t)
	caDER := sign(t, ca, ca, caKey, caKey)
	leafDER := sign(t, leaf, ca, leafKey, caKey)
	parsed, err := x509.ParseCertificate(caDER)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile := writePEM(t, filepath.Join(dir, "cert.pem"), "CERTIFICATE", leafDER)
	keyFile := writePEM(t, filepath.Join(dir, "key.pem"), "EC PRIVATE KEY", keyDER)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool, site{
		TLS:    "ssl http2",
		Server: fmt.Sprintf("ssl_certificate %s; ssl_certificate_key %s;", certFile, keyFile),
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, cert, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func writePEM(t *testing.T, file, kind string, der []byte) string {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// trusting returns the round tripper of a user whose servers have a CA of their
// own.
func trusting(pool *x509.CertPool) *http.Transport {
	return &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}
}

// TestHTTP2 has nginx end a connection after a few requests, which over HTTP/2
// hits requests that are on their way.
func TestHTTP2(t *testing.T) {
	for _, f := range []transport.Format{transport.Auto, transport.Single} {
		t.Run(f.String(), func(t *testing.T) {
			pool, s := authority(t)
			n := 10_000
			if f == transport.Single {
				n = 1000
			}
			s.Server += " keepalive_requests 10;"
			r := newRig(t, new(ledger.Ledger), s, ledger.Setup{
				Base: trusting(pool), Transport: []transport.Option{transport.WithFormat(f)},
			})
			r.Log(n, rate)
			rep := r.finish(t)
			if rep.Duplicates > 0 {
				t.Errorf("%d duplicates; no acknowledgement was cut off", rep.Duplicates)
			}
			protocols := r.server.Protocols()
			t.Logf("requests by protocol: %v", protocols)
			if protocols["HTTP/2.0"] == 0 || len(protocols) != 1 {
				t.Error("not all requests came over HTTP/2")
			}
		})
	}
}

// TestUnknownAuthority has a certificate that the client has no reason to trust:
// nothing may be sent, the user is told at once, and Close says how much is
// left.
func TestUnknownAuthority(t *testing.T) {
	_, s := authority(t)
	r := newRig(t, new(ledger.Ledger), s, ledger.Setup{Base: trusting(x509.NewCertPool())})
	const records = 1000
	r.Log(records, rate)
	time.Sleep(300 * time.Millisecond) // which the error handler has to be told in
	told := strings.Join(r.Told(), "\n")
	err := r.Close(200 * time.Millisecond)
	r.server.Close()
	var u *batch.UndeliveredError
	if !errors.As(err, &u) {
		t.Errorf("Close: %v", err)
	}
	st := r.Buffer.Stats()
	if st.Accepted != records || st.Delivered != 0 || st.Accepted != st.Dropped+st.Pending {
		t.Errorf("%v", st)
	}
	if whole, broken := r.server.Arrived(); whole+broken > 0 {
		t.Errorf("%d requests arrived, %d in part", whole, broken)
	}
	t.Logf("Close: %v; %d requests", err, len(r.Tap.Exchanges()))
	if !strings.Contains(told, "certificate") {
		t.Errorf("a certificate error is reported at once; the error handler got %q", told)
	}
}
