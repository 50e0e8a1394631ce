package gate

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

const (
	budgetSpan = 30 * day // of the error budget, in hours that cells are past their promises
	soonSpan   = 12 * time.Hour
)

// burnSpans are over which a rate is told.
var burnSpans = [2]time.Duration{time.Hour, 6 * time.Hour}

// Compliance is whether the promises are kept, as far as both catalogs tell: what one shift tells the next, and what an auditor asks.
type Compliance struct {
	At    time.Time    `json:"at"`
	From  time.Time    `json:"from,omitzero"` // since when what is late is known; zero: nobody knows
	Why   string       `json:"unknown_why,omitempty"`
	Days  []DayPart    `json:"backups_24h"`
	Parts []BudgetPart `json:"budget"` // the whole first, with no route, then by route, region and kind
	Past  []Breaking   `json:"past"`   // cells past their promise now, the longest first
	Soon  []Breaking   `json:"soon"`   // that will be within 12 hours, as no backup of them is due before; the next first
	Hang  int          `json:"hang"`   // cells besides, whose promise within 12 hours hangs on the next backup that is due
	Blind int          `json:"blind"`  // cells of which nobody can tell
}

// DayPart is what a cluster was to back up within 24 hours, and did.
type DayPart struct {
	Cluster model.Cluster `json:"cluster"`
	Region  string        `json:"region"`
	Kind    model.Kind    `json:"kind"`
	Due     int           `json:"due"` // what ended, and what was missed
	Good    int           `json:"good"`
	Missed  int           `json:"missed"`
	Unread  bool          `json:"unread,omitempty"` // the catalog was not read: the numbers say nothing
}

// BudgetPart is the error budget of some cells, by who takes them now.
type BudgetPart struct {
	Route   string     `json:"route,omitempty"` // blue, both, green, none, or not known
	Region  string     `json:"region,omitempty"`
	Kind    string     `json:"kind,omitempty"`
	Cells   int        `json:"cells"`         // of which it is known
	Late    float64    `json:"late_hours"`    // cell-hours past the promise since From
	Allowed float64    `json:"allowed_hours"` // of 30 days
	Left    float64    `json:"left"`          // share of the budget, 1 to below 0 where it is overspent
	Burn    [2]float64 `json:"burn_1h_6h"`    // times the rate that would just use it up
	Fast    bool       `json:"fast"`          // so fast that somebody must look, by the policy
}

// Breaking is a cell and when its promise breaks, or did.
type Breaking struct {
	Cell model.Cell `json:"cell"`
	At   time.Time  `json:"at,omitzero"` // zero: it has no good backup at all
}

// Kept tells whether every promise is kept, as far as is known, and no budget is overspent or spent fast.
func (c *Compliance) Kept() bool {
	fast := slices.ContainsFunc(c.Parts, func(b BudgetPart) bool { return b.Left < 0 || b.Fast })
	return len(c.Past) == 0 && len(c.Soon) == 0 && !fast
}

// Comply judges the promises by a snapshot.
func Comply(s *board.Snapshot, p model.Policy) *Compliance {
	c := &Compliance{At: s.At, Days: []DayPart{}, Past: []Breaking{}, Soon: []Breaking{}}
	c.from(s, p)
	for _, on := range model.Clusters {
		c.day(on, s.Clusters[on])
	}
	whole, parts := &BudgetPart{}, map[BudgetPart]*BudgetPart{}
	for i := range s.Cells {
		v := &s.Cells[i]
		c.breaks(v)
		key := BudgetPart{Route: v.Route().String(), Region: v.Cell.Region, Kind: v.Cell.Kind.String()}
		part := parts[key]
		if part == nil {
			part = &BudgetPart{Route: key.Route, Region: key.Region, Kind: key.Kind}
			parts[key] = part
		}
		c.late(v, whole, part)
	}
	c.Parts = []BudgetPart{*whole}
	for _, part := range parts {
		c.Parts = append(c.Parts, *part)
	}
	for i := range c.Parts {
		c.Parts[i].weigh(p)
	}
	slices.SortFunc(c.Parts[1:], func(a, b BudgetPart) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Region, b.Region), cmp.Compare(b.Kind, a.Kind))
	})
	byTime := func(a, b Breaking) int { return cmp.Or(a.At.Compare(b.At), a.Cell.Compare(b.Cell)) }
	slices.SortFunc(c.Past, byTime)
	slices.SortFunc(c.Soon, byTime)
	return c
}

// from is since when late cells are known: a good backup within a promise would be in what both catalogs hold.
func (c *Compliance) from(s *board.Snapshot, p model.Policy) {
	from := s.At.Add(-p.Window)
	for _, on := range model.Clusters {
		v := s.Clusters[on]
		if v == nil || !v.Week.Read || v.Catalog.IsZero() {
			c.Why = on.String() + "'s catalog was not read"
			return
		}
	}
	for _, on := range model.Clusters { // a younger catalog does not tell less than the older one beside it
		if has := s.Clusters[on].Catalog.From; !has.IsZero() {
			if other := s.Clusters[1-on].Catalog.From; other.IsZero() || !has.After(other) {
				from = model.Later(from, has)
			}
		}
	}
	most := time.Duration(0)
	for i := range s.Cells {
		most = max(most, s.Cells[i].Promise)
	}
	if c.From = from.Add(most); !c.From.Before(s.At) {
		c.From, c.Why = time.Time{}, "both catalogs reach back no further than a promise"
	}
}

func (c *Compliance) day(on model.Cluster, v *board.ClusterView) {
	if v == nil {
		return
	}
	for _, part := range v.Day.By {
		t := part.Backups
		c.Days = append(c.Days, DayPart{on, part.Region, part.Kind, t.Total(), t.Good(), t.Missed, !v.Day.Read})
	}
}

// breaks puts a cell among those that are past their promise, or will be.
func (c *Compliance) breaks(v *board.CellView) {
	switch at := v.Breaks(); {
	case v.Promise <= 0:
	case v.Health == board.CellUnknown, at.IsZero() && (!v.On[model.Blue].Read || !v.On[model.Green].Read):
	case !at.After(c.At):
		c.Past = append(c.Past, Breaking{v.Cell, at})
	case at.After(c.At.Add(soonSpan)):
	default:
		if due := v.Due(); due.IsZero() || due.After(at) {
			c.Soon = append(c.Soon, Breaking{v.Cell, at})
		} else {
			c.Hang++
		}
	}
}

func (c *Compliance) late(v *board.CellView, parts ...*BudgetPart) {
	hours, known := v.Late(c.From, c.At)
	if c.From.IsZero() || !known {
		c.Blind++
		return
	}
	for _, p := range parts {
		p.Cells++
		p.Late += hours.Hours()
	}
	for i, b := range burnSpans {
		from := model.Later(c.From, c.At.Add(-b))
		if late, known := v.Late(from, c.At); known && from.Before(c.At) {
			for _, p := range parts {
				p.Burn[i] += late.Hours() / c.At.Sub(from).Hours()
			}
		}
	}
}

// weigh makes shares of hours.
func (b *BudgetPart) weigh(p model.Policy) {
	if b.Cells == 0 {
		return
	}
	b.Allowed = float64(b.Cells) * budgetSpan.Hours() * p.BudgetShare
	b.Left = 1 - b.Late/b.Allowed
	for i := range b.Burn {
		b.Burn[i] /= float64(b.Cells) * p.BudgetShare
	}
	b.Fast = b.Burn[0] >= p.BurnHour || b.Burn[1] >= p.BurnSix
}
