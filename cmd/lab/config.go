package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/record"
	"switchyard/model/routes"
)

type configData struct {
	Dir, File, Inventory, Environment string
	Clusters                          []clusterConfig
	Sides                             []sideConfig
	AWS                               string           // the endpoint's URL
	RDS                               []instanceConfig // none: no pair is watched
	Journal                           string           // its directory; none: nothing can be done
	NextFile                          string           // on the Director's host: the password of the account after it, in quotes
}

type clusterConfig struct {
	Name, Zone, Director, Address, Database string
	Hosts                                   []string
	TLS                                     bool
	Service                                 []serviceWord
}

// serviceWord is how the service of a cluster's Director is told a word.
type serviceWord struct {
	Word string
	Argv []string
}

type instanceConfig struct{ Role, ID, Region, Address string }

// sideConfig is a section of credentials: watch or act.
type sideConfig struct {
	Name, User string
	Clusters   []sideCluster
}

type sideCluster struct {
	Name    string
	Console []string
	Volumes []string // with which green's volumes are marked; none: people do
}

type chainConfig struct {
	Name    string
	Tier    int
	Regions []regionConfig
}

type regionConfig struct {
	Name  string
	Cells []cell
}

// configData fills Switchyard's own configuration for this lab.
func (l *lab) configData() configData {
	d := configData{Dir: l.dir, File: "switchyard.yaml", Inventory: "inventory.yaml", Environment: "lab", Journal: l.journalName()}
	for _, c := range clusters {
		cc := clusterConfig{
			Name: c, Zone: zones[c], Director: c + "-dir", Address: loopback(l.port(c + "-dir")), Database: "bacula",
			Hosts: []string{loopback(l.port("proxy-" + c))},
		}
		for _, word := range serviceWords {
			cc.Service = append(cc.Service, serviceWord{word, l.serviceCommand(c+"-dir", word)})
		}
		if c == "green" {
			cc.TLS = true
			cc.Hosts = append(cc.Hosts, loopback(l.port("proxy-replica")))
		}
		d.Clusters = append(d.Clusters, cc)
	}
	for _, side := range []string{"watch", "act"} {
		s := sideConfig{Name: side, User: "switchyard_" + side}
		for _, c := range clusters {
			at := sideCluster{Name: c, Console: l.consoleCommand(c, side)}
			if side == "act" && c == "green" {
				at.Volumes = l.consoleCommand(c, "volumes")
			}
			s.Clusters = append(s.Clusters, at)
		}
		d.Sides = append(d.Sides, s)
	}
	d.AWS, d.NextFile = l.awsURL(), l.nextFile()
	for _, p := range pair {
		d.RDS = append(d.RDS, instanceConfig{p.role, p.id, p.region, loopback(l.port("proxy-" + p.server))})
	}
	return d
}

// byChain groups cells, which come in order, as the inventory does.
func byChain(all []cell) []chainConfig {
	var chains []chainConfig
	for _, c := range all {
		if n := len(chains); n == 0 || chains[n-1].Name != c.Chain {
			chains = append(chains, chainConfig{Name: c.Chain, Tier: c.Tier})
		}
		chain := &chains[len(chains)-1]
		if n := len(chain.Regions); n == 0 || chain.Regions[n-1].Name != c.Region {
			chain.Regions = append(chain.Regions, regionConfig{Name: c.Region})
		}
		region := &chain.Regions[len(chain.Regions)-1]
		region.Cells = append(region.Cells, c)
	}
	return chains
}

func (l *lab) writeConfig(context.Context) error {
	return l.writeConfigOf(l.configData(), byChain(cells()))
}

// journalName is the name of the directory of the lab's journal, "" before it is made.
func (l *lab) journalName() string {
	if made, _ := fs.Glob(os.DirFS(l.dir), "journal-*"); len(made) > 0 {
		return made[0]
	}
	return ""
}

// beginJournal makes the lab's journal and its first record, once. Every lab's has another name: who has seen the journal of a lab that was
// deleted refuses another one in its place.
func (l *lab) beginJournal(ctx context.Context) error {
	name := l.journalName()
	if name == "" {
		name = "journal-" + strings.ToLower(rand.Text()[:8])
	}
	store, err := journal.MakeDir(l.path(name))
	if err != nil {
		return fmt.Errorf("making the journal: %w", err)
	}
	defer store.Close()
	document, err := json.Marshal(firstRoutes())
	if err != nil {
		return fmt.Errorf("writing the routes: %w", err)
	}
	_, err = journal.Begin(ctx, store, journal.Options{Environment: l.configData().Environment}, "lab", document)
	if errors.Is(err, record.ErrTaken) {
		return nil
	}
	return err
}

// firstRoutes is the document that the lab's Directors are configured by. Nobody takes a chain that is added later.
func firstRoutes() *routes.Document {
	var takes [2][]model.Cell
	for _, cluster := range model.Clusters {
		for _, c := range cellsOn(cluster.String()) {
			takes[cluster] = append(takes[cluster], c.Cell)
		}
	}
	return routes.Naming(takes)
}

func (l *lab) writeConfigOf(d configData, inventory []chainConfig) error {
	for _, f := range []struct {
		template, name string
		data           any
	}{{"switchyard.yaml", d.File, d}, {"inventory.yaml", d.Inventory, inventory}} {
		text, err := render(f.template, f.data)
		if err != nil {
			return err
		}
		if _, err := write(l.path(f.name), text, 0o644, me); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return nil
}
