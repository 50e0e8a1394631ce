package rehearsal

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"switchyard/backend/rehearsal/bconsole"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/model"
)

// Bconsole is what this program does when it is started under the name bconsole. It returns the exit status.
func Bconsole(args []string, stdin io.Reader, stdout io.Writer) int {
	return bconsole.Run(args, stdin, stdout)
}

// Tool is what this program does when it is started under another one of Names. It returns the exit status.
func Tool(name string, args []string, stdin io.Reader, stdout io.Writer) int {
	if name == onHost {
		return cluster.Host(args, stdin, stdout)
	}
	if slices.Contains(cluster.Dumps, name) {
		return cluster.Dump(name, args, stdin, stdout, os.Stderr)
	}
	return cluster.Tool(name, args, stdout)
}

// Names are those under which this program is another one, in a world's directory.
var Names = append([]string{"bconsole", "bdirjson", "bacula-dir", onHost}, cluster.Dumps...)

// onHost is the name under which this program does something on a Director's host.
const onHost = "on-host"

// ConfigPath is the world's switchyard.yaml.
func (w *World) ConfigPath() string { return filepath.Join(w.o.Dir, "switchyard.yaml") }

// ClientDir is where the file system of a client lies; only what is restored is in it.
func (w *World) ClientDir(client string) string { return cluster.ClientDir(w.o.Dir, client) }

// write puts the configuration, the inventory, the secrets and the console into the world's directory.
func (w *World) write() error {
	for _, d := range []string{"bin", "secrets", "journal", "clients"} {
		if err := os.MkdirAll(filepath.Join(w.o.Dir, d), 0o700); err != nil {
			return err
		}
	}
	self := w.o.Executable
	if self == "" {
		var err error
		if self, err = os.Executable(); err != nil {
			return err
		}
	}
	for _, name := range Names {
		link := filepath.Join(w.o.Dir, "bin", name)
		if err := os.Remove(link); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.Symlink(self, link); err != nil {
			return err
		}
	}
	files := map[string]string{
		"ca.pem": string(w.ca.PEM), "secrets/watch": w.accounts.watchSQL + "\n", "secrets/act": w.accounts.actSQL + "\n",
		"secrets/numbers": w.accounts.actSQL + "-numbers\n",
		"secrets/fence":   w.accounts.fenceSQL + "\n", "secrets/next": w.accounts.nextSQL + "\n",
		"secrets/next-quoted": strconv.Quote(w.accounts.nextSQL) + "\n",
		"inventory.yaml":      w.inventory(), "switchyard.yaml": w.config(),
	}
	for _, c := range model.Clusters {
		for i, d := range w.clusters[c].Directors() {
			for _, side := range sides {
				files[consoleFile(c, side.name, i)] = bconsoleConf(d.Name(), d.Addr(), side.console, side.password(w.accounts))
			}
		}
	}
	marker := w.clusters[model.Green].Directors()[0]
	files[consoleFile(model.Green, "volumes", 0)] = bconsoleConf(marker.Name(), marker.Addr(), volumesConsole, w.accounts.volumesConsole)
	if err := w.splitFiles(files); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(w.o.Dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	if err := w.tellRoom(); err != nil {
		return err
	}
	return nil
}

// Console is the argument vector of a cluster's console: of the active Director (0) or the passive one (1), to "watch" or
// to "act" with.
func (w *World) Console(c model.Cluster, side string, director int) []string {
	return append(
		slices.Clone(consolePrefix),
		filepath.Join(w.o.Dir, "bin", "bconsole"),
		"-n",
		"-c",
		filepath.Join(w.o.Dir, consoleFile(c, side, director)),
	)
}

func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = strconv.Quote(word)
	}
	return out
}

// sides are the two sets of credentials.
var sides = []struct {
	name, user, console string
	password            func(accounts) string
}{
	{"watch", watchUser, watchConsole, func(a accounts) string { return a.watchConsole }},
	{"act", actUser, actConsole, func(a accounts) string { return a.actConsole }},
}

