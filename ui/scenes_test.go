package ui

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// noon is the moment of every hand-made snapshot.
var noon = time.Date(2026, 3, 14, 12, 4, 31, 0, time.UTC)

func before(d time.Duration) time.Time { return noon.Add(-d) }

const (
	gb  = 1_000_000_000
	day = 24 * time.Hour
)

// world is a snapshot under construction.
type world struct{ *board.Snapshot }

func cellNo(i int) model.Cell {
	return model.Cell{Chain: fmt.Sprintf("chain%03d", i/4+1), Region: []string{"region1", "region2"}[i/2%2], Kind: model.Kinds[i%2]}
}

func job(k model.Cluster, id uint32, c model.Cell, o model.Outcome) model.Job {
	name := "backup-" + c.Chain + "-" + c.Region + "-" + c.Kind.String()
	j := model.Job{Key: model.JobKey{Cluster: k, Job: fmt.Sprintf("%s.2026-03-14_11.%02d.00_%02d", name, id%60, id%90)}, ID: id,
		Name: name, Cell: c, HasCell: true,
		Type: model.TypeBackup, Level: 'I', Client: "clone-" + c.Chain, Storage: "sd-17", Outcome: o, Sched: before(20 * time.Minute)}
	switch o {
	case model.Waiting:
		j.Status = 'S'
	case model.Running:
		j.Status, j.Start, j.Level = 'R', before(8*time.Minute), 'F'
		j.Progress = model.Progress{At: before(2 * time.Second), Bytes: 3 * gb, Files: 41, Rate: 12_400_000, Percent: int(id*7) % 100,
			Left: time.Duration(id%9+1) * 40 * time.Second}
	case model.Stuck:
		j.Status, j.Start = 'm', before(15*time.Minute)
	default:
		j.Status = map[model.Outcome]model.Status{model.OK: 'T', model.Warned: 'W', model.Failed: 'f', model.Canceled: 'A',
			model.Lost: 'f'}[o]
		j.End = before(time.Duration(id%50+1) * time.Minute)
		j.Start = j.End.Add(-3 * time.Minute)
		j.Bytes, j.Files = uint64(id%30+3)*gb/10, 212
	}
	return j
}

func sightings() []board.Sighting {
	var s []board.Sighting
	for _, k := range model.Clusters {
		for i, of := range []model.Source{model.CatalogOf(k), model.DirectorOf(k, "dir-"+k.String()), model.StoragesOf(k)} {
			s = append(s, board.Sighting{Source: of, At: before(time.Duration(i+1) * time.Second), Tried: before(time.Second),
				Every: 2 * time.Second, Gates: i < 2, Detail: "10.0.0." + fmt.Sprint(i)})
		}
	}
	return s
}

// empty is the picture before any source answered.
func empty() *board.Snapshot {
	s := &board.Snapshot{Rev: 1, Beat: 1, At: noon, Environment: "bacula-catalog", Seen: sightings()}
	for i := range s.Seen {
		s.Seen[i].At, s.Seen[i].Tried, s.Seen[i].Detail = time.Time{}, time.Time{}, ""
	}
	return s
}

