package board

import (
	"maps"
	"slices"
	"strings"

	"switchyard/model"
	"switchyard/model/record"
)

// BoundAsk is what a catalog is asked for, to tell whether proofs of restores still count.
type BoundAsk struct {
	Proofs []*record.Proved
	Jobs   []uint32                 // whose names and volumes are asked for
	Newest map[model.Cell][2]uint32 // JobIds of the newest good backup, whose FileSet counts, and of the newest good full one; 0: none
}

// BoundTold is what a catalog answers.
type BoundTold struct {
	Jobs     map[uint32]string         // unique names; what is not there is gone
	Volumes  map[uint32][]model.Volume // by JobId; nil: nobody tells
	FileSets map[uint32]string         // their hashes, by JobId; nil: nobody tells
}

// bounds is what was told last of what proofs of one cluster are bound to. It is replaced whole.
type bounds struct {
	jobs    map[uint32]string
	volumes map[volumeOf]string
	newest  map[model.Cell]newestOf
}

// volumeOf is a volume as what a proof of a cell is bound to; the cell is zero where a proof names none.
type volumeOf struct {
	cell model.Cell
	name string
}

// newestOf is what the newest good backups of a cell are on and of.
type newestOf struct {
	ids      [2]uint32
	fileSet  string // empty: nobody tells
	storages []string
}

// Bound tells whether a proof is one of a restore from that cluster, and bound to something that its catalog tells.
func (s *Snapshot) Bound(c model.Cluster, p *record.Proved) bool {
	return p.Claim.Restored != nil && p.Of.Cluster != nil && *p.Of.Cluster == c && (len(p.Of.Jobs) > 0 || p.Of.Cell != nil)
}

// BoundOf is what to ask a cluster's catalog for because of some proofs; those of others, and those that are bound to nothing of a catalog,
// ask for nothing.
func (s *Snapshot) BoundOf(c model.Cluster, proofs []*record.Proved) (ask BoundAsk) {
	ask.Newest = map[model.Cell][2]uint32{}
	for _, p := range proofs {
		if !s.Bound(c, p) {
			continue
		}
		ask.Proofs = append(ask.Proofs, p)
		for _, j := range p.Of.Jobs {
			ask.Jobs = append(ask.Jobs, j.ID)
		}
		if p.Of.Cell == nil {
			continue
		}
		ids := s.newestGood(c, *p.Of.Cell)
		ask.Newest[*p.Of.Cell] = ids
		ask.Jobs = append(ask.Jobs, ids[0], ids[1])
	}
	slices.Sort(ask.Jobs)
	ask.Jobs = slices.DeleteFunc(slices.Compact(ask.Jobs), func(id uint32) bool { return id == 0 })
	return ask
}

// newestGood are the JobIds of the newest good backup of a cell on a cluster, and of its newest good full one.
func (s *Snapshot) newestGood(c model.Cluster, cell model.Cell) (ids [2]uint32) {
	v := s.Cell(cell)
	if v == nil {
		return ids
	}
	for i, j := range []*model.Job{v.On[c].LastGood, v.On[c].LastFull} {
		if j != nil {
			ids[i] = j.ID
		}
	}
	return ids
}

// BoundNews tells whether something else would be asked for because of a proof than was when it was last told of.
func (s *Snapshot) BoundNews(p *record.Proved) bool {
	c := *p.Of.Cluster
	if s.bound[c] == nil {
		return true
	}
	if p.Of.Cell != nil && s.bound[c].newest[*p.Of.Cell].ids != s.newestGood(c, *p.Of.Cell) {
		return true
	}
	for _, j := range p.Of.Jobs {
		if _, told := s.bound[c].jobs[j.ID]; !told {
			return true
		}
	}
	return false
}

