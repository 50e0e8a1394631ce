package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// routed are the Job resources of cells that a Director has loaded.
type routed map[*Cell]*jobConf

// jobConf is what a Director's configuration says of a job.
type jobConf struct {
	enabled                        bool // false: Enabled = no, so that its scheduler leaves it alone
	client, storage, pool, fileset string
	runs                           model.Schedule // when its Schedule is not the cell's own
	another                        bool           // it is not
	dangles                        string         // the kind of a resource that it names and that is not there
	kind                           byte
}

// asBegun is a job as the world begins with it: all is the cell's own.
var asBegun = &jobConf{enabled: true}

// takes tells whether the Director goes on with a configuration: a reload of 9.6 takes one in which something dangles.
func (d *Director) takes(err error) bool {
	return err == nil || errors.As(err, new(errDangling)) && d.c.o.Cluster == model.Blue
}

// load reads the files of a Director that runs. Nothing changes when it does not take them; what dangles is told all the same.
func (d *Director) load(now time.Time) error {
	conf, err := readConfig(d.WholePath(), d.reads)
	if err == nil && d.c.refusing {
		err = errors.New("it refuses everything")
	}
	if !d.takes(err) {
		return err
	}
	if err := d.reaches(conf); err != nil {
		return err
	}
	d.use(conf, now)
	return err
}

// reads is what a running Director reads of a file.
func (d *Director) reads(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil || !d.c.maiming || path != d.ConfPath() {
		return text, err
	}
	return lostDirective().ReplaceAll(text, nil), nil
}

// lostDirective is the Pool of every job.
var lostDirective = model.Pattern(`(?m)^\s*Pool = .*$`)

// start reads the files of a Director that starts: it takes none that says anything wrong, and waits for its catalog later.
func (d *Director) start(now time.Time) error {
	conf, err := readConfig(d.WholePath(), os.ReadFile)
	if err != nil {
		return err
	}
	d.use(conf, now)
	return nil
}

// use makes a configuration the loaded one.
func (d *Director) use(conf *config, now time.Time) {
	byJob := map[string]*Cell{}
	d.c.everyCell(func(cell *Cell) { byJob[cell.Job] = cell })
	jobs, extra := make(routed, len(conf.of["job"])), map[string]*jobConf{}
	for _, name := range conf.of["job"] {
		j := conf.job(name)
		switch cell := byJob[name]; {
		case cell != nil:
			runs := conf.runs(name)
			if j.another = !d.c.asPlanned(cell, runs); j.another {
				j.runs = parsed(runs)
			}
			jobs[cell] = j
		case name != CatalogJob && j.kind == 'B':
			j.runs = parsed(conf.runs(name))
			extra[name] = j
		}
	}
	for i := range d.c.others {
		if cell := &d.c.others[i]; d.active() && cell.From.IsZero() && jobs[cell] != nil {
			cell.From = now
		}
	}
	d.uses, _ = d.serves(conf) // nil: it has lost its catalog
	moved := d.moved(jobs, extra)
	d.whole, d.jobs, d.extra = conf, jobs, extra
	if !d.active() {
		return
	}
	if d.c.follow(); moved {
		d.c.schedule(now)
	}
}

// moved tells whether jobs are due at other times than those that are loaded.
func (d *Director) moved(jobs routed, extra map[string]*jobConf) bool {
	for cell, j := range jobs {
		if was := d.jobs[cell]; j.another || was != nil && was.another {
			return true
		}
	}
	return len(extra)+len(d.extra) > 0
}

// reaches opens the configuration's catalog, as a Director does that loads one: 15.0.3 writes to it, too.
func (d *Director) reaches(conf *config) error {
	in, err := d.serves(conf)
	if err != nil {
		return err
	}
	if in == nil {
		return errNowhere
	}
	conn, err := d.connectBy(conf, in)
	if err == nil {
		defer conn.Close()
		if d.c.o.Cluster == model.Green {
			err = conn.Write(func(tx *sqlsim.Tx) error { return tx.Exec("UPDATE Storage SET AutoChanger = AutoChanger") })
		}
	}
	if err != nil {
		//lint:ignore ST1005 These are Bacula's own words.
		return fmt.Errorf(
			"Could not open Catalog %q, database \"bacula\": %w", d.c.gen().catalog, err)
	}
	return nil
}

