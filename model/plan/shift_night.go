package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// Times is what the configuration says of when a cluster's Directors start something, and how much at once.
type Times struct {
	Zone   *time.Location // the Directors'; nil: UTC
	Apart  time.Duration  // what is pushed gives way by that to the other cluster's starts on one clone source; 0: it does not
	AtOnce int            // the Directors' MaximumConcurrentJobs; 0: not said
	// Storages are the MaximumConcurrentJobs of Storages, by name, in place of what the Director tells of them; where neither does, nothing
	// bounds them. Storage is that of cells without one.
	Storages map[string]int
	Storage  string
}

// nights lays out what a cluster does from now on until the cells of a wave have a full backup there, by the schedules that are pushed with
// that wave: those that render writes.
type nights struct {
	now        time.Time
	on, other  model.Cluster
	zones      [2]*time.Location
	give       [2]*model.Giving // by cluster
	told       bool             // these are the schedules that are pushed
	atOnce     int
	storages   []int          // how much each runs at once, by number from 1 on
	storage    map[string]int // their numbers
	standard   string         // the one of cells without
	sources    []cloneSource
	wave, rest []nightly // of the wave by its place there, and what the cluster takes besides
	laid       int       // how often it was laid out
	dues       map[dueAfter]time.Time
	ones       map[model.Schedule][]model.Schedule // of one schedule alone, which most clone sources have
	dumps      []model.Dump
	limits     []time.Time    // of the wave, by the place in dumps
	numbers    map[string]int // of the clone sources, by client
	last       int
	least      time.Duration // that the pushed schedules keep the starts of both clusters apart where they can; 0: it is not known
	theirs     []dumping     // what the other cluster takes
	ours       []dumping     // what the cluster takes besides, and has a full backup of: the wave may move its starts
	gaps       map[twoSchedules]*[dumpClasses]time.Duration
}

// nightly is a cell on the cluster.
type nightly struct {
	source   int // -1: the inventory does not have it
	storage  int // its number; 0: nobody says how much it runs at once
	schedule model.Schedule
	took     time.Duration
	first    bool // a full backup, because the cluster has none
	untold   bool // the other cluster does not tell of how long it took
}

// cloneSource is a client, and when both clusters dump it.
type cloneSource struct {
	client     string
	own, other []model.Schedule // each once, never changed in place; own are those besides the wave's

	laid int // what follows is of that time
	mine []model.Schedule
	by   [2]int
	set  bool // by and kept are worked out
	kept bool // no start of one cluster is nearer than least to one of the other's
	last dated
}

// dated are the moments of one schedule of a clone source.
type dated struct {
	of        model.Schedule
	at, limit time.Time
}

type dueAfter struct {
	model.Schedule
	on    model.Cluster
	after int64
}

// nights finds what both clusters take once a wave's routes count, once for a shift.
func (w World) nights(v *shifting) *nights {
	if v.nights == nil {
		v.nights = w.newNights(v)
		v.nights.walk(v, w.Snapshot.Cells)
	}
	return v.nights
}

func (w World) newNights(v *shifting) *nights {
	on, other := v.cluster, model.Clusters[1-v.cluster]
	of := &w.Routing.Times
	n := &nights{now: w.Now, on: on, other: other, told: !w.Routing.Unpushed[on], dues: map[dueAfter]time.Time{},
		ones: map[model.Schedule][]model.Schedule{}, wave: make([]nightly, len(v.cells)), sources: make([]cloneSource, 0, len(v.inv.Cells)/4),
		numbers: map[string]int{}, last: -1, gaps: map[twoSchedules]*[dumpClasses]time.Duration{}, theirs: make([]dumping, 0, len(v.cells))}
	for _, c := range model.Clusters {
		n.zones[c] = cmp.Or(of[c].Zone, time.UTC)
		n.give[c] = model.GiveWay(of[c].Zone, of[1-c].Zone, of[c].Apart)
	}
	if of[on].Apart <= 0 || of[other].Apart <= 0 { // else each gives way to where the other no longer is
		n.least = max(of[on].Apart, of[other].Apart)
	}
	n.atOnce = cmp.Or(of[on].AtOnce, atOnce(w.view(on).Recent), atOnce(w.view(other).Recent))
	n.standard, n.storage = of[on].Storage, map[string]int{}
	told := map[string]int{}
	if v := w.view(on); v.Acting < len(v.Directors) {
		maps.Copy(told, v.Directors[v.Acting].Stores)
	}
	maps.Copy(told, of[on].Storages)
	for name, most := range told {
		n.storages = append(n.storages, most)
		n.storage[name] = len(n.storages)
	}
	for i := range n.wave {
		n.wave[i].source = -1
	}
	return n
}