func consoleFile(c model.Cluster, side string, director int) string {
	return fmt.Sprintf("%s-%s%s.conf", c, side, [...]string{"", "-passive"}[director])
}

func bconsoleConf(director, addr, console, password string) string {
	host, port, _ := strings.Cut(addr, ":")
	return fmt.Sprintf(
		"Director {\n  Name = %s\n  DIRport = %s\n  address = %s\n  Password = \"unused\"\n}\nConsole {\n  Name = %s\n  Password = \"%s\"\n}\n",
		director,
		port,
		host,
		console,
		password,
	)
}

// plainPath is a directory whose files a Director's configuration can include as a value.
var plainPath = model.Pattern(`^/[A-Za-z0-9/._-]+$`)

func (w *World) config() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("%s; it holds as long as that runs.", writtenHere)
	p("# What is restored onto a client lies in clients/CLIENT, below the directory that the restore names.")
	p("environment: rehearsal")
	p("rehearsal: %s", w.scenario.Name)
	p("inventory: {file: inventory.yaml}")
	p(`job_names: {backup: "backup-{chain}-{region}-{kind}", restore: "restore-{region}-{kind}"}`)
	p("clusters:")
	for _, c := range model.Clusters {
		dirs := w.clusters[c].Directors()
		p("  %s:", c)
		p("    time_zone: UTC")
		p("    directors:")
		for i, which := range []string{"active", "passive"} {
			p("      %s:", which)
			p("        name: %s", dirs[i].Name())
			p("        address: %q", dirs[i].Addr())
			w.serviceConfig(dirs[i], p)
		}
		if c == model.Blue {
			p("    catalog: {hosts: [%q], database: bacula, tls: {mode: \"off\"}}", w.blue.Addr())
		} else {
			p("    catalog: {hosts: [%q, %q], database: bacula, tls: {mode: required, ca: ca.pem}}", w.primary.Addr(), w.replica.Addr())
		}
		p("    storage_room: [cat, %q]", w.roomPath())
		w.pushConfig(c, p)
	}
	for _, side := range sides {
		p("%s:", side.name)
		for _, c := range model.Clusters {
			p("  %s:", c)
			p("    consoles:")
			for i, which := range []string{"active", "passive"} {
				p("      %s: [%s]", which, strings.Join(quoted(w.Console(c, side.name, i)), ", "))
			}
			if side.name == "act" && c == model.Green {
				p("      volumes: [%s]", strings.Join(quoted(w.Console(c, "volumes", 0)), ", "))
			}
			p("    catalog: {user: %s, password: {file: secrets/%s}}", side.user, side.name)
		}
		p("  rds: {user: %s, password: {file: secrets/%s}}", side.user, side.name)
		if side.name == "act" && plainPath().MatchString(w.o.Dir) {
			p("  fence:")
			p("    user: %s", fenceUser)
			p("    password: {file: secrets/fence}")
			p("    next: {user: %s, password: {file: secrets/next}, password_file: %q}", nextUser, filepath.Join(w.o.Dir, "secrets", "next-quoted"))
		}
	}
	p("  numbers: {user: %s, password: {file: secrets/numbers}}", numbersUser) // of act
	w.splitConfig(p)
	p("aws: {endpoint: %q}", w.Endpoint())
	p("rds:")
	p("  primary: {id: %s, aws_region: %s, address: %q}", PrimaryID, PrimaryRegion, w.primary.Addr())
	p("  replica: {id: %s, aws_region: %s, address: %q}", ReplicaID, ReplicaRegion, w.replica.Addr())
	p("  database_tls: {mode: required, ca: ca.pem}")
	p("  director_account: bacula")
	p("routes: {extensions: yes}") // of any selection of cells: nobody else reads this document
	p("journal: {dir: journal}")
	p("needs:") // to be brought back: as in the story that the scenarios are places of
	p("  catalog blue: [chain %s]", w.estate.home())
	p("  journal: [host control]")
	w.recoverConfig(p)
	if !strings.ContainsAny(w.o.Dir, "{}") { // they would be words to fill in
		scratch := strconv.Quote(filepath.Join(w.o.Dir, "clients") + "/{client}{where}")
		p("restore_tests:")
		p("  client: restore-test-{region}-fd")
		p("  remove: [rm, -rf, %s]", scratch)
		p("  verify: {any: [find, %s, -type, f]}", scratch)
		p("  budget: 2h")
		p("  at_once: 2")
	}
	return b.String()
}

