package cluster

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// pair is an argument of a command: a key alone, or with a value.
type pair struct{ key, value string }

var pairOf = model.Pattern(`([A-Za-z_]+)=("[^"]*"|\S*)|\S+`)

// pairs takes a command apart, in order: the same key may be there twice.
func pairs(line string) (out []pair) {
	for _, m := range pairOf().FindAllStringSubmatch(line, -1) {
		if m[1] == "" {
			out = append(out, pair{strings.ToLower(m[0]), ""})
		} else {
			out = append(out, pair{strings.ToLower(m[1]), strings.Trim(m[2], `"`)})
		}
	}
	return out[min(1, len(out)):]
}

// What "restore" knows, in Bacula's own list.
var restoreWords = strings.Fields(`jobid current before file directory select pool all client storage fileset where yes bootstrap done
	strip_prefix add_prefix add_suffix regexwhere restoreclient copies comment restorejob replace pluginrestoreconf fdcalled when noautoparent
	jobuser jobgroup objectid`)

// replaces are the values of replace=, and how a summary spells them.
var replaces = []string{"Always", "IfNewer", "IfOlder", "Never"}

// asks is a restore while it is being asked for.
type asks struct {
	pairs []pair
	path  string // of a file= that is all to restore; empty: everything
	jobs  []saved
	picks []picked
	said  strings.Builder
}

func (a *asks) has(key string) bool {
	return slices.ContainsFunc(a.pairs, func(p pair) bool { return p.key == key })
}

func (a *asks) get(key string) string {
	for _, p := range a.pairs {
		if p.key == key {
			return p.value
		}
	}
	return ""
}

func (a *asks) say(format string, args ...any) { fmt.Fprintf(&a.said, format, args...) }

// restore is Bacula's "restore", as far as it needs no tree to walk in: what it says follows samples/ and its source, in that order.
func (t *talk) restore(line string) string { return t.restoreOf(pairs(line)) }

func (t *talk) restoreOf(args []pair) string {
	a := &asks{pairs: args}
	if t.d.c.reachable() != nil {
		return fmt.Sprintf("Could not open catalog database %q.\n", "bacula")
	}
	a.say("%s", t.usingCatalog())
	if t.selectsJobs(a) && t.selectsFiles(a) {
		t.starts(a)
	}
	return a.said.String()
}

// selectsJobs reads which jobs are meant. False: it has said why it goes no further, or it asks.
func (t *talk) selectsJobs(a *asks) bool {
	switch where := a.get("where"); {
	case !legalComment(a.get("comment")):
		a.say("Illegal character in comment.\n")
		return false
	case where != "" && !t.allowed("whereacl", where):
		a.say("\"where\" specification not authorized.\n")
		return false
	}
	var ids []uint32
	chosen := false
	for _, p := range a.pairs {
		switch {
		case !slices.Contains(restoreWords, p.key):
			a.say("Unknown keyword: %s\n", p.key)
			return false
		case p.key == "jobid":
			var ok bool
			if ids, ok = t.jobids(a, ids, p.value); !ok {
				return false
			}
			chosen = true
		case p.key == "file": // the first that is named ends the search: there is no second
			return t.selectsPath(a, ids, p.value)
		case p.key == "select":
			if ids = t.current(a); ids == nil {
				return false
			}
			chosen = true
		}
	}
	if !chosen {
		a.say("\nFirst you select one or more JobIds that contain files\nto be restored. You will be presented several methods\n" +
			"of specifying the JobIds. Then you will be allowed to\nselect which files from those JobIds are to be restored.\n\n")
		a.say("%s", t.chooses("To select the JobIds, you have the following choices:\n", "Select item:  ", []string{
			"Enter list of comma separated JobIds to select", "Select the most recent backup for a client", "Cancel"}, nil))
		return false
	}
	if !t.reads(a, ids) {
		return false
	}
	plural := ""
	if len(a.jobs) > 1 {
		plural = "s"
	}
	a.say("You have selected the following JobId%s: %s\n", plural, a.list())
	return true
}

// legalComment follows Bacula's is_comment_legal.
func legalComment(text string) bool { return len(text) < 127 && !strings.ContainsAny(text, `'<>&\";`) }

// list are the JobIds of what is to be restored.
func (a *asks) list() string {
	ids := make([]string, len(a.jobs))
	for i, s := range a.jobs {
		ids[i] = strconv.FormatUint(uint64(s.id), 10)
	}
	return strings.Join(ids, ",")
}

func (t *talk) jobids(a *asks, ids []uint32, text string) ([]uint32, bool) {
	for one := range strings.SplitSeq(text, ",") {
		id, err := strconv.ParseUint(strings.TrimSpace(one), 10, 32)
		switch {
		case err != nil && t.d.c.gen().hello < 10000:
			a.say("Invalid JobId in list.\n")
			return nil, false
		case err != nil || id == 0:
			a.say("No Jobs selected.\n")
			return nil, false
		}
		if !slices.Contains(ids, uint32(id)) {
			ids = append(ids, uint32(id))
		}
	}
	return ids, true
}