// walk goes through the inventory, whose cells are in the order of the wave's and of what is seen of cells.
func (n *nights) walk(v *shifting, views []board.CellView) {
	route, moving := v.next.Walk(), 0
	for i := range v.inv.Cells {
		p := &v.inv.Cells[i]
		takes := route(p.Cell)
		if takes.Gap() {
			continue
		}
		source := n.numbered(p.Client)
		s := &n.sources[source]
		for moving < len(v.cells) && v.cells[moving].Compare(p.Cell) < 0 {
			moving++
		}
		var view *board.CellView
		moves := moving < len(v.cells) && v.cells[moving] == p.Cell
		if moves {
			view = v.views[moving]
			n.wave[moving] = n.first(view, source, p.Schedule)
			n.wave[moving].storage = n.storedOn(p)
			moving++
		} else if views = views[skip(len(views), func(n int) bool { return views[n].Cell.Compare(p.Cell) < 0 }):]; len(views) > 0 &&
			views[0].Cell == p.Cell {
			view = &views[0]
		}
		if takes[n.other] == model.Holds {
			s.other = n.with(s.other, p.Schedule)
			n.theirs = append(n.theirs, dumpingOf(view, n.other, source, p.Schedule))
		}
		if !moves && takes[n.on] == model.Holds {
			s.own = n.with(s.own, p.Schedule)
			if view != nil && view.On[n.on].LastFull != nil {
				n.ours = append(n.ours, dumpingOf(view, n.on, source, p.Schedule))
			}
			if view != nil && view.On[n.on].Last != nil {
				n.rest = append(n.rest, nightly{source: source, storage: n.storedOn(p), schedule: p.Schedule,
					took: view.On[n.on].Last.Took()})
			}
		}
	}
}

// storedOn is the number of the Storage that a cell is written to; 0: nobody says how much that runs at once.
func (n *nights) storedOn(p *model.Placement) int {
	if len(n.storages) == 0 {
		return 0
	}
	return n.storage[cmp.Or(p.Storage, n.standard)]
}

// numbered is the number of a client's clone source: cells that follow each other often share it.
func (n *nights) numbered(client string) int {
	if n.last < 0 || n.sources[n.last].client != client {
		known := false
		if n.last, known = n.numbers[client]; !known {
			n.last = len(n.sources)
			n.numbers[client], n.sources = n.last, append(n.sources, cloneSource{client: client})
		}
	}
	return n.last
}

func (n *nights) first(c *board.CellView, source int, s model.Schedule) nightly {
	out := nightly{source: source, schedule: s}
	switch {
	case c == nil:
		out.first, out.untold = true, true
	case c.On[n.on].LastFull != nil:
		if last := c.On[n.on].Last; last != nil {
			out.took = last.Took()
		}
	case c.On[n.other].LastFull == nil, c.On[n.other].LastFull.Start.IsZero():
		out.first, out.untold = true, true
	default:
		out.first, out.took = true, c.On[n.other].LastFull.Took()
	}
	return out
}

// with are schedules and another one.
func (n *nights) with(all []model.Schedule, s model.Schedule) []model.Schedule {
	switch {
	case slices.Contains(all, s):
		return all
	case len(all) > 0:
		return append(slices.Clip(all), s)
	case n.ones[s] == nil:
		n.ones[s] = []model.Schedule{s}
	}
	return n.ones[s]
}

// night is what the first one comes to.
type night struct {
	begins, ends time.Time     // of the first full backups
	window       time.Duration // the shortest of a clone source, until it is dumped again
	late         []int         // cells of the wave whose clone source is dumped again before they end
	undated      []int         // cells that are never due
}

