package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/routes"
)

// forecast is what the first night of cells on a cluster comes to: one that has no full backup of a cell makes it a full one.
type forecast struct {
	fulls  int    // cells
	bytes  uint64 // of those whose size is known
	untold int    // of which the other cluster tells nothing
	at     int    // jobs that run at once, as far as anybody tells; 0: nobody does, and one after the other is the worst
	stored bool   // it is said of Storages, too, how much they run at once
	unsaid int    // cells on those of which it is not said then
	told   bool   // the schedules are those that are pushed
	night

	of     int          // cells of the wave
	alone  int          // cells that would be late in however small a wave
	others int          // cells of the wave without those, and without those that are untold or never due
	fits   []model.Cell // the first of these: a wave of them ends in time
}

// spare is how much room a Storage Daemon should have beside what is known to come.
const spare = 1.3

// forecast is worked out once for a shift.
func (w World) forecast(v *shifting) *forecast {
	if v.ahead != nil {
		return v.ahead
	}
	n := w.nights(v)
	f := &forecast{at: n.atOnce, stored: len(n.storages) > 0, told: n.told, of: len(n.wave)}
	v.ahead = f
	all := make([]int, len(n.wave))
	for i := range n.wave {
		all[i] = i
		if c := &n.wave[i]; c.first && c.storage == 0 && f.stored {
			f.unsaid++
		}
		switch c := &n.wave[i]; {
		case !c.first:
		case c.untold:
			f.fulls, f.untold = f.fulls+1, f.untold+1
		default:
			f.fulls, f.bytes = f.fulls+1, f.bytes+v.views[i].On[n.other].LastFull.Bytes
		}
	}
	if f.fulls == 0 {
		return f
	}
	if f.night = n.lay(all, n.atOnce, n.storages); len(f.late) > 0 {
		f.smaller(n, v, all)
	}
	return f
}

// smaller finds a wave that ends in time: the first of the cells that can.
func (f *forecast) smaller(n *nights, v *shifting, all []int) {
	late := n.lay(all, len(all)+len(n.rest), nil).late
	out := make([]bool, len(all))
	for _, is := range [][]int{late, f.undated} {
		for _, i := range is {
			out[i] = true
		}
	}
	can := slices.DeleteFunc(all, func(i int) bool { return out[i] || n.wave[i].untold })
	f.alone, f.others = len(late), len(can)
	for _, i := range can[:n.fit(can)] {
		f.fits = append(f.fits, v.cells[i])
	}
}

// atOnce is the most backups that ran at the same moment.
func atOnce(ended []model.Job) (most int) {
	type edge struct {
		at    time.Time
		begin int
	}
	var edges []edge
	for i := range ended {
		if j := &ended[i]; j.Type == model.TypeBackup && !j.Start.IsZero() && j.End.After(j.Start) {
			edges = append(edges, edge{j.Start, 1}, edge{j.End, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.begin, b.begin)) })
	now := 0
	for _, e := range edges {
		now += e.begin
		most = max(most, now)
	}
	return most
}

func (f *forecast) String() string {
	if f.fulls == 0 {
		return "no first full backups"
	}
	says := fmt.Sprintf("%s, %s", model.Plural(f.fulls, "first full backup"), model.Size(f.bytes))
	if !f.begins.IsZero() {
		says += fmt.Sprintf(", about %s from %s UTC on", model.Age(f.ends.Sub(f.begins)), f.begins.UTC().Format("2 Jan 15:04"))
	}
	if f.at > 0 {
		says += fmt.Sprintf(" with %d at once", f.at)
	}
	if f.stored {
		says += ", no more on a Storage than it is said to take"
	}
	if f.unsaid > 0 {
		says += fmt.Sprintf("; of the Storage of %d of them that is not said", f.unsaid)
	}
	if f.untold > 0 {
		says += fmt.Sprintf("; of %d the size is not known", f.untold)
	}
	if len(f.undated) > 0 {
		says += fmt.Sprintf("; when %d of them are due nobody can tell", len(f.undated))
	}
	return says
}

// firstNight asks for a reason where a clone source would be dumped by the other cluster again before its first full backups have ended.
func (w World) firstNight(p *Plan, v *shifting) model.Check {
	on, other := p.on(), model.Clusters[1-p.on()]
	c := w.ofNights(v, on, fmt.Sprintf("the first night on %s ends before %s's next one begins", on, other))
	if c.At.IsZero() {
		return c
	}
	f := w.forecast(v)
	c.Value = f.String()
	if f.window > 0 {
		c.Limit = fmt.Sprintf("before %s dumps each clone source again, %s or more", other, model.Span(f.window.Round(time.Minute)))
	}
	switch {
	case f.fulls == 0:
		c.Verdict = model.Holds
	case len(f.late) > 0:
		c.Verdict, c.Value = model.Fails, fmt.Sprintf("%s; %d of them would not have ended when %s dumps their clone source again; %s", c.Value,
			len(f.late), other, f.instead())
	case !f.told:
		c.Value += fmt.Sprintf("; %s's schedules are another control plane's: these are the inventory's times", on)
	case len(f.undated) == 0 && f.untold == 0 && f.unsaid == 0:
		c.Verdict = model.Holds
	}
	return c
}

// instead tells what smaller wave would end in time.
func (f *forecast) instead() string {
	says := ""
	if f.alone > 0 {
		says = fmt.Sprintf("%d in no wave, however small; ", f.alone)
	}
	switch n := len(f.fits); {
	case n == 0:
		return says + "no smaller wave would do"
	case n == f.others:
		return says + fmt.Sprintf("a wave of the %d others would", n)
	case f.others == f.of:
		return says + fmt.Sprintf("a wave of the first %d of these, up to %s, would", n, f.fits[n-1])
	default:
		return says + fmt.Sprintf("a wave of the first %d of the %d others, up to %s, would", n, f.others, f.fits[n-1])
	}
}