// with is what is known with a further answer.
func (b *bounds) with(ask BoundAsk, told BoundTold) *bounds {
	next := &bounds{map[uint32]string{}, map[volumeOf]string{}, map[model.Cell]newestOf{}}
	if b != nil {
		next = &bounds{maps.Clone(b.jobs), maps.Clone(b.volumes), maps.Clone(b.newest)}
	}
	for _, id := range ask.Jobs {
		next.jobs[id] = told.Jobs[id]
	}
	for _, p := range ask.Proofs {
		of := volumeOf{}
		if p.Of.Cell != nil {
			of.cell = *p.Of.Cell
		}
		for _, of.name = range p.Of.Volumes {
			if is, known := told.volume(p, of.name); known {
				next.volumes[of] = is
			} else {
				delete(next.volumes, of)
			}
		}
	}
	for cell, ids := range ask.Newest {
		n := newestOf{ids: ids, fileSet: told.FileSets[ids[0]]}
		for _, id := range ids {
			for _, v := range told.Volumes[id] {
				if v.Storage != "" && !slices.Contains(n.storages, v.Storage) {
					n.storages = append(n.storages, v.Storage)
				}
			}
		}
		next.newest[cell] = n
	}
	return next
}

// volume is the name of a volume that still holds a job of a proof and can be read, or in which way it does not; empty when it is gone.
func (t *BoundTold) volume(p *record.Proved, name string) (is string, known bool) {
	known = t.Volumes != nil
	for _, j := range p.Of.Jobs {
		on, told := t.Volumes[j.ID]
		if _, there := t.Jobs[j.ID]; there && !told { // it is on more than can be told
			known = false
		}
		for i := range on {
			if model.Clean(on[i].Name) != name {
				continue
			}
			if v, why := on[i].Readable(); v == model.Fails {
				return strings.TrimPrefix(why, "volume "+on[i].Name+" is "), true
			}
			return name, true
		}
	}
	return "", known && len(p.Of.Jobs) > 0
}

// WithBound is the snapshot that knows a catalog's answer besides.
func (s *Snapshot) WithBound(c model.Cluster, ask BoundAsk, told BoundTold) *Snapshot {
	next := *s
	next.bound[c] = s.bound[c].with(ask, told)
	return &next
}

// Bound takes in a catalog's answer to what evidence is bound to. What is not asked for any more is forgotten.
func (b *Board) Bound(c model.Cluster, ask BoundAsk, told BoundTold, kept []*record.Proved) {
	s := b.sides[c]
	s.bound = s.bound.with(ask, told)
	jobs, cells := map[uint32]bool{}, map[model.Cell]bool{{}: true}
	for _, p := range kept {
		for _, j := range p.Of.Jobs {
			jobs[j.ID] = true
		}
		if p.Of.Cell != nil {
			cells[*p.Of.Cell] = true
		}
	}
	maps.DeleteFunc(s.bound.volumes, func(v volumeOf, _ string) bool { return !cells[v.cell] })
	maps.DeleteFunc(s.bound.newest, func(c model.Cell, _ newestOf) bool { return !cells[c] })
	for _, n := range s.bound.newest {
		jobs[n.ids[0]], jobs[n.ids[1]] = true, true
	}
	maps.DeleteFunc(s.bound.jobs, func(id uint32, _ string) bool { return !jobs[id] })
	s.dirty = true
}

// VerifyBy tells the hash of the command that verifies a format, empty where nothing does. Without it that is not known.
func (b *Board) VerifyBy(hash func(model.Format) string) { b.verify = hash }

// boundTo tells what a catalog has of what a proof is bound to, as it was told last.
func (s *Snapshot) boundTo(b record.Bound) (is string, known bool) {
	if b.Cluster == nil || s.bound[*b.Cluster] == nil || s.silent(model.CatalogOf(*b.Cluster)) != "" {
		return "", false
	}
	at, cell := s.bound[*b.Cluster], model.Cell{}
	if b.Cell != nil {
		cell = *b.Cell
	}
	switch newest := at.newest[cell]; b.Kind {
	case record.BoundVolume:
		is, known = at.volumes[volumeOf{cell, b.Of}]
	case record.BoundFileSet:
		is, known = newest.fileSet, newest.fileSet != ""
	case record.BoundStorage:
		if known = len(newest.storages) > 0; known {
			is = model.Clean(newest.storages[0])
		}
		for _, name := range newest.storages {
			if model.Clean(name) == b.Is {
				is = b.Is
			}
		}
	}
	return is, known
}

// Counts tells whether a proof still counts in this look, and until when or why not.
func (s *Snapshot) Counts(p *record.Proof) (model.Verdict, string) { return p.Stands(s.At, s.Present) }

// Bounds tells two states of what is known of the world that evidence is bound to from each other.
func (s *Snapshot) Bounds() any { return s.bound }
