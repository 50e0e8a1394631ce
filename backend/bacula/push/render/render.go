// Package render writes the part of a Director's configuration that follows the routes: Jobs, Clients, FileSets and Schedules.
package render

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// ErrRender is the kind of everything that cannot be rendered.
var ErrRender = errors.New("rendering the configuration of a Director")

// Settings are what a cluster's configuration says beside routes and inventory.
type Settings struct {
	Template     string             // text/template; empty: the default
	TemplatePath string             // as errors name it
	FileSet      model.NameTemplate // with chain, region and kind, so that no two kinds share one; the zero value: fs-{chain}-{region}-{kind}
	Catalog      string             // of Clients
	Messages     string             // of Jobs
	JobDefs      string             // of Jobs; may be empty
	Pool         string             // where the inventory names none
	Storage      string             // where the inventory names none; empty: that of the Pool
	Levels       [2]string          // of Jobs, by kind, where a Run line says none; empty: Incremental and Full
	Address      string             // of Clients, with {client}
	Port         int                // of Clients
	Password     string             // the file, on the Director's host, that holds a Client's password in quotes; with {client}
	Jobs         int                // that a Client runs at once
	Data         string             // what a FileSet holds, with {chain}, {region} and {kind}
}

// Input is what is to be rendered.
type Input struct {
	Cluster  model.Cluster
	Settings Settings
	Names    *model.Names
	Takes    []model.Placement // the cells that the cluster takes, in any order
	// Keeps are cells whose Client and FileSet stay, as the Director may hold backups of them. That cells are in Takes, too, does not matter.
	Keeps []model.Placement
	Off   map[model.Cell]bool // of Takes: jobs that must not be scheduled
	// Other is what the other cluster takes. With Apart above 0 this cluster's schedules give way to it on clone sources that both dump.
	Other           []model.Placement
	Apart           time.Duration
	Zone, OtherZone *time.Location // of the clusters' Directors
}

// Output is a rendered configuration.
type Output struct {
	Text   string
	Jobs   map[string]bool     // the routed jobs by name; false: it is not scheduled
	Runs   map[string][]string // the Run lines of each; none: it is never due
	Canary string              // the name of the Job at its end, which is made of all that stands before it
	Shift  map[string]int      // minutes by which schedules of a client give way to the other cluster's
	Clash  []string            // clients on which no time of the day is far enough from the other cluster's
}

// Render is a pure function: the same input gives the same bytes, in whatever order its cells are. The error is ErrRender, and names the
// cells, or the template and its line.
func Render(in Input) (Output, error) {
	v, err := in.view()
	if err != nil {
		return Output{}, fmt.Errorf("%w: %w", ErrRender, err)
	}
	body, err := v.fill(&in.Settings)
	if err != nil {
		return Output{}, fmt.Errorf("%w: %w", ErrRender, err)
	}
	body += "\n" // the canary is made of all that stands before it
	out := Output{
		Canary: model.CanaryName(body), Jobs: make(map[string]bool, len(v.Jobs)), Runs: map[string][]string{}, Shift: v.shift, Clash: v.clash,
	}
	for _, j := range v.Jobs {
		out.Jobs[j.Name] = j.Enabled
	}
	for _, s := range v.Schedules {
		out.Runs[s.Name] = s.Runs
	}
	if _, taken := out.Jobs[out.Canary]; taken {
		return Output{}, fmt.Errorf("%w: a cell's job has the name of the canary, %s", ErrRender, out.Canary)
	}
	out.Text = body + v.canary(out.Canary)
	return out, nil
}

// view is what a template sees.
type view struct {
	Cluster   string
	Clients   []Client
	FileSets  []FileSet
	Schedules []Schedule
	Jobs      []Job

	shift map[string]int
	clash []string
	// bird is the job from which the canary has what a Director demands of it.
	bird Job
}

// Client is what a template sees of one.
type Client struct {
	Name, Address, Catalog string
	Port, Jobs             int
	Password               string // the file that holds it
	Retention              int64  // seconds: the longest of its cells
}

