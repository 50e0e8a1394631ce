package gate

import (
	"math"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// weekly is an inventory of one chain whose four cells have a full backup a week and another one on every other day.
func weekly(t *testing.T) World {
	t.Helper()
	s, err := model.ParseSchedule("Full sun at 01:00", "Incremental mon-sat at 01:00")
	if err != nil {
		t.Fatal(err)
	}
	var ps []model.Placement
	snap := &board.Snapshot{At: noon}
	for r, region := range []string{"region1", "region2"} {
		for _, k := range model.Kinds {
			cell := model.Cell{Chain: "chain1", Region: region, Kind: k}
			ps = append(ps, model.Placement{Cell: cell, Storage: "sd-" + region, Schedule: s, Retention: 10 * day, Promise: 26 * time.Hour})
			c := board.CellView{Cell: cell}
			c.On[model.Blue] = board.Standing{Read: true, LastFull: &model.Job{Bytes: 700e9, Level: 'F', End: noon.Add(-6 * day)},
				LastGood: &model.Job{Bytes: 70e9, Level: 'I', End: noon.Add(-4 * day)}}
			if r == 0 {
				c.On[model.Green] = board.Standing{Read: true, LastFull: &model.Job{Bytes: 350e9, Level: 'F', End: noon},
					LastGood: &model.Job{Bytes: 350e9, Level: 'F', End: noon}}
			}
			snap.Cells = append(snap.Cells, c)
		}
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	return World{Snapshot: snap, Inventory: inv, Policy: model.DefaultPolicy()}
}

func (w World) routed(blue, green model.Verdict) {
	for i := range w.Snapshot.Cells {
		for c, v := range map[model.Cluster]model.Verdict{model.Blue: blue, model.Green: green} {
			on := &w.Snapshot.Cells[i].On[c]
			on.Has = v
			on.At[0].Is = v
		}
	}
}

// TestWhatTheMigrationNeeds of each storage: by hand, 2 cells of 700 GB a week and 6 times 70 GB are 320 GB a day on blue; on green each is
// a full backup of 350 GB a week, and what it takes first is as large as on blue.
func TestWhatTheMigrationNeeds(t *testing.T) {
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e9 }
	w := weekly(t)
	of := func(on model.Cluster, storage string) model.StorageNeed {
		s := &model.Space{Needs: Needs(w)}
		if n := s.Need(on, storage); n != nil {
			return *n
		}
		return model.StorageNeed{}
	}
	w.routed(model.Holds, model.Holds)
	if n := of(model.Blue, "sd-region1"); n.Cells != 2 || !near(n.Overlap, 320e9) || n.Coming+n.Left+n.Untold != 0 {
		t.Errorf("both, blue: %+v", n)
	}
	if n := of(model.Green, "sd-region1"); n.Cells != 2 || !near(n.Overlap, 100e9) {
		t.Errorf("both, green: %+v", n)
	}
	w.routed(model.Holds, model.Fails)
	if n := of(model.Green, "sd-region2"); n.Coming != 2 || !near(n.Comes, 320e9) || n.Cells != 0 {
		t.Errorf("blue alone, green: %+v", n)
	}
	if n := of(model.Blue, "sd-region2"); n != (model.StorageNeed{}) {
		t.Errorf("blue alone, blue: %+v", n)
	}
	// Blue's newest is 4 days old and kept for 10: of its backups those of 6 days are left.
	w.routed(model.Fails, model.Holds)
	if n := of(model.Blue, "sd-region1"); n.Left != 2 || !near(n.Owed, 6*320e9) || !n.OwedUntil.Equal(noon.Add(6*day)) {
		t.Errorf("green alone, blue: %+v", n)
	}
	if n := of(model.Green, "sd-region1"); n != (model.StorageNeed{}) {
		t.Errorf("green alone, green: %+v", n)
	}
	w.Snapshot.At = noon.Add(7 * day)
	if n := of(model.Blue, "sd-region1"); n != (model.StorageNeed{}) {
		t.Errorf("green alone, later than all is kept: %+v", n)
	}
	w.routed(model.Unknown, model.Holds)
	if n := of(model.Blue, "sd-region1"); n.Untold != 2 || n.Owed != 0 {
		t.Errorf("nobody tells: %+v", n)
	}
	w = weekly(t)
	w.routed(model.Holds, model.Fails)
	for i := range w.Snapshot.Cells {
		w.Snapshot.Cells[i].On = [2]board.Standing{{Has: model.Holds}, {Has: model.Fails}}
		w.Snapshot.Cells[i].On[model.Blue].At[0].Is, w.Snapshot.Cells[i].On[model.Green].At[0].Is = model.Holds, model.Fails
	}
	if n := of(model.Green, "sd-region1"); n.Coming != 2 || n.Untold != 2 || n.Comes != 0 {
		t.Errorf("none has a backup: %+v", n)
	}
	for i := range w.Inventory.Cells {
		w.Inventory.Cells[i].Storage = ""
	}
	if n := of(model.Green, ""); n.Untold != 4 || n.Coming != 0 {
		t.Errorf("the inventory names no storage: %+v", n)
	}
}

// TestTheForecastWeighsStorages: 44 cells are left, 4 are settled a day, and that takes 11 days.
func TestTheForecastWeighsStorages(t *testing.T) {
	steady := moving(t, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4)
	rough := moving(t, 0, 0, 14, 0, 0, 0, 14, 0, 0, 14, 0, 0, 0, 14)
	space := func(perDay, free, comes float64) *model.Space {
		s := &model.Space{}
		room := map[string]uint64{"sd": uint64(free)}
		if free < 0 {
			room = nil
		}
		s.SpaceOf(model.Green, []model.SpaceVolume{{Storage: "sd", Status: "Used", Bytes: uint64(7 * perDay), First: noon.Add(-6 * day),
			Written: noon.Add(-time.Hour)}}, room, "no storage_room is configured", noon)
		s.Weigh([]model.StorageNeed{{Cluster: model.Green, Storage: "sd", Coming: 3, Comes: comes, Cells: 2, Overlap: perDay / 4}})
		return s
	}
	weighed := func(n model.StorageNeed) *model.Space {
		s := space(10e9, 1e12, 0)
		s.Weigh([]model.StorageNeed{n})
		return s
	}
	free := Forecast(rough, TestPace{}, space(10e9, 100e12, 0))
	first, last := free.Settled50.Sub(noon).Hours()/24, free.Settled90.Sub(noon).Hours()/24
	if first >= last {
		t.Fatalf("%v and %v days: nothing lies between", first, last)
	}
	for name, c := range map[string]struct {
		w              World
		space          *model.Space
		why, room, buy string
	}{
		"not read":      {steady, nil, "", "was not read", ""},
		"enough":        {steady, space(10e9, 1e12, 0), "", "enough on 1 storage", ""},
		"no room known": {steady, space(10e9, -1, 0), "", "not weighed of all: green sd: no storage_room", ""},
		"what comes to an empty one": {steady, weighed(model.StorageNeed{Cluster: model.Green, Storage: "sd2", Coming: 3, Comes: 1e12}), "",
			"not weighed of all: green sd2: no volume of it", ""},
		"some cells not told": {steady, weighed(model.StorageNeed{Cluster: model.Green, Storage: "sd", Coming: 3, Untold: 3}), "",
			"not weighed of all: green sd: how much", ""},
		"no storage named": {steady, weighed(model.StorageNeed{Cluster: model.Green, Untold: 3}), "",
			"not weighed of all: green (cells without a storage)", ""},
		"a catalog not read": {steady, &model.Space{Unread: []model.Unread{{Cluster: model.Blue, Why: "hung"}}}, "",
			"blue's catalog was not read: hung", ""},
		"full before": {steady, space(10e9, 50e9, 0), "green sd is full in 5 days (the overlap is 2.5 GB of the 10.0 GB a day), " +
			"and the last cell " +
			"would be settled in 11: nothing is then; it takes 60.0 GB more room on it", "full in 5 days", ""},
		"full before, with what comes": {steady, space(10e9, 150e9, 20e9), "full in 5 days with what comes to it", "the 30.0 GB a day", ""},
		"not before, without it":       {steady, space(10e9, 150e9, 0), "", "enough", ""},
		"between":                      {rough, space(10e9, 10e9*(first+last)/2, 0), "", "full in", "more room on it"},
	} {
		f := Forecast(c.w, TestPace{}, c.space)
		if !strings.Contains(f.Why, c.why) || (f.Why == "") != (c.why == "") || !strings.Contains(f.Room, c.room) ||
			!strings.Contains(f.Buys, c.buy) {
			t.Errorf("%s: %+v", name, f)
		}
		if f.Why != "" && !(f.Settled50.IsZero() && f.Done90.IsZero()) {
			t.Errorf("%s: refused, and moments are told: %+v", name, f)
		}
		if strings.HasPrefix(f.Binds, "storage:") != (c.buy != "") {
			t.Errorf("%s: %q binds", name, f.Binds)
		}
	}
}
