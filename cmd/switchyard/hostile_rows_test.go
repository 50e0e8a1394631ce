package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
	"switchyard/model/board"
)

// plantedJob is a row of a catalog as somebody, or a mishap, wrote it. Zero times are NULL.
type plantedJob struct {
	id                      int
	name                    string
	kind, level, status     string
	due, start, end, really time.Time
	tdate                   int64
	files, bytes, prior     int64
	unique, log             string
	bare                    bool // no volume holds it
	unset                   bool // its figures are NULL
}

// ran is a good full backup that ended a time ago, as Bacula writes it.
func ranOn(id int, name string, ago time.Duration) plantedJob {
	end := model.Now().UTC().Truncate(time.Second).Add(-ago)
	return plantedJob{
		id:     id,
		name:   name,
		kind:   "B",
		level:  "F",
		status: "T",
		due:    end.Add(-10 * time.Minute),
		start:  end.Add(-9 * time.Minute),
		end:    end,
		really: end,
		tdate:  end.Unix(),
		files:  12,
		bytes:  50e9,
		unique: fmt.Sprintf("%s.%s_%02d", name, end.Add(-9*time.Minute).Format("2006-01-02_15.04.05"), id%60),
	}
}

const plantedColumns = "JobId, Job, Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, EndTime, RealEndTime, JobTDate, " +
	"JobFiles, JobBytes, JobErrors, PriorJobId"

func (p plantedJob) values() []any {
	at := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.Format(time.DateTime)
	}
	files, stored, errs := any(p.files), any(p.bytes), any(int64(0))
	if p.unset {
		files, stored, errs = nil, nil, nil
	}
	return []any{
		int64(p.id),
		[]byte(p.unique),
		[]byte(p.name),
		p.kind,
		p.level,
		int64(1),
		p.status,
		at(p.due),
		at(p.start),
		at(p.end),
		at(p.really),
		p.tdate,
		files,
		stored,
		errs,
		p.prior,
	}
}

