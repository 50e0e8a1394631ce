package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// restoreFlags choose a point, and where it goes.
type restoreFlags struct {
	applyFlags
	chain         string
	of            pointsFlags // region, kind, cluster and moment
	jobid         uint32
	client, where string
	files         []string
}

func restoreCommand() *cobra.Command {
	var flags restoreFlags
	cmd := &cobra.Command{
		Use:   "restore --chain CHAIN --region REGION --kind KIND --client CLIENT",
		Short: "a cell to one of its points, from either cluster to any client: prints the plan; acts only with --apply",
		Long: "Restore puts the backups of a cell into a directory of its own on a client: those of the newest complete good point of either " +
			"cluster, of the newest before a moment, or of the one that --jobid names. Nothing that is there is overwritten. It ends with where " +
			"the files are, how many, and how they are loaded, as the inventory's format: says.\n\nThe client need not be the one that was backed " +
			"up; that one itself asks for --reason.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd) },
	}
	cmd.Flags().StringVar(&flags.chain, "chain", "", "the `CHAIN`")
	cmd.Flags().StringVar(&flags.of.region, "region", "", "the `REGION` where its backups are taken")
	cmd.Flags().StringVar(&flags.of.kind, "kind", "", "regular or immutable")
	cmd.Flags().StringVar(&flags.of.cluster, "from", "", "only from blue or green (default: the better of both)")
	cmd.Flags().StringVar(&flags.of.before, "before", "", "the newest point by `TIME`, UTC: 01:30, 2026-11-28 01:30, or 3h or 2d ago")
	cmd.Flags().Uint32Var(&flags.jobid, "jobid", 0, "the point that the backup `N` ended")
	cmd.Flags().StringVar(&flags.client, "client", "", "the `CLIENT` to restore to, as its Director calls it")
	cmd.Flags().StringVar(&flags.where, "where", "", "the `DIR` of the client in which the restore gets a directory of its own (default: "+
		"restores.below of the configuration)")
	cmd.Flags().StringArrayVar(&flags.files, "file", nil,
		fmt.Sprintf("only this `PATH` of the backup; %d at most, each named by itself (default: all of it)", plan.MostFiles))
	offers(cmd, "kind", model.Regular.String(), model.Immutable.String())
	offers(cmd, "from", model.Blue.String(), model.Green.String())
	cmd.MarkFlagsMutuallyExclusive("before", "jobid")
	for _, name := range []string{"chain", "region", "kind", "client"} {
		_ = cmd.MarkFlagRequired(name)
	}
	if err := cmd.RegisterFlagCompletionFunc("client", completeClients); err != nil {
		panic(err) // there is no such flag
	}
	flags.add(cmd)
	return cmd
}

