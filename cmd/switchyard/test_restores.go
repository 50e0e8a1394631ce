package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/feed"
	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// testFlags choose what is tested.
type testFlags struct {
	applyFlags
	of     pointsFlags
	chain  string
	budget time.Duration
	most   int
}

func testRestoresCommand() *cobra.Command {
	var flags testFlags
	cmd := &cobra.Command{
		Use:   "test-restores",
		Short: "prove that backups can be restored: picks what was proven longest ago; acts only with --apply; for a timer",
		Long: "Test-restores picks cells by how long ago their way back was proven and by their tier, within the budget, the number at " +
			"once and " +
			"the window of restore_tests in the configuration, and says when every group (cluster, kind, region, Storage Daemon) and every cell " +
			"will have been proven at that pace.\n\nWith --apply each is an action of its own: its newest complete good point is restored to the " +
			"scratch client, into a directory of the action's own; the configured command verifies it (0 passed, 1 failed, anything else is no " +
			"verdict); what was proven is recorded as evidence; and the directory is removed, whatever came of it. A test that could not be " +
			"carried out is no verdict of the backup, and says so.\n\n" +
			"Exit status: 0 all that was tested holds, or nothing was due; 1 something failed or was not carried out; 2 it cannot run.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd) },
	}
	cmd.Flags().StringVar(&flags.chain, "chain", "", "only cells of `CHAIN`")
	cmd.Flags().StringVar(&flags.of.region, "region", "", "only backups taken in `REGION`")
	cmd.Flags().StringVar(&flags.of.kind, "kind", "", "only regular or immutable ones")
	cmd.Flags().StringVar(&flags.of.cluster, "from", "", "only from blue or green")
	cmd.Flags().DurationVar(&flags.budget, "budget", 0, "how long this run may take (default: restore_tests.budget)")
	cmd.Flags().IntVar(&flags.most, "most", 0, "`N` tests at most (default: as many as the budget holds)")
	offers(cmd, "kind", model.Regular.String(), model.Immutable.String())
	offers(cmd, "from", model.Blue.String(), model.Green.String())
	flags.add(cmd)
	return cmd
}

// testRun is what test-restores prints.
type testRun struct {
	Version int `json:"version"`
	plan.TestPicked
	Window string         `json:"window"`
	Unread []model.Unread `json:"unread,omitempty"` // catalogs whose cells are not among them, because they were not read
	Tested []testDone     `json:"tested"`
}

// testDone is one test that was tried.
type testDone struct {
	Cell    model.Cell    `json:"cell"`
	Cluster model.Cluster `json:"cluster"`
	Action  int64         `json:"action,omitempty"` // its number in the journal; 0: it was not begun
	Word    string        `json:"verdict"`          // holds, fails, or not carried out
	Why     string        `json:"why,omitempty"`
	Left    string        `json:"left,omitempty"` // why something may be left on the scratch client
	Proof   *record.Proof `json:"proof,omitempty"`
}