// calm is a good noon in the middle of the migration: nothing needs a person.
func calm(chains int) world {
	s := &board.Snapshot{Rev: 7, Beat: 7, At: noon, Environment: "bacula-catalog", Rehearsal: "overlap", Seen: sightings()}
	for i := range chains * 4 {
		c := cellNo(i)
		v := board.CellView{Cell: c, Tier: i%3 + 1, Promise: 26 * time.Hour, Health: board.CellOK,
			Says: "newest good backup within its promise"}
		for _, k := range model.Clusters {
			has := k == model.Blue && i%4 != 3 || k == model.Green && i%4 >= 2
			st := board.Standing{Read: true, Has: model.Fails}
			if has {
				j := job(k, uint32(17000+i), c, model.OK)
				j.End = before(time.Duration(i%20+1) * time.Hour)
				j.Start = j.End.Add(-4 * time.Minute)
				st = board.Standing{Read: true, Has: model.Holds, Last: &j, LastGood: &j, Streak: 14, Ratio: 1.02, Median: j.Bytes,
					Due: noon.Add(9 * time.Hour), Breaks: j.End.Add(26 * time.Hour)}
			}
			v.On[k] = st
		}
		s.Cells = append(s.Cells, v)
	}
	slices.SortFunc(s.Cells, func(a, b board.CellView) int { return a.Cell.Compare(b.Cell) })
	for _, k := range model.Clusters {
		name, version := "dir-old", "9.6.7 (10 December 2020)"
		first := uint32(18200)
		if k == model.Green {
			name, version, first = "dir-new", "15.0.3 (25 March 2025)", 900
		}
		v := &board.ClusterView{
			Cluster:  k,
			Linked:   model.Holds,
			LinkSays: "nothing says otherwise",
			Directors: []model.Director{{Name: name, Active: true, Version: version,
				At: before(time.Second)}},
			Catalog: model.Catalog{Host: "db-" + k.String(), Server: "8.4", At: before(time.Second)},
			Day:     board.Tallies{Read: true, Backups: board.Tally{OK: 917}, Restores: board.Tally{OK: 2}},
		}
		for i := range 3 {
			v.Open = append(v.Open, job(k, first+40+uint32(i), cellNo(i*5+int(k)), model.Running))
		}
		for i := range 4 {
			v.Open = append(v.Open, job(k, first+50+uint32(i), cellNo(i*7+int(k)+2), model.Waiting))
		}
		for i := range 30 {
			v.Recent = append(v.Recent, job(k, first+39-uint32(i), cellNo(i*3+int(k)+1), model.OK))
		}
		slices.SortFunc(v.Recent, func(a, b model.Job) int { return b.End.Compare(a.End) })
		s.Clusters[k] = v
	}
	for i := range 12 {
		j := s.Clusters[i%2].Recent[i]
		s.Events = append(s.Events, board.Event{Seq: uint64(i + 1), At: before(time.Duration(13-i) * time.Minute),
			Who:  model.Cluster(i % 2).String(),
			Says: j.Line(), Job: &j.Key})
	}
	return world{s}
}

// trouble is calm with one failed job, one stuck one, one broken promise and what follows from them.
func trouble(chains int) world {
	w := calm(chains)
	blue, green := w.Clusters[model.Blue], w.Clusters[model.Green]
	c := cellNo(9)
	bad := job(model.Blue, 18244, c, model.Failed)
	bad.Note, bad.End = "client clone-chain003 unreachable: connection timed out", before(33*time.Second)
	bad.Start = bad.End.Add(-2 * time.Minute)
	blue.Recent = slices.Insert(blue.Recent, 0, bad)
	stuck := job(model.Green, 955, cellNo(14), model.Stuck)
	green.Open = append(green.Open, stuck)
	warned := job(model.Green, 897, cellNo(6), model.Warned)
	warned.Note, warned.End = "0.4x of blue's size", before(4*time.Minute)
	green.Recent = append(green.Recent, warned)
	slices.SortStableFunc(green.Recent, func(a, b model.Job) int { return b.End.Compare(a.End) })
	restore := job(model.Green, 871, cellNo(0), model.Running)
	restore.Type, restore.Client, restore.Name = model.TypeRestore, "scratch-1", "restore-chain001"
	green.Open = slices.Insert(green.Open, 0, restore)
	blue.Day.Backups = board.Tally{OK: 917, Warned: 3, Failed: 2, Missed: 1}
	green.Day.Backups = board.Tally{OK: 358, Warned: 1}
	v := w.Snapshot.Cell(c)
	v.Health, v.Says = board.CellBroken, "last good 31 h ago on blue, promise 26h; newest try failed on blue: "+bad.Note
	good := *v.On[model.Blue].LastGood
	good.End = before(31*time.Hour + 5*time.Minute)
	v.On[model.Blue].LastGood, v.On[model.Blue].Last, v.On[model.Blue].Streak, v.On[model.Blue].Breaks = &good, &bad, -2,
		before(5*time.Hour)
	d := w.Snapshot.Cell(cellNo(6))
	d.Health, d.Says = board.CellDiverged, "green's newest is 0.4x of blue's"
	d.On[model.Green].Ratio = 0.4
	key, blueID, cell := bad.Key, model.Blue, c
	w.Alerts = []board.Alert{
		{ID: "broken:" + c.String(), Severity: model.Fail,
			Says:  "chain003 region1 immutable: last good 31 h ago on blue, promise 26h; newest try failed on blue: " + bad.Note,
			Brief: "chain003 region1 immutable: last good 31 h; FAILED: " + bad.Note,
			Do:    "back it up now; its newest try tells why: open the cell", Cell: &cell, Job: &key, Cluster: &blueID,
			Since: before(5 * time.Hour)},
		{ID: "job:green:" + stuck.Key.Job, Severity: model.Fail,
			Says:  "storage sd-17 has no volume: green 955 chain004 region2 regular full waits for a volume",
			Brief: "green sd-17 has no volume; job 955 waits",
			Do:    "mount or label a volume, or make room where it is full: it goes on by itself", Job: &stuck.Key,
			Since: before(15 * time.Minute)},
		{ID: "diverged:" + d.Cell.String(), Severity: model.Warn, Says: d.Cell.String() + ": green's newest is 0.4x of blue's",
			Do:   "compare them: open the cell",
			Cell: &d.Cell, Since: before(50 * time.Minute)},
	}
	w.Events = append(w.Events, board.Event{Seq: 13, At: before(33 * time.Second), Who: "blue", Severity: model.Fail,
		Says: "18244 chain003 region1 immutable FAILED: client clone-chain003 unreachable: connection timed out", Job: &key, Cell: &cell})
	return w
}

