package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/routes"
)

// nightly of a test: a cell of a chain of its own on a client, dumped by these schedules, whose newest full backup on blue took some hours.
type nightlyCell struct {
	client string
	runs   string // empty: it is never due
	took   float64
}

// nightWorld is one in which blue takes such cells, and green gives way to it by three hours.
func nightWorld(cells ...nightlyCell) World {
	var ps []model.Placement
	for i, c := range cells {
		p := model.Placement{Cell: model.Cell{Chain: fmt.Sprintf("c%03d", i), Region: "r"}, Client: c.client, Storage: "sd1",
			Promise: 26 * time.Hour, Retention: 10 * 24 * time.Hour}
		if c.runs != "" {
			p.Schedule = must(model.ParseSchedule(strings.Split(c.runs, "; ")...))
		}
		ps = append(ps, p)
	}
	inv := must(model.NewInventory(ps))
	w := wideWorld(inv, routesFor(inv, always, never))
	for i, c := range cells {
		full := *w.Snapshot.Cells[i].On[model.Blue].LastFull
		full.Start = full.End.Add(-time.Duration(c.took * float64(time.Hour)))
		w.Snapshot.Cells[i].On[model.Blue].LastFull = &full
	}
	return w
}

// overlap is the shift of all cells of a world that blue alone takes.
func (w World) overlap() Ask {
	var cells []model.Cell
	for i := range w.Snapshot.Cells {
		if w.Snapshot.Cells[i].Desired == routes.Blue {
			cells = append(cells, w.Snapshot.Cells[i].Cell)
		}
	}
	return shiftOf(routes.Both, cells...)
}

func (w World) firstNightOf(ask Ask) *model.Check {
	return must(ask.Plan(w, "p1")).Guard("first-night")
}

func many(n int, c nightlyCell) (out []nightlyCell) {
	for i := range n {
		c := c
		c.client += fmt.Sprint(i)
		out = append(out, c)
	}
	return out
}

