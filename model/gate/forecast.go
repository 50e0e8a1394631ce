package gate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// What a forecast needs, and how it is made.
const (
	forecastDays  = 14   // of which settled cells are counted
	forecastLeast = 7    // days that must be known
	forecastMoves = 3    // days on which something was settled
	forecastRuns  = 2000 // draws of the days to come from the days that were
	forecastMost  = 400  // days: longer is no forecast
)

// Finish is when blue will have nothing left to do, from the migration's own pace: nothing else is assumed. It is refused where the past
// is too thin.
type Finish struct {
	At        time.Time `json:"at"`
	Why       string    `json:"refused,omitempty"`        // and what is missing; then there are no moments
	Left      *int      `json:"cells_left,omitempty"`     // that blue still takes, alone or with green; nil: nobody knows
	PerDay    []int     `json:"settled_by_day,omitempty"` // cells that green alone has since, of the days that are known, the newest last
	Settled50 time.Time `json:"settled_p50,omitzero"`
	Settled90 time.Time `json:"settled_p90,omitzero"`
	Done50    time.Time `json:"done_p50,omitzero"` // the last backup that only blue has has expired, too
	Done90    time.Time `json:"done_p90,omitzero"`
	Binds     string    `json:"binds,omitempty"` // what takes longest
	Buys      string    `json:"buys,omitempty"`  // what would make it end earlier, and by how much
	Room      string    `json:"room,omitempty"`  // whether the storages last until then, or why nobody can tell
}

// TestPace is how fast restore tests prove what settling asks for. The zero value: none is configured, or nothing can be tested.
type TestPace struct {
	Groups int           // of green: kind, region and Storage Daemon
	Unmet  int           // of which none was ever proven
	Never  int           // of which no test fits into the budget
	Over   string        // the one of these that takes longest, in words
	Budget time.Duration // of one run
	Every  time.Duration
	Round  time.Duration // in which each of them is tested once
}

// Forecast tells when the last cell is settled and the last backup of blue's has expired, by drawing the days to come from the days that
// were; no sooner than the restore tests that settling asks for allow. It is refused where a storage is full before the last cell is
// settled, as nothing is settled then; a nil space was not read. The same snapshot gives the same moments.
func Forecast(w World, tests TestPace, space *model.Space) *Finish {
	f := newFacts(&w)
	out := &Finish{At: f.now}
	for _, s := range append(f.both(), model.CatalogOf(model.Blue), model.CatalogOf(model.Green)) {
		if _, why := f.heard(s); why != "" {
			out.Why = why
			return out
		}
	}
	t := &f.tally
	left := t.cells - t.greenOnly
	if t.cells > 0 && t.untold == 0 {
		out.Left = &left
	}
	perDay := make([]int, forecastDays)
	known := f.settled(perDay)
	out.PerDay = perDay[forecastDays-known:]
	moves := len(out.PerDay) - len(slices.DeleteFunc(slices.Clone(out.PerDay), func(n int) bool { return n > 0 }))
	keep, kind := f.keeps()
	switch {
	case t.cells == 0:
		out.Why = "no cell is known"
	case t.untold > 0:
		out.Why = "the routes of " + plural(t.untold, "cell") + " are not known"
	case left == 0 && (t.owedUntold > 0 || t.owedLong > 0):
		out.Why = "how long blue's backups are kept is not known of " + plural(t.owedUntold+t.owedLong, "cell")
	case left == 0:
		out.expires(t.owedUntil)
	case known < forecastLeast:
		out.Why = fmt.Sprintf("only %s of both catalogs are known, and %d are needed", plural(known, "day"), forecastLeast)
	case moves < forecastMoves:
		out.Why = fmt.Sprintf("cells were settled on %s of the last %d, and %d are needed", plural(moves, "day"), known, forecastMoves)
	default:
		out.draw(left, keep, kind)
		out.tests(tests, w.Policy.EvidenceLife, keep)
		out.room(space)
	}
	return out
}

// tests puts the end off to when restore tests have proven what settling asks for, and says where they cannot keep it proven.
func (out *Finish) tests(t TestPace, life, keep time.Duration) {
	by := out.At.Add(t.Round)
	switch {
	case out.Why != "" || t.Groups == 0:
	case t.Never > 0:
		*out = Finish{At: out.At, Left: out.Left, PerDay: out.PerDay, Why: strings.TrimSuffix(fmt.Sprintf(
			"of %s no restore test ever fits into the budget; %s", plural(t.Never, "group"), t.Over), "; ")}
	case t.Round > life:
		out.Binds = fmt.Sprintf("restore tests: at %s every %s each of %s is tested once in %s, and a test counts for %s",
			model.Span(t.Budget), model.Span(t.Every), plural(t.Groups, "group"), model.Span(t.Round), model.Span(life))
		out.Buys = fmt.Sprintf("restore tests of %d times the budget: without them what settling asks for lapses", (t.Round+life-1)/life)
		if t.Unmet == 0 || !by.After(out.Settled50) {
			return
		}
		fallthrough
	case t.Unmet > 0 && by.After(out.Settled50):
		was := out.Settled50
		out.Settled50 = by
		if by.After(out.Settled90) {
			out.Settled90 = by
		}
		out.Done50, out.Done90 = out.Settled50.Add(keep), out.Settled90.Add(keep)
		if t.Round <= life {
			out.Binds = fmt.Sprintf("restore tests: %s of %s were never proven, and at %s every %s that takes %s", plural(t.Unmet, "group"),
				plural(t.Groups, "group"), model.Span(t.Budget), model.Span(t.Every), model.Span(t.Round))
			out.Buys = fmt.Sprintf("twice the budget of restore tests makes it end up to %s earlier", model.Span(min(t.Round/2, by.Sub(was))))
		}
	}
}