// completeClients asks the Directors for their clients; what cannot be asked completes nothing.
func completeClients(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	const only = cobra.ShellCompDirectiveNoFileComp
	s, err := open(cmd)
	if err != nil {
		return nil, only
	}
	from, _ := cmd.Flags().GetString("from")
	var names []string
	for _, c := range model.Clusters {
		if from != "" && from != c.String() {
			continue
		}
		known, err := s.clusters[c].Directors[0].Reader.Console.Clients(cmd.Context())
		if err != nil {
			continue
		}
		for _, n := range known {
			if strings.HasPrefix(n, typed) && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	slices.Sort(names)
	return names, only
}

func (f *restoreFlags) run(cmd *cobra.Command) error {
	s, err := open(cmd)
	if err != nil {
		return err
	}
	below := s.cfg.Restores.Below
	if f.where != "" {
		below = f.where
	}
	p, err := f.point(cmd, s)
	if err != nil {
		return err
	}
	f.instead = func() string { return f.next(cmd, p) }
	at, _ := s.inv.Find(p.Cell)
	r := plan.RestoreOf(p, at.Format, f.client, below, f.files)
	if err := r.Check(); err != nil {
		return fmt.Errorf("planning a restore: %w", err)
	}
	if f.sight, err = restoreSight(cmd, r); err != nil {
		return err
	}
	return f.plan(cmd, func(*board.Snapshot) (plan.Ask, error) { return plan.Ask{Restore: r}, nil })
}

// restoreSight reads once what the plan of a restore rests on.
func restoreSight(cmd *cobra.Command, r *plan.Restore) (*model.RestoreSight, error) {
	s, err := open(cmd)
	if err != nil {
		return nil, err
	}
	f, stop := s.asked(cmd.Context())
	defer stop()
	return f.RestoreSight(cmd.Context(), r.Sight())
}

// point is the one that the flags choose.
func (f *restoreFlags) point(cmd *cobra.Command, s *site) (*model.RestorePoint, error) {
	f.of.limit = pointsPage
	ask, err := f.of.ask(s, f.chain)
	if err != nil {
		return nil, err
	}
	if len(ask.Cells) != 1 {
		return nil, fmt.Errorf("%d cells are meant: name one with --region and --kind", len(ask.Cells))
	}
	cell := ask.Cells[0].Cell
	l, err := restoreList(cmd.Context(), s, ask)
	if err != nil {
		return nil, err
	}
	if f.jobid > 0 {
		return f.numbered(cmd, ask, l)
	}
	for _, u := range l.Unread {
		if err := printf(cmd.ErrOrStderr(), "switchyard: %s's catalog was not read and may hold a newer "+
			"point: %s\n", u.Cluster, u.Why); err != nil {
			return nil, err
		}
	}
	if l.Recommended == nil && len(l.Unread) > 0 {
		return nil, fmt.Errorf("looking for a point of %s: none is known, and not all was read", cell)
	}
	if l.Recommended == nil {
		return nil, refusal{
			fmt.Errorf("nothing of %s can be restored: no complete good point is known; switchyard points %s says why", cell, cell.Chain),
		}
	}
	i := slices.IndexFunc(l.Points, func(p model.RestorePoint) bool { return p.Key == l.Recommended.Key })
	return &l.Points[i], nil
}

// next names the point that comes after one whose restore did not end well, of either cluster; empty: none is known.
func (f *restoreFlags) next(cmd *cobra.Command, p *model.RestorePoint) string {
	s, err := open(cmd)
	if err != nil {
		return ""
	}
	of := f.of
	of.cluster = ""
	ask, err := of.ask(s, f.chain)
	if err != nil {
		return ""
	}
	l, err := restoreList(cmd.Context(), s, ask)
	if err != nil {
		return ""
	}
	n := l.Next(p.Key)
	if n == nil {
		return "no other complete good point is known"
	}
	return fmt.Sprintf("the next best point is JobId %d on %s, as of %s UTC: the same with --from %s --jobid %d", n.ID, n.Key.Cluster,
		n.At.UTC().Format(pointTime), n.Key.Cluster, n.ID)
}

// numbered is the point of a JobId, of all that the catalogs hold of the cell.
func (f *restoreFlags) numbered(cmd *cobra.Command, ask model.RestoreAsk, l *model.RestoreList) (*model.RestorePoint, error) {
	is := func() (found []*model.RestorePoint) {
		for i := range l.Points {
			if l.Points[i].ID == f.jobid {
				found = append(found, &l.Points[i])
			}
		}
		return found
	}
	found := is()
	if len(found) == 0 { // it lies further back than a page
		s, err := open(cmd)
		if err != nil {
			return nil, err
		}
		ask.Deep, ask.Limit = true, 0
		if l, err = restoreList(cmd.Context(), s, ask); err != nil {
			return nil, err
		}
		found = is()
	}
	cell := ask.Cells[0].Cell
	switch {
	case len(found) > 1:
		return nil, fmt.Errorf("both clusters have a JobId %d of %s: say --from blue or --from green", f.jobid, cell)
	case len(found) == 1 && len(l.Unread) > 0: // which of the two is meant nobody can tell
		return nil, fmt.Errorf("%s has a JobId %d of %s, and %s may have one too, whose catalog was not read (%s): say --from blue or "+
			"--from green", found[0].Key.Cluster, f.jobid, cell, l.Unread[0].Cluster, l.Unread[0].Why)
	case len(found) == 1:
		return found[0], nil
	case len(l.Unread) > 0:
		return nil, fmt.Errorf("looking for JobId %d: %s's catalog was not read: %s", f.jobid, l.Unread[0].Cluster, l.Unread[0].Why)
	}
	return nil, fmt.Errorf("JobId %d is no good backup of %s: switchyard points %s lists them", f.jobid, cell, cell.Chain)
}

// restored tells what a restore has left, and what to do with it.
func (f *applyFlags) restored(out io.Writer, a *record.Action) error {
	r := a.Restored()
	switch {
	case a.Verb == plan.RecoverVerb:
		return f.recovered(out, a)
	case r == nil:
		return nil
	}
	err := f.tell(out, "\n%d files, %s, are on %s in %s", r.Files, model.Size(r.Bytes), r.Client, r.Where)
	for i, line := range r.Next() {
		err = errors.Join(err, f.tell(out, "  %d  %s", i+1, line))
	}
	return err
}

// restoring tells how far the job of a restore is, each time it is a tenth further.
func (w *follower) restoring(a *record.Action) {
	of, job := a.Restoring()
	if of == nil || job == nil {
		return
	}
	snap, err := w.feed.Next(context.Background(), 0)
	if err != nil {
		return
	}
	j := snap.Job(model.JobKey{Cluster: job.Cluster, Job: job.Job})
	if j == nil || !j.Outcome.Open() {
		return
	}
	says := fmt.Sprintf("JobId %d %s", j.ID, j.Status)
	if percent, _ := of.Far(j.Progress); percent >= 0 {
		says += fmt.Sprintf(", %d %%", percent/10*10)
	}
	if says != w.said {
		w.said = says
		_ = printf(w.out, "%s %s\n", snap.At.UTC().Format(clock), says)
	}
}

// restores tries whether a Console may restore to where restores are put, without starting one.
func (d *doctor) restores(ctx context.Context, of string, console bacula.Console) {
	below := d.site.cfg.Restores.Below
	r, err := console.MayRestoreTo(ctx, below)
	if d.failed(of, err, "see its console in the configuration") {
		return
	}
	switch r.Allowed {
	case model.Holds:
		d.note(of, model.Holds, "", "it may restore into directories below %s", below)
	case model.Fails:
		d.note(of, model.Fails, "write WhereACL = \""+below+"/*\" (15) or *all* (9.6) into it, and restore into its CommandACL",
			"it may not restore into directories below %s", below)
	default:
		d.note(of, model.Unknown, "ask again", "whether it may restore into directories below %s cannot be told: %s", below, r.Says)
	}
}
