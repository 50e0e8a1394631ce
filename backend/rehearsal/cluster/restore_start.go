package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// onVolumes tells which volumes the restore needs.
func (t *talk) onVolumes(a *asks) bool {
	c := t.d.c
	for _, s := range a.jobs {
		if len(s.volumes) == 0 {
			a.say("Unable to get Job Volume Parameters. ERR=sql_get.c:590 No volumes found for JobId=%d\n"+
				"Unable to construct a valid BSR. Cannot continue.\n", s.id)
			return false
		}
	}
	if len(a.picks) == 0 {
		a.say("No files selected to be restored.\n")
		return false
	}
	c.mu.Lock()
	c.bootstraps++
	n := c.bootstraps
	c.mu.Unlock()
	a.say("Bootstrap records written to /opt/bacula/working/%s.restore.%d.bsr\n\nThe Job will require the following (*=>InChanger):\n"+
		"   Volume(s)                 Storage(s)                SD Device(s)\n"+
		"===========================================================================\n   \n", t.d.name, n)
	told := map[string]bool{}
	for _, s := range a.jobs {
		for _, v := range s.volumes {
			if !told[v.name] {
				told[v.name] = true
				a.say("    %-25s %-25s %-25s\n", v.name, v.storage, v.storage+"-drive-1")
			}
		}
	}
	a.say("\nVolumes marked with \"*\" are in the Autochanger.\n\n")
	plural := "s"
	if len(a.picks) == 1 {
		plural = ""
	}
	a.say("\n%s file%s selected to be restored.\n\n", commas(uint64(len(a.picks))), plural)
	return true
}

// starts runs the restore job, or asks for what is missing of it.
func (t *talk) starts(a *asks) {
	c := t.d.c
	c.mu.Lock()
	jobs := t.d.restoreJobs()
	job := t.d.restoreJob(cmp.Or(a.get("restorejob"), jobs[0]))
	c.mu.Unlock()
	if name := a.get("restorejob"); job == nil || name == "" && len(jobs) > 1 {
		if name != "" {
			a.say("Error: Restore Job resource %q does not exist.\n", name)
		}
		a.say("%s", t.chooses("The defined Restore Job resources are:\n", "Select Restore Job", jobs, func(name string) string {
			return t.restoreOf(append([]pair{{"restorejob", name}}, a.pairs...))
		}))
		return
	}
	if !a.has("client") {
		a.say("%s", t.choosesClient(a))
		return
	}
	a.say("%s", t.usingCatalog())
	slow := t.d.slowTree()
	if slow > 0 && !c.pause(slow*queuedAfter/100) {
		return
	}
	c.mu.Lock()
	said := t.runs(a, job)
	c.mu.Unlock()
	if slow > 0 && !c.pause(slow-slow*queuedAfter/100) {
		return
	}
	a.say("%s", said)
}

// queuedAfter is when, in hundredths of the time that a console waits for a large tree, its job is queued.
const queuedAfter = 57

// runs is the "run" that a restore ends with. The caller holds the cluster's mutex.
func (t *talk) runs(a *asks, job *resource) string {
	c, now := t.d.c, t.d.c.now()
	r := &run{name: job.name, kind: 'R', sched: now, hand: true, says: a.get("comment"),
		client: cmp.Or(a.get("restoreclient"), a.get("client")), storage: a.jobs[0].volumes[0].storage, pool: job.get("pool"),
		fileset: job.get("fileset")}
	for _, of := range [][2]string{{"client", "Client"}, {"restoreclient", "Restore Client"}} {
		name := a.get(of[0])
		switch {
		case name != "" && !t.d.has("client", name):
			clients := t.d.names("client")
			return fmt.Sprintf("%s %q not found.\n", of[1], name) + t.chooses("The defined Client resources are:\n", "Select Client resource",
				clients, func(name string) string {
					return t.restoreOf(append([]pair{{of[0], name}}, a.pairs...))
				})
		case name != "" && !t.permitted("clientacl", name) && !t.permitted("restoreclientacl", name):
			return fmt.Sprintf("No authorization. Client %q.\n", name)
		}
	}
	if !t.d.has("storage", r.storage) {
		return fmt.Sprintf("\nUnable to find Storage resource for\n   MediaType %q, needed by the Jobs you selected.\nNo storage specified.\n"+
			"Job not run.\n", a.jobs[0].volumes[0].kind)
	}
	i := slices.IndexFunc(replaces, func(word string) bool {
		return strings.EqualFold(word, cmp.Or(a.get("replace"), job.get("replace"), replaces[0]))
	})
	if i < 0 {
		return fmt.Sprintf("Invalid replace option: %s\nJob not run.\n", a.get("replace"))
	}
	r.back = &giveBack{jobs: a.jobs, path: a.path, where: cmp.Or(a.get("where"), job.get("where")), replace: replaces[i],
		expected: uint64(len(a.picks))}
	r.fate = c.givesBack(r, a.picks, now)
	if !a.has("yes") {
		t.answer = func(line string) (string, bool) {
			if !slices.Contains([]string{"yes", "y"}, strings.TrimSpace(line)) {
				return "Job not run.\n", true
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			return t.queue(r), true
		}
		return fmt.Sprintf("Run Restore job\nJobName:         %s\nBootstrap:       /opt/bacula/working/%s.restore.%d.bsr\nWhere:           %s\n"+
			"Replace:         %s\nFileSet:         %s\nBackup Client:   %s\nRestore Client:  %s\nStorage:         %s\nWhen:            %s\n"+
			"Catalog:         %s\nPriority:        10\nPlugin Options:  *None*\nOK to run? (yes/mod/no): ",
			r.name, t.d.name, c.bootstraps, r.back.where, r.back.replace, r.fileset, a.get("client"), r.client, r.storage,
			now.In(c.o.Zone).Format(dateTime), c.gen().catalog)
	}
	return t.queue(r)
}