// job is what the configuration says of a Job resource.
func (c *config) job(name string) *jobConf {
	r := c.all["job"][name]
	j := &jobConf{enabled: !r.no("enabled"), client: r.get("client"), storage: c.storage(r), pool: r.get("pool"), fileset: r.get("fileset"),
		kind: 'B'}
	if t := strings.ToLower(r.get("type")); t != "" && t != "backup" {
		j.kind = strings.ToUpper(t)[0]
	}
	for _, of := range [][2]string{{"client", j.client}, {"fileset", j.fileset}, {"pool", j.pool}, {"storage", j.storage},
		{"messages", r.get("messages")}} {
		if of[1] != "" && c.all[of[0]][of[1]] == nil && j.dangles == "" {
			j.dangles = of[0]
		}
	}
	return j
}

// storage is the first Storage of a job, or of its pool.
func (c *config) storage(job *resource) string {
	s := job.get("storage")
	if pool := c.all["pool"][job.get("pool")]; s == "" && pool != nil {
		s = pool.get("storage")
	}
	s, _, _ = strings.Cut(s, ",")
	return strings.Trim(strings.TrimSpace(s), `"`)
}

// runs are the Run directives of a job's Schedule; none when it has none, or it is switched off.
func (c *config) runs(job string) []string {
	s := c.all["schedule"][c.all["job"][job].get("schedule")]
	if s == nil || s.no("enabled") {
		return nil
	}
	return s.every("run")
}

// conf is the whole configuration as it is loaded. One that was never loaded again is as it was written. The caller holds the mutex.
func (d *Director) conf() *config {
	if d.whole == nil {
		d.whole = d.written()
	}
	return d.whole
}

// written is the configuration as the world began with it.
func (d *Director) written() *config {
	conf, err := readConfig(d.WholePath(), func(path string) ([]byte, error) {
		var b bytes.Buffer
		if path == d.WholePath() {
			d.wholeConf(&b)
		} else {
			d.routedConf(&b)
		}
		return b.Bytes(), nil
	})
	if err != nil {
		panic("the world's own configuration of " + d.name + ": " + err.Error())
	}
	return conf
}

// reload says nothing on 9.6, whatever comes of it. A bad file keeps what was loaded, and the reason is in the messages; but one that lacks
// a required directive ends a Director of 9.6.
func (t *talk) reload(string) string {
	c := t.d.c
	c.mu.Lock()
	slow := c.slowLoads
	c.mu.Unlock()
	if slow && !c.pause(slowLoad) {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stuck {
		t.d.say("Error: Too many open reload requests. Request ignored.")
		return ""
	}
	c.step(c.o.Clock.Now()) // what is due is started before it is planned anew
	before := t.d.text
	text, _ := os.ReadFile(t.d.ConfPath()) // what cannot be read is told by load
	now := c.now().Truncate(time.Second)
	err := t.d.load(now)
	if errors.As(err, new(errRequired)) && c.o.Cluster == model.Blue {
		t.d.crash() // it ends, with all that it runs, and this console hears nothing more
		return ""
	}
	if err != nil {
		t.d.say("ERROR in parse_conf.c:615 Config error: %v", err)
	}
	if !t.d.takes(err) {
		return t.resetting()
	}
	t.d.reloaded, t.d.text = now, string(text)
	if c.reverting && t.d.text != before {
		c.at(now.Add(revertsAfter), func() { t.d.revert(before) })
	}
	return ""
}

// slowLoad is how long a reload takes, by the machine's clock, whose catalog is slow.
const slowLoad = 6 * time.Second

func (t *talk) resetting() string {
	said := fmt.Sprintf("Please correct configuration file: %s\nResetting previous configuration.\n", t.d.WholePath())
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
	if !d.takes(err) {
		d.say("Error: the configuration manager could not put its file back: %v", err)
		return
	}
	d.reloaded, d.text = now, text
}

// Rescheduled is how many jobs of cells the Director's files give other times than the cells have.
func (d *Director) Rescheduled() (n int) {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	for _, j := range d.jobs {
		if j.another {
			n++
		}
	}
	return n
}
