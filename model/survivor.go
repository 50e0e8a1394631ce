package model

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Reached is what is known of a Storage Daemon after a disaster.
type Reached struct {
	Cluster Cluster `json:"cluster"`
	Storage string  `json:"storage"`
	Address string  `json:"address,omitempty"`
	Answers Answer  `json:"answers"`          // a Storage Daemon is there
	Lets    Answer  `json:"lets_director_in"` // its Director's name and password count there
	Why     string  `json:"why,omitempty"`    // why one of them is not yes
}

// reads tells whether volumes can be read there. One that answers and lets the Director not in is not lost: its password can be mended.
func (r *Reached) reads() Verdict {
	switch {
	case r.Answers == Answer(Holds) && r.Lets == Answer(Holds):
		return Holds
	case r.Answers == Answer(Fails):
		return Fails
	}
	return Unknown
}

// SurvivingPoint is a restore point, and by what it is known.
type SurvivingPoint struct {
	RestorePoint
	Card bool `json:"by_card"` // its catalog was not read, or does not know it
	// Missing, of one that its catalog, which was read, does not know, is what is to be read into that.
	Missing []string `json:"volumes_not_in_catalog,omitempty"`
}

// Beyond are the points of cards that a catalog, which was read, does not know although they are newer than all that it has of their cells:
// what a replica never had, or what was lost with a primary's last minutes. Older ones may have been pruned since.
func Beyond(read, cards []SurvivingPoint) (out []SurvivingPoint) {
	type place struct {
		of   Cluster
		cell Cell
	}
	type volume struct {
		of   Cluster
		name string
	}
	newest, known := map[place]time.Time{}, map[volume]bool{}
	for i := range read {
		p := &read[i]
		if at := (place{p.Key.Cluster, p.Cell}); p.At.After(newest[at]) {
			newest[at] = p.At
		}
		for _, v := range p.Volumes {
			known[volume{p.Key.Cluster, v.Name}] = true
		}
	}
	for _, p := range cards {
		if !p.At.After(newest[place{p.Key.Cluster, p.Cell}].Add(time.Second)) { // rows have whole seconds
			continue
		}
		var all []string
		for _, v := range p.Volumes {
			all = append(all, v.Name)
			if !known[volume{p.Key.Cluster, v.Name}] {
				p.Missing = append(p.Missing, v.Name)
			}
		}
		if len(p.Missing) == 0 { // it goes on where another one ends
			p.Missing = all
		}
		p.Card = true
		out = append(out, p)
	}
	return out
}

// Placed tells by the cards on which Storage Daemon a volume lies of which its catalog does not tell it, as after bscan has read it in.
func Placed(read, cards []SurvivingPoint) {
	type volume struct {
		of   Cluster
		name string
	}
	on := map[volume]string{}
	for i := range cards {
		for _, v := range cards[i].Volumes {
			if v.Storage != "" {
				on[volume{cards[i].Key.Cluster, v.Name}] = v.Storage
			}
		}
	}
	for i := range read {
		p := &read[i]
		p.Volumes = slices.Clone(p.Volumes)
		for j := range p.Volumes {
			if v := &p.Volumes[j]; v.Storage == "" {
				v.Storage = on[volume{p.Key.Cluster, v.Name}]
			}
		}
	}
}

// Survivor is what can come back of a chain.
type Survivor struct {
	Chain string          `json:"chain"`
	Tier  int             `json:"tier"`
	Back  Answer          `json:"comes_back"`      // no: lost, whatever is waited for
	Point *SurvivingPoint `json:"point,omitempty"` // the newest that can be read; where none can, or nobody knows, the newest that may be
	Lost  time.Duration   `json:"-"`               // what is lost with it: the time since that point
	Newer string          `json:"newer,omitempty"` // why a newer one is not taken
	Scan  *SurvivingPoint `json:"scan,omitempty"`  // the newest, where no catalog knows it and a Storage Daemon that answers has it
	Why   string          `json:"why,omitempty"`   // why it does not come back, or nobody knows
	First bool            `json:"first"`           // others need it to come back
	About time.Duration   `json:"-"`               // how long a restore takes by how fast it was written; 0: not known
}

// Survivors judges each chain of an inventory by its points and the Storage Daemons on which they lie. Reach is asked for each Storage
// Daemon and gives the zero value where nobody could ask. The order is that of a recovery: what others need first, then tier by tier.
func Survivors(inv *Inventory, points []SurvivingPoint, reach func(Cluster, string) Reached, first []string, now time.Time) []Survivor {
	of := map[string][]SurvivingPoint{}
	for _, p := range points {
		if p.Complete != Answer(Fails) && !p.At.After(now.Add(ClockSlack)) {
			of[p.Cell.Chain] = append(of[p.Cell.Chain], p)
		}
	}
	speed := speeds(points)
	var out []Survivor
	for _, c := range inv.Cells {
		if n := len(out); n > 0 && out[n-1].Chain == c.Cell.Chain {
			out[n-1].Tier = min(out[n-1].Tier, c.Tier)
			continue
		}
		out = append(out, Survivor{Chain: c.Cell.Chain, Tier: c.Tier, First: slices.Contains(first, c.Cell.Chain)})
	}
	for i := range out {
		s := &out[i]
		s.judge(of[s.Chain], reach)
		if s.Point != nil {
			s.Lost = max(0, now.Sub(s.Point.At))
			s.About = speed.about(&s.Point.RestorePoint)
		}
	}
	slices.SortStableFunc(out, func(a, b Survivor) int {
		return cmp.Or(-cmp.Compare(weight(a.First), weight(b.First)), cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Chain, b.Chain))
	})
	return out
}

