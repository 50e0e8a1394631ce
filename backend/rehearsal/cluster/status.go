package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// status answers .status dir, .status storage and .status client.
func (t *talk) status(line string) string {
	args, words := arguments(line)
	if client, ok := args["client"]; ok {
		return t.clientStatus(client, words)
	}
	if storage, ok := args["storage"]; ok {
		return t.storageStatus(storage, words)
	}
	if len(words) < 2 || words[0] != "dir" && words[0] != "director" {
		return "1900 Bad .status command, missing arguments.\n"
	}
	c := t.d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	var objects []string
	switch words[1] {
	case "header":
		objects = []string{t.header()}
	case "running":
		if t.d.active() {
			for _, j := range c.jobs {
				objects = append(objects, c.runningJob(j))
			}
		}
	case "terminated":
		if t.d.active() {
			for _, r := range t.d.ring {
				objects = append(objects, c.endedJob(r))
			}
		}
	default:
		return "1900 Bad .status command, wrong argument.\n"
	}
	if t.api != 2 {
		return t.plainStatus(words[1])
	}
	return c.group(words[1], objects)
}

// group frames key=value blocks as the generation does, with its oddities: 9.6 has no label for an empty list, and 15 ends
// the running jobs like a list of JSON.
func (c *Cluster) group(label string, objects []string) string {
	if c.o.Cluster == model.Green {
		end := ""
		if label == "running" {
			end = "]\n"
		}
		start := ""
		if len(objects) > 0 {
			start = "\n"
		}
		return "\n" + label + ":\n" + start + strings.Join(objects, "\n\n") + end + "\nerror=0\nerrmsg=\n\n"
	}
	switch {
	case label == "header":
		return "header:\n" + objects[0] + "\n"
	case len(objects) > 0:
		return label + ":\n\n" + strings.Join(objects, "\n\n") + "\n\n"
	case label == "running":
		return "No Jobs running.\n====\n"
	}
	return ""
}

// block writes keys and values, one a line.
type block struct{ strings.Builder }

func (b *block) put(key string, value any) { fmt.Fprintf(b, "%s=%v\n", key, value) }

func (b *block) time(key string, t time.Time, zone *time.Location) {
	b.put(key+"_epoch", t.Unix())
	b.put(key, t.In(zone).Format(dateTime))
}

func (t *talk) header() string {
	d, c := t.d, t.d.c
	version, date := d.release()
	var b block
	b.put("name", d.name)
	b.put("version", fmt.Sprintf("%s (%s)", version, date))
	b.put("uname", c.gen().uname)
	b.time("started", d.started, c.o.Zone)
	b.time("reloaded", d.reloaded, c.o.Zone)
	b.put("pid", d.pid)
	runs, running := 0, 0
	if d.active() {
		runs, running = d.runs, len(c.jobs)
	}
	b.put("jobs_run", runs)
	b.put("jobs_running", running)
	b.put("nclients", len(d.names("client")))
	b.put("nstores", len(d.names("storage")))
	b.put("npools", len(d.names("pool")))
	b.put("ncats", 1)
	b.put("nfset", len(d.names("fileset")))
	b.put("nscheds", len(d.names("schedule")))
	b.put("plugins", "")
	if c.o.Cluster == model.Green {
		b.put("fips", 0)
		b.put("crypto", "OpenSSL 3.2.2 4 Jun 2024")
		b.put("debug", 0)
		b.put("trace", 0)
		b.put("tags", "")
	}
	return b.String()
}

var statusWords = map[byte]string{
	'R': "is running",
	'C': "is waiting execution",
	'c': "is waiting on max Client jobs",
	't': "is waiting for its start time",
	's': "is waiting on max Storage jobs",
	'm': "is waiting for an appendable Volume",
	'M': "is waiting for a mount request",
	'a': "SD despooling Attributes",
}

