package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"switchyard/model"
)

// clients are the File Daemons and where they live: db3-fd is Bacula 15, in green's root.
var clients = []struct{ name, home string }{{"db1-fd", "blue"}, {"db2-fd", "blue"}, {"db3-fd", "green"}, {"hung-fd", ""}}

// daemons are the Bacula daemons in the order in which they start: Directors last, as they look for the others.
func (l *lab) daemons() []process {
	var ps []process
	add := func(name, home, program string, who owner, zone string, grace time.Duration) {
		p := process{
			name: name, port: l.port(name), who: who, zone: zone, grace: grace,
			args:  []string{"/usr/sbin/" + program, "-f", "-c", l.path(home, name, program+".conf")},
			stale: l.path(home, name, "*.pid"),
		}
		if home == "green" {
			p.root = l.root()
		}
		ps = append(ps, p)
	}
	for _, c := range clusters {
		add(c+"-sd", c, "bacula-sd", l.user(c), "UTC", 5*time.Second)
	}
	for _, c := range clients {
		if c.home != "" {
			add(c.name, c.home, "bacula-fd", me, "UTC", 3*time.Second)
		}
	}
	// A Director with a running job does not end when it is asked to.
	for _, c := range clusters {
		add(c+"-dir", c, "bacula-dir", l.user(c), zones[c], 4*time.Second)
	}
	return ps
}

// user is the unprivileged user of a cluster's daemons.
func (l *lab) user(cluster string) owner {
	if cluster == "green" {
		return l.rootUser()
	}
	return l.hostUser()
}

type named struct {
	Name string
	Port int
}

// clusterData is what the templates of a cluster's daemons are filled with.
type clusterData struct {
	named
	Cluster, Work, Volumes, Restored            string
	CatalogPort, StoragePort                    int
	Secrets                                     struct{ Root, Watch, Act, Volumes, Catalog, Next, Client, Storage string }
	Clients                                     []named
	Stores                                      []storeData
	Protects                                    bool // volumes of vaults: Bacula 15 only
	Drives                                      []int
	Jobs                                        []jobData
	Restores                                    []restoreData
	Adhoc, AdhocChain, AdhocClient, AdhocRegion string
	CatalogClient, CatalogScript                string
}

type jobData struct {
	cell
	Level, Data, Script string
	Runs                []string
	Warns, Slow         bool
}

type restoreData struct{ Name, Client, Storage, Pool string }

// storeData is a changer of a Storage Daemon with its pool: for each region one for regular backups, and a vault for immutable ones.
type storeData struct {
	Name, Pool string
	Vault      bool
}

// stores are named as the inventory's storages.
func stores() []storeData {
	var all []storeData
	for _, r := range regions {
		all = append(all, storeData{"sd-" + r, "reg-" + r, false}, storeData{"vault-" + r, "imm-" + r, true})
	}
	return all
}

func (l *lab) clusterData(cluster string) (clusterData, error) {
	d := clusterData{
		named: named{cluster + "-dir", l.port(cluster + "-dir")}, Cluster: cluster,
		Work: l.path(cluster, cluster+"-dir"), Volumes: l.path(cluster, "volumes"), Restored: l.path("restored"),
		CatalogPort: l.port("db-" + cluster), StoragePort: l.port(cluster + "-sd"),
		Stores: stores(), Protects: cluster == "green", Drives: []int{1, 2, 3, 4, 5, 6, 7, 8},
	}
	chain := "chain02"
	d.CatalogClient = "db1-fd"
	if cluster == "green" {
		chain, d.CatalogClient = "chain10", "db3-fd"
	}
	d.AdhocChain, d.AdhocClient, d.AdhocRegion = chain, "db1-fd", "region1"
	d.Adhoc = l.path("data", chain, "region1", "regular", "full.sql")
	d.CatalogScript = l.path(cluster, "bin", "catalog.sh")
	for _, s := range []struct {
		name string
		into *string
	}{
		{"console-root-" + cluster, &d.Secrets.Root}, {"console-watch-" + cluster, &d.Secrets.Watch}, {"console-act-" + cluster, &d.Secrets.Act},
		{"catalog-" + cluster, &d.Secrets.Catalog}, {"catalog-next", &d.Secrets.Next},
		{"client-" + cluster, &d.Secrets.Client}, {"storage-" + cluster, &d.Secrets.Storage},
		{"console-volumes-" + cluster, &d.Secrets.Volumes},
	} {
		secret, err := l.secret(s.name)
		if err != nil {
			return d, err
		}
		*s.into = secret
	}
	for _, c := range clients {
		d.Clients = append(d.Clients, named{c.name, l.port(c.name)})
	}
	for _, c := range cellsOn(cluster) {
		j := jobData{
			cell:  c,
			Level: "Incremental",
			Data:  l.path("data", c.Chain, c.Region, c.Kind.String()),
			Runs:  c.RunsOn(cluster),
			Warns: c.Trouble == warns,
			Slow:  c.Trouble == crawls,
		}
		if c.Kind == model.Immutable {
			j.Level = "Full"
		}
		switch {
		case c.Trouble == fails:
			j.Script = "/bin/false"
		case c.Client == "db1-fd" || c.Client == "db2-fd":
			j.Script = l.path("blue", "bin", "dump.sh") + " " + c.Chain + " " + j.Data
		}
		d.Jobs = append(d.Jobs, j)
	}
	for i, region := range regions {
		for k, kind := range model.Kinds {
			store := stores()[2*i+k]
			d.Restores = append(d.Restores, restoreData{fmt.Sprintf("restore-%s-%s", region, kind), clients[i].name, store.Name, store.Pool})
		}
	}
	return d, nil
}

