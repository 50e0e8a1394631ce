package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// GreenGood is the gate that cells which blue alone takes stand before.
const GreenGood = "green-good"

// both are the sources by which routes are known.
func (f *facts) both() (all []model.Source) {
	for _, c := range model.Clusters {
		of, _ := f.directors(c)
		if len(of) > 0 {
			all = append(all, of[0])
		}
	}
	return all
}

// parallel are the gates of phase 3.
func (f *facts) parallel() {
	t := &f.tally
	g := f.add(Parallel, "covered", "every cell has a cluster that takes it", model.Block)
	g.Do, g.Key = "let both clusters have each: s, or switchyard shift --to both", "s"
	if at, ok := f.told(g, f.both()...); ok {
		switch {
		case t.gaps > 0:
			g.judge(false, at, plural(t.gaps, "gap"))
			if t.gapsAdrift > 0 {
				g.Do, g.Key = "a cluster has them by the routes, and its Director does not start them: M, or switchyard routes push", "M"
			}
		case t.untold > 0:
			g.unknown("the routes of " + plural(t.untold, "cell") + " are not known")
		default:
			g.judge(t.cells > 0, at, plural(t.cells, "cell"))
		}
	}

	g = f.add(Parallel, "no-drift", "every Director has what the routes say", model.Override)
	g.Do, g.Key = "push the routes again: M, or switchyard routes push", "M"
	if at, ok := f.told(g, append(f.both(), model.Journal)...); ok {
		switch {
		case t.drift > 0:
			g.judge(false, at, plural(t.drift, "cell")+" elsewhere than the routes say")
		case t.driftUntold > 0:
			g.unknown("of " + plural(t.driftUntold, "cell") + " the routes, or who takes them, are not known")
		default:
			g.judge(true, at, "none")
		}
	}
	f.greenGood()
	f.greenRate()
	f.tested()
	f.protected()
	f.readyBeforeHalf()
	f.noBlue()
}

func (f *facts) greenGood() {
	t := &f.tally
	g := f.add(Parallel, GreenGood, "green has a good backup of every cell, within its promise", model.Override)
	g.Do, g.Key = "let green take those that blue alone has: s, or switchyard shift", "s"
	at, ok := f.told(g, model.CatalogOf(model.Green))
	if !ok {
		return
	}
	away := t.noGood - t.noGoodRouted
	switch value := fmt.Sprintf("%d of %d", t.cells-t.noGood-t.goodUntold, t.cells); {
	case t.goodUntold > 0:
		g.unknown("green's catalog was not read for " + plural(t.goodUntold, "cell"))
	case t.noGood == 0:
		g.judge(true, at, value)
	case away > 0:
		g.judge(false, at, value)
		g.Wait = fmt.Sprintf("not by waiting: green does not take %d of them", away)
	default:
		g.judge(false, at, value)
		g.When, g.Wait = t.goodBy, "when the next backup of each has ended well"
		g.Do, g.Key, g.Cells = "wait, or back them up by hand: b, or switchyard backup", "b", t.waits
	}
}

// greenRate wants each region and kind to have gone well for long enough, and to go well now.
func (f *facts) greenRate() {
	g := f.add(Parallel, "green-rate", "green's backups of every region and kind end well", model.Override)
	g.Limit = fmt.Sprintf(">= %g %% over %s, and in 7 d of %d or more", f.Policy.RateLeast*100, model.Span(f.Policy.RateSpan), f.Policy.RateOf)
	g.Do = "see those that failed: 2, then enter on the failures; else wait"
	at, ok := f.told(g, model.CatalogOf(model.Green))
	if f.Policy.Window < f.Policy.RateSpan {
		g.unknown("the window that is read is shorter: set policy window to more than " + model.Span(f.Policy.RateSpan))
		return
	}
	switch {
	case !ok:
		return
	case !f.view(model.Green).Week.Read:
		g.unknown("green's catalog was not read yet")
		return
	}
	var few, bad, was []string
	var from, heals time.Time
	worst := 1.0
	for _, a := range f.areas {
		rate, some := a.week.Rate()
		good, total := tallied(a.days)
		switch {
		case !some || a.week.Total() < f.Policy.RateOf || a.since.IsZero() || total == 0:
			few = append(few, fmt.Sprintf("%s: %d", a, a.week.Total()))
			continue
		case rate < f.Policy.RateLeast:
			bad = append(bad, fmt.Sprintf("%s: %.1f %% of %d", a, rate*100, a.week.Total()))
		case float64(good) < f.Policy.RateLeast*float64(total):
			rate = float64(good) / float64(total)
			was = append(was, fmt.Sprintf("%s: %.1f %% of %d", a, rate*100, total))
			heals = model.Later(heals, a.heals(f.Policy.RateLeast, f.Policy.RateSpan))
		default:
			rate = min(rate, float64(good)/float64(total))
		}
		worst = min(worst, rate)
		from = model.Later(from, a.since)
	}
	reach := from.Add(f.Policy.RateSpan)
	switch {
	case len(bad) > 0:
		g.judge(false, at, strings.Join(bad, "; "))
		g.Wait = "not at this rate"
	case len(few) > 0:
		g.unknown("too few in 7 d: " + strings.Join(few, "; "))
		g.Wait = "not at this rate: green must take more of them"
	case len(was) > 0:
		g.judge(false, at, strings.Join(was, "; ")+" in "+model.Span(f.Policy.RateSpan))
		g.When, g.Wait = model.Later(heals, reach), "when what went wrong is over, if it goes on as in the last 7 d"
	case f.now.Before(reach):
		g.judge(false, at, fmt.Sprintf("%.1f %%, for %s", worst*100, model.Age(f.now.Sub(from))))
		g.When, g.Wait = reach, "if it goes on so"
	default:
		g.judge(true, at, fmt.Sprintf("%.1f %% or more", worst*100))
	}
}

