package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// night is a board on which every cell has a good backup of the last night on both clusters, and whatever else is given for green, whose
// Director was started at a moment.
func night(t *testing.T, started time.Time, green ...model.Job) *boardWorld {
	t.Helper()
	w := newBoard(t, midday)
	var good []model.Job
	for i, p := range w.inv.Cells {
		w.inv.Cells[i].Storage = "sd-" + p.Cell.Region
		j := backup(uint32(i+1), p.Cell, model.OK, midday.Add(-9*time.Hour), time.Minute, 100)
		j.Name = "backup-" + p.Cell.String()
		good = append(good, j)
	}
	w.Catalog(model.Blue, model.Catalog{}, good, nil, midday)
	w.Catalog(model.Green, model.Catalog{}, append(good, green...), nil, midday)
	w.director(model.Green, started, w.everyCell())
	d := w.sides[model.Green].director
	d.Directors[0].Started = started
	for i := range green {
		if green[i].Outcome.Open() && green[i].Status != 'C' {
			d.Running = append(d.Running, green[i])
		}
	}
	w.Director(model.Green, d, w.everyCell())
	return w
}

// ofCell is a job of a cell by that cell's own Job resource.
func ofCell(id uint32, cell model.Cell, o model.Outcome, ago time.Duration, note string) model.Job {
	j := backup(id, cell, o, midday.Add(-ago), time.Minute, 100)
	j.Name, j.Note = "backup-"+cell.String(), note
	if o == model.Lost {
		j = lostRow(j)
	}
	return j
}

func cellOf(chain, region string, k model.Kind) model.Cell {
	return model.Cell{Chain: chain, Region: region, Kind: k}
}

// TestOneCauseIsOneAlert and what has a cause of its own is told by itself, with what it waits for or died of.
func TestOneCauseIsOneAlert(t *testing.T) {
	one, two := cellOf("chain1", "region1", model.Regular), cellOf("chain2", "region1", model.Regular)
	far := cellOf("chain1", "region2", model.Regular)
	const full = "Fatal error: Storage daemon \"sd-3\" could not create a new Volume. ERR=No space left on device"
	restart := midday.Add(-5 * time.Minute)
	for _, x := range []struct {
		name    string
		started time.Time
		jobs    []model.Job
		want    [][4]string // id, says, brief, do
	}{
		{"two wait for one Storage Daemon, one for another", midday.Add(-24 * time.Hour), []model.Job{
			ofCell(21, one, model.Stuck, time.Hour, ""), ofCell(22, far, model.Stuck, time.Hour, ""), ofCell(23, two, model.Stuck, time.Hour, "")},
			[][4]string{
				{"stuck:green:sd-region1", "storage sd-region1 has no volume: 2 jobs on green wait for it: chain1 region1 regular, chain2 region1 " +
					"regular",
					"green sd-region1 has no volume; 2 jobs wait",
					"mount or label a volume, or make room where it is full: its jobs go on by themselves"},
				{"job:green:" + ofCell(22, far, model.Stuck, 0, "").Key.Job,
					"storage sd-region2 has no volume: green 22 chain1 region2 regular full waits for a volume",
					"green sd-region2 has no volume; job 22 waits",
					"mount or label a volume, or make room where it is full: it goes on by itself"}}},
		{"two marked by a start of their Director", restart, []model.Job{
			ofCell(21, one, model.Lost, time.Hour, "its Director was started again while it ran"), ofCell(22, far, model.Lost, time.Hour, "")},
			[][4]string{{"lost:green", "2 jobs lost on green, whose Director started at 20 Nov 11:55 UTC: chain1 region2 regular, chain1 region1 " +
				"regular",
				"2 jobs lost, green Director started 20 Nov 11:55", "run them again (R): nothing can be restored from them"}}},
		{"one marked by a start of its Director", restart, []model.Job{
			ofCell(21, one, model.Lost, time.Hour, "its Director was started again while it ran")},
			[][4]string{{"job:green:" + ofCell(21, one, model.Lost, 0, "").Key.Job, "green 21 chain1 region1 regular full lost: dir-green was " +
				"started again at 11:55:00 UTC; 1 bad in a row on green; good on blue",
				"chain1 region1 regular lost, green Director started 11:55 UTC", "run it again (R): nothing can be restored from it"}}},
		{"two of one reason, one of another", midday.Add(-24 * time.Hour), []model.Job{ofCell(21, one, model.Failed, time.Hour, full),
			ofCell(22, two, model.Failed, time.Hour, full), ofCell(23, far, model.Failed, time.Hour, "Fatal error: Read error")},
			[][4]string{{"failed:green:", "2 jobs FAILED on green: " + full[len("Fatal error: "):] +
				": chain2 region1 regular, chain1 region1 regular",
				"2 jobs FAILED on green: storage: No space left on device", "read their logs; run them again when the cause is gone"},
				{"job:green:", "green 23 chain1 region2 regular full FAILED: Read error; 1 bad in a row on green; good on blue",
					"chain1 region2 regular FAILED: Read error", "read its log; its schedule tries again at 02:10 UTC"}}},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := night(t, x.started, x.jobs...).Snapshot(midday)
			got := slices.DeleteFunc(slices.Clone(s.Alerts), func(a Alert) bool { return a.Job == nil && a.Cell == nil })
			if len(got) != len(x.want) {
				t.Fatalf("%d alerts, want %d: %+v", len(got), len(x.want), got)
			}
			for _, want := range x.want {
				i := slices.IndexFunc(got, func(a Alert) bool { return strings.HasPrefix(a.ID, want[0]) })
				if i < 0 {
					t.Errorf("no alert %s among %+v", want[0], got)
					continue
				}
				if a := got[i]; a.Says != want[1] && !strings.HasPrefix(a.Says, want[1]) || a.Brief != want[2] || !strings.HasPrefix(a.Do, want[3]) {
					t.Errorf("%s:\n says %q\nbrief %q\n   do %q", a.ID, a.Says, a.Brief, a.Do)
				}
			}
		})
	}
}

