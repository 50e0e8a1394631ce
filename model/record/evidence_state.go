package record

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// Proved is the newest verdict on one claim about one thing, and the newest try that came to none after it.
type Proved struct {
	Proof
	Who     string    `json:"who"` // the actor of its record, who answers for it
	Seq     int64     `json:"seq"` // its record
	Noted   time.Time `json:"recorded_at"`
	Tried   *Tried    `json:"tried_since,omitempty"`
	Carried bool      `json:"carried,omitempty"` // of a break-glass journal: Seq is a number of the shared one
	key     string
}

// Tried is a test that could not be carried out.
type Tried struct {
	At  time.Time `json:"at"`
	Who string    `json:"who"`
	By  Means     `json:"by"`
	Why string    `json:"why"`
}

// maxProved bounds how many are kept; beyond it the one that was seen longest ago goes.
const maxProved = 50_000

// prove takes in a record of evidence.
func (s *State) prove(r Record, seq int64) error {
	var e Evidence
	if err := r.Into(&e); err != nil {
		return err
	}
	if err := e.check(r.At); err != nil {
		return fmt.Errorf("%w: %w", ErrIllegal, err)
	}
	if len(e.Proofs) == 0 {
		return nil
	}
	all := slices.Clone(s.Evidence)
	for _, p := range e.Proofs {
		if p.Claim.Tail != nil {
			p.Claim.Tail = new(Tail).with(p.Claim.Tail)
		}
		all = taken(all, &Proved{Proof: p, Who: r.Actor, Seq: seq, Noted: r.At, key: p.key()})
	}
	for len(all) > maxProved {
		oldest := slices.MinFunc(all, byAge)
		all = slices.DeleteFunc(all, func(p *Proved) bool { return p == oldest })
	}
	s.Evidence, s.Proven = all, len(all)
	return nil
}

func byAge(a, b *Proved) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Seq, b.Seq)) }

// key is what a later proof takes the place of.
func (p *Proof) key() string {
	key := p.Claim.Kind() + "\x00" + p.Of.place()
	if p.Claim.Said != nil {
		key += "\x00" + p.Claim.Said.Says
	}
	if u := p.Claim.Unused; u != nil {
		key += "\x00" + u.Host + "\x00" + u.Schema
	}
	return key
}

// taken puts one among all, which are ordered by key and are the caller's own.
func taken(all []*Proved, p *Proved) []*Proved {
	i, there := slices.BinarySearchFunc(all, p.key, func(a *Proved, key string) int { return strings.Compare(a.key, key) })
	if !there {
		return slices.Insert(all, i, p)
	}
	all[i] = all[i].after(p)
	return all
}

// after is what is known when another proof of the same has come. The later one counts, by when it was seen: records of other journals,
// and of other frameworks, come late. What came to no verdict takes back none.
func (a *Proved) after(b *Proved) *Proved {
	next := *a
	switch {
	case b.Verdict == model.Unknown && a.Verdict != model.Unknown:
		if !b.At.Before(a.At) && (a.Tried == nil || !b.At.Before(a.Tried.At)) {
			next.Tried = &Tried{At: b.At, Who: b.Who, By: b.By, Why: b.Why}
		}
	case b.Verdict != model.Unknown && a.Verdict == model.Unknown:
		next = *b
		if !a.At.Before(b.At) {
			next.Tried = &Tried{At: a.At, Who: a.Who, By: a.By, Why: a.Why}
		}
	case !b.At.Before(a.At):
		next = *b
		if t := a.Tried; t != nil && !t.At.Before(b.At) {
			next.Tried = t
		}
	}
	if a.Claim.Tail != nil && b.Claim.Tail != nil {
		next.Claim.Tail = a.Claim.Tail.with(b.Claim.Tail)
	}
	if a.Claim.Series != nil && b.Claim.Series != nil {
		next.Claim.Series = a.Claim.Series.with(b.Claim.Series.Days)
	}
	if a.Claim.Storages != nil && b.Claim.Storages != nil {
		next.Claim.Storages = a.Claim.Storages.with(b.Claim.Storages.Of)
		next.Verdict, next.Why = next.Claim.Storages.Verdict()
	}
	if a.Claim.Traffic != nil && b.Claim.Traffic != nil {
		next.Claim.Traffic = a.Claim.Traffic.with(b.Claim.Traffic.Looks)
	}
	if a.Claim.Reached != nil && b.Claim.Reached != nil {
		next.Claim.Reached = a.Claim.Reached.with(b.Claim.Reached.Of)
		next.Verdict, next.Why = next.Claim.Reached.Verdict()
	}
	return &next
}

// with is the tail with more jobs: the newest TailJobs of all, each once, the newest last; and with the newest numbers.
func (t *Tail) with(more *Tail) *Tail {
	jobs := append(make([]TailJob, 0, len(t.Jobs)+len(more.Jobs)), t.Jobs...)
	numbered := t.Numbered
	if n := more.Numbered; n != nil && (numbered == nil || n.At.After(numbered.At)) {
		numbered = n
	}
	for _, j := range more.Jobs {
		if i := slices.IndexFunc(jobs, func(old TailJob) bool { return old.Job == j.Job }); i >= 0 {
			if len(j.Volumes) == 0 {
				j.Volumes = jobs[i].Volumes
			}
			jobs = slices.Delete(jobs, i, i+1)
		}
		i, _ := slices.BinarySearchFunc(jobs, j, byEnd)
		jobs = slices.Insert(jobs, i, j)
	}
	return &Tail{Jobs: jobs[max(0, len(jobs)-TailJobs):], Numbered: numbered}
}