func tallied(days []board.DayRate) (good, total int) {
	for _, d := range days {
		good, total = good+d.Good, total+d.Total
	}
	return good, total
}

// heals is when the days that are bad have left the span, as far as the rest is good enough and what comes is as the last 7 days were. It
// moves with none of the hours that go by.
func (a *areaFacts) heals(least float64, span time.Duration) (at time.Time) {
	rate, _ := a.week.Rate()
	perDay := float64(a.week.Total()) / 7
	newest := a.days[len(a.days)-1].Day.Add(day)
	for i := range a.days {
		at = a.days[i].Day.Add(day + span) // of that day nothing is left then
		good, total := tallied(a.days[i+1:])
		comes := perDay * max(0, at.Sub(newest).Hours()/24)
		if float64(good)+rate*comes >= least*(float64(total)+comes) {
			return at
		}
	}
	return at
}

func (f *facts) tested() {
	g := f.add(Parallel, "restores-tested", "a restore test of every region and kind has passed on green, and no newest one failed",
		model.Override)
	g.Limit = "not older than " + model.Span(f.Policy.EvidenceLife)
	g.Do = "test one of each: T, or switchyard test-restores, or record what another framework proved: switchyard evidence add"
	at, ok := f.told(g, model.Journal)
	if !ok {
		return
	}
	var failed, old, none []string
	oldest := at
	for _, a := range f.areas {
		switch {
		case a.failed > 0:
			failed = append(failed, fmt.Sprintf("%s: %d", a, a.failed))
			slices.SortFunc(a.bad, model.Cell.Compare)
			g.tests(a.bad...)
		case a.passed.IsZero():
			says := a.String()
			if a.lapsed != "" {
				says += " (" + a.lapsed + ")"
			}
			none = append(none, says)
			g.tests(a.good...)
		case f.now.Sub(a.passed) > f.Policy.EvidenceLife:
			old = append(old, fmt.Sprintf("%s: %s", a, a.passed.UTC().Format("2 Jan 2006")))
			g.tests(a.good...)
		case a.passed.Before(oldest):
			oldest = a.passed
		}
	}
	switch {
	case len(failed) > 0:
		g.judge(false, at, "failed: "+strings.Join(failed, "; "))
	case len(none) > 0:
		g.unknown("none has passed: " + strings.Join(none, "; "))
	case len(old) > 0:
		g.judge(false, at, "too long ago: "+strings.Join(old, "; "))
	default:
		g.judge(len(f.areas) > 0, oldest, fmt.Sprintf("%d of %d", len(f.areas), len(f.areas)))
	}
}

func (f *facts) protected() {
	t := &f.tally
	g := f.add(Parallel, "volumes-protected", "immutable backups on green are on protected volumes", model.Override)
	g.Do = "let green's storage protect its volumes, then have a backup: until then it is not immutable"
	if t.immutable == 0 && t.cells > 0 {
		g.Absent = "the inventory has no immutable cell"
		return
	}
	at, ok := f.told(g, model.CatalogOf(model.Green))
	switch {
	case !ok:
	case t.open > 0:
		g.judge(false, at, plural(t.open, "cell")+" on volumes that can be deleted")
	case t.openUntold > 0:
		g.unknown("nobody tells it of " + plural(t.openUntold, "cell"))
	case t.openNone > 0:
		g.unknown("green has no good backup of " + plural(t.openNone, "cell"))
		g.Do, g.Key = "let green take those that blue alone has, and back them up: s, or switchyard shift", "s"
	default:
		g.judge(true, at, plural(t.immutable, "cell"))
	}
}

// readyBeforeHalf holds while green alone has no more than half of all cells, and then if a takeover is possible.
func (f *facts) readyBeforeHalf() {
	t := &f.tally
	g := f.add(Parallel, "ready-before-half", "the replica could take over before green alone has half of all cells", model.Override)
	g.Do, g.Key = "see what stands in the way: 4, or switchyard rds", "4"
	at, ok := f.told(g, f.both()...)
	share := fmt.Sprintf("green alone has %d of %d", t.greenOnly, t.cells)
	switch r := f.snap.RDS; {
	case !ok:
	case t.untold > 0:
		g.unknown("the routes of " + plural(t.untold, "cell") + " are not known")
	case 2*t.greenOnly <= t.cells:
		g.judge(t.cells > 0, at, share)
	case r == nil:
		g.unknown(share + "; no RDS pair is watched")
	case r.Emergency.Can == model.Unknown:
		g.unknown(share + "; " + r.Emergency.Says)
	default:
		g.judge(r.Emergency.Can == model.Holds, at, share+"; "+r.Emergency.Says)
	}
}

func (f *facts) noBlue() {
	t := &f.tally
	g := f.add(Parallel, "no-blue", "no route names blue", model.Override)
	g.Do, g.Key = "let green alone have what both take, and both what blue alone has: s, or switchyard shift", "s"
	at, ok := f.told(g, f.both()...)
	switch {
	case !ok:
	case t.onBlue > 0:
		g.judge(false, at, "blue takes "+plural(t.onBlue, "cell"))
		g.Wait = f.pace()
	case t.untold > 0:
		g.unknown("the routes of " + plural(t.untold, "cell") + " are not known")
	default:
		g.judge(t.cells > 0, at, "blue takes none")
	}
}

// pace says that settling takes acts, not time.
func (f *facts) pace() string {
	if f.tally.onGreen == 0 {
		return "not by waiting: nothing is shifted yet"
	}
	return "not by waiting: each is settled by a shift"
}
