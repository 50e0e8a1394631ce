package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// TestPicksAreWhatIsDue: no run takes longer than it may, no cell is picked twice, and the first is of a group that was
// never proven as long as any of those fits.
func TestPicksAreWhatIsDue(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "chains")
		s, st := &board.Snapshot{At: now}, &record.State{}
		var ps []model.Placement
		for i := range n {
			c := model.Cell{Chain: fmt.Sprintf("chain%03d", i), Region: fmt.Sprintf("region%d", i%2)}
			v := board.CellView{Cell: c}
			ps = append(ps, model.Placement{Cell: c, Tier: 1 + i%3, Storage: fmt.Sprintf("sd-%d", i%3)})
			for _, k := range model.Clusters {
				if rapid.Bool().Draw(t, "good") {
					took := time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute
					v.On[k].LastGood = &model.Job{Start: now.Add(-2 * time.Hour), End: now.Add(-2 * time.Hour).Add(took)}
				}
				if rapid.Bool().Draw(t, "proven") {
					cell, on := c, k
					st.Evidence = append(st.Evidence, &record.Proved{Proof: record.Proof{Of: record.Subject{Cell: &cell, Cluster: &on},
						Claim: record.Proven{Restored: &record.Restored{}}, Verdict: model.Holds,
						At: now.Add(-time.Duration(rapid.IntRange(1, 99).Draw(t, "days")) * 24 * time.Hour)}})
				}
			}
			s.Cells = append(s.Cells, v)
		}
		inv, err := model.NewInventory(ps)
		if err != nil {
			t.Fatal(err)
		}
		backup, _ := model.ParseNameTemplate("backup-{chain}-{region}-{kind}")
		names, err := model.BindNames(inv, backup, model.NameTemplate{})
		if err != nil {
			t.Fatal(err)
		}
		terms := model.TestTerms{Budget: time.Duration(rapid.IntRange(10, 300).Draw(t, "budget")) * time.Minute,
			AtOnce: rapid.IntRange(1, 4).Draw(t, "at once"), Every: 24 * time.Hour}
		p := PickTests(s, st, names, terms, nil)
		if named := strings.Contains(p.Over, "a run has "+model.Span(terms.Budget)); named != (p.TooLong > 0) || !named && p.Over != "" {
			t.Fatalf("%d groups take too long: %q", p.TooLong, p.Over)
		}
		var takes time.Duration
		seen, groups := map[string]bool{}, map[TestGroup]bool{}
		for i, c := range p.Picks {
			takes += c.Takes
			key := c.Cell.String() + c.Cluster.String()
			if seen[key] {
				t.Fatalf("%s is picked twice", key)
			}
			seen[key] = true
			if c.Takes > terms.Budget {
				t.Fatalf("%s takes %s of %s", key, c.Takes, terms.Budget)
			}
			if i == 0 && p.Unmet > 0 && !c.Proven.IsZero() && fits(t, s, st, names, terms) {
				t.Fatalf("%s comes before groups that were never proven", c.TestGroup)
			}
			groups[c.TestGroup] = true
		}
		if takes > p.Day {
			t.Fatalf("%s of %s", takes, p.Day)
		}
		if p.Cells > 0 && (p.GroupsBy.After(p.CellsBy) || !p.CellsBy.After(now)) {
			t.Fatalf("groups by %s, cells by %s", p.GroupsBy, p.CellsBy)
		}
		terms.Window = model.DayWindow{From: 20 * time.Hour, To: 5 * time.Hour}
		if shut := PickTests(s, st, names, terms, nil); len(shut.Picks) > 0 || shut.Shut == "" {
			t.Fatalf("outside of the window %d are picked: %s", len(shut.Picks), shut.Shut)
		}
	})
}

// fits tells whether any cell of a group that was never proven fits into a run.
func fits(t *rapid.T, s *board.Snapshot, st *record.State, names *model.Names, terms model.TestTerms) bool {
	t.Helper()
	all := candidates(s, st, names, nil)
	proven := map[TestGroup]bool{}
	for _, c := range all {
		proven[c.TestGroup] = proven[c.TestGroup] || !c.Proven.IsZero()
	}
	for _, c := range all {
		if !proven[c.TestGroup] && c.Takes <= terms.Budget {
			return true
		}
	}
	return false
}
