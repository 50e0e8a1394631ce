package model

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// RestorePoint is a moment to which a cell can be restored, or could be but for what Why says: the end of one of its backups in one
// catalog.
type RestorePoint struct {
	Key     JobKey    `json:"key"`
	ID      uint32    `json:"jobid"` // per catalog; never an identity
	Cell    Cell      `json:"cell"`
	Level   Level     `json:"level"`
	Start   time.Time `json:"start,omitzero"`
	At      time.Time `json:"at"`               // when it ended
	Client  string    `json:"client,omitempty"` // that was backed up
	Set     []Part    `json:"set"`              // what a restore needs, oldest first
	Bytes   uint64    `json:"bytes"`            // of the whole set, as they went to the Storage Daemon
	Volumes []Volume  `json:"volumes"`          // of the whole set, in the order in which they were written
	Pruned  []uint32  `json:"pruned,omitempty"` // JobIds of the set whose file records are gone: only a restore of whole volumes is left

	Complete Answer `json:"complete"`
	Why      string `json:"why,omitempty"` // why it is not complete, or not known to be

	Until    time.Time `json:"until,omitzero"` // when the first thing that it needs may be taken away; zero: never
	UntilWhy string    `json:"until_why,omitempty"`

	Restorable    Answer `json:"restorable"` // does the cluster's active Director know the client
	RestorableWhy string `json:"restorable_why,omitempty"`

	Proven *LastProven `json:"proven,omitempty"` // nil: a restore of its cell from its Storage Daemon never was, or nobody looked

	Only    Answer `json:"only_here"` // is there nothing of the other cluster that could be restored in its place
	OnlyWhy string `json:"only_here_why,omitempty"`
}

// LastProven is when a restore of the cell of a point, from its cluster and Storage Daemon, last came to a verdict.
type LastProven struct {
	At      time.Time `json:"at"`
	Verdict string    `json:"verdict"`
	By      string    `json:"by"`
	Lapsed  string    `json:"lapsed,omitempty"` // why it does not count any more, or is not known to
}

// Part is one job of a set.
type Part struct {
	ID    uint32 `json:"jobid"`
	Job   string `json:"job"`
	Level Level  `json:"level"`
	Bytes uint64 `json:"bytes"`
	Files uint64 `json:"files"`
}

// Storages are the Storage resources that wrote the volumes of the point, as far as the catalog tells.
func (p *RestorePoint) Storages() (names []string) {
	for i := range p.Volumes {
		if n := p.Volumes[i].Storage; n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// Good tells whether the point can be counted on.
func (p *RestorePoint) Good() bool {
	return p.Complete == Answer(Holds) && len(p.Pruned) == 0 && p.Restorable != Answer(Fails)
}

// CompleteWord says whether the point is complete.
func (p *RestorePoint) CompleteWord() string {
	switch p.Complete {
	case Answer(Holds):
		return "complete"
	case Answer(Fails):
		return "NOT"
	}
	return "unknown"
}

// OnlyWord says whether only the point's cluster can restore it; empty when the other can restore something in its place, or nobody this.
func (p *RestorePoint) OnlyWord() string {
	switch {
	case p.Complete == Answer(Fails) || p.Only == Answer(Fails):
		return ""
	case p.Only == Answer(Holds):
		return "only " + p.Key.Cluster.String()
	}
	return "only " + p.Key.Cluster.String() + "?"
}

// Notes are what a person must know of the point before it is restored, a sentence each.
func (p *RestorePoint) Notes() (says []string) {
	if p.Why != "" {
		says = append(says, p.Why)
	}
	if len(p.Pruned) > 0 {
		says = append(says, fmt.Sprintf("the file records of %d of its jobs were pruned, the first job %d: only a restore of whole volumes "+
			"is left", len(p.Pruned), p.Pruned[0]))
	}
	if p.RestorableWhy != "" {
		says = append(says, p.RestorableWhy)
	}
	return says
}

// Points are those of a history, the newest first: one for every good backup. Whether only this cluster has them is left to Only.
func (h *History) Points() []RestorePoint {
	j := h.judging()
	var out []RestorePoint
	for i := range h.Saved {
		if s := &h.Saved[i]; j.doubt(s) == NoDoubt {
			out = append(out, h.point(s, j))
		}
	}
	slices.SortFunc(out, newerPoint)
	return out
}

// newerPoint orders points of any cluster, the newest first.
func newerPoint(a, b RestorePoint) int {
	return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Key.Cluster, a.Key.Cluster), cmp.Compare(b.ID, a.ID), a.Cell.Compare(b.Cell))
}

