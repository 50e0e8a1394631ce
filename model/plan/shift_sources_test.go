package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/routes"
)

// lasts lets the newest full backup of a cell on a cluster have taken so long, and the newest of all, which waited before it.
func (w *World) lasts(i int, on model.Cluster, full, last, waited time.Duration) {
	at := &w.Snapshot.Cells[i].On[on]
	long, short := *w.Snapshot.Cells[i].On[model.Blue].Last, *w.Snapshot.Cells[i].On[model.Blue].Last
	long.Start = long.End.Add(-full)
	short.Start = short.End.Add(-last)
	short.Sched = short.Start.Add(-waited)
	at.LastFull, at.LastGood, at.Last = &long, &short, &short
}

// TestOneDumpAtOnce: what still runs on one cluster when the other begins is told before both have the cells, whichever began first.
func TestOneDumpAtOnce(t *testing.T) {
	const early = "daily at 02:00"
	one := func(runs string) World { return nightWorld(nightlyCell{"a", runs, 0.1}) }
	two := func(client string) World {
		return nightWorld(nightlyCell{"a", early, 0.1}, nightlyCell{client, early, 0.1})
	}
	blue := func(i int, full, last, waited time.Duration) func(*World) {
		return func(w *World) { w.lasts(i, model.Blue, full, last, waited) }
	}
	const h = time.Hour
	const weekly, virtual = "Full sun at 02:00; Incremental mon-sat at 02:00", "VirtualFull sun at 02:00; Incremental mon-sat at 02:00"
	const monthly = "Full 1st sun at 02:00; Incremental mon-sat at 02:00"
	const stays, another = "one that stays on blue alone", "one of another clone source"
	const is3 = "blue's dump of a ended 3h30m after it was due, and green begins 3h after that"
	for name, c := range map[string]struct {
		w      World
		change func(*World)
		is     model.Verdict
		says   string
	}{
		"it has ended":                     {one(early), blue(0, h, h, 0), model.Holds, "none of 1 clone source that both dump"},
		"just so":                          {one(early), blue(0, h, 3*h, 0), model.Holds, "none of 1"},
		"it still runs":                    {one(early), blue(0, h, 3*h+h/2, 0), model.Fails, "1 of 1 clone source that both dump; " + is3},
		"it waited before":                 {one(early), blue(0, h, h, 2*h+h/2), model.Fails, is3},
		"it may be a full one":             {one(early), blue(0, 3*h+h/2, h, 0), model.Fails, is3},
		"there will be no full one":        {one("Incremental " + early), blue(0, 9*h, h, 0), model.Holds, "none of 1"},
		"a full one a month":               {one(monthly), blue(0, 3*h+h/2, h, 0), model.Fails, is3},
		"a short full one a month":         {one(monthly), blue(0, h, 3*h+h/2, 0), model.Fails, is3},
		"no full one on the day":           {one(weekly), blue(0, h, 3*h, 0), model.Holds, "none of 1"},
		"a virtual one dumps nothing":      {one(virtual), blue(0, 9*h, h, 0), model.Holds, "none of 1"},
		"green begins before":              {one("daily at 22:00"), blue(0, h, 21*h, 0), model.Holds, "none of 1"},
		"and it lasts until then":          {one("daily at 22:00"), blue(0, h, 22*h, 0), model.Fails, "green begins 21h after that"},
		"another cell of the clone source": {two("a"), blue(1, h, 3*h+h/2, 0), model.Fails, "1 of 1 clone source that both dump; " + is3},
		stays:                              {two("a"), blue(1, h, 3*h+h/2, 0), model.Fails, is3},
		another:                            {two("b"), blue(1, h, 3*h+h/2, 0), model.Holds, "none of 1"},
		"one of two":                       {two("b"), blue(0, h, 3*h+h/2, 0), model.Fails, "1 of 2 clone sources that both dump; " + is3},
		"the worst is told": {two("b"), func(w *World) {
			w.lasts(0, model.Blue, h, 3*h+h/2, 0)
			w.lasts(1, model.Blue, h, 4*h, 0)
		}, model.Fails, "2 of 2 clone sources that both dump; blue's dump of b ended 4h"},
		"green's own lasts until blue begins": {one(early), func(w *World) { w.lasts(0, model.Green, h, 22*h, 0) },
			model.Fails, "green's dump of a ended 22h after it was due, and blue begins 21h after that"},
		"green's own has ended": {one(early), func(w *World) { w.lasts(0, model.Green, h, 20*h, 0) }, model.Holds, "none of 1"},
		"nobody gives way": {one(early), func(w *World) { w.Routing.Times[model.Green].Apart = 0 },
			model.Fails, "green begins 0s after that"},
		"blue gives way": {one(early), func(w *World) { w.givesWay(model.Blue); w.lasts(0, model.Blue, h, 22*h, 0) },
			model.Fails, "blue's dump of a ended 22h after it was due, and green begins 21h after that"},
		"blue gives way enough": {one(early), func(w *World) { w.givesWay(model.Blue); w.lasts(0, model.Blue, h, 20*h, 0) },
			model.Holds, "none of 1"},
		"nobody tells": {one(early), func(w *World) { w.Snapshot.Cells[0].On[model.Blue].LastFull = nil },
			model.Unknown, "how long a dump lasts is not known of 1 cell"},
		"nothing at all is known": {one(early), func(w *World) { w.Snapshot.Cells = nil }, model.Unknown, "is not known of 1 cell"},
		"another control plane's": {one(early), func(w *World) { w.Routing.Unpushed[model.Green] = true },
			model.Unknown, "the inventory's times"},
		"nobody tells when the last full one began": {one(early), func(w *World) {
			full := *w.Snapshot.Cells[0].On[model.Blue].LastFull
			full.Start = time.Time{}
			w.Snapshot.Cells[0].On[model.Blue].LastFull = &full
		}, model.Unknown, "how long a dump lasts is not known of 1 cell"},
		"it is never due": {one(""), nil, model.Holds, "none of 1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.w
			ask := w.overlap()
			if name == stays || name == another {
				ask = shiftOf(routes.Both, ask.Shift.Cells[0])
			}
			if c.change != nil {
				c.change(&w)
			}
			g := must(ask.Plan(w, "p1")).Guard("one-dump")
			if g.Verdict != c.is || !strings.Contains(g.Value, c.says) || g.Bar != model.Override || c.is != model.Holds && g.Do == "" {
				t.Errorf("%v: %s", g.Verdict, g.Value)
			}
		})
	}
}