// reads takes the jobs from the catalog.
func (t *talk) reads(a *asks, ids []uint32) bool {
	for _, id := range ids {
		s, err := t.d.c.saved(id)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			a.say("Unable to get Job record for JobId=%d: ERR=sql_get.c:303 No Job found for JobId %d\n\n", id, id)
			return false
		case err != nil:
			a.say("Could not open catalog database %q.\n", "bacula")
			return false
		}
		a.jobs = append(a.jobs, *s)
	}
	return true
}

// current finds the newest set of a client and a FileSet, across pools.
func (t *talk) current(a *asks) []uint32 {
	c := t.d.c
	if !a.has("client") {
		a.say("%s", t.choosesClient(a))
		return nil
	}
	client, set := a.get("client"), a.get("fileset")
	c.whole()
	if set == "" {
		sets := c.setsOf(client)
		if len(sets) != 1 {
			a.say("%s", t.chooses("The defined FileSet resources are:\n", "Select FileSet resource", sets, func(name string) string {
				return t.restoreOf(append(a.pairs, pair{"fileset", name}))
			}))
			return nil
		}
		set = sets[0]
		a.say("Automatically selected FileSet: %s\n", set)
	}
	var ids []uint32
	if newest := c.newestOf(client, set); newest > 0 {
		if s, err := c.saved(newest); err == nil {
			ids, _ = c.accurate(s)
		}
	}
	if len(ids) == 0 {
		a.say("No Full backup before %s found.\n", c.o.Clock.Now().In(c.o.Zone).Add(time.Second).Format(dateTime))
		return nil
	}
	var rows [][]string
	for _, id := range ids {
		if s, err := c.saved(id); err == nil {
			for _, v := range s.volumes {
				rows = append(rows, []string{fmt.Sprint(s.id), levelOf(s.level), commas(s.files), commas(s.bytes),
					s.start.In(c.o.Zone).Format(dateTime), v.name})
			}
		}
	}
	a.say("%s", table([]string{"JobId", "Level", "JobFiles", "JobBytes", "StartTime", "VolumeName"}, "rlrrll", rows))
	return ids
}

// selectsPath finds the newest of some jobs that has a path, or of all of the client's that ended well.
func (t *talk) selectsPath(a *asks, ids []uint32, path string) bool {
	if !a.has("client") {
		a.say("%s", t.choosesClient(a))
		return false
	}
	if len(ids) == 0 {
		a.say("No database record found\nNo files selected to be restored.\n")
		return false
	}
	if !t.reads(a, ids) {
		return false
	}
	var found *picked
	for i := range a.jobs {
		s := &a.jobs[i]
		if s.client != a.get("client") || s.purged {
			continue
		}
		for n, e := range s.entries() {
			if e.path == path && (found == nil || s.start.After(found.start)) {
				found = &picked{s, e, n + 1}
			}
		}
	}
	if found == nil {
		a.say("No database record found\nNo files selected to be restored.\n")
		return false
	}
	a.path, a.picks, a.jobs = path, []picked{*found}, []saved{*found.saved}
	return true
}

// selectsFiles builds the tree. Jobs whose file records are gone, or that have none, are restored whole, if this Console may.
func (t *talk) selectsFiles(a *asks) bool {
	if a.path != "" {
		return t.onVolumes(a)
	}
	a.say("\nBuilding directory tree for JobId(s) %s ...  ", a.list())
	a.picks = overlay(a.jobs)
	files, purged := 0, false
	for _, s := range a.jobs {
		purged = purged || s.purged
	}
	for _, p := range a.picks {
		if !p.dir() {
			files++
		}
	}
	if files == 0 || purged {
		if !t.allowed("directoryacl", "*all*") || !t.allowed("useridacl", "*all*") || !a.has("all") {
			a.say("\n\nFor one or more of the JobIds selected, no files were found,\nso file selection is not possible.\n" +
				"Most likely your retention policy pruned the files.\n\nThe current Console has UserId or Directory restrictions. " +
				"The full restore is not allowed.\nRestore not done.\n")
			return false
		}
	} else {
		marked := ""
		if a.has("all") {
			marked = " and marked for extraction"
		}
		a.say("\n%s files inserted into the tree%s.\n", commas(uint64(files)), marked)
		if !a.has("done") {
			a.say("\nYou are now entering file selection mode where you add (mark) and\nremove (unmark) files to be restored. No files are " +
				"initially added, unless\nyou used the \"all\" keyword on the command line.\nEnter \"done\" to leave this mode.\n\ncwd is: /\n$ ")
			t.answer = func(line string) (string, bool) {
				switch strings.TrimSpace(line) {
				case "done":
					return t.restoreOf(append(a.pairs, pair{"done", ""})), true
				case "quit":
					return "Restore not done.\n", true
				}
				return "The rehearsal marks no single files: use file= or all.\n$ ", false
			}
			return false
		}
		if !a.has("all") {
			a.say("No files selected to be restored.\n")
			return false
		}
	}
	return t.onVolumes(a)
}
