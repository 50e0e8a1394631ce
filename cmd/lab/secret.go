package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"time"
)

// secret is a random password of this lab, made at its first use and kept below secrets, readable by root only.
func (l *lab) secret(name string) (string, error) {
	path := l.path("secrets", name)
	b, err := os.ReadFile(path)
	if err == nil && len(b) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("reading the secret %s: %w", name, err)
	}
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	s := hex.EncodeToString(raw)
	if _, err := write(path, s+"\n", 0o600, me); err != nil {
		return "", fmt.Errorf("keeping the secret %s: %w", name, err)
	}
	return s, nil
}

// makeCertificates makes the lab's authority (secrets/ca.pem) and green's server certificate for 127.0.0.1 and localhost.
// MySQL's own certificates name no host, so no strict client could verify them.
func (l *lab) makeCertificates(mysql owner) error {
	dir := l.path("green", "tls")
	if _, err := os.Stat(dir + "/server.key"); err == nil {
		return nil
	}
	now := time.Now()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Switchyard lab"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return fmt.Errorf("making the authority: %w", err)
	}
	cert, err := x509.CreateCertificate(rand.Reader, server, authority, serverKey.Public(), authorityKey)
	if err != nil {
		return fmt.Errorf("making the server's certificate: %w", err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		return err
	}
	if err := mkdir(dir, 0o755, mysql); err != nil {
		return err
	}
	for _, f := range []struct {
		path, kind string
		der        []byte
		perm       os.FileMode
		who        owner
	}{
		{l.path("secrets", "ca.pem"), "CERTIFICATE", ca, 0o644, me},
		{dir + "/ca.pem", "CERTIFICATE", ca, 0o644, mysql},
		{dir + "/server.pem", "CERTIFICATE", cert, 0o644, mysql},
		{dir + "/server.key", "PRIVATE KEY", key, 0o600, mysql},
	} {
		if _, err := write(f.path, string(pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der})), f.perm, f.who); err != nil {
			return fmt.Errorf("writing certificates: %w", err)
		}
	}
	return nil
}
