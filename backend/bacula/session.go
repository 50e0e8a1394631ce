package bacula

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
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
	last  host   // where the newest session is
	rival string // the host that was late to say that it takes writes, too
}

// host is what one server says of itself.
type host struct {
	addr     string
	version  string
	readOnly bool
	server   string              // who it is, by its own word: the same behind every address that leads to it
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

// Connect opens a session to the host that takes writes; all are asked at once, so that a second one that does is seen: then nobody can say
// which is the catalog, and none is read. When none takes writes, a read-only one still shows the truth of its moment: between the loss of
// a primary and a promotion it is all there is.
func (k *connector) Connect(ctx context.Context) (driver.Conn, error) {
	addrs := k.order()
	answers := make([]opened, len(addrs))
	came := make(chan int, len(addrs))
	for i, addr := range addrs {
		go func() {
			conn, h, err := k.session(ctx, addr)
			answers[i] = opened{conn, h, err}
			came <- i
		}()
	}
	var met []error
	var writers, standbys []opened
	var others []model.CatalogHost // with nobody who takes writes: why none of them is read
	patience := make(<-chan time.Time)
	was, rival := k.newest(), k.suspects("")
	for left := len(addrs); left > 0; left-- {
		select {
		case i := <-came:
			switch a := answers[i]; {
			case a.err != nil:
				met = append(met, a.err)
				others = append(others, notRead(addrs[i], a.err))
			case a.readOnly && len(addrs) > 1:
				standbys = append(standbys, a)
			default:
				writers = append(writers, a)
				if rival == "" && (was.server == "" || was.server == a.server) { // a server that was not read before needs everybody's word
					patience = time.After(secondWithin)
				}
			}
		case <-patience:
			go k.closeLate(answers, came, left, writers[0].server) // who is this slow cannot be waited for at every session
			left = 1
		}
	}
	byOrder := func(a, b opened) int { return slices.Index(addrs, a.addr) - slices.Index(addrs, b.addr) }
	slices.SortFunc(writers, byOrder)
	slices.SortFunc(standbys, byOrder)
	all := append(writers, standbys...)
	if len(all) == 0 {
		return nil, worst(met)
	}
	for _, a := range all[1:] {
		_ = a.conn.Close()
	}
	for _, a := range writers[min(1, len(writers)):] {
		if a.server != all[0].server {
			_ = all[0].conn.Close()
			return nil, twoWriters(all[0].addr, a.addr)
		}
	}
	if len(writers) == 0 {
		for _, a := range standbys[1:] {
			others = append(others, model.CatalogHost{Host: a.addr})
		}
		all[0].others = others
	}
	return k.take(all[0].conn, all[0].host), nil
}

func twoWriters(one, two string) error {
	return fault(
		model.ErrIdentity,
		"catalog: two servers take writes, %s and %s, and none can be trusted to be the one that the Director uses: "+
			"make the other read-only",
		one,
		two,
	)
}

// secondWithin is how long the other hosts may take to say that they take writes, too, once one has.
const secondWithin = 700 * time.Millisecond

// opened is what came of opening a session to one host.
type opened struct {
	conn driver.Conn
	host
	err error
}

// closeLate closes what is opened after nobody waits for it any more. One that takes writes, too, is waited for next time.
func (k *connector) closeLate(answers []opened, came <-chan int, left int, writer string) {
	for range left {
		a := answers[<-came]
		if a.conn == nil {
			continue
		}
		if !a.readOnly && a.server != writer {
			k.suspects(a.addr)
		}
		_ = a.conn.Close()
	}
}

// suspects notes a host that others are to wait for, and gives the one noted before.
func (k *connector) suspects(addr string) (before string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before, k.rival = k.rival, addr
	return before
}

// notRead says why a host is not read.
func notRead(addr string, err error) model.CatalogHost {
	return model.CatalogHost{
		Host:    addr,
		Trouble: model.TroubleOf(err),
		Why:     strings.TrimPrefix(model.Clean(err.Error()), "catalog "+addr+": "),
	}
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
	return s.Conn, host{addr: addr, version: model.Clean(s.Said[0]), readOnly: mysql.On(s.Said[2]) || mysql.On(s.Said[3]),
		server: model.Clean(strings.TrimSpace(strings.Join(s.Said[4:], " ")))}, nil
}

// login is how one logs in to one host of the catalog.
func (c *CatalogConfig) login(addr string) mysql.Login {
	return mysql.Login{Address: addr, User: c.User, Database: c.Database, Password: c.Password, Token: c.Token, TLS: c.TLS, Connect: c.Connect}
}