// TestTheNightIsThatOfThePushedSchedules: it begins when the moved schedule does, and ends when the other cluster dumps the clone source.
func TestTheNightIsThatOfThePushedSchedules(t *testing.T) {
	amsterdam := must(time.LoadLocation("Europe/Amsterdam"))
	at := func(text string) time.Time { return must(time.Parse("2006-01-02 15:04", text)) }
	const early = "daily at 02:00"
	one := func(runs string, took float64) World { return nightWorld(nightlyCell{"a", runs, took}) }
	for name, c := range map[string]struct {
		w      World
		change func(*World)
		is     model.Verdict
		limit  string // empty: none
		says   string
	}{
		"it is moved later": {one(early, 20), nil, model.Holds, "21h", "1 first full backup, 2.3 GB, about 20 h from 24 Nov 05:00 UTC on"},
		"and lasts too long": {one(early, 22), nil,
			model.Fails, "21h", "1 of them would not have ended when blue dumps their clone source again; 1 in no wave, however small; no"},
		"it would leave its date": {one("daily at 22:00", 4), nil, model.Fails, "3h", "from 23 Nov 19:00 UTC on"},
		"and is short enough":     {one("daily at 22:00", 2), nil, model.Holds, "3h", "from 23 Nov 19:00 UTC on"},
		"an hour is skipped in between": {one("daily at 04:30", 20.5),
			func(w *World) { w.inZone(amsterdam, at("2026-03-28 05:00")) }, model.Fails, "19h", "from 28 Mar 07:30 UTC on"},
		"an hour is repeated in between": {one("daily at 04:30", 20.5),
			func(w *World) { w.inZone(amsterdam, at("2026-10-24 05:00")) }, model.Holds, "21h", "from 24 Oct 06:30 UTC on"},
		"blue's start is skipped": {one("daily at 02:30", 40),
			func(w *World) { w.inZone(amsterdam, at("2026-03-28 04:00")) }, model.Holds, "43h", "from 28 Mar 05:30 UTC on"},
		"blue is elsewhere": {one(early, 20.5),
			func(w *World) { w.Routing.Times[model.Blue].Zone = amsterdam }, model.Holds, "21h", "from 24 Nov 04:00"},
		"weekdays, before the last": {one("mon-fri at 02:00", 60),
			func(w *World) { w.at(at("2026-11-27 03:00")) }, model.Holds, "69h", "from 27 Nov 05:00"},
		"weekdays, on a Friday": {one("mon-fri at 02:00", 22),
			func(w *World) { w.at(at("2026-11-27 12:00")) }, model.Fails, "21h", "from 30 Nov 05:00"},
		"green starts at other levels": {one("Full 1st sun at 02:00; Incremental mon-sat at 02:00", 20), nil, model.Holds, "21h", ""},
		"two schedules, each in its own": {nightWorld(nightlyCell{"a", early, 20}, nightlyCell{"b", "daily at 08:00", 20}),
			func(w *World) { w.Routing.Times[model.Green].AtOnce = 2 }, model.Holds, "21h", "about 26 h from 24 Nov 05:00 UTC on with 2 at once"},
		"two schedules, one at once": {nightWorld(nightlyCell{"a", early, 20}, nightlyCell{"b", "daily at 08:00", 20}), nil, model.Fails, "21h",
			"1 of them would not have ended when blue dumps their clone source again; a wave of the first 1 of these, up to c000 r regular, would"},
		"one clone source": {nightWorld(slices.Repeat([]nightlyCell{{"a", early, 6}}, 4)...),
			func(w *World) { w.Routing.Times[model.Green].AtOnce = 10 },
			model.Fails, "21h", "1 in no wave, however small; a wave of the 3 others would"},
		"its other cells are dumped earlier": {nightWorld(nightlyCell{"a", early, 12}, nightlyCell{"a", "daily at 16:00", 1}),
			func(w *World) { w.Snapshot.Cells[1].Desired = routes.None }, model.Fails, "11h", ""},
		"nobody tells of one": {one(early, 1),
			func(w *World) { w.Snapshot.Cells[0].On[model.Blue].LastFull = nil }, model.Unknown, "21h", "of 1 the size is not known"},
		"nobody tells when blue's began": {one(early, 1), func(w *World) { w.Snapshot.Cells[0].On[model.Blue].LastFull.Start = time.Time{} },
			model.Unknown, "21h", "of 1 the size is not known"},
		"nothing at all is known": {one(early, 1), func(w *World) { w.Snapshot.Cells = nil }, model.Unknown, "", "of 1 the size is not known"},
		"one is never due":        {one("", 1), nil, model.Unknown, "", "when 1 of them are due nobody can tell"},
		"another control plane's": {one(early, 1),
			func(w *World) { w.Routing.Unpushed[model.Green] = true }, model.Unknown, "21h", "green's schedules are another control plane's"},
		"nobody gives way": {one(early, 0.1),
			func(w *World) { w.Routing.Times[model.Green].Apart = 0 }, model.Fails, "", "no smaller wave would do"},
		"blue gives way": {one(early, 2.5), func(w *World) { w.givesWay(model.Blue) }, model.Holds, "3h", "from 24 Nov 02:00"},
		"four at once are too few": {nightWorld(many(9, nightlyCell{"a", early, 8})...),
			func(w *World) { w.Routing.Times[model.Green].AtOnce = 4 }, model.Fails, "21h", "a wave of the first 8 of these"},
		"five at once are enough": {nightWorld(many(9, nightlyCell{"a", early, 8})...),
			func(w *World) { w.Routing.Times[model.Green].AtOnce = 5 }, model.Holds, "21h", "with 5 at once"},
		"five at once, and its storage four": {nightWorld(many(9, nightlyCell{"a", early, 8})...), func(w *World) {
			w.Routing.Times[model.Green].AtOnce, w.Routing.Times[model.Green].Storages = 5, map[string]int{"sd1": 4}
		}, model.Fails, "21h", "with 5 at once, no more on a Storage than it is said to take; 1 of them would not have ended when blue dumps " +
			"their clone source again; a wave of the first 8 of these"},
		"and its storage four, by the Director's word": {nightWorld(many(9, nightlyCell{"a", early, 8})...), func(w *World) {
			w.Routing.Times[model.Green].AtOnce = 5
			w.director(model.Green).Stores = map[string]int{"sd1": 4}
		}, model.Fails, "21h", "with 5 at once, no more on a Storage than it is said to take; 1 of them would not have ended"},
		"by which the configuration does not go": {nightWorld(many(9, nightlyCell{"a", early, 8})...), func(w *World) {
			w.Routing.Times[model.Green].AtOnce, w.Routing.Times[model.Green].Storages = 5, map[string]int{"sd1": 5}
			w.director(model.Green).Stores = map[string]int{"sd1": 4}
		}, model.Holds, "21h", "with 5 at once, no more on a Storage than it is said to take"},
		"its storage is the usual one": {nightWorld(many(9, nightlyCell{"a", early, 8})...), func(w *World) {
			w.Routing.Times[model.Green] = Times{Apart: 3 * time.Hour, AtOnce: 5, Storages: map[string]int{"usual": 4}, Storage: "usual"}
			inv := w.Names.Inventory()
			for i := range inv.Cells {
				inv.Cells[i].Storage = ""
			}
		}, model.Fails, "21h", "a wave of the first 8 of these"},
		"nobody says it of its storage": {nightWorld(many(9, nightlyCell{"a", early, 8})...), func(w *World) {
			w.Routing.Times[model.Green].AtOnce, w.Routing.Times[model.Green].Storages = 5, map[string]int{"sd2": 1}
		}, model.Unknown, "21h", "with 5 at once, no more on a Storage than it is said to take; of the Storage of 9 of them that is not said"},
		"five ran at once": {nightWorld(many(9, nightlyCell{"a", early, 8})...),
			func(w *World) { w.ran(model.Green, 5) }, model.Holds, "21h", "with 5 at once"},
		"five ran on blue": {nightWorld(many(9, nightlyCell{"a", early, 8})...),
			func(w *World) { w.ran(model.Green, 0); w.ran(model.Blue, 5) }, model.Holds, "21h", "with 5 at once"},
		"nobody tells how many": {nightWorld(many(3, nightlyCell{"a", early, 8})...),
			func(w *World) { w.ran(model.Green, 0); w.ran(model.Blue, 0) }, model.Fails, "21h", "UTC on; 1 of them would not"},
		"the others of green go on": {nightWorld(nightlyCell{"a", early, 1}, nightlyCell{"b", early, 12}),
			func(w *World) { w.has(0, 12*time.Hour) },
			model.Fails, "21h", "1 of them would not have ended when blue dumps their clone source again; no smaller wave"},
		"green's others are over": {nightWorld(nightlyCell{"a", early, 1}, nightlyCell{"b", early, 12}),
			func(w *World) { w.has(0, 8*time.Hour) }, model.Holds, "21h", "1 first full backup"},
		"green has a full one of all": {one(early, 90), func(w *World) {
			w.Snapshot.Cells[0].On[model.Green].LastFull = w.Snapshot.Cells[0].On[model.Blue].LastFull
		}, model.Holds, "", "no first full backups"},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.w
			ask := w.overlap()
			if c.change != nil {
				c.change(&w)
				if w.Snapshot.Cells != nil {
					ask = w.overlap()
				}
			}
			g := w.firstNightOf(ask)
			if c.limit != "" {
				c.limit = "before blue dumps each clone source again, " + c.limit + " or more"
			}
			if g.Verdict != c.is || !strings.Contains(g.Value, c.says) || c.limit != "" && g.Limit != c.limit || g.Bar != model.Override ||
				g.Verdict != model.Holds && g.Do == "" {
				t.Errorf("%v, asked %s: %s", g.Verdict, g.Limit, g.Value)
			}
		})
	}
}

