package mysql

import (
	"crypto/tls"
	"crypto/x509"

	"switchyard/model"
)

// TLS says how a server proves who it is.
type TLS struct {
	CA         []byte // PEM; empty: the system's roots
	ServerName string // empty: the host that is dialled. With a CA of its own, a certificate without alternative names may carry it as CN
}

// config makes the client side. MySQL's own certificates have only a CN, which Go does not accept as a name: with a private
// CA the chain is verified here, and the name against the alternative names, or against the CN where there are none.
func (t TLS) config(host string, told func(cipher string)) (*tls.Config, error) {
	name := t.ServerName
	if name == "" {
		name = host
	}
	tell := func(cs tls.ConnectionState) {
		told(tls.VersionName(cs.Version) + " " + tls.CipherSuiteName(cs.CipherSuite))
	}
	if len(t.CA) == 0 {
		return &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12, VerifyConnection: func(cs tls.ConnectionState) error {
			tell(cs)
			return nil
		}}, nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(t.CA) {
		return nil, fault(model.ErrUntrusted, "read the CA: no PEM certificate in it")
	}
	verify := func(cs tls.ConnectionState) error {
		tell(cs)
		leaf := cs.PeerCertificates[0]
		opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range cs.PeerCertificates[1:] {
			opts.Intermediates.AddCert(c)
		}
		if len(leaf.DNSNames)+len(leaf.IPAddresses) > 0 {
			opts.DNSName = name
		} else if leaf.Subject.CommonName != name {
			return fault(model.ErrUntrusted, "certificate is for CN %q, not for %q", leaf.Subject.CommonName, name)
		}
		_, err := leaf.Verify(opts)
		return err
	}
	return &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, VerifyConnection: verify}, nil
}
