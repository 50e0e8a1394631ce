package record

import (
	"encoding/json"
	"fmt"
	"slices"

	"switchyard/model"
)

// Origin is a break-glass journal that is being, or was, merged.
type Origin struct {
	Journal   string   `json:"journal"`
	Since     int64    `json:"since"`  // the last record of this journal that it knew
	Seq       int64    `json:"seq"`    // the last of its records that is here
	Hash      string   `json:"hash"`   // of that one
	Routes    int64    `json:"routes"` // the record here that brought its newest routes; 0: none
	Closed    bool     `json:"closed"`
	Conflicts []string `json:"conflicts,omitempty"` // what it recorded and this journal could not take over
}

// carry starts a break-glass journal from what was known of the shared one.
func (s *State) carry(g *Glass) error {
	if g == nil {
		return nil
	}
	g.Why = model.Clean(g.Why)
	for _, c := range g.Carried {
		c, _, err := c.Seal()
		if err == nil {
			err = s.act(c, c.Seq)
		}
		if err != nil {
			return fmt.Errorf("record %d that was carried over: %w", c.Seq, err)
		}
	}
	for i, a := range s.Actions {
		c := *a
		c.Carried = true
		s.Actions[i] = &c
	}
	return s.carryEvidence(g)
}

// carryEvidence takes over what was proven; it stands in the state from then on, and not in its Glass.
func (s *State) carryEvidence(g *Glass) error {
	var all []*Proved
	for _, p := range g.Evidence {
		if p == nil {
			return fmt.Errorf("%w: evidence that was carried over is empty", ErrTorn)
		}
		if err := p.Check(p.Noted); err != nil {
			return fmt.Errorf("%w: evidence of record %d that was carried over: %w", ErrIllegal, p.Seq, err)
		}
		c := *p
		c.key, c.Carried = p.Proof.key(), true
		all = taken(all, &c)
	}
	s.Evidence, s.Proven = all, len(all)
	rest := *g
	rest.Evidence = nil
	s.Glass = &rest
	return nil
}

// Carry is what a break-glass journal is told of what was proven: of all, those seen last that take no more than so many bytes.
func Carry(all []*Proved, bytes int) []*Proved {
	newest := slices.Clone(all)
	slices.SortStableFunc(newest, func(a, b *Proved) int { return byAge(b, a) })
	for i, p := range newest {
		raw, err := json.Marshal(p)
		if bytes -= len(raw) + 1; err != nil || bytes < 0 {
			return newest[:i]
		}
	}
	return newest
}

// merge takes a record of a break-glass journal over. What happened there happened: an effect that no longer fits here is
// a conflict that is kept and shown, not a reason to refuse the record.
func (s *State) merge(r Record) error {
	var m Merged
	if err := r.Into(&m); err != nil {
		return err
	}
	in, _, err := m.Record.Seal()
	if err != nil {
		return fmt.Errorf("the record inside: %w", torn(err))
	}
	if s.Glass != nil || in.Kind == KindMerged {
		return fmt.Errorf("%w: only a break-glass journal's own records are merged, and only into the shared one", ErrIllegal)
	}
	if in.Kind == KindGenesis {
		return s.mergeGenesis(m.Origin, in)
	}
	i := slices.IndexFunc(s.Origins, func(o Origin) bool { return o.Journal == m.Origin })
	if i < 0 {
		return fmt.Errorf("%w: record %d of a break-glass journal whose genesis is not here", ErrIllegal, in.Seq)
	}
	o := s.Origins[i]
	switch {
	case o.Closed || in.Seq != o.Seq+1:
		return fmt.Errorf("%w: record %d of the break-glass journal; the last one here is %d", ErrIllegal, in.Seq, o.Seq)
	case in.Prev != o.Hash:
		return fmt.Errorf("%w: record %d of the break-glass journal follows another record %d", ErrChain, in.Seq, o.Seq)
	}
	o.Seq, o.Hash = in.Seq, in.Hash
	if err := s.mergeEffect(&o, in, r.Seq); err != nil {
		o.Conflicts = append(slices.Clip(o.Conflicts), fmt.Sprintf("record %d (%s): %v", in.Seq, in.Kind, err))
	}
	s.Origins[i] = o
	return nil
}

func (s *State) mergeGenesis(origin string, in Record) error {
	var g Genesis
	if err := in.Into(&g); err != nil {
		return err
	}
	switch {
	case g.Environment != s.Environment || g.Rehearsal != s.Rehearsal:
		return fmt.Errorf("%w: the break-glass journal is of %s, this one of %s", ErrEnvironment,
			EnvironmentName(g.Environment, g.Rehearsal), EnvironmentName(s.Environment, s.Rehearsal))
	case g.Glass == nil || in.ID != origin:
		return fmt.Errorf("%w: that is not the genesis of a break-glass journal", ErrIllegal)
	case g.Glass.Journal != "" && g.Glass.Journal != s.Journal || g.Glass.Seq > s.Head.Seq:
		return fmt.Errorf("%w: the break-glass journal continues another one", ErrIllegal)
	case slices.ContainsFunc(s.Origins, func(o Origin) bool { return o.Journal == origin }):
		return fmt.Errorf("%w: the break-glass journal's genesis is here already", ErrIllegal)
	}
	s.Origins = append(s.Origins, Origin{Journal: origin, Since: g.Glass.Seq, Seq: in.Seq, Hash: in.Hash})
	return nil
}

func (s *State) mergeEffect(o *Origin, in Record, seq int64) error {
	switch in.Kind {
	case KindClosed:
		o.Closed = true
		return nil
	case KindRoutes:
		if s.RoutesSeq > o.Since && s.RoutesSeq != o.Routes {
			return fmt.Errorf("%w: the routes were changed here meanwhile, by record %d", ErrIllegal, s.RoutesSeq)
		}
		o.Routes = seq
		return s.route(in, seq)
	case KindNote:
		s.remark(in)
		return nil
	case KindEvidence:
		return s.prove(in, seq)
	case KindPhase:
		s.waive(in, seq)
		return nil
	}
	return s.effect(in, seq)
}
