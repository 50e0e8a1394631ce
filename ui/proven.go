package ui

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// provens are the newest proofs of restores, by cell and cluster, made once for what the journal says.
type provens struct {
	from any
	of   map[model.Cell][2]*record.Proved
}

// at is what the journal of a snapshot says now.
func (p *provens) at(snap *board.Snapshot) map[model.Cell][2]*record.Proved {
	if snap.State == nil {
		return nil
	}
	if from := identity(snap.State.Evidence); p.from != from {
		p.from, p.of = from, snap.State.RestoresProven()
	}
	return p.of
}

// newest is the later of both clusters' proofs; nil: there is none.
func newestProof(of [2]*record.Proved) *record.Proved {
	if of[0] == nil || of[1] != nil && of[1].At.After(of[0].At) {
		return of[1]
	}
	return of[0]
}

// provenText is the age of a proof for a column, with a mark where it is none to rest on.
func provenText(now time.Time, snap *board.Snapshot, p *record.Proved) (string, themes.Role) {
	switch {
	case p == nil:
		return "-", themes.Muted
	case p.Verdict == model.Fails:
		return coarse(now, p.At) + "✗", themes.Fail
	case p.Verdict == model.Unknown:
		return "?", themes.Warn
	}
	switch v, _ := snap.Counts(&p.Proof); v {
	case model.Fails:
		return "lapsed", themes.Warn
	case model.Unknown:
		return coarse(now, p.At) + "?", themes.Text
	case model.Holds:
	}
	return coarse(now, p.At), themes.Text
}

// provenFacts tell how a cell's way back from a cluster was proven last.
func provenFacts(s *story, sc *scene, cell model.Cell, k model.Cluster) {
	if sc.snap.State == nil {
		return
	}
	p := sc.snap.State.RestoreProven(cell, k, "")
	if p == nil {
		s.fact("proven", "never: no restore test of it is recorded")
		return
	}
	says := p.Word() + ", " + moment(sc, p.At) + ", by " + p.By.String()
	role := themes.Text
	if p.Verdict != model.Holds {
		role = themes.Fail
	} else if lapsed := lapsedWords(sc.snap, p); lapsed != "" {
		role, says = themes.Warn, says+lapsed
	}
	s.factIn(role, "proven", says)
	s.factIn(role, "", cmp.Or(p.Why, p.Claim.String()))
	if t := p.Tried; t != nil {
		s.factIn(themes.Warn, "", record.NotCarriedOut+", "+moment(sc, t.At)+": "+t.Why)
	}
}

// lapsedWords say that a proof that holds counts no more, or is not known to; empty when it counts.
func lapsedWords(snap *board.Snapshot, p *record.Proved) string {
	switch v, why := snap.Counts(&p.Proof); v {
	case model.Fails:
		return "; LAPSED: " + why
	case model.Unknown:
		return "; not known whether it counts: " + why
	case model.Holds:
	}
	return ""
}

// provenOn tells when a restore from a point's cell and Storage Daemon was last proven.
func provenOn(sc *scene, of *model.RestorePoint) (says string, role themes.Role) {
	if sc.snap.State == nil {
		return "not known: the journal was not read", themes.Warn
	}
	storages := of.Storages()
	if len(storages) == 0 {
		storages = []string{""}
	}
	for _, name := range storages {
		if p := sc.snap.State.RestoreProven(of.Cell, of.Key.Cluster, name); p != nil {
			role = themes.Text
			lapsed := lapsedWords(sc.snap, p)
			switch {
			case p.Verdict != model.Holds:
				role, lapsed = themes.Fail, ""
			case lapsed != "":
				role = themes.Warn
			}
			return p.Word() + ", " + moment(sc, p.At) + ", by " + p.By.String() + lapsed, role
		}
	}
	return "never", themes.Muted
}

// testedMsg is the test that was asked for, and what it rests on.
type testedMsg struct {
	cell  model.Cell
	ask   *plan.Test
	sight *model.RestoreSight
	why   string // there is none
}

// mostTested is how many marked cells are tested by one T: each has a plan of its own, which a person reads.
const mostTested = 20

// testQueue are cells that were marked and are tested one after the other, each by a plan of its own.
type testQueue struct {
	from []model.Cluster
	left []model.Cell
	not  []string // which of those before have no plan, and why
}