func (c *Cluster) runningJob(j *job) string {
	var b block
	b.put("jobid", j.id)
	b.put("level", c.levelLetter(j.run))
	b.put("type", string(rune(j.kind)))
	b.put("status", string(rune(j.status)))
	b.put("status_desc", statusWords[j.status])
	b.put("comment", j.says)
	b.put("jobbytes", 0)
	b.put("jobfiles", 0)
	b.put("job", j.unique(c.o.Zone))
	b.put("name", j.name)
	b.put("clientname", j.client)
	b.put("fileset", j.fileset)
	storage, rstorage := j.storage, ""
	if j.kind == 'R' {
		storage, rstorage = "", j.storage
	}
	b.put("storage", storage)
	b.put("rstorage", rstorage)
	b.time("schedtime", j.sched, c.o.Zone)
	start := j.sched
	if j.moves() {
		start = j.start()
	}
	b.time("starttime", start, c.o.Zone)
	b.put("priority", 10)
	b.put("errors", 0)
	return b.String()
}

func levelWord(l model.Level) string {
	for word, letter := range levels {
		if letter == l {
			return strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return ""
}

// levelLetter is a space for a restore, as a Director prints it.
func (c *Cluster) levelLetter(r *run) string {
	if r.kind == 'R' {
		return " "
	}
	return string(rune(r.level))
}

func (c *Cluster) endedJob(r *run) string {
	words := map[byte]string{'T': "OK", 'W': "OK -- with warnings", 'A': "Cancel", 'f': "Error", 'E': "Error"}
	var b block
	b.put("jobid", r.id)
	b.put("level", c.levelLetter(r))
	b.put("type", string(rune(r.kind)))
	b.put("status", string(rune(r.status)))
	b.put("status_desc", words[r.status])
	b.put("jobbytes", r.bytes)
	b.put("jobfiles", r.files)
	b.put("job", r.unique(c.o.Zone))
	b.time("starttime", r.start(), c.o.Zone)
	b.time("endtime", r.end(), c.o.Zone)
	b.put("errors", r.errors)
	return b.String()
}

// plainStatus is the human table, as far as anybody asks for it.
func (t *talk) plainStatus(section string) string {
	c := t.d.c
	zone := c.o.Zone
	switch section {
	case "header":
		version, date := t.d.release()
		return fmt.Sprintf(
			"%s Version: %s (%s) %s\nDaemon started %s, conf reloaded %s\n Jobs: run=%d, running=%d mode=0,0\n",
			t.d.name,
			version,
			date,
			c.gen().uname,
			t.d.started.In(zone).Format("02-Jan-06 15:04"),
			t.d.reloaded.In(zone).Format("02-Jan-2006 15:04:05"),
			t.d.runs,
			map[bool]int{true: len(c.jobs)}[t.d.active()],
		)
	case "running":
		var b strings.Builder
		b.WriteString("\nRunning Jobs:\n")
		tls := map[bool]string{true: "using TLS "}[c.o.Cluster == model.Green]
		for _, at := range slices.SortedFunc(maps.Values(t.d.consoles), time.Time.Compare) {
			fmt.Fprintf(&b, "Console connected %sat %s\n", tls, at.In(zone).Format("02-Jan-06 15:04"))
		}
		if !t.d.active() || len(c.jobs) == 0 {
			return b.String() + "No Jobs running.\n====\n"
		}
		b.WriteString(
			" JobId  Type Level     Files     Bytes  Name              " +
				"Status\n======================================================================\n",
		)
		for _, j := range c.jobs {
			kind, level := "Back", levelWord(j.level)
			if j.kind == 'R' {
				kind, level = "Rest", ""
			}
			fmt.Fprintf(&b, "%6d  %-4s %-8.8s %6d %9d  %-17s %s\n", j.id, kind, level, 0, 0, j.name, statusWords[j.status])
		}
		return b.String() + "====\n"
	}
	return "\n" + strings.ToUpper(section[:1]) + section[1:] + " Jobs:\n====\n"
}

// clientStatus asks a file daemon for its running jobs, those of both clusters.
func (t *talk) clientStatus(client string, words []string) string {
	c := t.d.c
	c.mu.Lock()
	known := t.d.has("client", client)
	c.mu.Unlock()
	if !known {
		return t.fail(fmt.Sprintf("Error: Client resource %s does not exist.\n", client))
	}
	c.mu.Lock()
	silent, stranger := c.silent[client], c.strangers[client] || c.harm.gone[client]
	c.mu.Unlock()
	c.touch(client)
	if silent && !c.pause(15*time.Second) {
		return ""
	}
	if silent || stranger {
		return fmt.Sprintf("Failed to connect to Client %s.\n====\n", client)
	}
	switch {
	case len(words) > 0 && words[0] == "header" && t.api == 2:
		return c.group("header", []string{c.clientHeader(client)})
	case len(words) == 0 || words[0] != "running" || t.api != 2:
		return "1900 Bad .status command, wrong argument.\n"
	}
	var objects []string
	for _, one := range []*Cluster{c, c.peer} {
		if one != nil {
			objects = append(objects, one.onClient(client, c.o.Cluster == model.Green)...)
		}
	}
	var b block
	b.time("DirectorConnected", c.o.Clock.Now(), c.o.Zone)
	if c.o.Cluster == model.Blue {
		b.put("DirTLS", 0)
		return "\n" + strings.Join(append(objects, b.String()), "\n\n")
	}
	b.put("DirTLS", 1)
	return "\nrunning:\n\n" + strings.Join(append(objects, b.String()), "\n\n") + "\nerror=0\nerrmsg=\n\n"
}

// clientHeader is what a file daemon says of itself. All of them are as old as blue.
func (c *Cluster) clientHeader(client string) string {
	g := generations[model.Blue]
	var b block
	b.put("name", client)
	b.put("version", fmt.Sprintf("%s (%s)", g.version, g.date))
	b.put("uname", g.uname)
	b.put("jobs_run", 0)
	b.put("jobs_running", len(c.onClient(client, false)))
	return b.String()
}

// onClient are the jobs of this cluster that move data on a client, as its file daemon describes them; one of Bacula 15 says more.
func (c *Cluster) onClient(client string, fifteen bool) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.o.Clock.Now()
	var out []string
	for _, j := range c.jobs {
		if j.client != client || !j.moves() {
			continue
		}
		bytes, files := j.progress(now)
		seconds := max(1, int64(now.Sub(j.start())/time.Second))
		var b block
		b.put("JobId", j.id)
		b.put("Job", j.unique(c.o.Zone))
		b.put("VSS", 0)
		b.put("Level", string(rune(j.level)))
		b.put("Type", string(rune(j.kind)))
		b.put("Status", "R")
		b.time("StartTime", j.start(), c.o.Zone)
		b.put("JobFiles", files)
		b.put("JobBytes", bytes)
		b.put("Bytes/sec", bytes/uint64(seconds))
		b.put("Errors", 0)
		b.put("Bwlimit", 0)
		read := uint64(float64(bytes) * float64(j.read) / float64(max(1, j.bytes)))
		b.put("ReadBytes", read)
		if fifteen {
			b.put("ReadBytes/sec", read/uint64(seconds))
		}
		file := datadir + server[0]
		if j.back != nil {
			_, file = j.back.reading(files)
			b.put("Expected Files", j.back.expected)
			b.put("Percent Complete", 100*(files/max(1, j.back.expected))) // in whole files of files, as Bacula divides
		} else {
			b.put("Files Examined", files)
		}
		b.put("Processing file", file)
		b.put("SDReadSeqNo", 6)
		b.put("fd", 11)
		b.put("SDtls", 0)
		if fifteen {
			b.put("DirTLS", 1)
		}
		out = append(out, b.String())
	}
	return out
}
