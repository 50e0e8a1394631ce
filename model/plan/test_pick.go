package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// TestGroup is what one test proves most of: the way from one Storage Daemon of a cluster.
type TestGroup struct {
	Cluster model.Cluster `json:"cluster"`
	Kind    model.Kind    `json:"kind"`
	Region  string        `json:"region"`
	Storage string        `json:"storage,omitempty"`
}

func (g TestGroup) String() string {
	return model.Clean(fmt.Sprintf("%s %s %s %s", g.Cluster, g.Region, g.Kind, g.Storage))
}

// TestPick is a cell that is due for a test.
type TestPick struct {
	TestGroup
	Cell   model.Cell    `json:"cell"`
	Tier   int           `json:"tier"`
	Proven time.Time     `json:"proven_at,omitzero"` // when its last test came to a verdict; zero: never
	Takes  time.Duration `json:"takes_ns"`           // about
}

// TestPicked is what is tested in one run, the first first, and what that comes to.
type TestPicked struct {
	Picks    []TestPick    `json:"picks"`
	Cells    int           `json:"cells"`           // that could be tested, each on each cluster that has a good backup of it
	Groups   int           `json:"groups"`          // that those are of
	Unmet    int           `json:"unmet_groups"`    // of which none was ever proven
	TooLong  int           `json:"groups_too_long"` // of which no test fits into the budget of one run
	Over     string        `json:"-"`               // the one of TooLong that takes longest, in words
	Day      time.Duration `json:"capacity_ns"`     // of one run
	Every    time.Duration `json:"every_ns"`
	GroupsBy time.Time     `json:"groups_proven_by,omitzero"`
	CellsBy  time.Time     `json:"cells_proven_by,omitzero"`
	Shut     string        `json:"shut,omitempty"` // why nothing is tested now
}

// What a restore takes besides the time that its backups took, and what one takes of which nobody knows.
const (
	testOverhead = 2 * time.Minute
	testUnknown  = 15 * time.Minute
)

// PickTests chooses by staleness and tier what is tested within the terms: first the groups that were proven longest ago, of each the cell
// whose own last proof is oldest for its tier. Only says which cells and clusters count; nil: all.
func PickTests(
	s *board.Snapshot,
	st *record.State,
	names *model.Names,
	terms model.TestTerms,
	only func(model.Cell, model.Cluster) bool,
) TestPicked {
	all := candidates(s, st, names, only)
	out := TestPicked{Picks: []TestPick{}, Cells: len(all), Day: terms.Budget * time.Duration(max(1, terms.AtOnce)), Every: terms.Every}
	groups := map[TestGroup]time.Time{}
	cheapest := map[TestGroup]time.Duration{}
	var takes time.Duration
	for i := range all {
		c := &all[i]
		at, known := groups[c.TestGroup]
		if !known || c.Proven.After(at) {
			groups[c.TestGroup] = c.Proven
		}
		if d, known := cheapest[c.TestGroup]; !known || c.Takes < d {
			cheapest[c.TestGroup] = c.Takes
		}
		takes += c.Takes
	}
	out.Groups = len(groups)
	var toGroups, longest time.Duration
	for g, at := range groups {
		toGroups += cheapest[g]
		if cheapest[g] > terms.Budget {
			out.TooLong++
			says := fmt.Sprintf("of %s it takes %s or more, and a run has %s",
				g, model.Span(cheapest[g].Round(time.Minute)), model.Span(terms.Budget))
			if cheapest[g] > longest || cheapest[g] == longest && says < out.Over {
				longest, out.Over = cheapest[g], says
			}
		}
		if at.IsZero() {
			out.Unmet++
		}
	}
	if out.Cells > 0 && out.Day > 0 {
		out.GroupsBy, out.CellsBy = out.by(s.At, toGroups), out.by(s.At, takes)
	}
	room := min(terms.Budget, terms.Window.Left(s.At))
	if room <= 0 {
		out.Shut = "it is outside of the window " + terms.Window.String()
		return out
	}
	lanes := make([]time.Duration, max(1, terms.AtOnce))
	for len(all) > 0 {
		i := slices.IndexFunc(all, func(c TestPick) bool { return slices.Min(lanes)+c.Takes <= room })
		best := -1
		for n := max(0, i); i >= 0 && n < len(all); n++ {
			if slices.Min(lanes)+all[n].Takes <= room && (best < 0 || staler(&all[n], &all[best], groups, s.At) < 0) {
				best = n
			}
		}
		if best < 0 {
			break
		}
		pick := all[best]
		lane := slices.Index(lanes, slices.Min(lanes))
		lanes[lane] += pick.Takes
		groups[pick.TestGroup] = s.At
		out.Picks = append(out.Picks, pick)
		all = slices.Delete(all, best, best+1)
	}
	if len(out.Picks) == 0 && out.Cells > 0 {
		out.Shut = "no test fits into " + model.Span(room)
	}
	return out
}

