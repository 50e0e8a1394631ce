package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RestoreAsk is what is asked of both catalogs.
type RestoreAsk struct {
	Cells    []AskedCell
	Clusters []Cluster // empty: both; where only one is asked, what only it can restore is not known
	Before   time.Time // only what ended by then; zero: everything
	Limit    int       // points, the newest; 0: all that are read
	Deep     bool      // read all that each catalog holds of the cells, not a page
}

// AskedCell is a cell and how old its newest good backup may become by its promise; 0: none was made.
type AskedCell struct {
	Cell    Cell
	Promise time.Duration
}

// RestoreList are the points to which some cells can be restored from either cluster, the newest first.
type RestoreList struct {
	At          time.Time      `json:"at"`
	Before      time.Time      `json:"before,omitzero"`
	Points      []RestorePoint `json:"points"`
	More        bool           `json:"more"` // there are older ones
	Recommended *Recommended   `json:"recommended,omitempty"`
	Obligations []Obligation   `json:"obligations,omitempty"`
	Unread      []Unread       `json:"unread,omitempty"` // what it holds nothing of, and which may hold more and newer ones
}

// Recommended is the point to restore unless somebody knows better.
type Recommended struct {
	Key  JobKey `json:"key"`
	Says string `json:"says"` // why it is this one
}

// Unread is a catalog that was not read.
type Unread struct {
	Cluster Cluster `json:"cluster"`
	Why     string  `json:"why"`
}

// Obligation is what only one cluster can restore of a cell.
type Obligation struct {
	Cluster  Cluster   `json:"cluster"`
	Cell     Cell      `json:"cell"`
	Points   int       `json:"points"`
	Oldest   time.Time `json:"oldest"`
	Newest   time.Time `json:"newest"`
	Until    time.Time `json:"until,omitzero"` // when the last of them may be gone; zero: never
	UntilWhy string    `json:"until_why,omitempty"`
	Unsure   int       `json:"unsure"` // how many of Points are not known to be complete, or to be only there
}

// NewRestoreList makes the list of what was read of both clusters. Read tells which catalogs answered.
func NewRestoreList(ask RestoreAsk, all []History, read [2]bool, now time.Time) *RestoreList {
	l := &RestoreList{At: now, Before: ask.Before, Points: []RestorePoint{}}
	byCell := map[Cell]*[2][]RestorePoint{}
	for i := range all {
		h := &all[i]
		if byCell[h.Cell] == nil {
			byCell[h.Cell] = &[2][]RestorePoint{}
		}
		byCell[h.Cell][h.Cluster] = h.Points()
		l.More = l.More || !h.Whole
	}
	for _, c := range ask.Cells {
		on := byCell[c.Cell]
		if on == nil {
			continue
		}
		for _, k := range Clusters {
			other := Clusters[1-k]
			for i := range on[k] {
				on[k][i].only(on[other], other, read[other], cmp.Or(c.Promise, unpromised))
			}
			if o, owes := obligation(on[k]); owes && ask.Deep {
				l.Obligations = append(l.Obligations, o)
			}
			l.Points = append(l.Points, on[k]...)
		}
	}
	slices.SortFunc(l.Points, newerPoint)
	l.cut(ask)
	l.recommend(read)
	return l
}

// VolumesFor are the JobIds, by cluster, of the jobs on whose volumes it depends what the list says: those of the sets of its points, and
// of what the other cluster has in their place.
func VolumesFor(ask RestoreAsk, all []History, read [2]bool, now time.Time) (ids [2][]uint32) {
	take := func(p *RestorePoint) {
		for _, part := range p.Set {
			ids[p.Key.Cluster] = append(ids[p.Key.Cluster], part.ID)
		}
	}
	whole := ask
	whole.Limit, whole.Before = 0, time.Time{}
	l := NewRestoreList(whole, all, read, now)
	candidates := slices.Clone(l.Points)
	l.cut(ask)
	for i := range l.Points {
		p := &l.Points[i]
		take(p)
		if q := inPlace(p, candidates); q != nil {
			take(q)
		}
	}
	for k := range ids {
		slices.Sort(ids[k])
		ids[k] = slices.Compact(ids[k])
	}
	return ids
}

// inPlace is the newest point of the other cluster that is not newer than one; nil: it has none. The points are in order.
func inPlace(p *RestorePoint, points []RestorePoint) *RestorePoint {
	from, _ := slices.BinarySearchFunc(points, p.At, func(q RestorePoint, at time.Time) int { return at.Compare(q.At) })
	for i := from; i < len(points); i++ {
		q := &points[i]
		if q.Cell == p.Cell && q.Key.Cluster != p.Key.Cluster && q.Complete != Answer(Fails) {
			return q
		}
	}
	return nil
}

