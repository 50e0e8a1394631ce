package board

import (
	"strings"
	"time"

	"switchyard/model"
)

// quietSources are the sources that do not answer now, as the screen shows them, and why. What they told before is no ground for a yes.
func (b *Board) quietSources(now time.Time) map[model.Source]string {
	quiet := map[model.Source]string{}
	for i := range b.seen {
		s := &b.seen[i]
		switch {
		case (s.Source.Kind == model.SourceInstance || s.Source.Kind == model.SourceSettings) && s.Trouble == model.TroubleDenied && !s.Wrong:
			// AWS does not allow one of several questions: each answer says for itself what became of it
		case s.Why != "":
			quiet[s.Source] = s.Why
		case s.Freshness(now) != Live:
			quiet[s.Source] = "last told " + model.Age(now.Sub(s.At)) + " ago"
			if s.At.IsZero() {
				quiet[s.Source] = "never asked"
			}
		}
	}
	return quiet
}

// rdsHeard tells two moments apart in which different sources of the RDS pair answer, or of those on which green's view depends, so that
// age alone takes a yes away.
func (b *Board) rdsHeard(seen []Sighting, now time.Time) string {
	if b.rds == nil {
		return ""
	}
	var heard strings.Builder
	for i := range seen {
		if s := &seen[i]; s.Source.OfPair() || s.Gates && s.Source.Of(model.Green) {
			heard.WriteByte("ol"[map[bool]int{true: 1}[s.Why == "" && s.Freshness(now) == Live]])
		}
	}
	return heard.String()
}

// judge works out what follows from what was read of the RDS pair.
func (b *Board) judge(seen []Sighting, now time.Time) model.RDS {
	s := b.sides[model.Green]
	j := judge{r: *b.rds, now: now, p: b.policy, jobs: [2][]model.Job{s.view.Open, s.view.Recent}, quiet: b.quietSources(now)}
	if len(seen) > 0 && !s.director.Live {
		j.blind = "green's Director does not answer"
		for i := range seen {
			if o := &seen[i]; o.Gates && o.Source.Of(model.Green) && o.Source.Kind == model.SourceDirector && o.Why != "" {
				j.blind = o.Source.String() + " " + o.says()
			}
		}
	}
	return j.all()
}

// refusals says of a catalog that answers and does not let this reader in what it does: it is not silent.
func (b *Board) refusals(says string) string {
	for i := range b.seen {
		s := &b.seen[i]
		if name := s.Source.String(); s.Source.Kind == model.SourceCatalog && s.Trouble.Answers() {
			says = strings.Replace(says, name+" is silent", name+" "+s.says(), 1)
		}
	}
	return says
}