// lay lays out cells of the wave, so many clone sources at once, and on each Storage; nil: as many as there are.
func (n *nights) lay(cells []int, atOnce int, storages []int) (out night) {
	n.take(cells)
	n.dumps, n.limits = n.dumps[:0], n.limits[:0]
	of := make([]int, 0, len(cells))
	for _, i := range cells {
		c := &n.wave[i]
		var d dated
		if c.source >= 0 {
			d = n.dated(c.source, c.schedule)
		}
		if d.at.IsZero() || d.limit.IsZero() {
			out.undated = append(out.undated, i)
			continue
		}
		of, n.limits = append(of, i), append(n.limits, d.limit)
		n.dumps = append(n.dumps, model.Dump{Source: c.source, Storage: stored(c, storages), At: d.at, Took: c.took})
	}
	for i := range n.rest {
		c := &n.rest[i]
		if d := n.dated(c.source, c.schedule); !d.at.IsZero() {
			n.dumps = append(n.dumps, model.Dump{Source: c.source, Storage: stored(c, storages), At: d.at, Took: c.took})
		}
	}
	ends := model.Night(n.dumps, atOnce, storages...)
	for k, i := range of {
		if !n.wave[i].first {
			continue
		}
		at, limit := n.dumps[k].At, n.limits[k]
		if out.begins.IsZero() || at.Before(out.begins) {
			out.begins = at
		}
		if ends[k].After(out.ends) {
			out.ends = ends[k]
		}
		if d := limit.Sub(at); out.window == 0 || d < out.window {
			out.window = d
		}
		if ends[k].After(limit) {
			out.late = append(out.late, i)
		}
	}
	return out
}

func stored(c *nightly, storages []int) int {
	if len(storages) == 0 {
		return 0
	}
	return c.storage
}

// take has the cluster take cells of the wave, so that those of a clone source move alike.
func (n *nights) take(cells []int) {
	n.laid++
	for _, i := range cells {
		if c := &n.wave[i]; c.source >= 0 {
			s := n.at(c.source)
			s.mine = n.with(s.mine, c.schedule)
		}
	}
}

// at is a clone source with what is worked out anew each time that the wave is laid out.
func (n *nights) at(source int) *cloneSource {
	s := &n.sources[source]
	if s.laid != n.laid {
		s.laid, s.set, s.last, s.mine = n.laid, false, dated{}, s.own
	}
	return s
}

// dated is when a schedule of a clone source starts next, and when that source is dumped by the other cluster after that; by the cluster
// itself where the other does not dump it.
func (n *nights) dated(source int, of model.Schedule) dated {
	s := n.at(source)
	n.moves(s)
	if s.last.of == of && !s.last.at.IsZero() {
		return s.last
	}
	moved := n.give[n.on].Moved(of, s.by[n.on])
	d := dated{of: of, at: n.due(n.on, moved, n.now)}
	if d.at.IsZero() {
		return d
	}
	after := d.at
	if n.told { // else nobody knows that it starts in the same minute
		after = d.at.Add(-time.Second)
	}
	for _, o := range s.other {
		if next := n.due(n.other, n.give[n.other].Moved(o, s.by[n.other]), after); !next.IsZero() && (d.limit.IsZero() || next.Before(d.limit)) {
			d.limit = next
		}
	}
	if d.limit.IsZero() {
		d.limit = n.due(n.on, moved, d.at)
	}
	s.last = d
	return d
}

// moves works out by how much the schedules of a clone source move.
func (n *nights) moves(s *cloneSource) {
	if s.set {
		return
	}
	var ok [2]bool
	s.by[n.on], ok[n.on] = n.give[n.on].By(s.mine, s.other)
	s.by[n.other], ok[n.other] = n.give[n.other].By(s.other, s.mine)
	s.set, s.kept = true, ok[n.on] && ok[n.other]
}

func (n *nights) due(on model.Cluster, s model.Schedule, after time.Time) time.Time {
	key := dueAfter{s, on, after.UnixNano()}
	at, known := n.dues[key]
	if !known {
		at = s.Next(after, n.zones[on])
		n.dues[key] = at
	}
	return at
}

// fit is how many of some cells, the first ones, end in time.
func (n *nights) fit(cells []int) int {
	inTime := func(k int) bool {
		l := n.lay(cells[:k], n.atOnce, n.storages)
		return len(l.late)+len(l.undated) == 0
	}
	low, high := 0, 1
	for high <= len(cells) && inTime(high) {
		low, high = high, 2*high
	}
	for high = min(high, len(cells)+1); high-low > 1; {
		if mid := (low + high) / 2; inTime(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}