// expires is the end where everything is settled: it hangs on retention alone.
func (out *Finish) expires(until time.Time) {
	out.Settled50, out.Settled90 = out.At, out.At
	out.Done50, out.Done90 = out.At, out.At
	out.Binds = "nothing: blue owes nothing"
	if until.After(out.At) {
		out.Done50, out.Done90 = until, until
		out.Binds = "the retention of what only blue has"
		out.Buys = "nothing but a shorter retention, which is a promise"
	}
}

// draw makes the distribution.
func (out *Finish) draw(left int, keep time.Duration, kind model.Kind) {
	past := out.PerDay
	at := func(days int) time.Time { return out.At.Add(time.Duration(days) * day) }
	p50, p90 := daysFor(past, left, 1)
	if p90 > forecastMost {
		out.Why = fmt.Sprintf("not at this rate: %s in %s, and %d are left", plural(sum(past), "cell"), plural(len(past), "day"), left)
		return
	}
	out.Settled50, out.Settled90 = at(p50), at(p90)
	out.Done50, out.Done90 = out.Settled50.Add(keep), out.Settled90.Add(keep)
	out.Binds = fmt.Sprintf("settling the %s that are left: %s, %s with 9 of 10 chances; then %s of %s retention",
		plural(left, "cell"), plural(p50, "day"), plural(p90, "day"), model.Span(keep), kind)
	if keep > time.Duration(p50)*day {
		out.Binds = fmt.Sprintf("%s retention: %s after the last cell is settled, which takes %s", kind, model.Span(keep), plural(p50, "day"))
	}
	for times := 2; times <= 8; times *= 2 {
		if sooner, _ := daysFor(past, left, times); p50-sooner >= 7 {
			out.Buys = fmt.Sprintf("settling %d times as many cells a day makes it end %s earlier", times, plural(p50-sooner, "day"))
			return
		}
	}
	out.Buys = "settling faster buys no week"
}

// daysFor is in how many days so many cells are settled, in half and in nine tenths of all draws.
func daysFor(past []int, left, times int) (p50, p90 int) {
	dice := rand.New(rand.NewPCG(1, 2))
	runs := make([]int, forecastRuns)
	for i := range runs {
		for n := left; n > 0 && runs[i] <= forecastMost; runs[i]++ {
			n -= times * past[dice.IntN(len(past))]
		}
	}
	slices.Sort(runs)
	return runs[len(runs)/2], runs[len(runs)*9/10]
}

func sum(all []int) (n int) {
	for _, x := range all {
		n += x
	}
	return n
}

// settled counts the cells that green alone has by the day on which blue backed them up last, and tells how many of the days are known.
func (f *facts) settled(by []int) (known int) {
	for i := range f.snap.Cells {
		c := &f.snap.Cells[i]
		last := c.On[model.Blue].Last
		if only, is := c.Route().Only(); !is || only != model.Green || last == nil {
			continue
		}
		ago := int(f.now.Sub(last.When()) / day)
		if ago >= 0 && ago < len(by) {
			by[len(by)-1-ago]++
		}
	}
	from := time.Time{}
	for _, c := range model.Clusters {
		if has := f.view(c).Catalog.From; from.IsZero() || !has.IsZero() && has.Before(from) {
			from = has
		}
	}
	if from.IsZero() {
		return 0
	}
	return min(len(by), int((f.now.Sub(from)+time.Hour)/day))
}

// keeps is how long blue's newest backups are kept of what it takes, the longest, and of which kind they are.
func (f *facts) keeps() (most time.Duration, kind model.Kind) {
	for i := range f.Inventory.Cells {
		p := &f.Inventory.Cells[i]
		if v := f.snap.Cell(p.Cell); v != nil && takesBlue(v) {
			if p.Retention > most {
				most, kind = p.Retention, p.Cell.Kind
			}
		}
	}
	return most, kind
}

func takesBlue(v *board.CellView) bool { return v.On[model.Blue].Has == model.Holds }
