package plan

import (
	"fmt"
	"math"
	"slices"

	"switchyard/model"
)

// at is the place of a class among the candidates.
func (s *Sized) at(c *model.Class) int {
	return slices.IndexFunc(s.Candidates, func(k SizeCandidate) bool { return k.Class.Name == c.Name })
}

// volumeShort is what the volume does not give; empty: it gives all.
func (s *Sized) volumeShort() string {
	v := SizeCandidate{Checks: s.Volume}
	return v.short()
}

// choose takes the first class that gives all, at most one size down, and none down while the volume held the load back: what it let
// through is not what was needed.
func (s *Sized) choose(now *model.Class) {
	here := s.at(now)
	first := slices.IndexFunc(s.Candidates, func(c SizeCandidate) bool { return c.Fits == model.Holds })
	short := s.volumeShort()
	switch {
	case first < 0:
		top := &s.Candidates[len(s.Candidates)-1]
		s.Verdict, s.Says = SizeNone, fmt.Sprintf("no class of %s is enough: %s lacks %s", now.Family(), top.Class.Name, top.short())
		return
	case first > here:
		s.Verdict, s.To = SizeUp, s.Candidates[first].Class.Name
		s.Says = fmt.Sprintf("%s is too small: %s", now.Name, s.Candidates[here].short())
	case short != "" && first < here:
		s.Verdict, s.To = SizeStay, now.Name
		s.Says = "what its volume let through is not what was needed: make the volume larger first, and measure again: " + short
	case first == here:
		s.Verdict, s.To, s.Says = SizeStay, now.Name, fmt.Sprintf("%s is the smallest of its family that gives what is needed", now.Name)
		if here > 0 {
			s.Says += fmt.Sprintf("; %s lacks %s", s.Candidates[here-1].Class.Name, s.Candidates[here-1].short())
		}
	default:
		s.Verdict, s.To = SizeDown, s.Candidates[here-1].Class.Name
		s.Says = fmt.Sprintf("%s gives what is needed", s.To)
		if first < here-1 {
			s.Says = fmt.Sprintf("%s gives what is needed; so does %s, and it goes down by one size at a time", s.To,
				s.Candidates[first].Class.Name)
		} else if first > 0 {
			s.Says = fmt.Sprintf("%s gives what is needed; %s lacks %s", s.To, s.Candidates[first-1].Class.Name, s.Candidates[first-1].short())
		}
	}
	if short != "" && s.Verdict != SizeStay {
		s.Says += "; no class helps where its volume binds: " + short
	}
	s.bind(s.at(&model.Class{Name: s.To}))
}

// judge says whether an asked class would do.
func (s *Sized) judge(now, want *model.Class) {
	here, there := s.at(now), s.at(want)
	c := &s.Candidates[there]
	s.bind(there)
	switch short := s.volumeShort(); {
	case c.Fits != model.Holds:
		s.Verdict, s.Says = SizeNone, fmt.Sprintf("%s is not enough: %s", want.Name, c.short())
	case there < here && short != "":
		s.Verdict, s.Says = SizeNone, "what its volume let through is not what was needed: "+short
	case here-there > 1:
		s.Verdict, s.Says = SizeNone, fmt.Sprintf("%s would give what is needed; it goes down by one size at a time: %s first", want.Name,
			s.Candidates[here-1].Class.Name)
	case there == here:
		s.Verdict, s.To, s.Says = SizeStay, want.Name, want.Name+" is what it has, and gives what is needed"
	case there < here:
		s.Verdict, s.To, s.Says = SizeDown, want.Name, want.Name+" gives what is needed"
	default:
		s.Verdict, s.To, s.Says = SizeUp, want.Name, want.Name+" gives what is needed"
	}
}

// bind says what is closest to its limit, the volume among it.
func (s *Sized) bind(at int) {
	c := &s.Candidates[at]
	var most *SizeCheck
	of := c.Class.Name
	for i := range c.Checks {
		if k := &c.Checks[i]; k.Has > 0 && k.Says == "" && (most == nil || k.share() > most.share()) {
			most = k
		}
	}
	for i := range s.Volume {
		if k := &s.Volume[i]; most == nil || k.share() > most.share() {
			most, of = k, "its volume"
		}
	}
	if most != nil && !math.IsNaN(most.share()) {
		s.Binds = fmt.Sprintf("%s: %s of the %s that %s gives (%.0f %%)", most.What, figure(most.Need, most.Unit),
			figure(most.Has, most.Unit), of, 100*most.share())
	}
}

// cost compares the prices, where the file has them.
func (s *Sized) cost(classes *model.Classes, now *model.Class) {
	to := classes.Of(s.To)
	switch {
	case to == nil || to == now:
	case !classes.Priced:
		s.Cost = fmt.Sprintf("not known: %s has no prices: add the column %s to a copy of it, and name the copy as rds.classes", classes.Name,
			model.PriceColumn)
	default:
		s.Cost = fmt.Sprintf(
			"%.4g instead of %.4g US dollars an hour, for each instance and each standby (prices of %s)",
			to.PerHour,
			now.PerHour,
			to.Date.Format("2 Jan 2006"),
		)
	}
}
