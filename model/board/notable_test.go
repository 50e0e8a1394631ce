package board

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhatAlertsLookForFollowsTheCells lets cells break, mend, be missed, drift and lose their protection: what alerts look for is always
// what the cells of this very moment are.
func TestWhatAlertsLookForFollowsTheCells(t *testing.T) {
	w := newBoard(t, midday)
	bare := model.Cell{Chain: "chain1", Region: "region2", Kind: model.Immutable}
	step := func(what string, differs bool, change func()) {
		t.Helper()
		before := w.notable()
		was := *before
		change()
		w.Snapshot(w.now)
		is := *w.notable()
		if want := notableOf(w.cells); !reflect.DeepEqual(is, want) {
			t.Errorf("%s: %+v, want %+v", what, is, want)
		}
		was.cells, is.cells = nil, nil
		if differs == reflect.DeepEqual(was, is) {
			t.Errorf("%s: it was %+v and is %+v", what, was, is)
		}
	}
	id := uint32(0)
	good := func(c model.Cluster, cell model.Cell, at time.Time) {
		id++
		w.Catalog(c, model.Catalog{}, []model.Job{backup(id, cell, model.OK, at, time.Minute, 1e9)}, nil, w.now)
	}
	step("nothing was ever backed up", true, func() {})
	step("a good backup on both", true, func() {
		good(model.Blue, cellA, w.now.Add(-time.Hour))
		good(model.Green, cellA, w.now.Add(-time.Hour))
	})
	step("and one that is not protected", true, func() {
		good(model.Green, bare, w.now.Add(-time.Hour))
		w.Snapshot(w.now)
		w.Protected(model.Green, map[uint32]model.Verdict{id: model.Fails}, false, w.now)
	})
	step("a second passes", false, func() { w.now = w.now.Add(time.Second) })
	step("days pass", true, func() { w.now = w.now.Add(3 * day) })
	step("blue has no jobs any more", true, func() { w.director(model.Blue, w.now.Add(-time.Hour), map[model.Cell]bool{}) })
	step("the routes give all to green", true, func() {
		w.DesireBy(func(int64, json.RawMessage) func(model.Cell) model.Route {
			return func(model.Cell) model.Route { return model.Route{model.Green: model.Holds, model.Blue: model.Fails} }
		})
		w.Journal(&record.State{RoutesSeq: 1}, nil, nil)
		w.director(model.Green, w.now.Add(-time.Hour), map[model.Cell]bool{cellA: true})
	})
}

// TestOthersHaveTheirTurnDuringASweep: a session works in one place, and a key must not wait until every cell was looked at.
func TestOthersHaveTheirTurnDuringASweep(t *testing.T) {
	const chains = 500
	daily, err := model.ParseSchedule("daily at 02:10")
	if err != nil {
		t.Fatal(err)
	}
	var ps []model.Placement
	for n := range chains {
		ps = append(ps, model.Placement{Cell: model.Cell{Chain: fmt.Sprint("chain", n), Region: "region1"}, Schedule: daily, Promise: day})
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	b := New("test", "", inv, model.DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var turns atomic.Int32
	over := make(chan struct{})
	go func() {
		for {
			select {
			case <-over:
				return
			default:
				turns.Add(1)
				runtime.Gosched()
			}
		}
	}()
	b.Snapshot(midday)
	close(over)
	if n := turns.Load(); n < chains/cellsAtOnce {
		t.Errorf("others had their turn %d times while %d cells were looked at", n, chains)
	}
}