// put writes the rows and nothing else of their names.
func put(t *testing.T, in *sqlsim.Instance, jobs ...plantedJob) {
	t.Helper()
	c, err := in.Connect("bacula", "evil.example")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Write(func(tx *sqlsim.Tx) error {
		for _, j := range jobs {
			if err := tx.Exec("DELETE FROM Job WHERE JobId = ?", int64(j.id)); err != nil {
				return err
			}
			v := j.values()
			if err := tx.Exec("INSERT INTO Job ("+plantedColumns+") VALUES ("+marks(len(v))+")", v...); err != nil {
				return err
			}
			if !j.bare {
				if err := tx.Exec("INSERT INTO JobMedia (JobId, MediaId) VALUES (?, 1)", int64(j.id)); err != nil {
					return err
				}
			}
			if j.log != "" {
				if err := tx.Exec(
					"INSERT INTO Log (JobId, Time, LogText) VALUES (?, ?, ?)",
					int64(j.id),
					model.Now().UTC().Format(time.DateTime),
					j.log+"\n\x00",
				); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// history is the week before of a cell, good each night but the last few.
func history(first int, name string, nights int, last time.Duration) (jobs []plantedJob) {
	for i := range nights {
		jobs = append(jobs, ranOn(first+i, name, last+time.Duration(nights-1-i)*24*time.Hour))
	}
	return jobs
}

// seen is what status --json says.
type seen struct {
	Cells  []board.CellView
	Alerts []board.Alert
	Doubts map[uint32]string // what speaks against ended jobs of blue, by JobId
}

func lookJSON(t *testing.T, config string) (s seen) {
	t.Helper()
	cmd := program(t, "status", "--json", "--full", "--config", config)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // it exits with 1 where it finds something
	for _, never := range []string{"106751", "-106751", "292 y"} {
		if bytes.Contains(out.Bytes(), []byte(never)) {
			t.Errorf("it says %s", never)
		}
	}
	var raw struct {
		Cells []struct {
			Cell        model.Cell
			Health      string
			Says        string
			Blue, Green struct {
				Routed model.Answer
				Missed int  `json:"missed_7d"`
				Off    bool `json:"switched_off"`
			}
		}
		Alerts   []struct{ ID, Severity, Says, Do string }
		Clusters []struct {
			Recent []struct {
				JobID uint32
				Doubt string
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &raw); err != nil {
		t.Fatalf("%v: %s %s", err, out.String()[:min(300, out.Len())], errs.String())
	}
	for _, c := range raw.Cells {
		v := board.CellView{Cell: c.Cell, Says: c.Says}
		for h := board.CellUnknown; h <= board.CellGap; h++ {
			if h.String() == c.Health {
				v.Health = h
			}
		}
		v.On[model.Blue] = board.Standing{Has: model.Verdict(c.Blue.Routed), Missed: c.Blue.Missed, Off: c.Blue.Off}
		v.On[model.Green] = board.Standing{Has: model.Verdict(c.Green.Routed), Missed: c.Green.Missed, Off: c.Green.Off}
		s.Cells = append(s.Cells, v)
	}
	for _, a := range raw.Alerts {
		told := board.Alert{ID: a.ID, Says: a.Says, Do: a.Do}
		if a.Severity == model.Fail.String() {
			told.Severity = model.Fail
		}
		s.Alerts = append(s.Alerts, told)
	}
	s.Doubts = map[uint32]string{}
	if len(raw.Clusters) > 0 {
		for _, j := range raw.Clusters[model.Blue].Recent {
			s.Doubts[j.JobID] = j.Doubt
		}
	}
	return s
}

func (s *seen) cell(c model.Cell) board.CellView {
	i := slices.IndexFunc(s.Cells, func(v board.CellView) bool { return v.Cell == c })
	return s.Cells[i]
}

func (s *seen) says(id string) string {
	for _, a := range s.Alerts {
		if a.ID == id {
			return a.Says
		}
	}
	return ""
}

// TestOddRowsAreJudgedRightly puts what catalogs held into the world's, cell by cell, and asks for one look.
func TestOddRowsAreJudgedRightly(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "fresh", Chains: 12, Idle: true})
	c, err := w.Blue().Connect("bacula", "evil.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(func(tx *sqlsim.Tx) error { return tx.Exec("DELETE FROM Job WHERE Name LIKE 'backup-%'") }); err != nil {
		t.Fatal(err)
	}
	c.Close()
	judgeOddRows(t, w, w.ConfigPath(), func(jobs []plantedJob) { put(t, w.Blue(), jobs...) })
}

// judgeOddRows fills blue's catalog, which is empty, and looks through a configuration of the world's Directors.
func judgeOddRows(t *testing.T, w *rehearsal.World, config string, fill func([]plantedJob)) {
	t.Helper()
	cells := lookJSON(t, w.ConfigPath()).Cells
	if len(cells) < len(oddCases)+1 {
		t.Fatalf("%d cells", len(cells))
	}
	name := func(c model.Cell) string { return "backup-" + c.Chain + "-" + c.Region + "-" + c.Kind.String() }
	var all, newest []plantedJob
	for i := range oddCases {
		rows := oddCases[i].rows(1000*(i+1), name(cells[i].Cell))
		all, newest = append(all, rows...), append(newest, rows[len(rows)-1])
	}
	off := cells[len(oddCases)].Cell
	all = append(all, history(90_000, name(off), 3, time.Hour)...)
	for i := range 2100 {
		all = append(all, ranOn(200_000+i, "old-archive", 900*24*time.Hour))
	}
	fill(all)
	say(t, w, model.Blue, "disable job="+name(off))

	s := lookJSON(t, config)
	for i := range oddCases {
		v, want := s.cell(cells[i].Cell), &oddCases[i]
		if want.health == board.CellOK && v.Says == "missed 1 run in 24 h on blue" {
			continue // it came due within the hour since its newest backup
		}
		if v.Health != want.health || !strings.Contains(v.Says, want.words) {
			t.Errorf("%s: %s: %s, want %s: …%s…", want.says, v.Health, v.Says, want.health, want.words)
		}
	}
	if v := s.cell(off); v.Health != board.CellGap || !v.On[model.Blue].Off || !strings.Contains(v.Says, "switched off on blue") {
		t.Errorf("switched off: %s: %s", v.Health, v.Says)
	}
	for id, words := range map[string][]string{"dates:blue": {"3 in the future", "1 without an end", "1 without a start",
		"2 ended before they started"}, "mimics:blue": {`\x20\x20`, `\u200b`}, "scanned:blue": {"2100 jobs"}} {
		if says := s.says(id); !containsAll(says, words) {
			t.Errorf("%s: %q, want %q", id, says, words)
		}
	}
	for i := range oddCases {
		want := oddCases[i].hollow
		if is := s.Doubts[uint32(newest[i].id)]; want != model.NotJudged && is != want.String() {
			t.Errorf("%s: its row says %q, want %s", oddCases[i].says, is, want)
		}
		if !want.Hollow() || oddCases[i].health != board.CellWarned {
			continue
		}
		a := slices.IndexFunc(s.Alerts, func(a board.Alert) bool {
			return a.ID == "job:blue:"+newest[i].unique || a.ID == "breaks:"+cells[i].Cell.String()
		})
		if a < 0 || s.Alerts[a].Severity != model.Fail || !containsAll(s.Alerts[a].Says, []string{want.String()}) {
			t.Errorf("%s: no alert is a failure that says %q: %+v", oddCases[i].says, want, s.Alerts)
		}
	}
	for _, a := range s.Alerts {
		if strings.HasPrefix(a.ID, "job:") && strings.Contains(a.Says, " ok") {
			t.Errorf("a good job is an alert: %q", a.Says)
		}
	}
}

// TestMissedNightsAreThoseThatWereOwed finds no night missed from before a cell was routed there, and every other one by name.
func TestMissedNightsAreThoseThatWereOwed(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "overlap", Chains: 24, Idle: true})
	s := lookJSON(t, w.ConfigPath())
	both, missed := 0, 0
	for _, v := range s.Cells {
		if v.On[model.Green].Has == model.Holds {
			both++
			missed += v.On[model.Green].Missed
		}
	}
	if both < 20 || missed > 2 { // one in thousands is really missed
		t.Errorf("%d cells on green missed %d nights", both, missed)
	}
	i := -1
	(&crew{t: t}).until("a cell to be well on blue alone", func() bool {
		i = slices.IndexFunc(s.Cells, func(v board.CellView) bool {
			return v.Health == board.CellOK && v.On[model.Green].Has == model.Fails && v.On[model.Blue].Missed == 0
		})
		if i < 0 { // a source was slow to answer: what is not known is not well
			s = lookJSON(t, w.ConfigPath())
		}
		return i >= 0
	})
	cell := s.Cells[i].Cell
	c, err := w.Blue().Connect("bacula", "evil.example")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	night := model.Now().UTC().Add(-72 * time.Hour) // the ones before and after are there
	if err := c.Write(func(tx *sqlsim.Tx) error {
		return tx.Exec(
			"DELETE FROM Job WHERE Name = ? AND SchedTime > ? AND SchedTime <= ?",
			"backup-"+cell.Chain+"-"+cell.Region+"-"+cell.Kind.String(),
			night.Format(time.DateTime),
			night.Add(24*time.Hour).Format(time.DateTime),
		)
	}); err != nil {
		t.Fatal(err)
	}
	s = lookJSON(t, w.ConfigPath())
	if v := s.cell(
		cell,
	); v.On[model.Blue].Missed != 1 || v.Health != board.CellWarned ||
		!strings.Contains(v.Says, "missed 1 run in 7 d on blue") {
		t.Errorf("%s: %s, %d missed", v.Health, v.Says, v.On[model.Blue].Missed)
	}
	if says := s.says("missed:blue:" + cell.String()); !strings.Contains(says, "missed 1 run") {
		t.Errorf("no alert names it: %q", says)
	}
}
