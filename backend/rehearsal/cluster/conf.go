package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchyard/model"
)

// routed are the Job resources of cells that a Director has loaded. False: Enabled = no, so that its scheduler leaves it alone.
type routed map[*Cell]bool

// ConfPath is the file that gives a Director the jobs of cells; what else it has is not in files here. A reload reads it.
func (d *Director) ConfPath() string { return filepath.Join(d.c.o.Dir, d.name, "routed.conf") }

// everyCell are those the cluster had from the beginning, and those that a file may give it.
func (c *Cluster) everyCell(do func(*Cell)) {
	for i := range c.cells {
		do(&c.cells[i])
	}
	for i := range c.others {
		do(&c.others[i])
	}
}

// writeConf puts what the Director has into its file.
func (d *Director) writeConf() error {
	var b strings.Builder
	fmt.Fprintf(&b, "# The routed jobs of %s. A reload reads this file.\n", d.name)
	d.c.everyCell(func(cell *Cell) {
		if enabled, ok := d.jobs[cell]; ok {
			fmt.Fprintf(
				&b,
				"Job {\n  Name = %q\n  Type = Backup\n  Enabled = %s\n  Client = %q\n  FileSet = %q\n  Pool = %s\n  Storage = %s\n  Messages = "+
					"Standard\n}\n",
				cell.Job,
				map[bool]string{true: "yes", false: "no"}[enabled],
				cell.Client,
				fileset(cell),
				cell.Pool,
				cell.Storage,
			)
		}
	})
	d.conf = b.String()
	if err := os.MkdirAll(filepath.Dir(d.ConfPath()), 0o700); err != nil {
		return err
	}
	return os.WriteFile(d.ConfPath(), []byte(d.conf), 0o600)
}

// required are the directives without which Bacula takes no Job resource.
var required = []string{"Name", "Type", "Client", "FileSet", "Pool", "Messages"}

// errRequired is a directive that is missing: 9.6 does not survive it, not even in a reload (2 of 2 with real ones).
type errRequired struct{ directive, job string }

func (e errRequired) Error() string {
	return fmt.Sprintf("%q directive in Job %q resource is required, but not found.", e.directive, e.job)
}

// load reads the file. Nothing changes when it is bad.
func (d *Director) load(now time.Time) error {
	text, err := os.ReadFile(d.ConfPath())
	if err != nil {
		return errors.New("Cannot open config file " + d.ConfPath())
	}
	all, err := resources(string(text))
	if err != nil {
		return err
	}
	byJob := map[string]*Cell{}
	d.c.everyCell(func(cell *Cell) { byJob[cell.Job] = cell })
	jobs := make(routed, len(all))
	for _, r := range all {
		cell := byJob[r["name"]]
		if r[""] != "job" || cell == nil {
			return fmt.Errorf("%s resource %q: the rehearsal's clients know no such job", r[""], r["name"])
		}
		for _, directive := range required {
			if r[strings.ToLower(directive)] == "" {
				return errRequired{directive, r["name"]}
			}
		}
		if _, twice := jobs[cell]; twice {
			return fmt.Errorf("attempt to define second job resource named %q is not permitted", r["name"])
		}
		jobs[cell] = !strings.EqualFold(r["enabled"], "no")
	}
	for i := range d.c.others {
		if cell := &d.c.others[i]; d.active && cell.From.IsZero() {
			if _, ok := jobs[cell]; ok {
				cell.From = now
			}
		}
	}
	d.conf, d.jobs = string(text), jobs
	return nil
}

// resources reads Bacula's configuration syntax: resources of directives, with their names in lower case; "" is a resource's kind.
func resources(text string) ([]map[string]string, error) {
	var out []map[string]string
	var in map[string]string
	for n, line := range strings.Split(text, "\n") {
		statements, err := split(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		for _, s := range statements {
			key, value, set := strings.Cut(s, "=")
			key = strings.ToLower(strings.Join(strings.Fields(key), ""))
			switch {
			case s == "}" && in != nil:
				out, in = append(out, in), nil
			case strings.HasSuffix(key, "{") && in == nil && !set:
				in = map[string]string{"": strings.TrimSuffix(key, "{")}
			case set && in != nil:
				in[key] = strings.Trim(strings.TrimSpace(value), `"`)
			default:
				return nil, fmt.Errorf("line %d: expected a resource or a directive, got: %s", n+1, s)
			}
		}
	}
	if in != nil {
		return nil, fmt.Errorf("end of file in resource %s %q", in[""], in["name"])
	}
	return out, nil
}

// split takes a line apart at what separates statements: a semicolon, and braces, which are statements themselves.
func split(line string) ([]string, error) {
	var out []string
	var b strings.Builder
	end := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			out = append(out, s)
		}
		b.Reset()
	}
	quoted := false
scan:
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
			b.WriteRune(r)
		case quoted:
			b.WriteRune(r)
		case r == '#':
			break scan
		case r == ';':
			end()
		case r == '{':
			b.WriteRune(r)
			end()
		case r == '}':
			end()
			out = append(out, "}")
		default:
			b.WriteRune(r)
		}
	}
	if quoted {
		return nil, errors.New("unterminated string")
	}
	end()
	return out, nil
}

// reload says nothing on 9.6, whatever comes of it. A bad file keeps what was loaded, and the reason is in the messages; but one that lacks
// a required directive ends a Director of 9.6.
func (t *talk) reload(string) string {
	c := t.d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stuck {
		t.d.say("Error: Too many open reload requests. Request ignored.")
		return ""
	}
	before := t.d.conf
	now := c.now().Truncate(time.Second)
	err := t.d.load(now)
	if errors.As(err, new(errRequired)) && t.d.c.o.Cluster == model.Blue {
		_ = t.d.set(DirectorFault{Down: true}) // it ends, with all that it runs, and this console hears nothing more
		return ""
	}
	if err != nil {
		t.d.say("ERROR in parse_conf.c:615 Config error: %v", err)
		return t.resetting()
	}
	t.d.reloaded = now
	if c.reverting && t.d.conf != before {
		c.at(now.Add(revertsAfter), func() { t.d.revert(before) })
	}
	return ""
}

func (t *talk) resetting() string {
	said := fmt.Sprintf("Please correct configuration file: %s\nResetting previous configuration.\n", t.d.ConfPath())
	t.d.messages = append(t.d.messages, strings.TrimSpace(said))
	if t.d.c.gen().hello < 10000 {
		return ""
	}
	return said
}

// revertsAfter is how long a configuration manager takes to find that a file is not its own.
const revertsAfter = 40 * time.Second

// revert is what such a manager does: it puts its file back and reloads. The caller holds the cluster's mutex.
func (d *Director) revert(text string) {
	if !d.c.reverting || !d.running() {
		return
	}
	now := d.c.now().Truncate(time.Second)
	err := os.WriteFile(d.ConfPath(), []byte(text), 0o600)
	if err == nil {
		err = d.load(now)
	}
	if err != nil {
		d.say("Error: the configuration manager could not put its file back: %v", err)
		return
	}
	d.reloaded = now
}