func (f *testFlags) run(cmd *cobra.Command) error {
	s, err := open(cmd)
	if err != nil {
		return err
	}
	if s.cfg.Tests.Client == "" {
		return errors.New("testing restores: the configuration has no restore_tests: write there the scratch client and what removes from it")
	}
	if f.apply != "" && f.apply != anyPlan {
		return errors.New("testing restores: --apply takes no plan's id: what is due is chosen when it is run")
	}
	if f.apply != "" { // several tests are approved by one reason
		if err := f.hear(cmd); err != nil {
			return err
		}
	}
	f.of.limit = pointsPage
	if f.chain != "" {
		if _, err := f.of.ask(s, f.chain); err != nil {
			return err
		}
	}
	snap, fd, stop, err := f.at(cmd.Context(), s)
	if err != nil {
		return err
	}
	defer stop()
	if err := errors.Join(reached(snap), f.whole(snap)); err != nil {
		return err
	}
	terms := s.cfg.Tests.Terms
	if f.budget > 0 {
		terms.Budget = f.budget
	}
	told := testRun{Version: jsonVersion, Window: terms.Window.String(), Tested: []testDone{}}
	if snap.State != nil {
		snap = fd.Proven(cmd.Context(), snap, snap.State.Evidence)
	}
	told.TestPicked = plan.PickTests(snap, snap.State, s.names, terms, f.only)
	told.Unread = unreadOf(snap, f.only)
	if f.most > 0 && len(told.Picks) > f.most {
		told.Picks = told.Picks[:f.most]
	}
	if !f.json {
		if err := told.write(cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	if f.apply != "" && len(told.Picks) > 0 {
		if err := f.tests(cmd, s, fd, terms, &told); err != nil {
			return err
		}
	}
	if f.json {
		err = f.print(cmd, "the tests", told, nil)
	} else if f.apply == "" && len(told.Picks) > 0 {
		err = printf(cmd.OutOrStdout(), "nothing was done; --apply acts\n")
	}
	if err != nil {
		return err
	}
	if f.apply == "" && len(told.Unread) > 0 { // where tests were made, they are what counts
		return notAll(told.Unread)
	}
	return found(slices.ContainsFunc(told.Tested, func(t testDone) bool { return t.Word != model.Holds.String() || t.Left != "" }))
}

func (f *testFlags) only(c model.Cell, k model.Cluster) bool {
	return (f.chain == "" || c.Chain == f.chain) && (f.of.region == "" || c.Region == f.of.region) &&
		(f.of.kind == "" || c.Kind.String() == f.of.kind) && (f.of.cluster == "" || k.String() == f.of.cluster)
}

func (t *testRun) write(w io.Writer) error {
	day := func(at time.Time) string { return at.UTC().Format("2 Jan 2006") }
	if err := printf(w, "%d cells can be tested, in %d groups of which %d were never proven; window: %s\n", t.Cells, t.Groups, t.Unmet,
		t.Window); err != nil {
		return err
	}
	if t.Cells > 0 {
		if err := printf(w, "at %s every %s: every group proven by %s, every cell by %s\n", model.Span(t.Day), model.Span(t.Every),
			day(t.GroupsBy), day(t.CellsBy)); err != nil {
			return err
		}
	}
	for _, u := range t.Unread {
		if err := printf(w, "not counted are the cells of %s: its catalog was not read: %s\n", u.Cluster, u.Why); err != nil {
			return err
		}
	}
	if t.Shut != "" {
		return printf(w, "nothing is tested now: %s\n", t.Shut)
	}
	for _, p := range t.Picks {
		proven := "never proven"
		if !p.Proven.IsZero() {
			proven = "proven " + day(p.Proven)
		}
		if err := printf(w, "  %-36s %-5s  %-16s tier %d, about %s, %s\n", p.Cell, p.Cluster, model.Clean(p.Storage), p.Tier,
			model.Age(p.Takes), proven); err != nil {
			return err
		}
	}
	return nil
}

// tests carries the picks out, as many at once as the terms say, and begins none that would not end in the window and the budget.
func (f *testFlags) tests(cmd *cobra.Command, s *site, fd *feed.Feed, terms model.TestTerms, told *testRun) error {
	by, err := person(s.cfg)
	if err != nil {
		return err
	}
	if f.confirm == "" {
		if !isTerminal(cmd.InOrStdin()) {
			return fmt.Errorf("there is no terminal to type on: give --confirm %q", plan.TestConfirm)
		}
		if f.confirm, err = typedPhrase(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), plan.TestConfirm); err != nil {
			return err
		}
	}
	if f.confirm != plan.TestConfirm {
		return refusal{&model.Fault{Kind: model.ErrGuard, Says: fmt.Sprintf("testing restores: the confirmation is not %q", plan.TestConfirm)}}
	}
	end := model.Now().Add(min(terms.Budget, terms.Window.Left(model.Now())))
	next := make(chan plan.TestPick)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range max(1, terms.AtOnce) {
		wg.Go(func() {
			for pick := range next {
				done := testDone{Cell: pick.Cell, Cluster: pick.Cluster, Word: record.NotCarriedOut, Why: "no time was left for it"}
				if !model.Now().Add(pick.Takes).After(end) {
					done = f.test(cmd, s, fd, pick, by)
				}
				mu.Lock()
				told.Tested = append(told.Tested, done)
				if !f.json {
					_ = printf(cmd.OutOrStdout(), "%s\n", done)
				}
				mu.Unlock()
			}
		})
	}
	for _, pick := range told.Picks {
		select {
		case next <- pick:
		case <-cmd.Context().Done():
		}
	}
	close(next)
	wg.Wait()
	if cmd.Context().Err() != nil {
		return errors.New("testing restores: interrupted; what was begun goes on: switchyard actions")
	}
	return nil
}

func (t testDone) String() string {
	says := fmt.Sprintf("%s on %s: %s", t.Cell, t.Cluster, t.Word)
	if t.Proof != nil && t.Proof.Verdict == model.Holds {
		says += fmt.Sprintf(" (%s)", &t.Proof.Claim)
	}
	if t.Why != "" {
		says += ": " + t.Why
	}
	if t.Left != "" {
		says += "; what it restored may be left there: " + t.Left
	}
	return model.Clean(says)
}

// test carries one out, to what the journal has of it.
func (f *testFlags) test(cmd *cobra.Command, s *site, fd *feed.Feed, pick plan.TestPick, by string) testDone {
	done := testDone{Cell: pick.Cell, Cluster: pick.Cluster, Word: record.NotCarriedOut}
	a, st, err := f.carried(cmd, s, fd, pick, by)
	if a == nil {
		if err != nil {
			done.Why = model.Clean(err.Error())
		}
		return done
	}
	done.Action, done.Why = a.Seq, model.Clean(a.Why)
	if a.State != record.ActionDone && a.Begun() {
		done.Left = fmt.Sprintf("action %d is %s; switchyard act %d goes on with it", a.Seq, a, a.Seq)
	}
	if p := provenBy(st, a, pick); p != nil {
		done.Proof, done.Word, done.Why = p, p.Word(), p.Why
	}
	return done
}

// provenBy is the proof that an action recorded, if it did.
func provenBy(st *record.State, a *record.Action, pick plan.TestPick) *record.Proof {
	for _, p := range st.Evidence {
		of := p.Of
		if p.Claim.Restored == nil || of.Cell == nil || of.Cluster == nil || *of.Cell != pick.Cell || *of.Cluster != pick.Cluster ||
			p.By.Kind != record.ByTest {
			continue
		}
		if t := p.Tried; t != nil && !t.At.Before(a.At) {
			return &record.Proof{Of: of, Claim: p.Claim, By: t.By, Why: t.Why, At: t.At}
		}
		if !p.At.Before(a.At) {
			return &p.Proof
		}
	}
	return nil
}

// carried makes the plan of a test in the world as it is, and follows its action to the end.
func (f *testFlags) carried(
	cmd *cobra.Command,
	s *site,
	fd *feed.Feed,
	pick plan.TestPick,
	by string,
) (*record.Action, *record.State, error) {
	ctx := cmd.Context()
	ask, err := testOf(ctx, s, fd, pick.Cell, pick.Cluster)
	if err != nil {
		return nil, nil, err
	}
	one := applyFlags{looking: looking{json: true}, confirm: f.confirm, reason: f.reason, reasons: f.reasons, ticket: f.ticket}
	if one.sight, err = fd.RestoreSight(ctx, ask.Sight()); err != nil {
		return nil, nil, err
	}
	j, err := openJournal(ctx, s.cfg)
	if err != nil {
		return nil, nil, err
	}
	defer j.Close()
	snap, err := fd.Next(ctx, 0)
	if err != nil {
		return nil, nil, err
	}
	p, err := plansTest(ctx, fd, snap, func(snap *board.Snapshot) (*plan.Plan, error) {
		w := plan.World{Now: model.Now(), Snapshot: snap, State: j.State(), Names: s.names, Policy: s.cfg.Policy, Routing: routing(s.cfg),
			Restore: one.sight}
		return plan.Ask{Test: ask}.Plan(w, journal.NewID())
	})
	if err != nil {
		return nil, nil, err
	}
	a, err := one.carry(cmd, s.cfg, fd, j, p)
	return a, j.State(), err
}

// momentTakes is how long what is unknown for a moment is waited for: nobody sits before a timer and makes the plan anew.
const momentTakes = 20 * time.Second

// plansTest makes a plan, and makes it anew with each look for a while as long as a guard of it is unknown.
func plansTest(
	ctx context.Context,
	fd *feed.Feed,
	snap *board.Snapshot,
	plans func(*board.Snapshot) (*plan.Plan, error),
) (*plan.Plan, error) {
	p, err := plans(snap)
	until, stop := context.WithTimeout(ctx, momentTakes)
	defer stop()
	unknown := func(c model.Check) bool { return c.Verdict == model.Unknown && (plan.NeedsReason(c) || plan.Blocks(c)) }
	for err == nil && slices.ContainsFunc(p.Guards, unknown) {
		next, late := fd.Next(until, snap.Beat)
		if late != nil {
			break
		}
		snap = next
		p, err = plans(snap)
	}
	return p, err
}

// testOf asks for the test of the newest complete good point of a cell on a cluster.
func testOf(ctx context.Context, s *site, fd *feed.Feed, cell model.Cell, on model.Cluster) (*plan.Test, error) {
	at, _ := s.inv.Find(cell)
	l, err := fd.RestoreList(ctx, model.RestoreAsk{Cells: []model.AskedCell{{Cell: cell, Promise: at.Promise}}, Clusters: []model.Cluster{on},
		Limit: pointsPage})
	if err != nil {
		return nil, err
	}
	return testFrom(s.cfg, l, cell, on, at.Format)
}

// testFrom asks for the test of the recommended point of a list.
func testFrom(cfg *config.Config, l *model.RestoreList, cell model.Cell, on model.Cluster, format model.Format) (*plan.Test, error) {
	of := func(p *model.RestorePoint) bool { return p.Cell == cell && p.Key.Cluster == on }
	i := slices.IndexFunc(l.Points, func(p model.RestorePoint) bool { return p.Good() && of(&p) })
	switch {
	case i < 0 && len(l.Unread) > 0:
		return nil, fmt.Errorf("%s's catalog was not read: %s", l.Unread[0].Cluster, l.Unread[0].Why)
	case i < 0:
		if n := slices.IndexFunc(l.Points, func(p model.RestorePoint) bool { return of(&p) && p.Lacks() != "" }); n >= 0 {
			return nil, fmt.Errorf("it has no complete good point; of its newest, job %d: %s", l.Points[n].ID, model.Clean(l.Points[n].Lacks()))
		}
		return nil, errors.New("it has no complete good point")
	}
	return testTerms(cfg).Of(&l.Points[i], format), nil
}