// unpromised stands for the promise of a cell that has none.
const unpromised = 24 * time.Hour

// only tells whether nothing of the other cluster could be restored in place of a point: a complete point that is not newer, and older by
// no more than the cell's promise allows to lose.
func (p *RestorePoint) only(other []RestorePoint, of Cluster, read bool, promise time.Duration) {
	if !read {
		p.Only, p.OnlyWhy = Answer(Unknown), of.String()+"'s catalog was not read"
		return
	}
	unsure := ""
	for i := range other {
		q := &other[i]
		if q.At.After(p.At) || p.At.Sub(q.At) > promise || q.Complete == Answer(Fails) {
			continue
		}
		if q.Complete == Answer(Holds) {
			p.Only, p.OnlyWhy = Answer(Fails), fmt.Sprintf("%s has job %d, %s older", of, q.ID, Age(p.At.Sub(q.At)))
			return
		}
		unsure = fmt.Sprintf("whether job %d on %s is complete is not known", q.ID, of)
	}
	p.Only, p.OnlyWhy = Answer(Holds), ""
	if unsure != "" {
		p.Only, p.OnlyWhy = Answer(Unknown), unsure
	}
}

// obligation is what of a cell's points on a cluster is not known to be restorable from the other.
func obligation(points []RestorePoint) (o Obligation, owes bool) {
	never := false
	for i := range points {
		p := &points[i]
		if p.Complete == Answer(Fails) || p.Only == Answer(Fails) {
			continue
		}
		if o.Points == 0 {
			o = Obligation{Cluster: p.Key.Cluster, Cell: p.Cell, Newest: p.At}
		}
		o.Points++
		o.Oldest = p.At
		if p.Complete != Answer(Holds) || p.Only != Answer(Holds) {
			o.Unsure++
		}
		never = never || p.Until.IsZero()
		if p.Until.After(o.Until) {
			o.Until, o.UntilWhy = p.Until, p.UntilWhy
		}
	}
	if never {
		o.Until, o.UntilWhy = time.Time{}, "something of it has no retention"
	}
	return o, o.Points > 0
}

// cut leaves the newest points that ended by the moment that is asked for.
func (l *RestoreList) cut(ask RestoreAsk) {
	if !ask.Before.IsZero() {
		l.Points = slices.DeleteFunc(l.Points, func(p RestorePoint) bool { return p.At.After(ask.Before) })
	}
	if ask.Limit > 0 && len(l.Points) > ask.Limit {
		l.Points, l.More = l.Points[:ask.Limit], true
	}
}

// recommend chooses the newest good point, and says what stands in the way of newer ones.
func (l *RestoreList) recommend(read [2]bool) {
	i := slices.IndexFunc(l.Points, func(p RestorePoint) bool { return p.Good() })
	if i < 0 {
		return
	}
	p := &l.Points[i]
	says := []string{"the newest complete good point"}
	if read[Blue] && read[Green] {
		says[0] += " of either cluster"
	}
	if n := p.Storages(); len(n) > 0 {
		says[0] += ", on " + strings.Join(n, ", ")
	}
	if i > 0 {
		newer := &l.Points[0]
		one := fmt.Sprintf("job %d on %s is newer, but not good: %s", newer.ID, newer.Key.Cluster, newer.Lacks())
		if i > 1 {
			one = fmt.Sprintf("%d are newer and not; the newest, job %d on %s: %s", i, newer.ID, newer.Key.Cluster, newer.Lacks())
		}
		says = append(says, one)
	}
	if p.Restorable == Answer(Unknown) {
		says = append(says, p.RestorableWhy)
	}
	l.Recommended = &Recommended{p.Key, strings.Join(says, "; ")}
}

// Lacks says why the point is not one to restore without a second look; empty when it is.
func (p *RestorePoint) Lacks() string {
	switch {
	case p.Complete != Answer(Holds):
		return p.Why
	case len(p.Pruned) > 0:
		return fmt.Sprintf("the file records of job %d were pruned", p.Pruned[0])
	case p.Restorable == Answer(Fails):
		return p.RestorableWhy
	}
	return ""
}

// Miss notes that a catalog was not read, which makes the recommendation one of what was.
func (l *RestoreList) Miss(u Unread) {
	l.Unread = append(l.Unread, u)
	if l.Recommended != nil {
		l.Recommended.Says += "; " + u.Cluster.String() + "'s catalog was not read and may hold a newer one"
	}
}
