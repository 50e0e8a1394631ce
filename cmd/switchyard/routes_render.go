package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"switchyard/backend/bacula/push/check"
	"switchyard/backend/bacula/push/render"
	"switchyard/backend/config"
	"switchyard/model"
)

// rendering is what routes render is asked for.
type rendering struct {
	look         looking
	all, overlap bool
	chains, off  []string
	check        bool
}

func routesRender() *cobra.Command {
	var r rendering
	cmd := &cobra.Command{
		Use:   "render CLUSTER [FILE]",
		Short: "print the configuration that a cluster's Directors would be given",
		Long: "It prints the Jobs, Clients, FileSets and Schedules that would be pushed to blue or green, made of the inventory and of what\n" +
			"stands under push in the configuration, for the cells that the cluster takes by the routes document: that in FILE (- is standard\n" +
			"input), else the one in force. It changes nothing.\n\n" +
			"Where both clusters take cells of one client, the one that gives way has its schedules moved, so that both never begin to dump\n" +
			"one clone source at once. Clients and FileSets of all other cells stay, as the Director may hold backups of them.\n\n" +
			"To try something else than a document says: with --all or --chain the cluster takes those cells and the other cluster the other\n" +
			"ones, and with --overlap these, too.\n\n" +
			"With --check it also proves what it prints: what Bacula demands is there, no name leads nowhere, the jobs are those expected,\n" +
			"and bdirjson and bacula-dir -t take it within the Director's own configuration. What is found is told on standard error, and\n" +
			"the exit status is 1.",
		Args: cobra.RangeArgs(1, 2),
		RunE: r.run,
	}
	r.look.addJSON(cmd, "print JSON: the text, the jobs, and with --check what was found")
	cmd.Flags().BoolVar(&r.all, "all", false, "the cluster takes every cell of the inventory")
	cmd.Flags().StringSliceVar(&r.chains, "chain", nil, "the cluster takes the cells of this `CHAIN`; may be given more than once")
	cmd.Flags().BoolVar(&r.overlap, "overlap", false, "the other cluster takes the same cells, too")
	cmd.Flags().StringSliceVar(&r.off, "off", nil, "the jobs of this `CHAIN` are there and not scheduled; may be given more than once")
	cmd.Flags().BoolVar(&r.check, "check", false, "prove it, too; exit status 1 when something is found")
	cmd.ValidArgs = []string{model.Blue.String(), model.Green.String()}
	return cmd
}

// renderedJSON is what routes render --json prints.
type renderedJSON struct {
	Cluster model.Cluster   `json:"cluster"`
	File    string          `json:"file"`
	Canary  string          `json:"canary"`
	Jobs    map[string]bool `json:"jobs"`                   // false: it is not scheduled
	Shift   map[string]int  `json:"shifted_min_of_clients"` // minutes by which schedules give way to the other cluster's
	Text    string          `json:"text"`
	Proof   *check.Proof    `json:"proof,omitempty"` // with --check
}

func (r *rendering) run(cmd *cobra.Command, args []string) error {
	var c model.Cluster
	if err := c.UnmarshalText([]byte(args[0])); err != nil {
		return err
	}
	document := !r.all && len(r.chains) == 0
	if len(args) == 2 && !document || r.overlap && document || r.all && len(r.chains) > 0 {
		return errors.New(
			"--all, or --chain CHAIN for each, and with them --overlap, say who takes what in place of a document: give one of these",
		)
	}
	cfg, err := load(cmd)
	if err != nil {
		return err
	}
	push := &cfg.Clusters[c].Push
	switch {
	case push.None:
		return fmt.Errorf("clusters.%s.push is none: its own control plane renders and pushes", c)
	case !push.Rendered():
		return fmt.Errorf("clusters.%s has no push: write there with what its Directors' configuration is made", c)
	}
	var inv *model.Inventory
	takes := r.flagged(c)
	if document {
		s, doc, err := readRoutes(cmd, args[1:])
		if err != nil {
			return err
		}
		inv, takes = s.inv, func(cell model.Cell) model.Route { return doc.Route(cell) }
	} else if inv, err = cfg.Inventory(cmd.Context()); err != nil {
		return err
	}
	names, err := cfg.Names(inv)
	if err != nil {
		return err
	}
	in, err := r.input(inv, c, takes)
	if err != nil {
		return err
	}
	in.Names = names
	if in.Settings, err = pushSettings(push); err != nil {
		return err
	}
	in.Apart, in.Zone, in.OtherZone = push.Apart, cfg.Clusters[c].Zone, cfg.Clusters[1-c].Zone
	out, err := render.Render(in)
	if err != nil {
		return err
	}
	told := renderedJSON{Cluster: c, File: push.File, Canary: out.Canary, Jobs: out.Jobs, Shift: out.Shift, Text: out.Text}
	if told.Shift == nil {
		told.Shift = map[string]int{}
	}
	if r.check {
		want := check.Want{Jobs: out.Jobs, Runs: out.Runs, Clash: out.Clash, CellOf: names.Cell}
		want.Bacula, _ = check.ParseVersion(push.Bacula)
		proof := check.Prove(cmd.Context(), pushTools(cfg, push), out.Text, out.Canary, want)
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		told.Proof = &proof
	}
	if err := r.look.print(cmd, "the configuration", told, func(w io.Writer) error { return printf(w, "%s", out.Text) }); err != nil {
		return err
	}
	if told.Proof == nil {
		return nil
	}
	writeProof(cmd.ErrOrStderr(), told.Proof, len(out.Jobs))
	return found(len(told.Proof.Findings) > 0)
}

