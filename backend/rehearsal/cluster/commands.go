package cluster

import (
	"cmp"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// commands are what a console may say, by its first word.
var commands map[string]func(*talk, string) string

func init() {
	commands = map[string]func(*talk, string) string{
		".status": (*talk).status, ".jobs": (*talk).listJobs, ".clients": (*talk).listClients, ".client": (*talk).listClients,
		".storage": (*talk).listStorage, ".pools": (*talk).listPools, "version": (*talk).version, "time": (*talk).clock,
		"run": (*talk).run, "cancel": (*talk).cancel, "enable": (*talk).enable, "disable": (*talk).enable, "reload": (*talk).reload,
		"restore": (*talk).restore, "show": (*talk).show, "messages": (*talk).readMessages,
	}
}

var argument = regexp.MustCompile(`([a-z]+)=("[^"]*"|\S*)`)

// arguments reads key=value and bare words after the command.
func arguments(line string) (map[string]string, []string) {
	args := map[string]string{}
	rest := argument.ReplaceAllStringFunc(line, func(s string) string {
		m := argument.FindStringSubmatch(s)
		args[m[1]] = strings.Trim(m[2], `"`)
		return ""
	})
	words := strings.Fields(rest)
	return args, words[min(1, len(words)):]
}

func (t *talk) version(string) string {
	g := t.d.c.gen()
	return fmt.Sprintf("%s Version: %s (%s) %s \n", t.d.name, g.version, g.date, g.uname)
}

func (t *talk) clock(string) string {
	return t.d.c.o.Clock.Now().In(t.d.c.o.Zone).Format("Mon 02-Jan-2006 15:04:05") + "\n"
}

func (t *talk) readMessages(string) string {
	t.d.c.mu.Lock()
	defer t.d.c.mu.Unlock()
	if len(t.d.messages) == 0 {
		return "You have no messages.\n"
	}
	all := strings.Join(t.d.messages, "\n") + "\n"
	t.d.messages = nil
	return all
}

// jobNames are the Job resources the Director has now: what restores, its own, then the cells'.
func (d *Director) jobNames() []string {
	names := slices.Clone(d.c.restoreJobs())
	names = append(names, CatalogJob)
	d.c.everyCell(func(cell *Cell) {
		if _, ok := d.jobs[cell]; ok {
			names = append(names, cell.Job)
		}
	})
	return names
}

func (c *Cluster) restoreJobs() []string {
	var names []string
	c.everyCell(func(cell *Cell) {
		if n := c.o.RestoreName(cell.Cell); !cell.From.IsZero() && !slices.Contains(names, n) {
			names = append(names, n)
		}
	})
	slices.Sort(names)
	return names
}

// clientNames are the Client resources: those of every cell that the Director ever had, as restores need them.
func (c *Cluster) clientNames() []string {
	seen := map[string]bool{}
	var names []string
	c.everyCell(func(cell *Cell) {
		if n := cell.Client; !cell.From.IsZero() && !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	})
	return names
}

func (t *talk) listJobs(string) string {
	t.d.c.mu.Lock()
	defer t.d.c.mu.Unlock()
	return strings.Join(t.d.jobNames(), "\n") + "\n"
}

func (t *talk) listClients(string) string {
	t.d.c.mu.Lock()
	defer t.d.c.mu.Unlock()
	return strings.Join(append(t.d.c.clientNames(), t.d.c.o.Director+"-fd"), "\n") + "\n"
}

func (t *talk) listStorage(string) string {
	t.d.c.mu.Lock()
	defer t.d.c.mu.Unlock()
	names := make([]string, 0, len(t.d.c.ids.storage))
	for n := range t.d.c.ids.storage {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, "\n") + "\n"
}

func (t *talk) listPools(string) string { return "Regular\nImmutable\nCatalog\n" }

func (t *talk) show(line string) string {
	switch what := strings.TrimSpace(line); what {
	case "show catalogs":
		return t.showCatalogs()
	case "show disabled":
	default:
		return "Keyword not understood in the rehearsal: " + strings.TrimSpace(strings.TrimPrefix(line, "show")) + "\n"
	}
	t.d.c.mu.Lock()
	defer t.d.c.mu.Unlock()
	var hand, file []string // those with Enabled = no stand below, and otherwise
	for n := range t.d.c.disabled {
		hand = append(hand, "   "+n)
	}
	for cell, enabled := range t.d.jobs {
		if !enabled && !t.d.c.disabled[cell.Job] {
			file = append(file, "name="+cell.Job)
		}
	}
	slices.Sort(hand)
	slices.Sort(file)
	if len(hand)+len(file) == 0 {
		return "No disabled Jobs.\n"
	}
	return "Disabled Jobs:\n" + strings.Join(append(hand, file...), "\n") + "\n"
}

// PointAt lets the Directors say that their Catalog resource names another place, such as a server of the lab.
func (c *Cluster) PointAt(address, database string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.elsewhere, c.database = address, database
}

func (t *talk) showCatalogs() string {
	c := t.d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	host, port, _ := net.SplitHostPort(cmp.Or(c.elsewhere, c.o.Catalog.Addr()))
	multi := [2]string{"MutliDBConn", "MultiDBConn"}[c.o.Cluster] // 9.6.7 spells it so
	return fmt.Sprintf("Catalog: name=%s address=%s DBport=%s db_name=%s\n      db_driver=MySQL db_user=bacula %s=0\n",
		c.gen().catalog, host, port, cmp.Or(c.database, "bacula"), multi)
}

// find gives the cell of a Job resource that the Director has.
func (d *Director) find(job string) *Cell {
	for cell := range d.jobs {
		if cell.Job == job {
			return cell
		}
	}
	return nil
}

func (t *talk) usingCatalog() string { return fmt.Sprintf("Using Catalog %q\n", t.d.c.gen().catalog) }

var levels = map[string]model.Level{"full": 'F', "incremental": 'I', "differential": 'D'}

func (t *talk) run(line string) string {
	args, words := arguments(line)
	c := t.d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	cell := t.d.find(args["job"])
	if cell == nil {
		return fmt.Sprintf("Automatically selected Catalog: %s\n", c.gen().catalog) + t.usingCatalog() +
			fmt.Sprintf("Job %q not found\n", args["job"]) + t.menu("Job", t.d.jobNames())
	}
	now := c.now()
	level := model.Level('I')
	if now.Sub(cell.From) < 24*time.Hour {
		level = 'F'
	}
	if l, ok := args["level"]; ok {
		letter, known := levels[strings.ToLower(l)]
		if !known {
			return t.usingCatalog() + fmt.Sprintf("Level %q not valid.\nJob not run.\n", l)
		}
		level = letter
	}
	if !slices.Contains(words, "yes") {
		t.answer = func(string) (string, bool) { return "Job not run.\n", true }
		return t.usingCatalog() + fmt.Sprintf(
			"Run Backup job\nJobName:  %s\nLevel:    %s\nClient:   %s\nFileSet:  %s\nPool:     %s (From Job resource)\n"+
				"Storage:  %s (From Job resource)\nWhen:     %s\nPriority: 10\nOK to run? (yes/mod/no): ",
			cell.Job,
			levelWord(level),
			cell.Client,
			fileset(cell),
			cell.Pool,
			cell.Storage,
			now.In(c.o.Zone).Format(dateTime),
		)
	}
	r := c.asked(cell, now, level)
	r.hand, r.says = true, args["comment"]
	return t.usingCatalog() + t.queue(r)
}

// queue creates a run; the caller holds the cluster's mutex.
func (t *talk) queue(r *run) string {
	if !t.d.active {
		return "Job not run.\n" // a passive Director's jobs are not scheduled, and the rehearsal lets nobody start one there
	}
	j := t.d.c.create(r)
	if j == nil && t.d.c.unlinked {
		return "Job 0 failed.\n"
	}
	if j == nil {
		return fmt.Sprintf("Could not open catalog database %q.\n", "bacula")
	}
	return fmt.Sprintf("Job queued. JobId=%d\n", j.id)
}

// menu asks to choose among names, as a Director does when one was wrong.
func (t *talk) menu(what string, names []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The defined %s resources are:\n", what)
	for i, n := range names {
		fmt.Fprintf(&b, "%6d: %s\n", i+1, n)
	}
	ask := fmt.Sprintf("Select %s resource (1-%d): ", what, len(names))
	t.answer = func(line string) (string, bool) {
		if n, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && n >= 1 && n <= len(names) {
			return "Job not run.\n", true
		}
		return fmt.Sprintf("Expected a positive integer, got: %s\n%s", line, ask), false
	}
	return b.String() + ask
}

func (t *talk) cancel(line string) string {
	args, _ := arguments(line)
	c := t.d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range c.jobs {
		if !t.d.active || fmt.Sprint(j.id) != args["jobid"] && j.unique(c.o.Zone) != args["ujobid"] && j.name != args["job"] {
			continue
		}
		j.hand = true
		c.fail(j, 'A', "Job canceled.", time.Second)
		unique := j.unique(c.o.Zone)
		return fmt.Sprintf("2001 Job \"%s\" marked to be canceled.\n3000 JobId=%d Job=\"%s\" marked to be canceled.\n", unique, j.id, unique)
	}
	if id, ok := args["jobid"]; ok {
		return fmt.Sprintf("Warning Job JobId=%s is not running.\n", id)
	}
	return "No Jobs running.\n"
}

// enable switches the scheduler's use of a job; a manual run works all the same.
func (t *talk) enable(line string) string {
	args, _ := arguments(line)
	verb := strings.Fields(line)[0]
	c := t.d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(t.d.jobNames(), args["job"]) {
		return "You must enter one of the following keywords: job, client, schedule, or storage.\n"
	}
	if verb == "disable" {
		c.disabled[args["job"]] = true
	} else {
		delete(c.disabled, args["job"])
	}
	return fmt.Sprintf("Job \"%s\" %sd\n", args["job"], verb)
}

// restore starts a restore of explicit JobIds. The last of them tells the cell.
func (t *talk) restore(line string) string {
	args, words := arguments(line)
	c := t.d.c
	jobs := strings.Split(args["jobid"], ",")
	last, _ := strconv.ParseUint(jobs[len(jobs)-1], 10, 32)
	var name string
	if last > 0 {
		_ = c.o.Catalog.Read("SELECT Name FROM Job WHERE JobId = ?", int64(last)).Scan(&name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	cell := t.d.find(name)
	if cell == nil {
		return t.usingCatalog() + fmt.Sprintf(
			"Unable to get Job record for JobId=%s: ERR=sql_get.c:303 No Job found for JobId %s\n\n",
			jobs[0],
			jobs[0],
		)
	}
	client := args["restoreclient"]
	if client == "" {
		client = args["client"]
	}
	if client == "" {
		client = cell.Client
	}
	if !slices.Contains(words, "yes") || !slices.Contains(words, "done") {
		return t.usingCatalog() + "No files selected to be restored.\n"
	}
	now := c.now()
	r := &run{
		name:    c.o.RestoreName(cell.Cell),
		kind:    'R',
		cell:    cell,
		client:  client,
		storage: cell.Storage,
		pool:    cell.Pool,
		fileset: fileset(cell),
		sched:   now,
		hand:    true,
		says:    args["comment"],
		from:    uint32(last),
		fate:    c.restoreFate(cell, now),
	}
	plural := ""
	if len(jobs) > 1 {
		plural = "s"
	}
	return t.usingCatalog() + fmt.Sprintf(
		"You have selected the following JobId%s: %s\n\nBuilding directory tree for JobId(s) %s ...  \n%d files inserted into the tree and "+
			"marked for extraction.\n"+
			"Bootstrap records written to /var/lib/bacula/%s.restore.%d.bsr\n\n%d files selected to be restored.\n\n",
		plural,
		args["jobid"],
		args["jobid"],
		r.files-1,
		t.d.name,
		c.counter,
		r.files,
	) +
		t.usingCatalog() + t.queue(
		r,
	)
}
