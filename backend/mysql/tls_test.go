package mysql

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// MySQL's own certificates have a CN and no alternative names.
func TestACertificatesNameIsItsCNOnlyWithoutAlternativeNames(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(names ...string) *x509.Certificate {
		leaf := &x509.Certificate{
			SerialNumber:          big.NewInt(2),
			Subject:               pkix.Name{CommonName: "db"},
			DNSNames:              names,
			NotBefore:             time.Now().Add(-time.Hour),
			NotAfter:              time.Now().Add(time.Hour),
			IsCA:                  true,
			BasicConstraintsValid: true,
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	other, err := sqlsim.NewAuthority("another", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		says  string
		leaf  *x509.Certificate
		asked string
		own   bool
		ok    bool
	}{
		{"its CN", sign(), "db", true, true},
		{"another CN", sign(), "db2", true, false},
		{"its alternative name", sign("db2"), "db2", true, true},
		{"its CN beside alternative names", sign("db2"), "db", true, false},
		{"its CN, signed by another", sign(), "db", false, false},
	} {
		ca := other.PEM
		if c.own {
			ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.leaf.Raw})
		}
		told := ""
		cfg, err := TLS{CA: ca}.config(c.asked, func(s string) { told = s })
		if err != nil {
			t.Fatal(err)
		}
		err = cfg.VerifyConnection(
			tls.ConnectionState{Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256, PeerCertificates: []*x509.Certificate{c.leaf}},
		)
		if (err == nil) != c.ok || told != "TLS 1.3 TLS_AES_128_GCM_SHA256" {
			t.Errorf("%s: %v, over %q", c.says, err, told)
		}
	}
	if _, err := (TLS{CA: []byte("nothing")}).config("db", nil); !errors.Is(err, model.ErrUntrusted) {
		t.Errorf("no certificate at all: %v", err)
	}
}