// judging is what the backups of a history are judged by.
type judging struct {
	now    time.Time
	leaves [256]bool // by level: its backups leave something
	kept   keptOnes
}

func (h *History) judging() *judging {
	j := &judging{now: h.Now, kept: h.keptOnes()}
	for _, s := range j.kept.byStart {
		if !s.claim().Empty() {
			j.leaves[s.Job.Level] = true
		}
	}
	return j
}

func (j *judging) doubt(s *Saved) Doubt {
	return Judge(s.claim(), Bench{Now: j.now, Leaves: j.leaves[s.Job.Level]})
}

func (h *History) point(of *Saved, j *judging) RestorePoint {
	p := RestorePoint{Key: of.Job.Key, ID: of.Job.ID, Cell: h.Cell, Level: of.Job.Level, Start: of.Job.Start, At: of.Job.End,
		Client: of.Job.Client, Set: []Part{}, Volumes: []Volume{}}
	verdict, why := h.restorable(of)
	p.Restorable, p.RestorableWhy = Answer(verdict), why
	set := j.kept.set(of)
	for _, s := range set {
		p.Set = append(p.Set, Part{s.Job.ID, s.Job.Key.Job, s.Job.Level, s.Job.Bytes, s.Job.Files})
		p.Bytes += s.Job.Bytes
		if s.Pruned {
			p.Pruned = append(p.Pruned, s.Job.ID)
		}
		for _, v := range s.Volumes {
			if !slices.ContainsFunc(p.Volumes, func(o Volume) bool { return o.Name == v.Name }) {
				p.Volumes = append(p.Volumes, v)
			}
		}
		if t, by := s.until(); !t.IsZero() && (p.Until.IsZero() || t.Before(p.Until)) {
			p.Until, p.UntilWhy = t, by
		}
	}
	verdict, p.Why = h.complete(of, set, j)
	if verdict == Holds && !p.Until.IsZero() && !p.Until.After(j.now) {
		verdict, p.Why = Fails, "it expired "+Age(j.now.Sub(p.Until))+" ago: "+p.UntilWhy
	}
	p.Complete = Answer(verdict)
	return p
}

// complete tells whether a set is whole, good, and on volumes that can be read.
func (h *History) complete(of *Saved, set []*Saved, j *judging) (Verdict, string) {
	switch {
	case set == nil && h.Whole:
		return Fails, "no full backup before it is left in the catalog"
	case set == nil:
		return Unknown, fmt.Sprintf("its full backup lies further back than the %d jobs that were read", len(h.Saved))
	case !slices.Contains(set, of):
		return Fails, fmt.Sprintf("no set holds it: job %d stands in its place", set[len(set)-1].Job.ID)
	}
	verdict, why := Holds, ""
	for _, s := range set {
		switch v, says := s.usable(j); {
		case v == Fails:
			return Fails, s.named(of) + says
		case v == Unknown && verdict == Holds:
			verdict, why = Unknown, s.named(of)+says
		}
	}
	return verdict, why
}

// named says which job of a set is meant.
func (s *Saved) named(of *Saved) string {
	if s == of {
		return ""
	}
	return fmt.Sprintf("its %s backup, job %d: ", s.Job.Level, s.Job.ID)
}

func (s *Saved) usable(j *judging) (Verdict, string) {
	switch d := j.doubt(s); {
	case d != NoDoubt:
		return Fails, "not a good backup: " + d.String()
	case !s.Told:
		return Unknown, "its volumes were not read"
	case len(s.Volumes) == 0 && s.Job.Bytes > 0:
		return Fails, "no volume holds it any more"
	}
	verdict, why := Holds, ""
	for i := range s.Volumes {
		switch v, says := s.Volumes[i].Readable(); {
		case v == Fails:
			return Fails, says
		case v == Unknown && verdict == Holds:
			verdict, why = Unknown, says
		}
	}
	return verdict, why
}