func writeProof(w io.Writer, p *check.Proof, jobs int) {
	for _, f := range p.Findings {
		fmt.Fprintln(w, f)
	}
	for _, tool := range []string{"bdirjson", "bacula-dir -t"} {
		if i := slices.IndexFunc(p.Asked, func(a check.Asked) bool { return a.Tool == tool }); i < 0 {
			fmt.Fprintf(w, "%s was not asked\n", tool)
		} else if p.Asked[i].Verdict == model.Holds {
			fmt.Fprintf(w, "%s takes it\n", tool)
		}
	}
	if len(p.Findings) == 0 {
		fmt.Fprintf(w, "%d jobs and the canary: nothing was found\n", jobs)
	}
}

// flagged is who takes what by the flags.
func (r *rendering) flagged(c model.Cluster) func(model.Cell) model.Route {
	return func(cell model.Cell) (to model.Route) {
		to[c], to[1-c] = model.Fails, model.Holds
		if r.all || slices.Contains(r.chains, cell.Chain) {
			to[c] = model.Holds
			if !r.overlap {
				to[1-c] = model.Fails
			}
		}
		return to
	}
}

func (r *rendering) input(inv *model.Inventory, c model.Cluster, takes func(model.Cell) model.Route) (in render.Input, err error) {
	off, err := chosen(inv, r.off)
	if err != nil {
		return in, err
	}
	if _, err := chosen(inv, r.chains); err != nil {
		return in, err
	}
	in = render.Input{Cluster: c, Keeps: inv.Cells, Off: map[model.Cell]bool{}}
	for _, p := range inv.Cells {
		to := takes(p.Cell)
		if to[c] == model.Holds {
			in.Takes = append(in.Takes, p)
		}
		if to[1-c] == model.Holds {
			in.Other = append(in.Other, p)
		}
		if off[p.Cell.Chain] {
			in.Off[p.Cell] = true
		}
	}
	return in, nil
}

// chosen are chains that the inventory has.
func chosen(inv *model.Inventory, chains []string) (map[string]bool, error) {
	known := map[string]bool{}
	for _, p := range inv.Cells {
		known[p.Cell.Chain] = true
	}
	out := map[string]bool{}
	for _, chain := range chains {
		if !known[chain] {
			return nil, fmt.Errorf("there is no chain %q in the inventory", model.Clean(chain))
		}
		out[chain] = true
	}
	return out, nil
}

// pushSettings are a cluster's, with its template read and looked at.
func pushSettings(p *config.Push) (s render.Settings, err error) {
	s = render.Settings{
		TemplatePath: p.Template, FileSet: p.FileSet, Catalog: p.Catalog, Messages: p.Messages, JobDefs: p.JobDefs, Pool: p.Pool,
		Storage: p.Storage, Levels: p.Levels, Address: p.Address, Port: p.Port, Password: p.Password, Jobs: p.Jobs, Data: p.Data,
	}
	if s.Template, err = p.ReadTemplate(); err == nil && s.Template != "" {
		err = render.CheckTemplate(s.TemplatePath, s.Template)
	}
	return s, err
}

func pushTools(cfg *config.Config, p *config.Push) check.Tools {
	dir := filepath.Dir(cfg.Path)
	tool := func(argv []string) check.Tool { return check.Tool{Argv: argv, Dir: dir, Timeout: check.QuickLimit} }
	t := check.Tools{Conf: tool(p.Conf), File: p.File, BDirJSON: tool(p.BDirJSON), Test: tool(p.Test)}
	t.Test.Timeout = check.TestLimit
	return t
}
