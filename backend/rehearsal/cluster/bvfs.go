package cluster

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// bvfs answers the commands with which programs walk through backups, by the file records of the jobs that they name. It keeps no cache, so
// that .bvfs_update has nothing to do.
func (t *talk) bvfs(line string) string {
	args, _ := arguments(line)
	command := strings.ToLower(strings.Fields(line)[0])
	if t.d.c.reachable() != nil {
		return fmt.Sprintf("Could not open catalog database %q.\n", "bacula")
	}
	out := ""
	if t.api == 0 && !t.walked { // the first command of a session opens the catalog
		t.walked = true
		out = t.usingCatalog()
	}
	var jobs []saved
	for one := range strings.SplitSeq(args["jobid"], ",") {
		id, err := strconv.ParseUint(strings.TrimSpace(one), 10, 32)
		if err != nil {
			return out + "Can't find jobid, pathid or path argument\n"
		}
		s, err := t.d.c.saved(uint32(id))
		if err != nil {
			return out + fmt.Sprintf("Unable to get Job record for JobId=%d\n", id)
		}
		jobs = append(jobs, *s)
	}
	switch command {
	case ".bvfs_update":
		return out
	case ".bvfs_get_jobids":
		return out + t.bvfsJobs(&jobs[0])
	}
	return out + t.bvfsList(jobs, command == ".bvfs_lsdirs", args)
}

// bvfsJobs are the JobIds of the set that a job completes.
func (t *talk) bvfsJobs(of *saved) string {
	ids, err := t.d.c.accurate(of)
	if err != nil || len(ids) == 0 {
		return "\n"
	}
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatUint(uint64(id), 10)
	}
	return strings.Join(words, ",") + "\n"
}

// bvfsNone stands for the attributes of a directory that no job has a record of.
const bvfsNone = "A A A A A A A A A A A A A A"

// bvfsList lists the directories or the files of one directory: PathId, FilenameId, FileId, JobId, attributes and name.
func (t *talk) bvfsList(jobs []saved, dirs bool, args map[string]string) string {
	at, told := args["path"]
	if !told && args["pathid"] == "" {
		return "Can't find jobid, pathid or path argument\n"
	}
	below := map[string]string{} // lines by name
	for _, p := range overlay(jobs) {
		if p.purged {
			continue
		}
		path, name := p.split()
		if n, err := strconv.ParseInt(args["pathid"], 10, 64); err == nil && numberOf(path) == n {
			at = path
		}
		row := func(named int64, shown string) string {
			return fmt.Sprintf("%d\t%d\t%d\t%d\t%s\t%s", numberOf(path), named, p.fileID(), p.id, p.lstat(), shown)
		}
		switch {
		case !dirs && path == at && name != "":
			below[name] = row(t.d.c.bvfsName(name), name)
		case dirs && path == at && name == "":
			below["."] = row(0, ".")
		case dirs && path != at && strings.HasPrefix(path, at):
			next, _, _ := strings.Cut(strings.TrimPrefix(path, at), "/")
			next += "/"
			switch {
			case at+next == path && name == "":
				below[next] = row(0, next)
			case below[next] == "":
				below[next] = fmt.Sprintf("%d\t0\t0\t0\t%s\t%s", numberOf(at+next), bvfsNone, next)
			}
		}
	}
	if dirs && below["."] == "" {
		below["."] = fmt.Sprintf("%d\t0\t0\t0\t%s\t.", numberOf(at), bvfsNone)
	}
	if up := strings.TrimSuffix(at, "/"); dirs && up != "" {
		below[".."] = fmt.Sprintf("%d\t0\t0\t0\t%s\t..", numberOf(up[:strings.LastIndexByte(up, '/')+1]), bvfsNone)
	}
	names := make([]string, 0, len(below))
	for n := range below {
		names = append(names, n)
	}
	sort.Strings(names)
	from, _ := strconv.Atoi(args["offset"])
	names = names[min(max(from, 0), len(names)):]
	if most, err := strconv.Atoi(args["limit"]); err == nil && most >= 0 {
		names = names[:min(most, len(names))]
	}
	var b strings.Builder
	for _, n := range names {
		b.WriteString(below[n] + "\n")
	}
	return b.String()
}

// bvfsName is a name's number; since 1026 names have none.
func (c *Cluster) bvfsName(name string) int64 {
	if c.gen().hello < 10000 {
		return numberOf(name)
	}
	return 0
}
