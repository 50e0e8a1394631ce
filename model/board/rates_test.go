package board

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
)

// TestRatesAreTheTallies: of the same 7 days the days add up to what the week's tally says, region by region; of 14 they are as a list of
// the jobs says, with due times that no job answered.
func TestRatesAreTheTallies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newBoard(t, midday)
		var jobs []model.Job
		for id := range uint32(rapid.IntRange(1, 60).Draw(t, "jobs")) {
			cell := w.inv.Cells[rapid.IntRange(0, len(w.inv.Cells)-1).Draw(t, "cell")].Cell
			at := midday.Add(-time.Duration(rapid.IntRange(1, 15*24*60).Draw(t, "minutes")) * time.Minute)
			o := rapid.SampledFrom([]model.Outcome{model.OK, model.OK, model.OK, model.Failed, model.Canceled}).Draw(t, "outcome")
			jobs = append(jobs, backup(id+1, cell, o, at, time.Minute, 100))
		}
		w.Catalog(model.Green, model.Catalog{}, jobs, nil, midday)
		s := w.Snapshot(midday)
		v := s.Clusters[model.Green]
		type part struct {
			region string
			kind   model.Kind
		}
		week := map[part][2]int{}
		for _, d := range w.Ledger(model.Green).rates(s.Cells, midday.Add(-7*day), midday) {
			p := part{d.Region, d.Kind}
			week[p] = [2]int{week[p][0] + d.Total, week[p][1] + d.Good}
		}
		for _, p := range v.Week.By {
			if got := week[part{p.Region, p.Kind}]; got != [2]int{p.Backups.Total(), p.Backups.Good()} {
				t.Fatalf("%s %s: %v by day, %+v in the week", p.Region, p.Kind, got, p.Backups)
			}
			delete(week, part{p.Region, p.Kind})
		}
		if len(week) > 0 {
			t.Fatalf("not in the week: %v", week)
		}
		total, good, want := 0, 0, [2]int{}
		for i, d := range v.Rates {
			if total, good = total+d.Total, good+d.Good; i > 0 && v.Rates[i-1].Region == d.Region && v.Rates[i-1].Kind == d.Kind &&
				!v.Rates[i-1].Day.Before(d.Day) || d.Day.After(midday) {
				t.Fatalf("the days do not ascend: %v", v.Rates)
			}
		}
		from := midday.Add(-model.DefaultPolicy().RateSpan)
		for i := range jobs {
			if jobs[i].End.Before(from) {
				continue
			}
			if want[0]++; jobs[i].Outcome == model.OK {
				want[1]++
			}
		}
		for i := range s.Cells {
			on := &s.Cells[i].On[model.Green]
			for _, at := range on.Misses {
				if at >= from.Unix() {
					want[0]++
				}
			}
			if len(on.Misses) < on.Missed {
				t.Fatalf("%d missed in the week, %d in longer", on.Missed, len(on.Misses))
			}
		}
		if got := [2]int{total, good}; got != want {
			t.Fatalf("%v by day, want %v", got, want)
		}
	})
}

// TestANightLongAgoIsMissed, of a cell that was backed up before and after: it counts in as long as a rate must be shown, and not in the
// week.
func TestANightLongAgoIsMissed(t *testing.T) {
	t.Parallel()
	w := newBoard(t, midday)
	cell := w.inv.Cells[0].Cell
	w.director(model.Green, midday.Add(-40*day), w.everyCell())
	var jobs []model.Job
	for n := range 20 {
		if n != 10 {
			jobs = append(
				jobs,
				backup(uint32(100-n), cell, model.OK, midday.Truncate(day).Add(-time.Duration(n)*day+130*time.Minute), time.Minute, 100),
			)
		}
	}
	w.Catalog(model.Green, model.Catalog{}, jobs, nil, midday)
	s := w.Snapshot(midday)
	on := s.Cell(cell).On[model.Green]
	if on.Missed != 0 || len(on.Misses) != 1 || on.Misses[0] != midday.Truncate(day).Add(-10*day+130*time.Minute).Unix() {
		t.Fatalf("%d missed in the week, all: %v", on.Missed, on.Misses)
	}
	for _, d := range s.Clusters[model.Green].Rates {
		if d.Region == cell.Region && d.Kind == cell.Kind && d.Day.Equal(midday.Truncate(day).Add(-10*day)) && d.Total-d.Good < 1 {
			t.Errorf("%+v", d)
		}
	}
}