// at is another time, at which all that is heard is as fresh.
func (w *World) at(now time.Time) {
	w.Now = now
	s := *w.Snapshot
	s.Seen, s.At = slices.Clone(s.Seen), now
	for i := range s.Seen {
		s.Seen[i].At = now
	}
	w.Snapshot = &s
}

func (w *World) inZone(zone *time.Location, now time.Time) {
	w.at(now)
	for c := range w.Routing.Times {
		w.Routing.Times[c].Zone = zone
	}
}

// givesWay lets a cluster give way instead.
func (w *World) givesWay(c model.Cluster) {
	w.Routing.Times[c].Apart, w.Routing.Times[1-c].Apart = 3*time.Hour, 0
}

// ran lets so many backups of a cluster have run at once.
func (w *World) ran(c model.Cluster, n int) {
	v := *w.Snapshot.Clusters[c]
	v.Recent = nil
	for i := range n {
		end := t0.Add(-2*time.Hour + time.Duration(i)*time.Minute)
		v.Recent = append(v.Recent, model.Job{Type: model.TypeBackup, Start: end.Add(-time.Hour), End: end})
	}
	w.Snapshot.Clusters[c] = &v
}

// has lets green have a cell already, whose newest backup there took so long.
func (w *World) has(i int, took time.Duration) {
	cell := w.Snapshot.Cells[i].Cell
	next := must(must(RoutesOf(w.State)).Shift(w.Names.Inventory(), []model.Cell{cell}, routes.Both, true))
	state := *w.State
	state.Routes = must(next.Document.MarshalJSON())
	w.State = &state
	v := &w.Snapshot.Cells[i]
	v.Desired = routes.Both
	last := *v.On[model.Blue].LastFull
	last.Start = last.End.Add(-took)
	v.On[model.Green] = board.Standing{Has: model.Holds, Read: true, Last: &last, LastGood: &last, LastFull: &last}
}