// storageRoom is how many bytes each Storage of a world has left.
const storageRoom = 60_000_000_000_000

func (w *World) roomPath() string { return filepath.Join(w.o.Dir, "storage-room") }

// tellRoom writes what the storages have left.
func (w *World) tellRoom() error {
	rooms := map[string]int{}
	for _, c := range w.estate.cells {
		if rooms[c.Storage] = storageRoom; w.full[c.Storage] {
			rooms[c.Storage] = 0
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(rooms)) {
		fmt.Fprintf(&b, "%s %d\n", name, rooms[name])
	}
	if err := os.WriteFile(w.roomPath(), []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("telling how much room the storages have: %w", err)
	}
	return nil
}

// serviceConfig says how a Director's service is told something, on a host that is this machine.
func (w *World) serviceConfig(d *cluster.Director, p func(string, ...any)) {
	if !cluster.UnitFits(w.o.Dir, d.Name()) {
		return
	}
	p("        service:")
	host, unit := filepath.Join(w.o.Dir, "bin", onHost), cluster.UnitPath(w.o.Dir, d.Name())
	for _, v := range [][2]string{{"state", "show"}, {"stop", "stop"}, {"start", "start"}, {"mask", "mask"}, {"unmask", "unmask"}} {
		p("          %s: [%q, unit, %s, %q]", v[0], host, v[1], unit)
	}
}

// pushConfig says how the routed jobs of a cluster get to its Directors: their files are on this machine.
func (w *World) pushConfig(c model.Cluster, p func(string, ...any)) {
	dirs := w.clusters[c].Directors()
	if strings.ContainsAny(w.o.Dir, " ,;#=\"\\\t{}|<@") {
		return // no configuration can include a file there
	}
	p("    push:")
	p("      file: %q", dirs[0].ConfPath())
	p("      bdirjson: [%q, -c, \"{file}\"]", filepath.Join(w.o.Dir, "bin", "bdirjson"))
	p("      test: [%q, -t, -c, \"{file}\"]", filepath.Join(w.o.Dir, "bin", "bacula-dir"))
	p("      conf: [cat, %q]", dirs[0].WholePath())
	p("      on:")
	for i, which := range []string{"active", "passive"} {
		p("        %s:", which)
		w.pushOn(dirs[i], "          ", p)
	}
	p("      bacula: %q", [2]string{"9.6", "15.0"}[c])
	p("      catalog: %s", [2]string{"MainCatalog", "MyCatalog"}[c])
	p("      messages: Standard")
	p("      client: {address: \"{client}.db.example\", password_file: \"/etc/bacula/clients/{client}\", jobs: 2}")
	p("      data: /clone/datadir")
}

func (w *World) inventory() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# Written by switchyard rehearse.")
	p("defaults: {tier: 2, retention: 7d, promise: 26h}")
	p("not_cells: [%s]", cluster.CatalogJob)
	p("chains:")
	last, region := "", ""
	for _, c := range w.estate.cells {
		if c.Cell.Chain != last {
			last, region = c.Cell.Chain, ""
			p("  - name: %s\n    tier: %d\n    regions:", c.Cell.Chain, c.Tier)
		}
		if c.Cell.Region != region {
			region = c.Cell.Region
			p("      %s:\n        client: %s\n        kinds:", region, c.Client)
		}
		p("          %s: {schedule: [%q, %q], pool: %s, storage: %s}", c.Cell.Kind, c.runs[0], c.runs[1], c.Pool, c.Storage)
	}
	return b.String()
}
