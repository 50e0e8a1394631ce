package cluster

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"
)

// shown are the kinds of resources that "show" knows, by the words for one and for all of them.
var shown = map[string]string{
	"job": "job", "jobs": "job", "client": "client", "clients": "client", "fileset": "fileset", "filesets": "fileset",
	"schedule": "schedule", "schedules": "schedule", "storage": "storage", "storages": "storage", "pool": "pool", "pools": "pool",
	"catalog": "catalog", "catalogs": "catalog",
}

// show answers in the words of samples/bacula-9.6.7/cmd-show-*.
func (t *talk) show(line string) string {
	t.d.c.mu.Lock()
	defer t.d.c.mu.Unlock()
	what := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "show"))
	if what == "disabled" {
		return t.d.showDisabled()
	}
	word, name, one := strings.Cut(what, "=")
	kind, known := shown[strings.TrimSpace(word)]
	name = strings.Trim(strings.TrimSpace(name), `"`)
	switch {
	case !known:
		return "Keyword not understood in the rehearsal: " + what + "\n"
	case kind == "catalog" && !one:
		return t.d.showCatalog(t.d.names("catalog")[0])
	case one && t.d.conf().all[kind][name] == nil:
		return fmt.Sprintf("%s resource %s not found.\n", kind, name)
	case one:
		return t.d.showOne(kind, name)
	}
	var b strings.Builder
	for _, n := range t.d.names(kind) {
		b.WriteString(t.d.showOne(kind, n))
	}
	return b.String()
}

func (d *Director) showDisabled() string {
	var hand, file []string // those with Enabled = no stand below, and otherwise
	for n := range d.disabled {
		hand = append(hand, "   "+n)
	}
	off := func(name string, j *jobConf) {
		if !j.enabled && !d.disabled[name] {
			file = append(file, "name="+name)
		}
	}
	for cell, j := range d.jobs {
		off(cell.Job, j)
	}
	for name, j := range d.extra {
		off(name, j)
	}
	slices.Sort(hand)
	slices.Sort(file)
	out := "No disabled Jobs.\n"
	if len(hand)+len(file) > 0 {
		out = "Disabled Jobs:\n" + strings.Join(append(hand, file...), "\n") + "\n"
	}
	return out // it tells of nothing but jobs
}

// showCatalog tells where the Director says that a Catalog resource points: PointAt may have moved it.
func (d *Director) showCatalog(name string) string {
	c := d.c
	at, database := c.home.Addr(), "bacula"
	if d.whole != nil {
		r := d.whole.all["catalog"][name]
		at, database = catalogAt(r), r.get("dbname")
	}
	user, _ := d.whole.login()
	host, port, _ := net.SplitHostPort(cmp.Or(c.elsewhere, at))
	multi := [2]string{"MutliDBConn", "MultiDBConn"}[c.o.Cluster] // 9.6.7 spells it so
	return fmt.Sprintf("Catalog: name=%s address=%s DBport=%s db_name=%s\n      db_driver=MySQL db_user=%s %s=0\n",
		name, host, port, cmp.Or(c.database, database), user, multi)
}

func number(r *resource, directive string) int {
	if r.no(directive) {
		return 0
	}
	return 1
}

// showOne is one resource as it is loaded, and what it names below it.
func (d *Director) showOne(kind, name string) string {
	r := d.conf().all[kind][name]
	if r == nil {
		return ""
	}
	maximum := cmp.Or(r.get("maximumconcurrentjobs"), "1")
	switch kind {
	case "job":
		return d.showJob(r)
	case "client":
		return fmt.Sprintf("Client: Name=%s Enabled=%d Address=%s FDport=%s MaxJobs=%s NumJobs=0\n"+
			"      JobRetention=%s  FileRetention=%s  AutoPrune=%d\n",
			name, d.enabled(d.clients, r), r.get("address"), cmp.Or(r.get("fdport"), "9102"), maximum,
			cmp.Or(r.get("jobretention"), "6 months"), cmp.Or(r.get("fileretention"), "2 months"), number(r, "autoprune")) +
			d.below("Catalog", "catalog", r.get("catalog"))
	case "fileset":
		out := fmt.Sprintf("FileSet: name=%s IgnoreFileSetChanges=0\n", name)
		for _, file := range r.every("include.file") {
			out += "      I " + file + "\n"
		}
		return out + "      N\n"
	case "schedule":
		out := fmt.Sprintf("Schedule: Name=%s Enabled=%d\n", name, d.enabled(d.schedules, r))
		for _, run := range r.every("run") {
			out += "  --> Run " + run + "\n"
		}
		return out
	case "storage":
		return fmt.Sprintf("Storage: name=%s address=%s SDport=%s MaxJobs=%s NumJobs=0\n"+
			"      DeviceName=%s MediaType=%s StorageId=%d Autochanger=0\n",
			name, r.get("address"), cmp.Or(r.get("sdport"), "9103"), maximum, r.get("device"), r.get("mediatype"), d.c.ids.storage[name])
	case "pool":
		return fmt.Sprintf("Pool: name=%s PoolType=%s\n      use_cat=1 use_once=0 cat_files=1\n      max_vols=%s auto_prune=%d VolRetention=%s\n"+
			"      VolUse=0 secs recycle=%d LabelFormat=%s\n", name, r.get("pooltype"), cmp.Or(r.get("maximumvolumes"), "0"),
			number(r, "autoprune"), cmp.Or(r.get("volumeretention"), "1 year"), number(r, "recycle"), cmp.Or(r.get("labelformat"), "*None*"))
	case "catalog":
		return d.showCatalog(name)
	}
	return ""
}

// enabled is 0 for what is switched off, by the file or by hand.
func (d *Director) enabled(off map[string]bool, r *resource) int {
	if off[r.name] {
		return 0
	}
	return number(r, "enabled")
}

func (d *Director) showJob(r *resource) string {
	typed := map[string]int{"backup": 'B', "restore": 'R', "admin": 'D', "verify": 'V'}[strings.ToLower(r.get("type"))]
	enabled := number(r, "enabled")
	if d.disabled[r.name] {
		enabled = 0
	}
	out := fmt.Sprintf("Job: name=%s JobType=%d level=%s Priority=%s Enabled=%d\n     MaxJobs=%s NumJobs=0\n", r.name, typed, r.get("level"),
		cmp.Or(r.get("priority"), "10"), enabled, cmp.Or(r.get("maximumconcurrentjobs"), "1"))
	for _, what := range []string{"Client", "FileSet", "Schedule", "Storage", "Pool"} {
		kind := strings.ToLower(what)
		out += d.below(what, kind, r.get(kind))
	}
	return out + "  --> Messages: name=" + cmp.Or(r.get("messages"), "*None*") + "\n"
}

// below is a resource that another one names. One that is not there is *None*.
func (d *Director) below(what, kind, name string) string {
	switch {
	case name == "":
		return ""
	case d.conf().all[kind][name] == nil:
		return "  --> " + what + ": Name=*None*\n"
	}
	return "  --> " + d.showOne(kind, name)
}
