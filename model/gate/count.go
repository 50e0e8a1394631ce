package gate

import (
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// tally is what the cells add up to.
type tally struct {
	gapsAdrift           int // of gaps, those that the routes give to a cluster
	cells, gaps, untold  int // untold: neither cluster, or one of them, tells whether it takes them
	onBlue, onGreen      int // a cell of both counts twice
	greenOnly            int
	given                [2]int // as a Director says, or where it does not tell, as the journal's routes do
	givenUntold          int
	drift, driftUntold   int
	noGood, goodUntold   int // on green, within the promise
	noGoodRouted         int // of noGood, those that green takes
	goodBy               time.Time
	immutable            int
	open, openUntold     int          // immutable ones on green whose newest good backup is on volumes that can be deleted, or nobody knows
	openNone             int          // immutable ones of which green has no good backup
	waits                []model.Cell // the first of noGoodRouted
	owed                 int          // blue's newest good backup is still kept
	owedUntil            time.Time
	owedUntold, owedLong int       // not read, or kept for longer than the window that was read
	blueLast             time.Time // when blue's newest backup ended
	storages             map[string]*storageFacts
}

// storageFacts is what green has shown of a Storage Daemon.
type storageFacts struct {
	written, read time.Time  // newest good backup on it, and newest restore from it that passed
	cell          model.Cell // one whose good backup is on it
}

// areaFacts is a region and kind.
type areaFacts struct {
	region string
	kind   model.Kind
	cells  int
	since  time.Time // when green's oldest good backup of it ended
	week   board.Tally
	days   []board.DayRate // of as long as the policy wants a rate to be shown
	passed time.Time       // newest restore test on green that passed
	failed int             // cells whose own newest test failed
	lapsed string          // why one that passed does not count, or is not known to
	good   []model.Cell    // the first that has a good backup on green; none: no cell has
	bad    []model.Cell    // the first whose own newest test failed
}

func (a *areaFacts) String() string { return a.region + " " + a.kind.String() }

func (f *facts) area(c model.Cell) *areaFacts {
	for _, a := range f.areas {
		if a.region == c.Region && a.kind == c.Kind {
			return a
		}
	}
	a := &areaFacts{region: c.Region, kind: c.Kind}
	f.areas = append(f.areas, a)
	return a
}

// count looks at every cell once.
func (f *facts) count() {
	t := &f.tally
	t.storages = map[string]*storageFacts{}
	at := 0
	places := f.Inventory.Cells
	for i := range f.snap.Cells {
		c := &f.snap.Cells[i]
		for at < len(places) && places[at].Cell.Compare(c.Cell) < 0 {
			at++
		}
		var p *model.Placement
		if at < len(places) && places[at].Cell == c.Cell {
			p = &places[at]
		}
		t.cells++
		f.area(c.Cell).cell(c)
		t.route(c)
		t.proven(f.now, c)
		if p != nil {
			t.owes(f.now, c, p, f.Policy.Window)
			t.storage(c, p)
		}
	}
	for _, part := range f.view(model.Green).Week.By {
		f.area(model.Cell{Region: part.Region, Kind: part.Kind}).week = part.Backups
	}
	for _, d := range f.view(model.Green).Rates {
		a := f.area(model.Cell{Region: d.Region, Kind: d.Kind})
		a.days = append(a.days, d)
	}
	f.restores()
}

func (a *areaFacts) cell(c *board.CellView) {
	a.cells++
	if c.On[model.Green].LastGood != nil && len(a.good) == 0 {
		a.good = []model.Cell{c.Cell}
	}
	if since := c.On[model.Green].Since; !since.IsZero() && (a.since.IsZero() || since.Before(a.since)) {
		a.since = since
	}
}

func (t *tally) route(c *board.CellView) {
	r := c.Route()
	blue, green := r[model.Blue], r[model.Green]
	if r.Gap() {
		if t.gaps++; c.Desired != (model.Route{}) && !c.Desired.Gap() {
			t.gapsAdrift++
		}
	}
	if blue == model.Unknown || green == model.Unknown {
		t.untold++
	}
	for _, on := range model.Clusters {
		takes := r[on]
		if takes == model.Unknown {
			takes = c.Desired[on]
		}
		switch takes {
		case model.Holds:
			t.given[on]++
		case model.Unknown:
			t.givenUntold++
		}
	}
	if blue == model.Holds {
		t.onBlue++
	}
	if green == model.Holds {
		t.onGreen++
		if blue == model.Fails {
			t.greenOnly++
		}
	}
	switch d := c.Desired; {
	case d == model.Route{} || blue == model.Unknown || green == model.Unknown:
		t.driftUntold++
	case d != r:
		t.drift++
	}
}

func (t *tally) proven(now time.Time, c *board.CellView) {
	s := &c.On[model.Green]
	switch {
	case s.LastGood == nil && !s.Read:
		t.goodUntold++
	case s.LastGood == nil || c.Promise > 0 && now.Sub(s.LastGood.When()) > c.Promise:
		t.noGood++
		if s.Has == model.Holds {
			if t.noGoodRouted++; len(t.waits) < toldCells {
				t.waits = append(t.waits, c.Cell)
			}
			if s.Due.After(t.goodBy) {
				t.goodBy = s.Due
			}
		}
	}
	if c.Cell.Kind != model.Immutable {
		return
	}
	t.immutable++
	switch {
	case s.LastGood == nil && s.Read:
		t.openNone++
	case s.LastGood == nil || s.LastGood.Protected == model.Unknown:
		t.openUntold++
	case s.LastGood.Protected == model.Fails:
		t.open++
	}
}

func (t *tally) owes(now time.Time, c *board.CellView, p *model.Placement, window time.Duration) {
	s := &c.On[model.Blue]
	if s.Last != nil && s.Last.When().After(t.blueLast) {
		t.blueLast = s.Last.When()
	}
	switch good := s.LastGood; {
	case good == nil && !s.Read:
		t.owedUntold++
	case good == nil && p.Retention > window:
		t.owedLong++
	case good == nil:
	default:
		if until := good.When().Add(p.Retention); until.After(now) {
			t.owed++
			if until.After(t.owedUntil) {
				t.owedUntil = until
			}
		}
	}
}

func (t *tally) storage(c *board.CellView, p *model.Placement) {
	if p.Storage == "" {
		return
	}
	s := t.storages[p.Storage]
	if s == nil {
		s = &storageFacts{}
		t.storages[p.Storage] = s
	}
	if good := c.On[model.Green].LastGood; good != nil && good.When().After(s.written) {
		s.written, s.cell = good.When(), c.Cell
	}
}

// restores finds the tests on green, of regions and kinds and of Storage Daemons.
func (f *facts) restores() {
	if f.state == nil {
		return
	}
	newest := map[model.Cell]*record.Proved{} // whatever Storage Daemon it was from
	for _, p := range f.state.Evidence {
		if p.Claim.Restored == nil || p.Of.Cell == nil || p.Of.Cluster == nil || *p.Of.Cluster != model.Green ||
			p.At.After(f.now.Add(model.ClockSlack)) {
			continue
		}
		place, known := f.Inventory.Find(*p.Of.Cell)
		if !known {
			continue
		}
		a := f.area(place.Cell)
		if old := newest[place.Cell]; p.Verdict != model.Unknown && (old == nil || p.At.After(old.At)) {
			newest[place.Cell] = p
		}
		switch p.Verdict {
		case model.Holds:
			if v, says := p.Stands(f.now, f.snap.Present); v != model.Holds {
				a.lapsed = says
				continue
			}
			if p.At.After(a.passed) {
				a.passed = p.At
			}
			name := place.Storage
			if p.Of.Storage != "" {
				name = p.Of.Storage
			}
			if s := f.tally.storages[name]; s != nil && p.At.After(s.read) {
				s.read = p.At
			}
		case model.Fails, model.Unknown:
		}
	}
	for cell, p := range newest {
		if p.Verdict == model.Fails {
			a := f.area(cell)
			a.failed++
			a.bad = append(a.bad, cell)
		}
	}
}
