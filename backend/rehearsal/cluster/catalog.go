package cluster

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// errNowhere is what every statement of a Director meets whose Catalog resource names no server of the world.
//
//lint:ignore ST1005 These are MySQL's own words.
var errNowhere = errors.New("Can't connect to MySQL server")

// serves is the server that a configuration's first Catalog resource names. A Director takes a catalog of its own version alone.
func (d *Director) serves(conf *config) (*sqlsim.Instance, error) {
	names := conf.of["catalog"]
	if len(names) == 0 { // it keeps what it has
		return d.uses, nil
	}
	r := conf.all["catalog"][names[0]]
	at, name := catalogAt(r), r.get("dbname")
	fails := func(why string) (*sqlsim.Instance, error) {
		//lint:ignore ST1005 These are Bacula's own words.
		return nil, fmt.Errorf("Could not open Catalog %q, database %q: %s", names[0], name, why)
	}
	in := d.c.server(at)
	switch {
	case in == nil:
		return fails("nothing answers at " + at)
	case name != "bacula":
		return fails("Unknown database")
	case in == d.c.home: // it may not be filled yet
		return in, nil
	}
	var version int
	if err := in.Read("SELECT VersionId FROM Version").Scan(&version); err != nil {
		return fails(err.Error())
	}
	if want := versionOf(d.c.o.Cluster); version != want {
		return fails(fmt.Sprintf("Version error for database %q. Wanted %d, got %d", name, want, version))
	}
	return in, nil
}

func versionOf(c model.Cluster) int {
	if c == model.Green {
		return 1026
	}
	return 16
}

// server is the one that listens at an address; nil when none of the world does.
func (c *Cluster) server(at string) *sqlsim.Instance {
	if at == c.home.Addr() {
		return c.home
	}
	if c.o.Server == nil {
		return nil
	}
	return c.o.Server(at)
}

// catalogAt is where a Catalog resource points.
func catalogAt(r *resource) string {
	host, port := r.get("dbaddress"), r.get("dbport")
	if host == "" {
		host = r.get("address")
	}
	if port == "" {
		port = "3306"
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// follow has the cluster's new jobs written where the Director that schedules has its catalog; those that run stay where they began. The
// caller holds the mutex.
func (c *Cluster) follow() {
	in := c.active().uses
	if in == nil || in == c.catalog {
		return
	}
	c.catalog = in
	c.reads.Store(in)
	if !c.hears[in] {
		c.hears[in] = true
		in.OnDrop(c.orphan)
	}
	c.know(in)
}

// know writes what jobs name into a catalog that may have missed the newest of it, as soon as that takes it.
func (c *Cluster) know(in *sqlsim.Instance) {
	if in != c.catalog {
		return
	}
	conn, err := c.active().connect(in)
	if err == nil {
		err = conn.Write(func(tx *sqlsim.Tx) error { return c.putResources(tx, c.ids) })
		conn.Close()
	}
	if err != nil {
		c.at(c.now().Add(retry), func() { c.know(in) })
	}
}
