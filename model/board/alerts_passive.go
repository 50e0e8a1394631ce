package board

import (
	"fmt"

	"switchyard/model"
)

// takenOver tells of a Director that is configured as passive and schedules: it took over from the active one, or both do.
func (b *Board) takenOver(s *side) []Alert {
	c, all := s.ledger.cluster, s.director.Directors
	if len(all) < 2 || !all[1].Works && s.acting.place != 1 {
		return nil
	}
	if at, _ := b.passiveIsAnother(c); at >= 0 { // it is not the one that it is configured as, which is told
		return nil
	}
	a := Alert{
		ID:       "passive-works:" + c.String(),
		Severity: model.Warn,
		rank:     rankSource,
		Cluster:  &c,
		Source:   model.PassiveOf(c, all[1].Name, all[0].Name),
		Says:     all[1].Name + " runs jobs of " + c.String() + " and is configured as passive; " + all[0].Name + " does not answer",
		Brief:    all[1].Name + " is passive and runs jobs",
		Do: "see whether it took over: if so, write it as the active one of the configuration and start the cockpit again, until then " +
			"nothing acts on " + c.String() + "; if not, stop it",
	}
	if s.acting.place == 1 && !s.acting.both {
		if !all[1].Works {
			a.Brief = all[1].Name + " is passive and schedules"
		}
		a.Says = s.acting.says + ": " + c.String() + " is shown as " + all[1].Name + " tells it"
	}
	switch {
	case s.said.Live && s.acting.both && !all[1].Works:
		a.Severity, a.Says = model.Fail, s.acting.says
		a.Brief = "both Directors of " + c.String() + " schedule"
		a.Do = "stop and mask the wrong one: two Directors of one catalog start every job twice"
	case s.said.Live:
		a.Severity = model.Fail
		a.Says = all[1].Name + " runs jobs of " + c.String() + " and is configured as passive, and " + all[0].Name + " answers too"
		a.Brief = "both Directors of " + c.String() + " schedule"
		a.Do = "stop and mask the wrong one: two Directors of one catalog start every job twice"
	}
	return []Alert{a}
}

// elsewhere tells of a passive Director whose Catalog resource names another server or database than the active one's: what it would run
// goes there. What is local to a host is not compared, and one server may have two names.
func (b *Board) elsewhere(s *side) []Alert {
	c, all := s.ledger.cluster, s.said.Directors
	if len(all) < 2 || s.said.Passive == nil || !s.said.Passive.Live {
		return nil
	}
	uses, was := all[1].Uses, all[0].Uses
	if none := (model.CatalogUse{}); uses == none || was == none || uses.Local() || was.Local() || uses.Same(was) {
		return nil
	}
	if at, _ := b.passiveIsAnother(c); at >= 0 {
		return nil
	}
	return []Alert{{
		ID:       "passive-catalog:" + c.String(),
		Severity: model.Warn,
		rank:     rankSource,
		Cluster:  &c,
		Source:   model.PassiveOf(c, all[1].Name, all[0].Name),
		Says: fmt.Sprintf("%s's catalog is %s, and %s's is %s: unless both are one, what it runs when it takes over goes into another catalog",
			all[1].Name, uses.At(), all[0].Name, was.At()),
		Brief: all[1].Name + " uses another catalog than " + all[0].Name,
		Do: "correct its Catalog resource, or the other's, where that is wrong, and reload it; where both are one server, write one " +
			"name of it",
	}}
}

// orFailOver names the way past a Director that schedules and is gone, where its cluster's other one answers; else it is empty.
func (b *Board) orFailOver(s *Sighting) string {
	c := s.Source.Cluster
	if s.Source.Kind != model.SourceDirector || !s.Gates || s.Trouble != model.TroubleGone || b.sides[c] == nil {
		return ""
	}
	all := b.sides[c].director.Directors
	for place := range all {
		if len(all) != 2 || model.DirectorOf(c, b.sides[c].director.name(place)) == s.Source {
			continue
		}
		if other := b.mute(model.DirectorOf(c, b.sides[c].director.name(place))); other.Why == "" && !other.At.IsZero() {
			says := all[place].Name + " answers"
			if p := b.sides[c].said.Passive; place == 1 && p != nil && p.Live && p.starts() > 0 {
				says = fmt.Sprintf(
					"whether %s schedules in its place is not known: it would start %s by itself, and has ended none since its start at %s",
					all[place].Name, plural(uint64(p.starts()), "job"), all[place].Started.UTC().Format("2 Jan 15:04:05 UTC"))
			}
			return fmt.Sprintf("; %s: switchyard failover director %s lets it schedule", says, c)
		}
	}
	return ""
}
