package push

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// Alone is a Director that may do nothing but restore, on a catalog of its own.
type Alone struct {
	Director string
	Port     string // where it listens
	Catalog  string // host:port
	Database string
}

// scripts are the directives that let a job run something.
var scripts = []string{"runscript", "runbeforejob", "runafterjob", "runafterfailedjob", "clientrunbeforejob", "clientrunafterjob"}

// harmsKept bounds what is told of a configuration that could do harm.
const harmsKept = 5

// Harms is what a whole configuration would let such a Director do besides, and its restore jobs. What cannot be seen, such as an included
// file, is harm.
func (a *Alone) Harms(text string) (harms, restores []string, err error) {
	file, err := conf.Parse(text, conf.Options{Path: "bacula-dir.conf", Leave: true})
	if err != nil {
		return nil, nil, err
	}
	say := func(format string, args ...any) {
		if harms = append(harms, model.Clean(fmt.Sprintf(format, args...))); len(harms) > harmsKept {
			harms = harms[:harmsKept]
		}
	}
	for _, left := range file.Left {
		say("it includes %s, which is not seen", left)
	}
	defs, catalogs, directors := map[string]*conf.Resource{}, 0, 0
	for _, r := range file.Resources {
		if r.Kind == "JobDefs" {
			defs[r.Name] = r
		}
	}
	for _, r := range file.Resources {
		switch r.Kind {
		case "Director":
			directors++
			a.itself(r, say)
		case "Catalog":
			catalogs++
			a.catalog(r, say)
		case "Job":
			if word(r, "type") == "" {
				say("what %s does is not told by itself", r.Name)
			}
			if strings.EqualFold(word(r, "type"), "Restore") {
				restores = append(restores, r.Name)
			} else if !no(r, "enabled") {
				say("job %s is not Enabled = no", r.Name)
			}
			for of, n := r, 0; of != nil && n <= len(defs); of, n = defs[word(of, "jobdefs")], n+1 {
				runs(of, r.Name, say)
			}
		case "Pool":
			for _, key := range []string{"recycle", "autoprune"} {
				if !no(r, key) {
					say("pool %s is not %s = no", r.Name, key)
				}
			}
			for _, key := range []string{"labelformat", "scratchpool", "recyclepool"} {
				if _, has := r.Get(key); has {
					say("pool %s has %s: it could have a volume written to", r.Name, key)
				}
			}
			for _, key := range []string{"recycleoldestvolume", "purgeoldestvolume"} {
				if _, has := r.Get(key); has && !no(r, key) {
					say("pool %s has %s", r.Name, key)
				}
			}
		case "Client":
			if !no(r, "autoprune") {
				say("client %s is not autoprune = no", r.Name)
			}
		}
	}
	if directors != 1 || catalogs != 1 {
		say("it has %d Director and %d Catalog resources, and not one of each", directors, catalogs)
	}
	slices.Sort(restores)
	return harms, restores, nil
}

// itself wants the Director to be called and to listen as it is configured.
func (a *Alone) itself(r *conf.Resource, say func(string, ...any)) {
	if r.Name != a.Director {
		say("it is the configuration of %s, and not of %s", r.Name, a.Director)
	}
	port := cmp.Or(word(r, "dirport"), "9101")
	if d, has := r.Get("diraddresses"); has {
		port = ""
		if ports := portsIn(d.Inner); len(ports) == 1 {
			port = ports[0]
		}
	}
	if port != a.Port {
		say("it listens on port %q, and not on %s", port, a.Port)
	}
}

// portsIn are the ports of DirAddresses, each once.
func portsIn(b *conf.Block) (ports []string) {
	if b == nil {
		return nil
	}
	for i := range b.Directives {
		d := &b.Directives[i]
		if d.Key == "port" && len(d.Values) > 0 && !slices.Contains(ports, d.Values[0].Text) {
			ports = append(ports, d.Values[0].Text)
		}
		for _, p := range portsIn(d.Inner) {
			if !slices.Contains(ports, p) {
				ports = append(ports, p)
			}
		}
	}
	return ports
}

// catalog wants a Catalog resource to name the copy and nothing else.
func (a *Alone) catalog(r *conf.Resource, say func(string, ...any)) {
	host, port := word(r, "dbaddress"), cmp.Or(word(r, "dbport"), "3306")
	if word(r, "address") != "" || word(r, "dbsocket") != "" || host == "" {
		say("catalog %s does not name its server by DB Address alone", r.Name)
	} else if at := net.JoinHostPort(host, port); at != a.Catalog {
		say("catalog %s is on %s, and not on %s", r.Name, at, a.Catalog)
	}
	if name := word(r, "dbname"); name != a.Database {
		say("catalog %s is the database %q, and not %s", r.Name, name, a.Database)
	}
}

// runs tells what starts a job by itself, is started by it, or lets it prune whatever its client says.
func runs(r *conf.Resource, job string, say func(string, ...any)) {
	if _, has := r.Get("schedule"); has {
		say("job %s has a schedule", job)
	}
	for _, key := range scripts {
		if _, has := r.Get(key); has {
			say("job %s has %s", job, key)
		}
	}
	for _, key := range []string{"prunejobs", "prunefiles", "prunevolumes"} {
		if _, has := r.Get(key); has && !no(r, key) {
			say("job %s is not %s = no", job, key)
		}
	}
}

// word is the first word of a directive; empty: there is none, or it stands in a file.
func word(r *conf.Resource, key string) string {
	d, has := r.Get(key)
	if !has || len(d.Values) == 0 || d.Values[0].File {
		return ""
	}
	return d.Values[0].Text
}

// no tells whether a directive is there and says no.
func no(r *conf.Resource, key string) bool {
	d, has := r.Get(key)
	if !has {
		return false
	}
	yes, ok := d.YesNo()
	return ok && !yes
}
