package board

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// restand computes anew the cells that may have changed, or all of them.
func (b *Board) restand(all bool, now time.Time) {
	if len(b.cells) != len(b.inv.Cells) {
		b.cells, all = make([]CellView, len(b.inv.Cells)), true
	}
	touched := map[model.Cell]bool{}
	for _, s := range b.sides {
		for c := range s.ledger.touched {
			touched[c] = true
		}
		clear(s.ledger.touched)
	}
	if !all && len(touched) == 0 {
		return
	}
	cells := make([]CellView, len(b.cells))
	copy(cells, b.cells)
	one := func(i int) {
		was := cells[i]
		cells[i] = b.cellView(b.inv.Cells[i], now)
		for _, c := range model.Clusters { // a job of one cluster has the other's due times looked at too, and its tallies count them
			if was, is := &was.On[c], &cells[i].On[c]; was.Missed != is.Missed || was.MissedDay != is.MissedDay {
				b.sides[c].dirty = true
			}
		}
		b.tellHealth(was.Health, &cells[i], now)
	}
	if all {
		for i := range cells {
			if i%cellsAtOnce == 0 {
				giveWay()
			}
			one(i)
		}
	} else {
		for c := range touched {
			if i, ok := b.inv.Index(c); ok {
				one(i)
			}
		}
	}
	b.tellMissed(b.cells, cells, now)
	b.cells = cells
}

// cellsAtOnce is how many cells are looked at before others get their turn: it takes less than a millisecond.
const cellsAtOnce = 16

// giveWay lets whoever waits go first. A session that has settled works in one place, where a key would else wait, each time that somebody
// else's turn comes, for the 10 ms after which the scheduler takes the place away.
func giveWay() { runtime.Gosched() }

func (b *Board) cellView(p model.Placement, now time.Time) CellView {
	v := CellView{Cell: p.Cell, Tier: p.Tier, Promise: p.Promise, FullPromise: p.FullPromise, Format: p.Format}
	if b.desired != nil {
		v.Desired = b.desired(p.Cell)
	}
	fresh := [2]bool{}
	for _, c := range model.Clusters {
		s := b.sides[c]
		fresh[c] = s.fresh
		known := s.walked && !b.wrong(c)
		d := duty{
			has:   s.hasJob(p.Cell),
			off:   s.director.Off[p.Cell],
			since: s.director.configured(),
			on:    s.on[p.Cell],
			zone:  s.zone,
			known: known,
			owed:  owed{b.eras, c, p.Cell},
		}
		d.runs, d.yields = b.runs(c, p)
		if o := b.trusted(b.sides[1-c]); o.tracks[p.Cell] != nil {
			d.other, _ = o.tracks[p.Cell].answers(o.bench, &o.moments)
		}
		next := b.schedule(c, p).Next(now, s.zone)
		v.On[c] = b.trusted(s).standing(p, d, now, b.policy)
		v.On[c].Read = known
		if d.has == model.Holds {
			v.On[c].Due = next
		}
		v.On[c].At = s.starts(p, next, now)
	}
	v.Health, v.Says = judgeCell(&v, fresh, now, b.policy)
	if v.Health == CellUnknown {
		v.Says = b.refusals(v.Says)
	}
	v.TellsFrom = v.tellsFrom(b.policy.PromiseAhead)
	return v
}

func (s *side) hasJob(c model.Cell) model.Verdict {
	switch {
	case s.director.JobsAt.IsZero():
		return model.Unknown
	case s.has[c] && !s.director.Off[c]:
		return model.Holds
	}
	return model.Fails
}

// judgeCell decides how a cell is. Unknown never passes: with a silent catalog an old backup is not called broken but unknown,
// and a good one counts only as long as its promise holds.
func judgeCell(v *CellView, fresh [2]bool, now time.Time, policy model.Policy) (CellHealth, string) {
	if v.On[model.Blue].Has == model.Fails && v.On[model.Green].Has == model.Fails {
		return CellGap, gapSays(v)
	}
	on, best := newestGood(v)
	if best == nil || (v.Promise > 0 && now.Sub(best.When()) > v.Promise) {
		for _, c := range model.Clusters {
			if !fresh[c] && v.On[c].Has != model.Fails {
				says := "no good backup is known"
				if best != nil {
					says = lastGoodSays(on, best, now)
				}
				return CellUnknown, fmt.Sprintf("%s catalog is silent; %s", c, says)
			}
		}
		says := lastGoodSays(on, best, now)
		if best != nil {
			says += ", promise " + model.Span(v.Promise)
		}
		for _, c := range model.Clusters {
			if trouble := v.On[c].trouble(c, policy); trouble != "" {
				says += "; " + trouble
				break
			}
		}
		return CellBroken, says
	}
	if health, says := judgeFull(v, fresh, now); health != CellOK {
		return health, says
	}
	if says := diverged(v, now, policy); says != "" && fresh[model.Blue] && fresh[model.Green] {
		return CellDiverged, says
	}
	for _, c := range model.Clusters {
		if says := v.On[c].trouble(c, policy); says != "" {
			return CellWarned, says
		}
	}
	if says := missedSays(v); says != "" {
		return CellWarned, says
	}
	return CellOK, lastGoodSays(on, best, now)
}

