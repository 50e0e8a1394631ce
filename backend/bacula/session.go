package bacula

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// connector opens sessions to the writable host of a catalog. A session that the server does not itself call read-only is
// closed again. It satisfies driver.Connector.
type connector struct {
	addrs []string
	hosts map[string]*mysql.Host // by address
	lives func(time.Duration)    // bounds how old a session may become
	mu    sync.Mutex
	last  host // where the newest session is
}

// host is what one server says of itself.
type host struct {
	addr     string
	version  string
	readOnly bool
	others   []model.CatalogHost // when it is a standby: the other hosts, and why none of them is read
}

func newConnector(c *CatalogConfig) *connector {
	k := &connector{addrs: c.Hosts, hosts: map[string]*mysql.Host{}}
	for _, addr := range c.Hosts {
		k.hosts[addr] = mysql.NewHost(c.login(addr), &opening)
	}
	return k
}

func (k *connector) Driver() driver.Driver { return mysql.Driver() }

func (k *connector) newest() host {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// Connect tries the host of the newest session first and takes the first that takes writes. When none does, a read-only one still shows
// the truth of its moment: between the loss of a primary and a promotion it is all there is.
func (k *connector) Connect(ctx context.Context) (driver.Conn, error) {
	addrs := k.order()
	var spare driver.Conn
	var spareHost host
	var met []error
	var others []model.CatalogHost
	for _, addr := range addrs {
		conn, h, err := k.session(ctx, addr)
		switch {
		case err != nil:
			met = append(met, err)
			others = append(others, notRead(addr, err))
			continue
		case !h.readOnly || len(addrs) == 1:
			if spare != nil {
				_ = spare.Close()
			}
			return k.take(conn, h), nil
		case spare == nil:
			spare, spareHost = conn, h
		default:
			_ = conn.Close()
			others = append(others, model.CatalogHost{Host: addr})
		}
	}
	if spare != nil {
		spareHost.others = others
		return k.take(spare, spareHost), nil
	}
	return nil, worst(met)
}

// notRead says why a host is not read.
func notRead(addr string, err error) model.CatalogHost {
	return model.CatalogHost{Host: addr, Trouble: model.TroubleOf(err), Why: strings.TrimPrefix(model.Clean(err.Error()), "catalog "+addr+": ")}
}

func (k *connector) take(conn driver.Conn, h host) driver.Conn {
	k.mu.Lock()
	changed := k.last.readOnly != h.readOnly
	k.last = h
	k.mu.Unlock()
	switch {
	case !changed || len(k.addrs) == 1:
	case h.readOnly:
		k.lives(seekEvery)
	default:
		k.lives(proveEvery)
	}
	return conn
}

func (k *connector) order() []string {
	last := k.newest().addr
	addrs := make([]string, 0, len(k.addrs))
	for _, a := range k.addrs {
		if a == last {
			addrs = append([]string{a}, addrs...)
		} else {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// worst joins what the hosts met under one kind: that of a host that answered, when one did.
func worst(met []error) error {
	if len(met) == 0 {
		return fault(nil, "connect to catalog: no host is configured")
	}
	if len(met) == 1 {
		return met[0]
	}
	var kind error
	says := make([]string, len(met))
	for i, err := range met {
		says[i] = err.Error()
		var f *model.Fault
		if errors.As(err, &f) && (kind == nil || kind == model.ErrUnreachable) {
			kind = f.Kind
		}
	}
	return fault(kind, "%s", strings.Join(says, "; "))
}

func (k *connector) session(ctx context.Context, addr string) (driver.Conn, host, error) {
	s, err := k.hosts[addr].Open(ctx)
	if err != nil {
		return nil, host{}, faultOf("catalog "+addr, err)
	}
	return s.Conn, host{addr: addr, version: model.Clean(s.Said[0]), readOnly: mysql.On(s.Said[2]) || mysql.On(s.Said[3])}, nil
}

// login is how one logs in to one host of the catalog.
func (c *CatalogConfig) login(addr string) mysql.Login {
	return mysql.Login{Address: addr, User: c.User, Database: c.Database, Password: c.Password, Token: c.Token, TLS: c.TLS, Connect: c.Connect}
}
