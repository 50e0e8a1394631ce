package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// pointsOf are five points of chain003, the first of which is not good.
func pointsOf() *model.RestoreList {
	yes, no, unknown := model.Answer(model.Holds), model.Answer(model.Fails), model.Answer(model.Unknown)
	at := func(k model.Cluster, id uint32, hours int, c model.Cell, l model.Level) model.RestorePoint {
		p := model.RestorePoint{
			Key:        model.JobKey{Cluster: k, Job: fmt.Sprintf("backup-%d", id)},
			ID:         id,
			Cell:       c,
			Level:      l,
			At:         before(time.Duration(hours) * time.Hour),
			Client:     "clone-chain003",
			Complete:   yes,
			Restorable: yes,
			Only:       no,
			OnlyWhy:    "green has job 871, 2 h older",
			Bytes:      11 * gb,
			Until:      noon.Add(5 * 24 * time.Hour),
			UntilWhy:   "retention of volume v-17990",
			Set: []model.Part{
				{ID: 17990, Job: "backup-17990", Level: 'F', Bytes: 10 * gb},
				{ID: id, Job: fmt.Sprintf("backup-%d", id), Level: l, Bytes: gb},
			},
			Volumes: []model.Volume{{Name: "v-17990", Status: "Full", Type: "File", Storage: "sd-17", Until: noon.Add(5 * 24 * time.Hour)},
				{Name: fmt.Sprintf("v-%d", id), Status: "Used", Type: "File", Storage: "sd-17"}},
		}
		p.Start = p.At.Add(-4 * time.Minute)
		return p
	}
	c := cellNo(8)
	broken := at(model.Blue, 18240, 2, c, 'I')
	broken.Complete, broken.Why, broken.Volumes[1].Status = no, "volume v-18240 is in status Error", "Error"
	only := at(model.Blue, 18100, 50, cellNo(9), 'F')
	only.Only, only.OnlyWhy = yes, ""
	unsure := at(model.Green, 860, 60, c, 'D')
	unsure.Complete, unsure.Why, unsure.Only = unknown, "its full backup, job 17990: its volumes were not read", unknown
	old := at(model.Blue, 18000, 75, c, 'I')
	old.Until = time.Time{}
	return &model.RestoreList{At: noon, More: true, Points: []model.RestorePoint{broken, at(model.Green, 871, 4, c, 'I'), only, unsure, old},
		Recommended: &model.Recommended{
			Key: model.JobKey{Cluster: model.Green, Job: "backup-871"},
			Says: "the newest complete good point of either cluster, on sd-17; job 18240 on blue is newer, but not good: " +
				"volume v-18240 is in status " +
				"Error",
		}}
}

// TestAPointWithoutItsSet has no zeros, and does not last for ever.
func TestAPointWithoutItsSet(t *testing.T) {
	point := pointsOf().Points[0]
	point.Set, point.Volumes, point.Bytes, point.Until, point.Why = nil, nil, 0, time.Time{}, "no full backup before it is left in the catalog"
	sc := &scene{snap: trouble(250).Snapshot, now: noon, minute: noon}
	list := &model.RestoreList{At: noon, Points: []model.RestorePoint{point}}
	list.Unread = []model.Unread{{Cluster: model.Green, Why: "wrong target"}}
	s := &story{w: 120}
	(&pointsPage{log: answer{at: noon}}).list(s, sc, list)
	text := ""
	for _, line := range append(s.out, (&pointPage{point: point}).lines(sc, 120)...) {
		for _, p := range line {
			text += p.Text
		}
		text += "\n"
	}
	for _, want := range []string{
		"? in set", "1 points as far as it was read", "not known, as not all was read", "set: not there", "not known: what it needs",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "0 B") || strings.Contains(text, "never") {
		t.Errorf("%s", text)
	}
}

func TestPointsOnTheScreen(t *testing.T) {
	for _, size := range sizes {
		d := watch(t, size[0], size[1], trouble(250).Snapshot)
		d.log.list = pointsOf()
		d.press(":", "'points chain003'", "enter")
		d.see("asking both catalogs")
		d.obey()
		golden(t, fmt.Sprintf("points-%dx%d", size[0], size[1]), d.screen())
		d.press("enter")
		golden(t, fmt.Sprintf("point-%dx%d", size[0], size[1]), d.screen())
	}
}

