package cluster

import (
	"cmp"
	"fmt"
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
		".status":  (*talk).status,
		".jobs":    listing("job", false),
		".clients": listing("client", false),
		".client":  listing("client", false),
		".storage": listing("storage", true),
		".pools":   listing("pool", false),
		".fileset": listing(
			"fileset",
			false,
		),
		".filesets": listing("fileset", false),
		".schedule": listing("schedule", false),
		"version":   (*talk).version,
		"time":      (*talk).clock,
		"run":       (*talk).run,
		"cancel":    (*talk).cancel,
		"enable":    (*talk).enable,
		"disable":   (*talk).enable,
		"reload":    (*talk).reload,
		"restore":   (*talk).restore,
		"update":    (*talk).update,

		".bvfs_get_jobids": (*talk).bvfs,
		".bvfs_update":     (*talk).bvfs,
		".bvfs_lsdirs":     (*talk).bvfs,
		".bvfs_lsfiles":    (*talk).bvfs,
		"show":             (*talk).show,
		"messages":         (*talk).readMessages,
	}
}

var argument = model.Pattern(`([a-z]+)=("[^"]*"|\S*)`)

// arguments reads key=value and bare words after the command.
func arguments(line string) (map[string]string, []string) {
	args := map[string]string{}
	rest := argument().ReplaceAllStringFunc(line, func(s string) string {
		m := argument().FindStringSubmatch(s)
		args[m[1]] = strings.Trim(m[2], `"`)
		return ""
	})
	words := strings.Fields(rest)
	return args, words[min(1, len(words)):]
}

func (t *talk) version(string) string {
	version, date := t.d.release()
	return fmt.Sprintf("%s Version: %s (%s) %s \n", t.d.name, version, date, t.d.c.gen().uname)
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

// listing answers what lists the names of a kind of resource.
func listing(kind string, sorted bool) func(*talk, string) string {
	return func(t *talk, _ string) string {
		t.d.c.mu.Lock()
		defer t.d.c.mu.Unlock()
		names := t.d.names(kind)
		if sorted {
			names = slices.Sorted(slices.Values(names))
		}
		return strings.Join(names, "\n") + "\n"
	}
}

// PointAt lets the Directors say that their Catalog resource names another place, such as a server of the lab.
func (c *Cluster) PointAt(address, database string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.elsewhere, c.database = address, database
}

// cellOf is the cell that a job backs up, whoever has the job now.
func (c *Cluster) cellOf(job string) (found *Cell) {
	c.everyCell(func(cell *Cell) {
		if cell.Job == job {
			found = cell
		}
	})
	return found
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
	name := args["job"]
	if !t.d.has("job", name) {
		return fmt.Sprintf("Automatically selected Catalog: %s\n", c.gen().catalog) + t.usingCatalog() +
			fmt.Sprintf("Job %q not found\n", name) + t.menu("Job", t.d.names("job"))
	}
	if says := t.unknown("Client", args["client"]); says != "" {
		return t.usingCatalog() + says
	}
	now := c.now()
	level := model.Level('I')
	cell := t.d.find(name)
	if cell == nil || now.Sub(cell.From) < 24*time.Hour {
		level = 'F'
	}
	if l, ok := args["level"]; ok {
		letter, known := levels[strings.ToLower(l)]
		if !known {
			return t.usingCatalog() + fmt.Sprintf("Level %q not valid.\nJob not run.\n", l)
		}
		level = letter
	}
	r := t.asked(name, cell, now, level)
	if r == nil {
		return t.usingCatalog() + "Job not run.\n"
	}
	c.assign(r)
	r.client = cmp.Or(args["client"], r.client)
	if !slices.Contains(words, "yes") {
		t.answer = func(string) (string, bool) { return "Job not run.\n", true }
		return t.usingCatalog() + fmt.Sprintf(
			"Run Backup job\nJobName:  %s\nLevel:    %s\nClient:   %s\nFileSet:  %s\nPool:     %s (From Job resource)\n"+
				"Storage:  %s (From Job resource)\nWhen:     %s\nPriority: 10\nOK to run? (yes/mod/no): ",
			name,
			levelWord(level),
			r.client,
			r.fileset,
			r.pool,
			r.storage,
			now.In(c.o.Zone).Format(dateTime),
		)
	}
	if when, ok := args["when"]; ok {
		at, err := time.ParseInLocation(dateTime, when, c.o.Zone)
		if err != nil {
			return t.usingCatalog() + "Invalid time, using current time.\nJob not run.\n"
		}
		r.sched = at
	}
	r.hand, r.says = true, args["comment"]
	return t.usingCatalog() + t.queue(r)
}

// asked is what a job that somebody starts by hand would be; nil when it cannot be started so. It may end the Director.
func (t *talk) asked(name string, cell *Cell, now time.Time, level model.Level) *run {
	c, j := t.d.c, t.d.extra[name]
	if cell != nil {
		j = t.d.jobs[cell]
	}
	switch {
	case j != nil && !t.d.survives(name, j):
		return nil
	case cell != nil:
		return c.asked(cell, now, level)
	case j != nil:
		return c.errand(name, j, now)
	case name == CatalogJob:
		return c.ownRun(now)
	}
	return nil // a restore job needs to be told what to restore
}

// unknown is what a Director says of a resource that it does not have: it asks for another one. Empty: it has it, or none is named.
func (t *talk) unknown(what, name string) string {
	kind := strings.ToLower(what)
	if name == "" || t.d.has(kind, name) {
		return ""
	}
	return fmt.Sprintf("%s %q not found.\n", what, name) + t.menu(what, t.d.names(kind))
}

// queue creates a run; the caller holds the cluster's mutex.
func (t *talk) queue(r *run) string {
	if !t.d.active() {
		return "Job not run.\n" // a passive Director's jobs are not scheduled, and the rehearsal lets nobody start one there
	}
	j := t.d.c.create(r)
	if j == nil && t.d.unlinked {
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
		if !t.d.active() || fmt.Sprint(j.id) != args["jobid"] && j.unique(c.o.Zone) != args["ujobid"] && j.name != args["job"] {
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
	if client := args["client"]; client != "" && t.d.has("client", client) {
		t.d.switched(t.d.clients, client, verb)
		return fmt.Sprintf("Client \"%s\" %sd\n", client, verb)
	}
	if schedule := args["schedule"]; schedule != "" && t.d.has("schedule", schedule) {
		t.d.switched(t.d.schedules, schedule, verb)
		return fmt.Sprintf("Schedule \"%s\" %sd\n", schedule, verb)
	}
	if !t.d.has("job", args["job"]) {
		return "You must enter one of the following keywords: job, client, schedule, or storage.\n"
	}
	t.d.switched(t.d.disabled, args["job"], verb)
	return fmt.Sprintf("Job \"%s\" %sd\n", args["job"], verb)
}

func (d *Director) switched(off map[string]bool, name, verb string) {
	if delete(off, name); verb == "disable" {
		off[name] = true
	}
}
