package export

import (
	"slices"

	"switchyard/model"
	"switchyard/model/board"
)

var (
	mCells  = named("cells", "Cells by health: gap is one that nobody backs up, unknown one of which no source can tell.", "health")
	mRouted = named("cells_routed", "Cells by who takes them as the Directors are; both is an overlap, none a gap.", "route")
	mAdrift = named("cells_adrift", "Cells that a cluster does not treat as the routes say. Absent: the routes are not "+
		"known, or no Director of it told what it has.", "cluster", "way")
	mLeftOut = named("cells_left_out", "Cells that have no series of their own, as there are more than --cells.")

	mGoodAge = named("cell_last_good_age_seconds", "Age of the cell's newest good backup. Absent: none is known.", "cluster", "chain",
		"region", "kind")
	mPromise = named("cell_promise_seconds", "The oldest that the cell's newest good backup may become.", "chain", "region", "kind")
	mHealth  = named("cell_health", "1 at the cell's health.", "chain", "region", "kind", "health")

	mJobs = named("jobs", "Jobs of the last 24h or 7d by how they ended; missed were due and never ran. Absent: the catalog was not read.",
		"cluster", "type", "region", "kind", "outcome", "window")
	mOpen = named("jobs_open", "Jobs that run, wait or are stuck. Absent: the catalog was not read.", "cluster", "outcome")

	mProof = named("restore_test_age_seconds", "Age of the newest restore test that passed. Absent: there is none.", "cluster", "region",
		"kind", "storage")
)

// routeWords are those of model.Route, with one for what is not known.
var routeWords = []string{"blue", "both", "green", "none", "unknown"}

func (o *out) cells(s *board.Snapshot, most int) {
	health, routed := map[board.CellHealth]int{}, map[string]int{}
	adrift, told, desired := [2][2]int{}, [2]bool{}, false
	for i := range s.Cells {
		v := &s.Cells[i]
		health[v.Health]++
		route := v.Route().String()
		if !slices.Contains(routeWords, route) {
			route = "unknown"
		}
		routed[route]++
		desired = desired || v.Desired != (model.Route{})
		for _, c := range model.Clusters {
			for place := range 2 {
				told[c] = told[c] || v.On[c].At[place].Is != model.Unknown
				if how := v.DriftsOn(c, place); how != board.NotAdrift {
					adrift[c][how-board.Lacks]++
					break
				}
			}
		}
	}
	for h := board.CellUnknown; h <= board.CellGap; h++ {
		o.tell(mCells, float64(health[h]), h.String())
	}
	for _, w := range routeWords {
		o.tell(mRouted, float64(routed[w]), w)
	}
	if desired {
		for _, c := range model.Clusters {
			if !told[c] {
				continue
			}
			o.tell(mAdrift, float64(adrift[c][0]), c.String(), "lacks")
			o.tell(mAdrift, float64(adrift[c][1]), c.String(), "too many")
		}
	}
	o.single(s, most)
}

// single tells of cells one by one, those that need somebody first where they are too many.
func (o *out) single(s *board.Snapshot, most int) {
	of := make([]*board.CellView, len(s.Cells))
	for i := range s.Cells {
		of[i] = &s.Cells[i]
	}
	if len(of) > most {
		slices.SortStableFunc(of, func(a, b *board.CellView) int { return urgency(b) - urgency(a) })
	}
	o.tell(mLeftOut, float64(max(0, len(of)-most)))
	for _, v := range of[:min(len(of), most)] {
		chain, region, kind := v.Cell.Chain, v.Cell.Region, v.Cell.Kind.String()
		o.tell(mHealth, 1, chain, region, kind, v.Health.String())
		if v.Promise > 0 {
			o.tell(mPromise, v.Promise.Seconds(), chain, region, kind)
		}
		for _, c := range model.Clusters {
			if j := v.On[c].LastGood; j != nil {
				o.age(mGoodAge, j.When(), c.String(), chain, region, kind)
			}
		}
	}
}

// urgency puts what is not known above what is well.
func urgency(v *board.CellView) int {
	if v.Health == board.CellUnknown {
		return 2*int(board.CellOK) + 1
	}
	return 2 * int(v.Health)
}

func (o *out) clusters(s *board.Snapshot) {
	for _, v := range s.Clusters {
		if v == nil || !o.hears(s, model.CatalogOf(v.Cluster)) {
			continue
		}
		for window, t := range map[string]*board.Tallies{"24h": &v.Day, "7d": &v.Week} {
			if !t.Read {
				continue
			}
			for i := range t.By {
				p := &t.By[i]
				o.tally(v.Cluster, "backup", window, p, &p.Backups)
				o.tally(v.Cluster, "restore", window, p, &p.Restores)
			}
		}
		if !v.Day.Read {
			continue
		}
		n := map[model.Outcome]int{model.Waiting: 0, model.Running: 0, model.Stuck: 0}
		for i := range v.Open {
			n[v.Open[i].Outcome]++
		}
		for outcome, k := range n {
			o.tell(mOpen, float64(k), v.Cluster.String(), outcome.String())
		}
		if v.OpenMore > 0 {
			o.tell(mOpen, float64(v.OpenMore), v.Cluster.String(), "not listed")
		}
	}
}

// hears tells whether a source is heard now, and is the one that it should be.
func (o *out) hears(s *board.Snapshot, of model.Source) bool {
	seen := s.Source(of)
	return seen != nil && seen.Why == "" && !seen.Wrong && seen.Freshness(o.now) == board.Live
}

func (o *out) tally(c model.Cluster, of, window string, p *board.TallyPart, t *board.Tally) {
	if of == "restore" && *t == (board.Tally{}) {
		return
	}
	for _, x := range []struct {
		outcome string
		n       int
	}{{"ok", t.OK}, {"warned", t.Warned}, {"failed", t.Failed}, {"canceled", t.Canceled}, {"lost", t.Lost}, {"missed", t.Missed}} {
		o.tell(mJobs, float64(x.n), c.String(), of, p.Region, p.Kind.String(), x.outcome, window)
	}
}

func (o *out) proofs(s *board.Snapshot) {
	if s.State == nil {
		return
	}
	for _, p := range s.State.NewestRestores(1) {
		o.age(mProof, p.At, p.Of.Cluster.String(), p.Of.Cell.Region, p.Of.Cell.Kind.String(), p.Of.Storage)
	}
}
