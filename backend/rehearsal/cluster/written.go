package cluster

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/backend/rehearsal/daemon"
	"switchyard/model"
)

// WholePath is the Director's configuration: everything but the jobs of cells, and an include of those.
func (d *Director) WholePath() string { return filepath.Join(d.c.o.Dir, d.name, "bacula-dir.conf") }

// ConfPath is the file that gives a Director the jobs of cells. WholePath includes it; a reload reads both.
func (d *Director) ConfPath() string { return filepath.Join(d.c.o.Dir, d.name, "routed.conf") }

// writeConf puts what the Director has into its files.
func (d *Director) writeConf() error {
	if err := os.MkdirAll(filepath.Dir(d.ConfPath()), 0o700); err != nil {
		return err
	}
	var routed strings.Builder
	d.routedConf(&routed)
	d.text, d.began = routed.String(), routed.String()
	return errors.Join(os.WriteFile(d.ConfPath(), []byte(d.text), 0o600), writeFile(d.WholePath(), d.wholeConf))
}

func writeFile(path string, write func(io.Writer)) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(f)
	write(b)
	return errors.Join(b.Flush(), f.Close())
}

// putResource writes a resource; lines are whole directives.
func putResource(w io.Writer, kind, name string, lines ...string) {
	parts := make([]string, 0, 8+3*len(lines)) // there are thousands of them: fmt would take the most of a world's start
	parts = append(parts, kind, " {\n  Name = ", strconv.Quote(name), "\n")
	for _, l := range lines {
		parts = append(parts, "  ", l, "\n")
	}
	_, _ = io.WriteString(w, strings.Join(append(parts, "}\n"), "")) // a file that was not written is told by its writer
}