func noTest(a *App) string {
	switch n := len(a.marked()) + len(a.gateCells("T")); {
	case a.lever == nil || a.asker == nil:
		return "nothing can be tested here"
	case a.lever.Tests == nil:
		return "the configuration has no restore_tests: write there the scratch client and what removes from it"
	case n > mostTested:
		return draw.Count(n) + " cells are marked, and " + strconv.Itoa(mostTested) + " at most are tested from here; " +
			"switchyard test-restores takes all that are due"
	case n == 0 && a.subject().cell == nil:
		return "select a cell to test a restore of it"
	}
	return ""
}

// commandTest tests the marked cells, or the selected one, from the cluster that is named or from whichever has its newest good point.
func (a *App) commandTest(from string) tea.Cmd {
	a.tests = testQueue{}
	var k model.Cluster
	switch why := noTest(a); {
	case why != "":
		a.say(why)
		return nil
	case from != "" && k.UnmarshalText([]byte(strings.TrimSpace(from))) != nil:
		a.say("test from blue or green")
		return nil
	case from != "":
		a.tests.from = []model.Cluster{k}
	case len(a.gateCells("T")) > 0: // gates are about green
		a.tests.from = []model.Cluster{model.Green}
	}
	for marked := range a.marked() {
		a.tests.left = append(a.tests.left, marked)
	}
	a.tests.left = append(a.tests.left, a.gateCells("T")...)
	slices.SortFunc(a.tests.left, model.Cell.Compare)
	if len(a.tests.left) == 0 {
		a.tests.left = []model.Cell{*a.subject().cell}
	}
	return a.testNext()
}

// testNext reads what a test of the next of those cells rests on; nil: there is none.
func (a *App) testNext() tea.Cmd {
	q := &a.tests
	if len(q.left) == 0 {
		return nil
	}
	cell := q.left[0]
	q.left = q.left[1:]
	var format model.Format
	asked := model.AskedCell{Cell: cell}
	if v := a.snap.Cell(cell); v != nil {
		format, asked.Promise = v.Format, v.Promise
	}
	a.say("reading what a test of " + cell.String() + " rests on" + q.more())
	ctx, asker, setup, only := a.ctx, a.asker, a.lever.Tests, q.from
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, sightLimit)
		defer cancel()
		m := testedMsg{cell: cell}
		l, err := asker.RestoreList(ctx, model.RestoreAsk{Cells: []model.AskedCell{asked}, Clusters: only, Limit: pointsShown})
		if err == nil && l.Recommended == nil {
			m.why = "no complete good point is known"
			return m
		}
		if err == nil {
			i := slices.IndexFunc(l.Points, func(p model.RestorePoint) bool { return p.Key == l.Recommended.Key })
			m.ask = setup.Of(&l.Points[i], format)
			m.sight, err = asker.RestoreSight(ctx, m.ask.Sight())
		}
		if err != nil {
			m.why = err.Error()
		}
		return m
	}
}

func (q *testQueue) more() string {
	if n := len(q.left); n > 0 {
		return "; then " + draw.Count(n) + " more"
	}
	return ""
}

// tested opens the plan, unless the person went on to something else. A cell without one is told, and the next one comes.
func (a *App) tested(m testedMsg) tea.Cmd {
	q := &a.tests
	switch {
	case a.dialog != nil || a.prompt != nil:
		a.leaveTests()
		return nil
	case m.why != "":
		q.not = append(q.not, m.cell.String()+": "+m.why)
		a.say(model.Clean("not tested: " + strings.Join(q.not, "; ")))
		return a.testNext()
	}
	if a.note = ""; len(q.not) > 0 {
		a.say(model.Clean("not tested: " + strings.Join(q.not, "; ")))
	}
	a.sight = m.sight
	show := a.propose(plan.Ask{Test: m.ask})
	if a.dialog == nil { // it is refused
		a.leaveTests()
		return show
	}
	a.dialog.heading = append(a.dialog.heading, draw.As(themes.Muted, q.more()))
	return show
}

// leaveTests tells which cells are not asked for any more.
func (a *App) leaveTests() {
	if n := len(a.tests.left); n > 0 {
		a.say(draw.Count(n) + " of the marked cells were not tested")
	}
	a.tests = testQueue{}
}

// testCommand is :test.
func testCommand() command {
	return command{name: "test", args: "[CLUSTER]",
		says:   "test a restore of the marked cells, or of the selected one, on the scratch client: a plan for each",
		offers: func(*App) []string { return []string{model.Blue.String(), model.Green.String()} }, do: (*App).commandTest}
}
