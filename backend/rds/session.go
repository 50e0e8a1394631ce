package rds

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Token makes the passwords of an account that logs in by IAM: a fresh token for every connection, good for 15 minutes. Address
// is host:port as AWS names it, since it is part of what is signed.
func (r *Reader) Token(region, address, user string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, r.timeout)
		defer cancel()
		token, err := auth.BuildAuthToken(ctx, address, region, user, r.cfg.Credentials)
		if err != nil {
			return "", fault(model.ErrRefused, "make an IAM token for %s: %v", user, err)
		}
		return token, nil
	}
}

// ServerOptions say how one MySQL server is reached, and what is known of its users.
type ServerOptions struct {
	Address  string // host:port
	User     string
	Password func(context.Context) (string, error) // asked for every new connection
	Token    bool                                  // the password is an IAM token: sent as it is, so only inside TLS
	TLS      *mysql.TLS                            // nil: not encrypted
	Database string                                // Bacula's schema; empty: its rows are not looked at
	Director string                                // the account of Bacula's Director; empty: not known
	Next     string                                // that takes its place at a takeover; empty: none
	Zone     *time.Location                        // of the Director's wall clock; nil: this host's
	Connect  time.Duration                         // limit for the server to accept and greet; 3 s when zero
}

// connector opens sessions that the server itself calls read-only. It satisfies driver.Connector.
type connector struct {
	addr string
	host *mysql.Host

	mu  sync.Mutex
	tls string // protocol and cipher of the newest session; empty: not encrypted
}

func newConnector(o *ServerOptions) *connector {
	login := mysql.Login{
		Address:  o.Address,
		User:     o.User,
		Database: o.Database,
		Password: o.Password,
		Token:    o.Token,
		TLS:      o.TLS,
		Connect:  o.Connect,
	}
	return &connector{addr: o.Address, host: mysql.NewHost(login, &opening)}
}

func (k *connector) Driver() driver.Driver { return mysql.Driver() }

func (k *connector) Connect(ctx context.Context) (driver.Conn, error) {
	s, err := k.host.Open(ctx)
	if err != nil {
		return nil, mysql.FaultOf("connect to "+k.addr, err)
	}
	k.mu.Lock()
	k.tls = s.Cipher
	k.mu.Unlock()
	return s.Conn, nil
}

func (k *connector) cipher() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tls
}