func byEnd(a, b TailJob) int {
	if c := a.End.Compare(b.End); c != 0 {
		return c
	}
	return strings.Compare(a.Job, b.Job)
}

// Proof finds the newest of what one claims about its subject; nil: nothing was ever proven of that.
func (s *State) Proof(like *Proof) *Proved {
	if s == nil {
		return nil
	}
	i, there := slices.BinarySearchFunc(s.Evidence, like.key(), func(a *Proved, key string) int { return strings.Compare(a.key, key) })
	if !there {
		return nil
	}
	return s.Evidence[i]
}

// Present tells what an identity is now, empty when it is gone, as far as somebody knows. A nil Present knows nothing.
type Present func(Bound) (is string, known bool)

// Stands tells whether a proof still counts at a moment: Fails when it has lapsed, by its time or because what it is bound to changed;
// Unknown when nobody can tell. Says is why, or until when.
func (p *Proof) Stands(now time.Time, present Present) (v model.Verdict, says string) {
	unknown := ""
	switch {
	case !p.Until.IsZero() && !now.Before(p.Until):
		return model.Fails, "it counted until " + p.Until.UTC().Format("2 Jan 2006 15:04") + " UTC"
	case p.At.After(now.Add(model.ClockSlack)):
		unknown = "it was seen at " + p.At.UTC().Format("2 Jan 2006 15:04") + " UTC, which is to come"
	}
	bounds := p.Of.Bounds()
	if p.By.Kind == ByFramework { // for its command it answers itself
		bounds = slices.DeleteFunc(bounds, func(b Bound) bool { return b.Kind == BoundCommand })
	}
	for _, b := range bounds {
		is, known := "", false
		if present != nil {
			is, known = present(b)
		}
		switch {
		case known && is != b.Is:
			return model.Fails, b.changed(is)
		case !known && unknown == "":
			unknown = "nobody can tell whether " + b.String() + " is still " + b.Is
		}
	}
	switch {
	case unknown != "":
		return model.Unknown, unknown
	case !p.Until.IsZero():
		return model.Holds, "until " + p.Until.UTC().Format("2 Jan 2006 15:04") + " UTC"
	case len(bounds) > 0:
		return model.Holds, "until what it is about changes"
	}
	return model.Holds, "until something else is proven"
}

// NewestRestores are, of the proofs of restores that passed, the newest of each cluster, region, kind and Storage Daemon, so many of each:
// those on which it rests whether such a restore is proven; and so many of each cell of these chains, whatever was restored since.
func (s *State) NewestRestores(each int, chains ...string) (out []*Proved) {
	if s == nil {
		return nil
	}
	passed := slices.DeleteFunc(slices.Clone(s.Evidence), func(p *Proved) bool {
		return p.Claim.Restored == nil || p.Of.Cell == nil || p.Of.Cluster == nil || p.Verdict != model.Holds
	})
	slices.SortStableFunc(passed, func(a, b *Proved) int { return b.At.Compare(a.At) })
	n := map[string]int{}
	newest := func(of ...string) bool {
		key := strings.Join(of, "\x00")
		n[key]++
		return n[key] <= each
	}
	for _, p := range passed {
		on, cell := p.Of.Cluster.String(), p.Of.Cell
		alike := newest(on, cell.Region, cell.Kind.String(), p.Of.Storage)
		if slices.Contains(chains, cell.Chain) && newest(on, cell.String()) || alike {
			out = append(out, p)
		}
	}
	return out
}

// RestoresProven are the newest proofs of restores by cell and cluster, whatever Storage Daemon they were from.
func (s *State) RestoresProven() map[model.Cell][2]*Proved {
	out := map[model.Cell][2]*Proved{}
	for _, p := range s.Evidence {
		if p.Claim.Restored == nil || p.Of.Cell == nil || p.Of.Cluster == nil {
			continue
		}
		on := out[*p.Of.Cell]
		if was := on[*p.Of.Cluster]; was == nil || was.Verdict == model.Unknown || p.Verdict != model.Unknown && p.At.After(was.At) {
			on[*p.Of.Cluster] = p
		}
		out[*p.Of.Cell] = on
	}
	return out
}

// RestoreProven is the newest proof of a restore of a cell from a cluster, and from one Storage Daemon of it where that is named; nil:
// there is none.
func (s *State) RestoreProven(cell model.Cell, on model.Cluster, storage string) (newest *Proved) {
	for _, p := range s.Evidence {
		of := &p.Of
		if p.Claim.Restored == nil || of.Cell == nil || of.Cluster == nil || *of.Cell != cell || *of.Cluster != on ||
			storage != "" && of.Storage != "" && of.Storage != storage {
			continue
		}
		if newest == nil || newest.Verdict == model.Unknown || p.Verdict != model.Unknown && p.At.After(newest.At) {
			newest = p
		}
	}
	return newest
}