// by is when so much is tested, run by run.
func (p *TestPicked) by(now time.Time, takes time.Duration) time.Time {
	runs := int64((takes + p.Day - 1) / p.Day)
	return now.Add(time.Duration(runs-1) * p.Every).Add(min(takes, p.Day))
}

// staler orders by the age of the group's proof, then by the age of the cell's own for its tier.
func staler(a, b *TestPick, groups map[TestGroup]time.Time, now time.Time) int {
	return cmp.Or(groups[a.TestGroup].Compare(groups[b.TestGroup]), -cmp.Compare(a.due(now), b.due(now)), a.Cell.Compare(b.Cell),
		cmp.Compare(a.Cluster, b.Cluster))
}

// due is how much a test of the cell is wanted. Of those that never were, the tier decides alone.
func (c *TestPick) due(now time.Time) float64 {
	age := 10 * 365 * 24 * time.Hour
	if !c.Proven.IsZero() {
		age = max(0, now.Sub(c.Proven))
	}
	return age.Hours() / float64(max(1, c.Tier))
}

func candidates(s *board.Snapshot, st *record.State, names *model.Names, only func(model.Cell, model.Cluster) bool) (all []TestPick) {
	proven := lastTests(s, st)
	for i := range s.Cells {
		v := &s.Cells[i]
		for _, k := range model.Clusters {
			good := v.On[k].LastGood
			if good == nil || only != nil && !only(v.Cell, k) {
				continue
			}
			at, _ := names.Inventory().Find(v.Cell)
			c := TestPick{Cell: v.Cell, Tier: at.Tier, Proven: proven[tested{v.Cell, k}], Takes: testTakes(&v.On[k])}
			c.TestGroup = TestGroup{k, v.Cell.Kind, v.Cell.Region, cmp.Or(good.Storage, at.Storage)}
			all = append(all, c)
		}
	}
	return all
}

// tested is what a proof of a restore is of.
type tested struct {
	cell model.Cell
	on   model.Cluster
}

// lastTests are when the newest verdicts were made that have not lapsed.
func lastTests(s *board.Snapshot, st *record.State) map[tested]time.Time {
	out := map[tested]time.Time{}
	if st == nil {
		return out
	}
	for _, p := range st.Evidence {
		if p.Claim.Restored != nil && p.Of.Cell != nil && p.Of.Cluster != nil && p.Verdict != model.Unknown {
			if v, _ := s.Counts(&p.Proof); v == model.Fails {
				continue
			}
			if at := (tested{*p.Of.Cell, *p.Of.Cluster}); p.At.After(out[at]) {
				out[at] = p.At
			}
		}
	}
	return out
}

func testTakes(s *board.Standing) time.Duration {
	takes := s.LastGood.Took()
	if s.LastFull != nil && s.LastFull != s.LastGood {
		takes += s.LastFull.Took()
	}
	if takes <= 0 {
		return testUnknown
	}
	return takes + testOverhead
}