func (d *Director) routedConf(w io.Writer) {
	fmt.Fprintf(w, "# The routed jobs of %s, and the clients of all. A reload reads this file.\n", d.name)
	d.c.everyCell(func(cell *Cell) {
		if j, ok := d.jobs[cell]; ok {
			putResource(w, "Job", cell.Job, "Type = Backup", "Enabled = "+yesNo(j.enabled),
				"Client = "+strconv.Quote(cell.Client), "FileSet = "+strconv.Quote(fileset(cell)), "Schedule = "+strconv.Quote(scheduleName(cell)),
				"Pool = "+cell.Pool, "Storage = "+cell.Storage, "Messages = Standard")
		}
	})
	for _, name := range d.c.cellNames(func(cell *Cell) string { return cell.Client }) {
		d.putClient(w, name)
	}
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func scheduleName(cell *Cell) string {
	return "at-" + cell.Cell.Chain + "-" + cell.Cell.Region + "-" + cell.Cell.Kind.String()
}

// wholeConf writes what every job of the estate needs, so that any of them may be routed here.
func (d *Director) wholeConf(w io.Writer) {
	c := d.c
	fmt.Fprintf(w, "# The configuration of %s. A reload reads it, with what it includes.\n", d.name)
	_, port, _ := net.SplitHostPort(d.Addr())
	putResource(w, "Director", d.name, "DIRport = "+port, `QueryFile = "/opt/bacula/scripts/query.sql"`,
		`WorkingDirectory = "/opt/bacula/working"`,
		`PidDirectory = "/opt/bacula/working"`, "Maximum Concurrent Jobs = 100", `Password = "unused"`, "Messages = Daemon")
	for _, a := range c.o.Consoles {
		where := "WhereACL = *all*"
		if !slices.Contains(a.Commands, "restore") {
			where = "# no WhereACL: it restores nothing"
		}
		putResource(w, "Console", a.Name, `Password = "unused"`, where, "CommandACL = "+strings.Join(a.Commands, ", "), "JobACL = *all*",
			"ClientACL = *all*", "StorageACL = *all*", "PoolACL = *all*", "FileSetACL = *all*", "CatalogACL = *all*", "ScheduleACL = *all*")
	}
	host, port, _ := net.SplitHostPort(c.home.Addr())
	putResource(w, "Catalog", c.gen().catalog, fmt.Sprintf("DB Address = %q", host), "DB Port = "+port,
		`dbname = "bacula"; dbuser = "bacula"; dbpassword = "unused"`)
	for _, name := range []string{"Standard", "Daemon"} {
		putResource(w, "Messages", name, "console = all, !skipped, !saved", "catalog = all, !skipped")
	}
	for _, name := range c.lists()["pool"] {
		putResource(w, "Pool", name, "Pool Type = Backup", "Recycle = no; AutoPrune = no", "Volume Retention = 7 days", "Maximum Volume Jobs = 1",
			"Maximum Volumes = 50000", fmt.Sprintf("Label Format = %q", c.o.Cluster.String()+"-"))
	}
	for _, name := range c.lists()["storage"] {
		host, port := c.storageAt(name)
		putResource(w, "Storage", name, fmt.Sprintf("Address = %q", host), "SDPort = "+port, `Password = "`+daemon.Password+`"`,
			"Device = "+name+"-drive-1", "Media Type = File-"+name, fmt.Sprintf("Maximum Concurrent Jobs = %d", perStorage))
	}
	for _, name := range c.ownClients() {
		d.putClient(w, name)
	}
	for _, name := range c.lists()["fileset"] {
		putResource(w, "FileSet", name, "Include {", "  Options { signature = MD5; compression = LZO }", `  File = "/clone/datadir"`, "}")
	}
	c.everyCell(func(cell *Cell) { putResource(w, "Schedule", scheduleName(cell), c.runLines(cell)...) })
	putResource(w, "Schedule", "daily", "Run = Full at 11:10")
	putResource(w, "Job", CatalogJob, "Type = Backup", "Level = Full", "Client = "+c.o.Director+"-fd", "FileSet = Catalog", "Schedule = daily",
		"Pool = Catalog", "Storage = sd-local", "Messages = Standard")
	cells := map[string]*Cell{}
	c.everyCell(func(cell *Cell) { cells[c.o.RestoreName(cell.Cell)] = cell })
	for _, name := range c.lists()["job"][1:] {
		cell := cells[name]
		putResource(w, "Job", name, "Type = Restore", "Client = "+testClient(cell.Cell.Region), fmt.Sprintf("FileSet = %q", fileset(cell)),
			"Pool = "+cell.Pool, "Storage = "+cell.Storage, "Messages = Standard", fmt.Sprintf("Where = %q", restoresTo))
	}
	fmt.Fprintf(w, "@%s\n", d.ConfPath())
}

// storageAt is where a Storage Daemon listens, or would.
func (c *Cluster) storageAt(name string) (host, port string) {
	if c.o.StorageAt != nil {
		if host, port, err := net.SplitHostPort(c.o.StorageAt(name)); err == nil {
			return host, port
		}
	}
	return name + ".bacula.example", "9103"
}

func (d *Director) putClient(w io.Writer, name string) {
	putResource(w, "Client", name, "Address = "+strconv.Quote(name+".db.example"), "FDPort = 9102", "Catalog = "+d.c.gen().catalog,
		`Password = "unused"`, "File Retention = 60 days; Job Retention = 6 months; AutoPrune = yes",
		"Maximum Concurrent Jobs = "+strconv.Itoa(perClient))
}

// ownClients are those that a Director has whatever the routes are.
func (c *Cluster) ownClients() []string {
	return append(c.cellNames(func(cell *Cell) string { return testClient(cell.Cell.Region) }), c.o.Director+"-fd")
}

func testClient(region string) string { return "restore-test-" + region + "-fd" }

// lists are the names of the resources that the cluster's Directors have from the beginning, by kind, but the jobs of cells.
func (c *Cluster) lists() map[string][]string {
	c.listed.Do(func() {
		c.list = map[string][]string{
			"storage":  append(c.cellNames(func(cell *Cell) string { return cell.Storage }), "sd-local"),
			"client":   slices.Concat(c.ownClients(), c.cellNames(func(cell *Cell) string { return cell.Client })),
			"fileset":  append(c.cellNames(fileset), "Catalog"),
			"schedule": append(c.cellNames(scheduleName), "daily"),
			"pool":     {"Regular", "Immutable", "Catalog"},
			"job":      append([]string{CatalogJob}, c.cellNames(func(cell *Cell) string { return c.o.RestoreName(cell.Cell) })...),
		}
	})
	return c.list
}

// names are the resources of a kind that the Director has loaded, in the order of its files. What was never loaded again is not read for
// it. The caller holds the mutex.
func (d *Director) names(kind string) []string {
	list, known := d.c.lists()[kind]
	switch {
	case d.whole != nil:
		return d.whole.of[kind]
	case !known:
		return d.conf().of[kind]
	case kind == "job":
		list = slices.Clone(list)
		d.c.everyCell(func(cell *Cell) {
			if _, ok := d.jobs[cell]; ok {
				list = append(list, cell.Job)
			}
		})
	}
	return list
}

func (d *Director) has(kind, name string) bool { return slices.Contains(d.names(kind), name) }

// everyCell are those the cluster had from the beginning, and those that a file may give it.
func (c *Cluster) everyCell(do func(*Cell)) {
	for i := range c.cells {
		do(&c.cells[i])
	}
	for i := range c.others {
		do(&c.others[i])
	}
}

// cellNames are the names that cells have for something, each once, in the order of cells.
func (c *Cluster) cellNames(of func(*Cell) string) []string {
	seen := map[string]bool{}
	var names []string
	c.everyCell(func(cell *Cell) {
		if n := of(cell); !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	})
	return names
}

// runLines are the Run directives of a cell's schedule as this cluster has it: a little late by itself.
func (c *Cluster) runLines(cell *Cell) []string {
	if c.o.Stagger == 0 {
		return prefixed(cell.Schedule.Lines())
	}
	var out []string
	for _, line := range cell.Schedule.Lines() {
		out = append(out, later(line, c.o.Stagger))
	}
	return prefixed(out)
}

func prefixed(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = "Run = " + l
	}
	return out
}

var week = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// later is a Run line of the estate, such as "Incremental mon-sat at 23:58", by a span of less than a day.
func later(line string, span time.Duration) string {
	words := strings.Fields(line)
	last := len(words) - 1
	at, err := time.Parse("15:04", words[last])
	if err != nil || last < 3 {
		return line
	}
	moved := at.Add(span)
	words[last] = moved.Format("15:04")
	if moved.Day() != at.Day() {
		days := strings.Split(words[1], "-")
		for i, d := range days {
			if n := slices.Index(week, d); n >= 0 {
				days[i] = week[(n+1)%len(week)]
			}
		}
		words[1] = strings.Join(days, "-")
	}
	return strings.Join(words, " ")
}

// asPlanned tells whether a schedule is the one that the cluster has for a cell anyway.
func (c *Cluster) asPlanned(cell *Cell, runs []string) bool {
	return slices.Equal(prefixed(runs), c.runLines(cell))
}

// parsed is a schedule of a configuration that was checked.
func parsed(runs []string) model.Schedule {
	if len(runs) == 0 {
		return model.Schedule{}
	}
	s, err := model.ParseSchedule(runs...)
	if err != nil {
		return model.Schedule{}
	}
	return s
}