// drawNight is a world of cells on few clients, each of which is dumped at one time.
func drawNight(r *rapid.T) World {
	runs := rapid.SliceOfN(rapid.SampledFrom([]string{"daily at 02:00", "daily at 22:15", "mon-fri at 04:00", "daily at 23:50",
		"Full sun at 12:00; Incremental mon-sat at 12:00"}), 4, 4).Draw(r, "runs")
	var cells []nightlyCell
	for range rapid.IntRange(1, 14).Draw(r, "cells") {
		client := rapid.IntRange(0, 3).Draw(r, "client")
		cells = append(cells, nightlyCell{fmt.Sprint("fd", client), runs[client], float64(rapid.IntRange(0, 120).Draw(r, "tenths")) / 10})
	}
	w := nightWorld(cells...)
	w.at(t0.Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(r, "now")) * time.Minute))
	w.Routing.Times[model.Green].AtOnce = rapid.IntRange(1, 4).Draw(r, "at once")
	w.Routing.Times[model.Green].Storages = map[string]int{"sd1": rapid.IntRange(1, 6).Draw(r, "on the storage")}
	w.Routing.Times[model.Green].Apart = time.Duration(rapid.IntRange(1, 12).Draw(r, "quarters")) * 15 * time.Minute
	return w
}

// TestASmallerWaveThatIsNamedPasses, and more cells never shorten the night.
func TestASmallerWaveThatIsNamedPasses(t *testing.T) {
	named := 0
	rapid.Check(t, func(r *rapid.T) {
		w := drawNight(r)
		all := w.overlap()
		f := w.forecast(w.shifting(all.Shift))
		g := w.firstNightOf(all)
		if (g.Verdict == model.Holds) != (len(f.late) == 0) {
			r.Fatalf("%d are late: %+v", len(f.late), g)
		}
		if len(f.fits) > 0 {
			named++
			if smaller := w.firstNightOf(shiftOf(routes.Both, f.fits...)); smaller.Verdict != model.Holds {
				r.Fatalf("%s\nthe wave of %v does not: %+v", g.Value, f.fits, smaller)
			}
		}
		some := rapid.SliceOfN(rapid.Bool(), len(all.Shift.Cells), len(all.Shift.Cells)).Draw(r, "some")
		part := &Shift{To: routes.Both}
		for i, c := range all.Shift.Cells {
			if some[i] {
				part.Cells = append(part.Cells, c)
			}
		}
		if len(part.Cells) == 0 {
			return
		}
		if less := w.forecast(w.shifting(part)); less.ends.After(f.ends) || less.begins.Before(f.begins) || len(less.late) > len(f.late) {
			r.Fatalf("%d cells from %v to %v, %d late; %d cells from %v to %v, %d late", len(part.Cells), less.begins, less.ends, len(less.late),
				len(all.Shift.Cells), f.begins, f.ends, len(f.late))
		}
	})
	if named == 0 {
		t.Error("no smaller wave was named")
	}
}

// TestALaterStartNeverWidensTheWindow: the farther green keeps away, the less is left until blue begins.
func TestALaterStartNeverWidensTheWindow(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		minute := rapid.IntRange(0, 11*60).Draw(r, "minute") // no start of the day leaves its date for it
		w := nightWorld(nightlyCell{"a", fmt.Sprintf("daily at %02d:%02d", minute/60, minute%60), 1})
		window := func(quarters int) (time.Time, time.Duration) {
			w := w
			w.Routing.Times[model.Green].Apart = time.Duration(quarters) * 15 * time.Minute
			f := w.forecast(w.shifting(w.overlap().Shift))
			return f.begins, f.window
		}
		less := rapid.IntRange(1, 47).Draw(r, "less")
		more := rapid.IntRange(less, 48).Draw(r, "more")
		_, wide := window(less)
		if _, narrow := window(more); narrow > wide || wide != 24*time.Hour-time.Duration(less)*15*time.Minute {
			r.Fatalf("%d quarters away it is %v, %d away %v", less, wide, more, narrow)
		}
	})
}