// TestAFailedJobIsOneAlert whatever its cell is: one that disagrees with the other cluster, one whose promise breaks soon or is broken.
func TestAFailedJobIsOneAlert(t *testing.T) {
	const note, plain = "Fatal error: Read error", "Read error"
	for name, x := range map[string]struct {
		promise  time.Duration
		open     []model.Job
		id, says string
		do       string
	}{
		"it disagrees": {26 * time.Hour, nil, "job:green:", "green 21 chain1 region1 regular full " +
			"FAILED: " + plain + "; 1 bad in a row on green; good on blue",
			"read its log"},
		"it breaks soon": {9*time.Hour + 31*time.Minute, nil, "breaks:", "chain1 region1 regular: breaks its 9h31m promise in 32 min; its " +
			"newest try failed " +
			"on green: " + plain, "back it up: none is scheduled before then"},
		"it is broken": {8 * time.Hour, nil, "broken:", "chain1 region1 regular: last good 8 h ago on blue, promise 8h; newest try failed on " +
			"green: " + plain,
			"back it up now"},
		"it is broken, and runs": {8 * time.Hour, []model.Job{ofCell(22, cellA, model.Running, time.Minute, "")}, "broken:", "",
			"wait for job 22: it runs on green"},
		"it runs again": {26 * time.Hour, []model.Job{ofCell(22, cellA, model.Running, time.Minute, "")}, "job:green:", "",
			"wait for job 22: it runs on green; its log tells why this one failed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := night(t, midday.Add(-24*time.Hour), append(x.open, ofCell(21, cellA, model.Failed, time.Hour, note))...)
			i, _ := w.inv.Index(cellA)
			w.inv.Cells[i].Promise = x.promise
			var of []Alert
			for _, a := range w.Snapshot(midday).Alerts {
				if a.Cell != nil && *a.Cell == cellA || a.Job != nil {
					of = append(of, a)
				}
			}
			if len(of) != 1 || !strings.HasPrefix(of[0].ID, x.id) || !strings.HasPrefix(of[0].Do, x.do) || of[0].Job == nil ||
				of[0].Severity != model.Fail ||
				x.says != "" && of[0].Says != x.says {
				t.Errorf("%d alerts of it: %+v", len(of), of)
			}
		})
	}
}

// Cells that only warned are one quiet line, whatever else is told.
func TestWarningsAreOneQuietLine(t *testing.T) {
	w := newBoard(t, midday)
	var jobs []model.Job
	for i, p := range w.inv.Cells {
		o := model.OK
		if i < 3 {
			o = model.Warned
		}
		j := backup(uint32(i+1), p.Cell, o, midday.Add(-9*time.Hour), time.Minute, 100)
		j.Errors = 1
		if o == model.Warned {
			j.Note = "Could not stat /clone"
		}
		jobs = append(jobs, j)
	}
	w.Catalog(model.Blue, model.Catalog{}, jobs, nil, midday)
	w.Catalog(model.Green, model.Catalog{}, jobs, nil, midday)
	alerts := w.Snapshot(midday).Alerts
	warned := slices.DeleteFunc(slices.Clone(alerts), func(a Alert) bool { return !strings.Contains(a.Says, "warnings") })
	if len(warned) != 1 || warned[0].Severity != model.Info || !strings.HasPrefix(warned[0].Says, "3 cells ") {
		t.Fatalf("%+v", alerts)
	}
	if len(warned[0].Cells) != 3 {
		t.Errorf("it leads to %v", warned[0].Cells)
	}
	for _, cell := range warned[0].Cells { // each shows the warning's own text
		if v := w.cell(cell); !strings.HasSuffix(v.Says, "ended with 1 warning: Could not stat /clone") {
			t.Errorf("%s: %q", cell, v.Says)
		}
	}
}