// configure writes every daemon's and console's configuration. It returns the daemons whose own has changed.
func (l *lab) configure() (map[string]bool, error) {
	changed := map[string]bool{}
	var directors []map[string]string
	for _, c := range clusters {
		d, err := l.clusterData(c)
		if err != nil {
			return nil, err
		}
		directors = append(directors, map[string]string{"Name": d.Name, "Password": d.Secrets.Client})
		if err := l.configureCluster(d, changed); err != nil {
			return nil, fmt.Errorf("configuring %s: %w", c, err)
		}
	}
	for _, c := range clients {
		if c.home == "" {
			continue
		}
		dir := l.path(c.home, c.name)
		if err := mkdir(dir, 0o700, me); err != nil {
			return nil, err
		}
		text, err := render("bacula-fd.conf", map[string]any{"Directors": directors, "Name": c.name, "Port": l.port(c.name), "Work": dir})
		if err != nil {
			return nil, err
		}
		if changed[c.name], err = write(dir+"/bacula-fd.conf", text, 0o600, me); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

func (l *lab) configureCluster(d clusterData, changed map[string]bool) error {
	who, sd := l.user(d.Cluster), l.path(d.Cluster, d.Cluster+"-sd")
	dirs := []string{d.Work, sd, l.path(d.Cluster, "bin"), d.Volumes}
	for _, s := range d.Stores {
		dirs = append(dirs, filepath.Join(d.Volumes, s.Name))
	}
	for _, dir := range dirs {
		if err := mkdir(dir, 0o700, who); err != nil {
			return err
		}
	}
	options := ""
	if d.Cluster == "green" {
		options = " --set-gtid-purged=OFF" // otherwise it needs the right to flush tables
	}
	texts := []struct {
		daemon, template, path string
		perm                   os.FileMode
		who                    owner
		data                   any
	}{
		{d.Name, "bacula-dir.conf", d.Work + "/bacula-dir.conf", 0o600, who, d},
		{d.Cluster + "-sd", "bacula-sd.conf", sd + "/bacula-sd.conf", 0o600, who, struct {
			clusterData
			Work string
		}{d, sd}},
		{
			"",
			"login.cnf",
			l.path(d.Cluster, "bin", "catalog.cnf"),
			0o600,
			who,
			map[string]any{"User": "bacula", "Password": d.Secrets.Catalog, "Port": d.CatalogPort, "Socket": ""},
		},
		{
			"",
			"catalog.sh",
			d.CatalogScript,
			0o700,
			who,
			map[string]any{"Login": l.path(d.Cluster, "bin", "catalog.cnf"), "Work": d.Work, "Options": options},
		},
		{"", "bconsole.conf", l.path(d.Cluster, "root.conf"), 0o600, me, consoleData{d.Name, d.Port, "", d.Secrets.Root}},
		{"", "bconsole.conf", l.path(d.Cluster, "watch.conf"), 0o600, me, consoleData{d.Name, d.Port, "switchyard-watch", d.Secrets.Watch}},
		{"", "bconsole.conf", l.path(d.Cluster, "act.conf"), 0o600, me, consoleData{d.Name, d.Port, "switchyard-act", d.Secrets.Act}},
	}
	if d.Cluster == "green" {
		next := texts[len(texts)-1]
		next.template, next.path, next.who, next.data = "next.pw", l.nextFile(), who, d.Secrets.Next
		volumes := texts[len(texts)-1]
		volumes.path, volumes.data = l.path(d.Cluster, "volumes.conf"), consoleData{d.Name, d.Port, "switchyard-volumes", d.Secrets.Volumes}
		texts = append(texts, next, volumes)
	}
	for _, t := range texts {
		text, err := render(t.template, t.data)
		if err != nil {
			return err
		}
		differs, err := write(t.path, text, t.perm, t.who)
		if err != nil {
			return err
		}
		if t.daemon != "" {
			changed[t.daemon] = differs
		}
	}
	return nil
}

// nextFile is the file that green's Director would include as the password of the account that takes its own's place.
func (l *lab) nextFile() string { return l.path("green", "green-dir", "next.pw") }

type consoleData struct {
	Director string
	Port     int
	Console  string
	Password string
}

// consoleCommand is the argument vector of a cluster's bconsole with one of its configurations: root, watch or act. Green's lives in its
// root directory.
func (l *lab) consoleCommand(cluster, conf string) []string {
	argv := []string{"/usr/sbin/bconsole", "-n", "-c", l.path(cluster, conf+".conf")}
	if cluster == "green" {
		argv = append([]string{"/usr/sbin/chroot", l.root()}, argv...)
	}
	return argv
}

// console types lines into a cluster's root console and returns what it printed. Its exit status is 0 whatever happened.
func (l *lab) console(ctx context.Context, cluster string, lines ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	argv := l.consoleCommand(cluster, "root")
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Setsid: true}
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return out.String(), errors.Join(fmt.Errorf("the console of %s: %w", cluster, err), ctx.Err())
	}
	return out.String(), nil
}

func (l *lab) printConsole(ctx context.Context, cluster, line string) error {
	if cluster != "blue" && cluster != "green" {
		return fmt.Errorf("%w: there is no cluster %q: want blue or green", errNeeds, cluster)
	}
	out, err := l.console(ctx, cluster, line)
	fmt.Fprint(l.out, out)
	return err
}