func weight(is bool) int {
	if is {
		return 1
	}
	return 0
}

// judge takes the newest point that can be read. One of which nobody can tell never counts as one that can.
func (s *Survivor) judge(points []SurvivingPoint, reach func(Cluster, string) Reached) {
	slices.SortStableFunc(points, func(a, b SurvivingPoint) int { return newerPoint(a.RestorePoint, b.RestorePoint) })
	var maybe *SurvivingPoint
	maybeWhy, deadWhy := "", ""
	for i := range points {
		p := &points[i]
		verdict, why := p.readable(reach)
		if verdict == Holds && len(p.Missing) > 0 {
			verdict, why = Unknown, fmt.Sprintf("of %s UTC, which no catalog that is left knows", p.At.UTC().Format("2 Jan 15:04"))
			if s.Scan == nil {
				s.Scan = p
			}
		}
		switch {
		case verdict == Holds:
			s.Back, s.Point = Answer(Holds), p
			s.Newer = cmp.Or(maybeWhy, deadWhy)
			return
		case verdict == Unknown && maybe == nil:
			maybe, maybeWhy = p, why
		case verdict == Fails && deadWhy == "":
			deadWhy = why
		}
	}
	switch {
	case maybe != nil:
		s.Point, s.Why = maybe, maybeWhy
	case len(points) > 0:
		s.Back, s.Why = Answer(Fails), "every copy is lost, the newest "+deadWhy
	default:
		s.Back, s.Why = Answer(Fails), "no good backup of it is known"
	}
}

// readable tells whether each volume of the point's set can be read.
func (p *SurvivingPoint) readable(reach func(Cluster, string) Reached) (Verdict, string) {
	names := p.Storages()
	verdict, why := Holds, ""
	for _, v := range p.Volumes {
		if v.Storage == "" {
			verdict, why = Unknown, fmt.Sprintf("nobody tells on which Storage Daemon volume %s lies", Clean(v.Name))
		}
	}
	if len(names) == 0 && verdict == Holds {
		verdict, why = Unknown, "nobody tells on which volumes it lies"
	}
	for _, n := range names {
		r := reach(p.Key.Cluster, n)
		switch r.reads() {
		case Fails:
			return Fails, fmt.Sprintf("on %s: %s", Clean(n), cmp.Or(r.Why, "it does not answer"))
		case Unknown:
			if verdict == Holds {
				verdict, why = Unknown, fmt.Sprintf("on %s: %s", Clean(n), cmp.Or(r.Why, "nobody could ask it"))
			}
		}
	}
	switch {
	case verdict == Holds && p.Complete != Answer(Holds):
		return Unknown, cmp.Or(p.Why, "whether its set is whole is not known")
	case verdict == Holds && len(p.Pruned) > 0:
		return Unknown, "the file records of its jobs were pruned: only whole volumes can be restored"
	}
	return verdict, why
}

// speedOf is how fast backups were written to each Storage Daemon, in bytes a second; "" stands for all of them.
type speedOf map[string]float64

// leastTimed is how long a backup must have taken to say how fast it was.
const leastTimed = 20 * time.Second

func speeds(points []SurvivingPoint) speedOf {
	all := map[string][]float64{}
	for i := range points {
		p := &points[i]
		took := p.At.Sub(p.Start)
		if p.Start.IsZero() || took < leastTimed || len(p.Set) == 0 {
			continue
		}
		speed := float64(p.Set[len(p.Set)-1].Bytes) / took.Seconds()
		for _, n := range append(p.Storages(), "") {
			all[n] = append(all[n], speed)
		}
	}
	out := speedOf{}
	for n, s := range all {
		slices.Sort(s)
		out[n] = s[len(s)/2]
	}
	return out
}

func (s speedOf) about(p *RestorePoint) time.Duration {
	speed := s[""]
	for _, n := range p.Storages() {
		if own := s[n]; own > 0 && (speed == 0 || own < speed) {
			speed = own
		}
	}
	if speed <= 0 {
		return 0
	}
	return time.Duration(float64(p.Bytes) / speed * float64(time.Second))
}

// Finish is when the last chain of each tier is back, from the start of the first restore, with so many at once: what others need comes
// before all else. A tier of which something comes not back, or nobody knows how long it takes, has what is known.
func Finish(all []Survivor, atOnce int) (tiers map[int]time.Duration, last time.Duration) {
	lanes := make([]time.Duration, max(1, atOnce))
	tiers = map[int]time.Duration{}
	run := func(first bool) {
		for i := range all {
			s := &all[i]
			if s.First != first || s.Back != Answer(Holds) {
				continue
			}
			lane := 0
			for l := range lanes {
				if lanes[l] < lanes[lane] {
					lane = l
				}
			}
			lanes[lane] += s.About
			tiers[s.Tier] = max(tiers[s.Tier], lanes[lane])
			last = max(last, lanes[lane])
		}
	}
	run(true)
	for l := range lanes { // nobody begins before those are back
		lanes[l] = last
	}
	run(false)
	return tiers, last
}