// gapSays tells a cell that nobody has a job for from one whose job is there and switched off: the first is given to a Director, the other
// is enabled.
func gapSays(v *CellView) string {
	var off []string
	for _, c := range model.Clusters {
		if v.On[c].Off {
			off = append(off, c.String())
		}
	}
	switch len(off) {
	case 0:
		return "no Director has a job for it"
	case 1:
		return "its job is switched off on " + off[0] + ", and no other Director has one"
	}
	return "its jobs are switched off on both clusters"
}

// judgeFull decides about the newest good full backup, where the inventory asks for one.
func judgeFull(v *CellView, fresh [2]bool, now time.Time) (CellHealth, string) {
	if v.FullPromise <= 0 {
		return CellOK, ""
	}
	on, best := newestFull(v)
	if best != nil && now.Sub(best.When()) <= v.FullPromise {
		return CellOK, ""
	}
	says := "never a good full backup in the window"
	if best != nil {
		says = fmt.Sprintf("last good full %s ago on %s", model.Age(now.Sub(best.When())), on)
	}
	says += ", promise of a full one " + model.Span(v.FullPromise)
	for _, c := range model.Clusters {
		if !fresh[c] && v.On[c].Has != model.Fails {
			return CellUnknown, fmt.Sprintf("%s catalog is silent; %s", c, says)
		}
	}
	return CellBroken, says
}

// newestFull is the newest good full backup on either cluster.
func newestFull(v *CellView) (model.Cluster, *model.Job) {
	b, g := v.On[model.Blue].LastFull, v.On[model.Green].LastFull
	if b == nil || (g != nil && g.When().After(b.When())) {
		return model.Green, g
	}
	return model.Blue, b
}

// missedSays names what no job answered in the last 7 days, wherever the cell is routed now: the tally counts it, so a row has to.
func missedSays(v *CellView) string {
	for _, c := range model.Clusters {
		if s := &v.On[c]; s.Missed > 0 {
			return s.missedOn(c)
		}
	}
	return ""
}

func (s *Standing) missedOn(c model.Cluster) string {
	if s.MissedDay > 0 {
		return fmt.Sprintf("missed %s in 24 h on %s", plural(uint64(s.MissedDay), "run"), c)
	}
	return fmt.Sprintf("missed %s in 7 d on %s, last %s", plural(uint64(s.Missed), "run"), c, s.MissedAt.UTC().Format("2 Jan 15:04"))
}

// newestGood is the newest good backup on either cluster.
func newestGood(v *CellView) (model.Cluster, *model.Job) {
	b, g := v.On[model.Blue].LastGood, v.On[model.Green].LastGood
	if b == nil || (g != nil && g.When().After(b.When())) {
		return model.Green, g
	}
	return model.Blue, b
}

// triedAfter tells whether a backup of the cell ended after a time, however it ended.
func (v *CellView) triedAfter(at time.Time) bool {
	return slices.ContainsFunc(v.On[:], func(s Standing) bool { return s.Last != nil && s.Last.When().After(at) })
}

func lastGoodSays(c model.Cluster, j *model.Job, now time.Time) string {
	if j == nil {
		return "never a good backup in the window"
	}
	return fmt.Sprintf("last good %s ago on %s", model.Age(now.Sub(j.When())), c)
}