// old lets the sources of a cluster fall silent since d.
func (w world) old(k model.Cluster, d time.Duration, why string) world {
	for i := range w.Seen {
		if s := &w.Seen[i]; s.Source.Of(k) {
			s.At, s.Since, s.Tried, s.Why = before(d), before(d-2*time.Second), before(time.Second), why
		}
	}
	cause, _ := model.CauseFirst(why)
	w.Alerts = append([]board.Alert{
		{
			ID:       "source:" + k.String() + " catalog",
			Severity: model.Fail,
			Says:     k.String() + " catalog does not answer: " + model.CauseThenWhere(why),
			Brief:    k.String() + " catalog: " + cause,
			Do:       "see whether its server runs and takes the watch account: while it is down, jobs of it can neither start nor end well",
			Source:   model.CatalogOf(k),
			Since:    before(d),
		},
	},
		w.Alerts...)
	return w
}

const evil = "\x1b[31mred\x1b]0;title\x07\r\nnext\tline\u202eknil\u0000 " +
	"备份数据库备份 \u05e9\u05dc\u05d5\u05dd e\u0301 \U0001F468\u200d\U0001F469"

// hostile holds names and texts that nobody cleaned.
func hostile() world {
	w := trouble(8)
	long := ""
	for len(long) < 300 {
		long += "very-long-name-"
	}
	for _, v := range w.Clusters {
		for i := range v.Open {
			v.Open[i].Client, v.Open[i].Storage, v.Open[i].Note = evil, evil, evil
			v.Open[i].Cell.Chain = evil
			v.Open[i].Status = 0x1b
		}
		for i := range v.Recent {
			v.Recent[i].Cell.Chain = []string{long, evil, "备份数据库备份备份数据库备份备份数据库备份"}[i%3]
			v.Recent[i].Note = evil + long
		}
		v.Directors[0].Name, v.Directors[0].Version = evil, long
	}
	for i := range w.Alerts {
		w.Alerts[i].Says, w.Alerts[i].Brief, w.Alerts[i].Do = evil+w.Alerts[i].Says, "", long
	}
	for i := range w.Events {
		w.Events[i].Says, w.Events[i].Who = long+evil, evil
	}
	for i := range w.Cells {
		w.Cells[i].Says = evil + long
	}
	for i := range w.Seen {
		w.Seen[i].Source.Name, w.Seen[i].Why = evil+fmt.Sprint(i), evil
	}
	w.Environment, w.Rehearsal = evil, evil
	return w
}