// selected is the row with the mark of the selection.
func selected(d *driver) string {
	for line := range strings.SplitSeq(d.screen(), "\n") {
		if strings.Contains(line, "│>") {
			return line
		}
	}
	return ""
}

// TestTheRecommendedPointIsSelected, and < and > go to those that are complete.
func TestTheRecommendedPointIsSelected(t *testing.T) {
	d := session(t, cockpit, Options{}, 120, 40, trouble(250).Snapshot)
	d.log.list = pointsOf()
	d.press(":", "'cell chain003 region1 regular'", "enter", "r")
	d.obey()
	if n := len(
		d.log.asks,
	); n != 1 || len(d.log.asks[0].Cells) != 4 || d.log.asks[0].Cells[0].Promise != 26*time.Hour ||
		d.log.asks[0].Limit != 200 {
		t.Fatalf("%d questions: %+v", n, d.log.asks)
	}
	for _, step := range []struct{ key, sees string }{{"", "job 871"}, {"<", "job 18100"}, {"<", "job 18000"}, {"<", "job 18000"}, {">",
		"job 18100"},
		{">", "job 871"}, {">", "job 871"}, {"k", "job 18240"}, {"<", "job 871"}} {
		if step.key != "" {
			d.press(step.key)
		}
		if !strings.Contains(selected(d), step.sees) {
			t.Errorf("after %q %q is selected, want %s", step.key, selected(d), step.sees)
		}
	}
	d.press("<", "<", "<")
	d.see("no older complete point is listed; :before TIME reads further back")
	d.press("enter")
	d.see("POINT 2026-03-11 09:04", "never", "backup-18000")
	d.see("restore to client")
	d.press("esc", "esc")
	if !strings.Contains(selected(d), "job 18000") {
		t.Errorf("back on %q", selected(d))
	}
}

func TestPointsBeforeAMoment(t *testing.T) {
	d := watch(t, 120, 40, trouble(250).Snapshot)
	d.press(":", "'before 01:30'", "enter")
	d.see("no points are listed")
	d.log.list = pointsOf()
	d.press(":", "'points chain003'", "enter")
	d.obey()
	d.press(":", "'before nonsense'", "enter")
	d.see(`moment "nonsense": want 01:30`)
	d.press(":", "'before 01:30'", "enter")
	d.obey()
	d.see("POINTS chain003 by 2026-03-14 01:30 UTC")
	if at := d.log.asks[len(d.log.asks)-1].Before; !at.Equal(time.Date(2026, 3, 14, 1, 30, 0, 0, time.UTC)) {
		t.Errorf("asked for what ended by %s", at)
	}
	d.press("esc")
	d.never = append(d.never, "POINTS")
	d.screen()
}

// TestPointsThatWereNotRead says so, and never that there are none.
func TestPointsThatWereNotRead(t *testing.T) {
	d := watch(t, 120, 40, trouble(250).Snapshot)
	d.log.err = errors.New("no answer in time")
	d.press(":", "'points chain003'", "enter")
	d.obey()
	d.see("They could not be read: no answer in time")
	d.log.err, d.log.list = nil, &model.RestoreList{Unread: []model.Unread{{Cluster: model.Green, Why: "connection refused"}}}
	d.press("esc", ":", "'points chain003'", "enter")
	d.obey()
	d.see("green's catalog: connection refused", "not known, as not all was read")
	d.press("<")
	d.press("esc", ":", "'points chain999'", "enter")
	d.see("the inventory has no chain chain999")
}

// TestPointsAreReadAgain when a cell of the chain has a newer good backup, and not otherwise.
func TestPointsAreReadAgain(t *testing.T) {
	d := watch(t, 120, 40, trouble(250).Snapshot)
	d.log.list = pointsOf()
	d.press(":", "'points chain003'", "enter")
	d.obey()
	d.wait(time.Minute)
	d.take(trouble(250).Snapshot)
	if d.app.points().log.asking {
		t.Fatal("it asks for the same again")
	}
	w := trouble(250)
	v := w.Snapshot.Cell(cellNo(8))
	newer := *v.On[model.Blue].LastGood
	newer.Key.Job += "x"
	v.On[model.Blue].LastGood = &newer
	d.take(w.Snapshot)
	if !d.app.points().log.asking {
		t.Error("a newer backup is there, and it does not ask")
	}
}