// diverged says how two clusters that both take a cell disagree, or nothing.
func diverged(v *CellView, now time.Time, policy model.Policy) string {
	b, g := &v.On[model.Blue], &v.On[model.Green]
	if b.Has != model.Holds || g.Has != model.Holds {
		return ""
	}
	for _, c := range model.Clusters {
		switch good := v.On[c].LastGood; {
		case good == nil:
			return fmt.Sprintf("no good backup on %s yet", c)
		case v.Promise > 0 && now.Sub(good.When()) > v.Promise:
			return fmt.Sprintf("last good on %s %s ago", c, model.Age(now.Sub(good.When())))
		}
	}
	switch {
	case b.Streak > 0 && g.Streak < 0:
		return fmt.Sprintf("%d bad in a row on green; good on blue", -g.Streak)
	case g.Streak > 0 && b.Streak < 0:
		return fmt.Sprintf("%d bad in a row on blue; good on green", -b.Streak)
	case b.LastGood.Level == g.LastGood.Level && b.LastGood.Bytes > 0:
		if r := float64(g.LastGood.Bytes) / float64(b.LastGood.Bytes); r < policy.SizeLow || r > policy.SizeHigh {
			return fmt.Sprintf("green's newest is %.1fx of blue's", r)
		}
	}
	return ""
}

// manyCanceled in a row is more than a person's choice of a night.
const manyCanceled = 3

// trouble says what is wrong with a standing that keeps its promise, or nothing.
func (s *Standing) trouble(c model.Cluster, policy model.Policy) string {
	switch {
	case s.Has == model.Fails:
		return ""
	case s.Last != nil && (s.Last.Bad() || s.Last.Outcome.Good() && s.Doubt != model.NotJudged):
		return badTry(s.Last, c)
	case s.Canceled >= manyCanceled:
		return fmt.Sprintf("newest %d canceled on %s", s.Canceled, c)
	case s.MissedDay > 0:
		return s.missedOn(c)
	case s.Ratio > 0 && (s.Ratio < policy.SizeLow || s.Ratio > policy.SizeHigh):
		return fmt.Sprintf("newest on %s %.1fx of its median", c, s.Ratio)
	case s.Last != nil && s.Last.Outcome == model.Warned:
		says := fmt.Sprintf("newest on %s ended with %s", c, s.Last.Warnings())
		if s.Last.Note != "" {
			says += ": " + model.Plainly(s.Last.Note)
		}
		return says
	}
	return ""
}

// badTry says how a try ended that did not end well, with the reason where it is known.
func badTry(j *model.Job, c model.Cluster) string {
	switch {
	case !j.Outcome.Good():
	case j.Doubt == model.Empty:
		return fmt.Sprintf("newest on %s is empty: %s, %s", c, plural(j.Files, "file"), model.Size(j.Bytes))
	default:
		return fmt.Sprintf("newest on %s is not a good one: %s", c, j.Doubt)
	}
	says := fmt.Sprintf("newest try %s on %s", j.Outcome, c)
	if j.ByBacula() {
		says = fmt.Sprintf("newest try canceled by Bacula itself on %s", c)
	}
	if j.Note != "" {
		says += ": " + model.Plainly(j.Note)
	}
	return says
}

// briefly is what is wrong with a standing in few words, of which it tells already.
func (s *Standing) briefly(trouble string) string {
	if j := s.Last; j != nil && j.Bad() {
		trouble = strings.ToUpper(j.Outcome.String())
		if j.Note != "" {
			trouble += ": " + model.Curtly(j.Note)
		}
	}
	return trouble
}

// doubtBriefly is in few words what is said of a cell that keeps its promise.
func (v *CellView) doubtBriefly() string {
	for i := range v.On {
		if s := &v.On[i]; s.Has != model.Fails && s.Last != nil && s.Last.Bad() {
			return s.briefly("")
		}
	}
	return strings.ReplaceAll(v.Says, ": ", "; ")
}

// onlyWarnings tells that a cell would be well, had its newest backups not ended with warnings.
func (b *Board) onlyWarnings(v *CellView, now time.Time) bool {
	well, fresh := *v, [2]bool{}
	for _, c := range model.Clusters {
		fresh[c] = b.sides[c].fresh
		if s := &well.On[c]; s.Last != nil && s.Last.Outcome == model.Warned {
			last := *s.Last
			last.Outcome = model.OK
			s.Last = &last
		}
	}
	health, _ := judgeCell(&well, fresh, now, b.policy)
	return health == CellOK
}

// tellHealth makes an event of a cell that broke its promise or lost its last Director, and of its mending.
func (b *Board) tellHealth(was CellHealth, v *CellView, now time.Time) {
	bad := v.Health >= CellBroken
	if was == CellUnknown || bad == (was >= CellBroken) {
		if !(bad && was != CellUnknown && v.Health > was) {
			return
		}
	}
	if v.Health == CellUnknown {
		return
	}
	c := v.Cell
	e := Event{At: now, Who: "cells", Says: c.String() + ": " + v.Health.String() + ", " + v.Says, Cell: &c}
	if bad {
		e.Severity = model.Fail
	}
	b.event(e)
}