// roomAge is how old what a storage has left may be: it is asked for every few minutes.
const roomAge = 30 * time.Minute

// storageRoom compares what is asked for with what is left for each Storage. Where nobody tells that, a reason is asked for.
func (w World) storageRoom(p *Plan, v *shifting) model.Check {
	c := model.Check{Says: fmt.Sprintf("%s's storages have room for the first full backups", p.on()), Bar: model.Override,
		Limit: fmt.Sprintf("x %g", spare)}
	if v.err != nil {
		c.Value = "it is not known which cells move"
		return c
	}
	by, first := map[string]uint64{}, false
	for i, s := range v.views {
		if s != nil && s.On[v.cluster].LastFull == nil {
			first = true
			if was := s.On[1-v.cluster].LastFull; was != nil {
				by[cmp.Or(v.placed[i].Storage, "the default storage")] += uint64(float64(was.Bytes) * spare)
			}
		}
	}
	if !first {
		c.Verdict, c.At, c.Value = model.Holds, w.Now, "no first full backups"
		return c
	}
	room := w.view(v.cluster).Room
	if room.At.IsZero() || w.Now.Sub(room.At) > roomAge {
		room.Value = nil
	}
	var lacking, untold []string
	for name, needs := range by {
		switch free, told := room.Value[name]; {
		case !told:
			untold = append(untold, name)
		case needs > free:
			lacking = append(lacking, name)
		}
	}
	largest := func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) }
	tell := slices.SortedFunc(maps.Keys(by), largest)
	c.At = room.At
	switch {
	case len(lacking) > 0:
		c.Verdict, tell = model.Fails, slices.SortedFunc(slices.Values(lacking), largest)
		c.Value = fmt.Sprintf("%d of %d have too little", len(lacking), len(by))
	case len(untold) > 0:
		c.At, tell = time.Time{}, slices.SortedFunc(slices.Values(untold), largest)
		c.Value = "nobody tells how much they have left"
		if room.Why != "" {
			c.Value = model.Clean(room.Why)
		}
	default:
		c.Verdict, c.Value = model.Holds, fmt.Sprintf("enough on %d", len(by))
	}
	for n, name := range tell {
		if n == 4 {
			c.Value += fmt.Sprintf(", and %d more", len(tell)-n)
			break
		}
		c.Value += fmt.Sprintf("; %s needs %s", model.Clean(name), model.Size(by[name]))
		if free, told := room.Value[name]; told {
			c.Value += fmt.Sprintf(" of %s", model.Size(free))
		}
	}
	return c
}

// costs say what changes, in a few lines whatever its size.
func (v *shifting) costs(w World) []string {
	word := "gain"
	if !v.adds {
		word = "lose"
	}
	if len(v.cells) == 1 {
		word += "s"
	}
	says := fmt.Sprintf("%d of %d cells %s %s: %s", len(v.cells), len(v.inv.Cells), word, v.cluster, routes.Some(v.cells))
	lines := []string{model.Clean(says)}
	if v.there > 0 {
		lines = append(lines, fmt.Sprintf("%d more are asked for and are there already", v.there))
	}
	switch {
	case v.back():
		return append(append(lines, pressing), w.gives(v)...)
	case v.adds:
		lines = append(lines, w.forecast(v).String(), "until it is settled each of them is backed up twice")
	default:
		lines = append(lines, fmt.Sprintf("%s starts no backups of them any more; what it has stays until its retention is over", v.cluster))
	}
	return append(lines, w.unquiet(v)...)
}

// undo says what going back would really give.
func (v *shifting) undo(w World) []string {
	switch {
	case v.back():
		return []string{"settle them again: that asks for green's proof as it is then"}
	case v.adds:
		return []string{fmt.Sprintf("shift them to %s again: it has had them all the time", v.from)}
	}
	lines := []string{fmt.Sprintf("shift them to both again: %s then goes on from what it has", v.cluster)}
	if v.cluster == model.Blue {
		return append(lines, w.gives(v)...)
	}
	return lines
}

// gives says how much going back to blue is worth: how old its newest backups are, and whether it reached their clients when it last tried.
func (w World) gives(v *shifting) (lines []string) {
	var oldest, newest time.Time
	none, bad, never := 0, 0, 0
	for _, c := range v.views {
		if c == nil {
			none++
			continue
		}
		s := &c.On[model.Blue]
		if s.LastGood == nil {
			none++
		} else {
			at := s.LastGood.When()
			if oldest.IsZero() || at.Before(oldest) {
				oldest = at
			}
			if at.After(newest) {
				newest = at
			}
		}
		switch {
		case s.Last == nil:
			never++
		case !s.Last.Outcome.Good() || s.Last.Hollow():
			bad++
		}
	}
	if !newest.IsZero() {
		young, old := model.Age(w.Now.Sub(newest)), model.Age(w.Now.Sub(oldest))
		if young != old {
			old = young + " to " + old
		}
		lines = append(lines, "blue's newest good backups of them are "+old+" old")
	}
	if none > 0 {
		lines = append(lines, fmt.Sprintf("of %d of them blue has no good backup: its next one is a full one", none))
	}
	switch {
	case bad+never == 0:
		lines = append(lines, "blue's newest try of each ended well: it reached their clients then")
	default:
		lines = append(lines, fmt.Sprintf("whether blue still reaches the clients is not known of %d: its newest try of %d ended badly, "+
			"and %d were never tried", bad+never, bad, never))
	}
	return lines
}
