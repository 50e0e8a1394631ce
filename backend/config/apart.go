package config

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"switchyard/model"
)

// apart refuses what stands in two places and can be right in one only: then one of them is another's, and what is read or done there is
// believed of the wrong one.
func (l *loader) apart() {
	l.directorsApart()
	l.catalogsApart()
	l.consolesApart()
	l.filesApart()
	l.instancesApart()
}

var roles = [...]string{"active", "passive"}

func (c *Cluster) directors() [2]Director      { return [2]Director{c.Active, c.Passive} }
func (a *ClusterAccess) consoles() [2][]string { return [2][]string{a.Active, a.Passive} }

// taken remembers who has something first.
type taken map[string]string

// by is who has it already; empty, and noted, when it is nobody or who itself.
func (t taken) by(key, who string) string {
	if first, is := t[key]; is && first != who {
		return first
	}
	t[key] = who
	return ""
}

func (l *loader) directorsApart() {
	at := taken{}
	for _, c := range model.Clusters {
		for i, d := range l.c.Clusters[c].directors() {
			if d.Address == "" {
				continue
			}
			if who := at.by(model.Place(d.Address), c.String()+"'s "+roles[i]+" Director"); who != "" {
				l.addTwice([]string{"clusters", c.String(), "directors", roles[i], "address"}, "it is the address of "+who+", too",
					"write where this Director listens: two Directors are never at one address")
			}
		}
	}
}

func (l *loader) catalogsApart() {
	blue, green := &l.c.Clusters[model.Blue].Catalog, &l.c.Clusters[model.Green].Catalog
	if !strings.EqualFold(blue.Database, green.Database) || blue.Database == "" { // a server may not tell names apart by their case
		return
	}
	hosts := l.at("clusters", "green", "catalog", "hosts")
	for i, h := range green.Hosts {
		same := func(b string) bool { return b != "" && model.Place(b) == model.Place(h) }
		if hosts != nil && i < len(hosts.kids) && slices.ContainsFunc(blue.Hosts, same) {
			l.add(&hosts.kids[i], "blue's catalog has this host and the database "+blue.Database+", too",
				"write where green's catalog is: with one catalog on both sides green would look proven by blue's backups")
		}
	}
}

// consoleKeys are where the Consoles of a cluster stand: those for all, and those that push.
var consoleKeys = [...][]string{{"consoles"}, {"consoles", "push"}}

func (l *loader) consolesApart() {
	argv := taken{}
	for _, s := range []struct {
		section string
		of      *Access
	}{{"watch", &l.c.Watch}, {"act", &l.c.Act}} {
		for _, c := range model.Clusters {
			for key, of := range [][2][]string{s.of.Clusters[c].consoles(), s.of.Clusters[c].Push} {
				for i, v := range of {
					if len(v) == 0 {
						continue
					}
					if who := argv.by(sameVector(v), c.String()+"'s "+roles[i]+" Director"); who != "" {
						l.addTwice(slices.Concat([]string{s.section, c.String()}, consoleKeys[key], roles[i:i+1]),
							"it is the command that reaches "+who+", too",
							"write the one that reaches "+c.String()+"'s "+roles[i]+" Director: a bconsole.conf names one Director")
					}
				}
			}
		}
	}
}

// filesApart refuses one file for two Directors: what is pushed to one would be loaded by the other.
func (l *loader) filesApart() {
	at := taken{}
	for _, c := range model.Clusters {
		for i := range roles {
			on := l.c.Clusters[c].Push.At(i)
			if !on.Set || on.File == "" {
				continue
			}
			who, told := c.String()+"'s "+roles[i]+" Director", ""
			if key := strings.ReplaceAll(strings.Join(on.Sums, "\x00"), "{path}", on.File); key != "" {
				if other := at.by(key, who); other != "" {
					l.addTwice([]string{"clusters", c.String(), "push", "on", roles[i], "sums"}, "it tells of the file of "+other+", too",
						"write what prints the SHA-256 of this Director's own file")
				}
			}
			for does, argv := range [][]string{on.Read, on.Write, on.Renames} {
				other := at.by(sameVector(append([]string{strconv.Itoa(does), on.File}, argv...)), who)
				if other == "" || told != "" {
					continue
				}
				told = other
				l.addTwice([]string{"clusters", c.String(), "push", "on", roles[i]}, "it would be given one file of one machine with "+told,
					"write file, or stat, read, write and rename, for each: a Director is given a file of its own")
			}
		}
	}
}

func (l *loader) instancesApart() {
	if l.c.RDS == nil || l.c.RDS.Replica.ID == "" {
		return
	}
	p, r := l.c.RDS.Primary, l.c.RDS.Replica
	if strings.EqualFold(p.ID, r.ID) && p.AWSRegion == r.AWSRegion {
		l.addTwice([]string{"rds", "replica", "id"}, "it is the primary's, in the same AWS region",
			"write the replica's DB instance identifier and its AWS region, or leave replica out")
	}
	if p.Address != "" && r.Address != "" && model.Place(p.Address) == model.Place(r.Address) {
		l.addTwice(
			[]string{"rds", "replica", "address"},
			"it is the primary's address, too",
			"write the replica's own endpoint, or leave replica out",
		)
	}
}

// sameVector is a command in one of the ways to write its paths.
func sameVector(argv []string) string {
	same := make([]string, len(argv))
	for i, a := range argv {
		if same[i] = a; strings.HasPrefix(a, "/") {
			same[i] = path.Clean(a)
		}
	}
	return strings.Join(same, "\x00")
}

func (l *loader) addTwice(path []string, says, do string) {
	if n := l.at(path...); n != nil {
		l.add(n, says, do)
	}
}

// at finds what stands under a path of keys; nil when nothing does.
func (l *loader) at(path ...string) *node {
	n := &l.root
	for _, key := range path {
		if n == nil || n.shape != mapping {
			return nil
		}
		n = fields{d: l.document, n: n}.get(key)
	}
	return n
}
