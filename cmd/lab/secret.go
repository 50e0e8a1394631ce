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

// makeCertificates makes the lab's authority (secrets/ca.pem), green's server certificate for 127.0.0.1 and localhost, and one for its
// Director, which encrypts only with one of its own. MySQL's own certificates name no host, so no strict client could verify them. It
// reports whether they are others than before.
func (l *lab) makeCertificates(mysql owner) (changed bool, err error) {
	dir := l.path("green", "tls")
	if _, err := os.Stat(dir + "/client.key"); err == nil {
		return false, nil
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
		return false, err
	}
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return false, fmt.Errorf("making the authority: %w", err)
	}
	if err := mkdir(dir, 0o755, mysql); err != nil {
		return false, err
	}
	files := []certificate{{l.path("secrets", "ca.pem"), "CERTIFICATE", ca, 0o644, me}, {dir + "/ca.pem", "CERTIFICATE", ca, 0o644, mysql}}
	client := *server
	client.SerialNumber, client.Subject.CommonName = big.NewInt(3), "green-dir"
	client.DNSNames, client.IPAddresses, client.ExtKeyUsage = nil, nil, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	for name, of := range map[string]*x509.Certificate{"server": server, "client": &client} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return false, err
		}
		cert, err := x509.CreateCertificate(rand.Reader, of, authority, key.Public(), authorityKey)
		if err != nil {
			return false, fmt.Errorf("making the certificate of the %s: %w", name, err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return false, err
		}
		files = append(files, certificate{dir + "/" + name + ".pem", "CERTIFICATE", cert, 0o644, mysql},
			certificate{dir + "/" + name + ".key", "PRIVATE KEY", der, 0o600, mysql})
	}
	for _, f := range files {
		if _, err := write(f.path, string(pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der})), f.perm, f.who); err != nil {
			return false, fmt.Errorf("writing certificates: %w", err)
		}
	}
	return true, nil
}

// certificate is a file of one, or of its key.
type certificate struct {
	path, kind string
	der        []byte
	perm       os.FileMode
	who        owner
}
