package board

import (
	"fmt"

	"switchyard/model"
)

// takenOver tells of a Director that is configured as passive and runs jobs: it took over from the active one, or both schedule.
func (b *Board) takenOver(s *side) []Alert {
	c, all := s.ledger.cluster, s.director.Directors
	if len(all) < 2 || !all[1].Works {
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
		Brief:    all[1].Name + " runs jobs and is configured as passive",
		Do: "if it took over, write it as the active one of the configuration and start the cockpit again: until then nothing acts on " +
			c.String() + "; if not, stop it",
	}
	if s.acting.place == 1 && !s.acting.both {
		a.Says = s.acting.says + ": " + c.String() + " is shown as " + all[1].Name + " tells it"
	}
	if s.said.Live {
		a.Severity = model.Fail
		a.Says = all[1].Name + " runs jobs of " + c.String() + " and is configured as passive, and " + all[0].Name + " answers too"
		a.Do = "stop and mask the one that is not to schedule: two Directors of one catalog start every job twice"
	}
	return []Alert{a}
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
			return fmt.Sprintf("; %s answers: switchyard failover director %s lets it schedule", all[place].Name, c)
		}
	}
	return ""
}