// TestAVirtualDumpMeetsNone: it is made of backups, whenever it begins.
func TestAVirtualDumpMeetsNone(t *testing.T) {
	w := nightWorld(nightlyCell{"a", "VirtualFull daily at 02:00", 0.1}, nightlyCell{"a", "Incremental daily at 03:00", 0.1})
	w.lasts(0, model.Green, time.Hour, time.Hour, 0)
	w.lasts(1, model.Blue, time.Hour, 12*time.Hour, 0)
	g := must(shiftOf(routes.Both, w.Names.Inventory().Cells[0].Cell).Plan(w, "p1")).Guard("one-dump")
	if g.Verdict != model.Holds {
		t.Errorf("%v: %s", g.Verdict, g.Value)
	}
}

// TestWhatIsThereAlreadyMovesWithTheWave: all cells of a clone source move alike, so a wave moves the starts of those that were there
// before.
func TestWhatIsThereAlreadyMovesWithTheWave(t *testing.T) {
	of := func(lasts time.Duration) *model.Check {
		w := nightWorld(nightlyCell{"a", "daily at 02:00", 0.1}, nightlyCell{"a", "daily at 22:00", 0.1})
		inv := w.Names.Inventory()
		w.State.Routes = must(json.Marshal(routesFor(inv, always, func(c model.Cell) bool { return c == inv.Cells[0].Cell })))
		w.lasts(0, model.Green, time.Hour, lasts, 0)
		return must(shiftOf(routes.Both, inv.Cells[1].Cell).Plan(w, "p1")).Guard("one-dump")
	}
	// Alone it gives way to 05:00, and with the wave to 09:00.
	if g := of(12 * time.Hour); g.Verdict != model.Holds {
		t.Errorf("%v: %s", g.Verdict, g.Value)
	}
	if g := of(14 * time.Hour); g.Verdict != model.Fails || !strings.Contains(g.Value, "green's dump of a ended 14h after it was due") {
		t.Errorf("%v: %s", g.Verdict, g.Value)
	}
}

// TestOneDumpIsThatOfThePushedSchedules: a clone source is told exactly when a start of the rendered schedules falls into a dump of the
// other cluster's, on whatever day of the next weeks.
func TestOneDumpIsThatOfThePushedSchedules(t *testing.T) {
	var seen [3]int
	rapid.Check(t, func(r *rapid.T) {
		w := drawNight(r)
		zone := rapid.SampledFrom([]*time.Location{time.UTC, must(time.LoadLocation("Europe/Amsterdam"))}).Draw(r, "zone")
		w.Routing.Times[model.Green].Zone = zone
		times, inv := &w.Routing.Times, w.Names.Inventory()
		length := rapid.Custom(func(r *rapid.T) time.Duration {
			return time.Duration(rapid.IntRange(0, 6*12).Draw(r, "ten minutes")) * 10 * time.Minute
		})
		for i := range inv.Cells {
			w.lasts(i, model.Blue, length.Draw(r, "full"), length.Draw(r, "last"), 0)
		}
		own := model.Stagger(inv.Cells, inv.Cells, zone, times[model.Blue].Zone, times[model.Green].Apart)
		from, until, meet := w.Now.Add(-time.Second), w.Now.Add(metWithin), map[string]bool{}
		for i := range inv.Cells {
			p := &inv.Cells[i]
			full, last := w.Snapshot.Cells[i].On[model.Blue].LastFull.Took(), w.Snapshot.Cells[i].On[model.Blue].Last.Took()
			var starts []time.Time
			for k := range inv.Cells {
				if o := &inv.Cells[k]; o.Client == p.Client {
					starts = append(starts, own.ByCell[o.Cell].Between(from, until.Add(metWithin), zone)...)
				}
			}
			for _, d := range p.Schedule.Due(from, until, time.UTC) {
				lasts := max(full, last)
				switch d.Level {
				case 'F':
					lasts = full
				case 'I':
					lasts = last
				}
				for _, s := range starts {
					if !s.Before(d.At) && s.Before(d.At.Add(lasts)) {
						meet[p.Client] = true
					}
				}
			}
		}
		g := must(w.overlap().Plan(w, "p1")).Guard("one-dump")
		is, says := model.Holds, "none of"
		if len(meet) > 0 {
			is, says = model.Fails, fmt.Sprintf("%d of", len(meet))
		}
		if seen[is]++; g.Verdict != is || !strings.HasPrefix(g.Value, says) {
			r.Fatalf("%v meet: %+v", meet, g)
		}
	})
	if seen[model.Holds] == 0 || seen[model.Fails] == 0 {
		t.Errorf("%v", seen)
	}
}