// FileSet is what a template sees of one.
type FileSet struct{ Name, Data, Chain, Region, Kind, Client string }

// Schedule is what a template sees of one.
type Schedule struct {
	Name string
	Runs []string
}

// Job is what a template sees of one.
type Job struct {
	Name, JobDefs, Level, Client, FileSet, Schedule, Storage, Pool, Messages string
	Chain, Region, Kind                                                      string
	Tier                                                                     int
	Enabled                                                                  bool
}

func (in *Input) view() (*view, error) {
	s := in.Settings.filled()
	in.Settings = s
	takes, err := once(in.Takes)
	if err != nil {
		return nil, err
	}
	kept := map[model.Cell]model.Placement{}
	for _, p := range append(slices.Clone(in.Keeps), takes...) {
		kept[p.Cell] = p
	}
	if len(kept) == 0 {
		return nil, errors.New("no cell is taken and none is kept: an empty configuration would take every job away")
	}
	v := &view{Cluster: in.Cluster.String()}
	schedules := in.schedules(takes, v)
	b := binder{in: in, by: map[string]map[string]model.Cell{}}
	clients := map[string]*Client{}
	for _, p := range slices.SortedFunc(maps.Values(kept), func(a, b model.Placement) int { return a.Cell.Compare(b.Cell) }) {
		j, err := b.job(p)
		if err != nil {
			return nil, err
		}
		if v.bird.Name == "" {
			v.bird = j
		}
		c := clients[p.Client]
		if c == nil {
			c = &Client{
				Name: p.Client, Address: s.client(s.Address, p.Client), Catalog: s.Catalog, Port: s.Port, Jobs: s.Jobs,
				Password: s.client(s.Password, p.Client),
			}
			clients[p.Client] = c
		}
		c.Retention = max(c.Retention, int64(p.Retention/time.Second))
		v.FileSets = append(v.FileSets, FileSet{j.FileSet, s.cell(s.Data, p.Cell), j.Chain, j.Region, j.Kind, j.Client})
		schedule, taken := schedules[p.Cell]
		if !taken {
			continue
		}
		j.Enabled = !in.Off[p.Cell]
		if runs := schedule.Lines(); len(runs) > 0 {
			j.Schedule = j.Name
			v.Schedules = append(v.Schedules, Schedule{j.Name, runs})
		}
		v.Jobs = append(v.Jobs, j)
	}
	for _, c := range slices.SortedFunc(maps.Values(clients), func(a, b *Client) int { return cmp.Compare(a.Name, b.Name) }) {
		c.Retention = max(c.Retention, 1)
		v.Clients = append(v.Clients, *c)
	}
	return v, v.printable()
}

// schedules are those of the cells that are taken, out of the other cluster's way.
func (in *Input) schedules(takes []model.Placement, v *view) map[model.Cell]model.Schedule {
	s := model.Stagger(takes, in.Other, in.Zone, in.OtherZone, in.Apart)
	v.shift, v.clash = s.Shift, s.Clash
	return s.ByCell
}

func once(ps []model.Placement) ([]model.Placement, error) {
	seen := make(map[model.Cell]bool, len(ps))
	for _, p := range ps {
		if seen[p.Cell] {
			return nil, fmt.Errorf("cell %s is there twice", model.Clean(p.Cell.String()))
		}
		seen[p.Cell] = true
	}
	return ps, nil
}

// canary is the Job at the end. It never runs: it is there to be seen.
func (v *view) canary(name string) string {
	var b strings.Builder
	b.WriteString("Job {\n  # Its name is made of all that stands above it, and tells which configuration a Director has loaded.\n")
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %s = \"%s\"\n", key, value)
		}
	}
	line("Name", name)
	b.WriteString("  Type = Admin\n  Enabled = no\n")
	line("Client", v.bird.Client)
	line("FileSet", v.bird.FileSet)
	line("Storage", v.bird.Storage)
	line("Pool", v.bird.Pool)
	line("Messages", v.bird.Messages)
	b.WriteString("}\n")
	return b.String()
}
