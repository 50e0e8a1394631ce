package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// tested is a look at one cell whose newest good backup on green was restored and verified, and what the catalog answers to what that proof
// is bound to.
func tested(t *testing.T) (s *Snapshot, p *record.Proved, told BoundTold) {
	t.Helper()
	green, cell := model.Green, model.Cell{Chain: "chain001", Region: "region1"}
	good := model.Job{Key: model.JobKey{Cluster: green, Job: "b.41"}, ID: 41}
	full := model.Job{Key: model.JobKey{Cluster: green, Job: "b.40"}, ID: 40}
	v := CellView{Cell: cell, Format: "mydumper"}
	v.On[green].LastGood, v.On[green].LastFull = &good, &full
	s = &Snapshot{At: noon, Cells: []CellView{v}, verify: func(of model.Format) string { return strings.Repeat("ab", 32) + string(of[:0]) }}
	s.Seen = []Sighting{{Source: model.CatalogOf(green), At: noon, Tried: noon, Every: time.Second}}
	p = &record.Proved{Proof: record.Proof{By: record.Means{Kind: record.ByTest}, Verdict: model.Holds, At: noon.Add(-time.Hour),
		Claim: record.Proven{Restored: &record.Restored{Files: 3}},
		Of: record.Subject{
			Cluster: &green,
			Cell:    &cell,
			Storage: "sd-full",
			Jobs:    []record.ProvenJob{{ID: 30, Job: "b.30"}, {ID: 31, Job: "b.31"}},
			Volumes: []string{"v-1", "v-2"},
			FileSet: "hash",
			Format:  "mydumper",
			Command: strings.Repeat("ab", 32),
		}}}
	on := func(name, storage string) []model.Volume {
		return []model.Volume{{Name: name, Status: "Full", Storage: storage}}
	}
	return s, p, BoundTold{Jobs: map[uint32]string{30: "b.30", 31: "b.31", 40: "b.40", 41: "b.41"}, FileSets: map[uint32]string{41: "hash"},
		Volumes: map[uint32][]model.Volume{30: on("v-1", "sd-full"), 31: on("v-2", "sd-inc"), 40: on("v-3", "sd-full"), 41: on("v-4", "sd-inc")}}
}

// TestEvidenceOfARestoreLapses with each thing that it is bound to, and is not known to count while nobody tells.
func TestEvidenceOfARestoreLapses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Snapshot, *record.Proved, *BoundTold)
		want   model.Verdict
		says   string
	}{
		"nothing changed": {func(*Snapshot, *record.Proved, *BoundTold) {}, model.Holds, "until what it is about changes"},
		"a job is gone": {func(_ *Snapshot, _ *record.Proved, b *BoundTold) { delete(b.Jobs, 30) }, model.Fails,
			"JobId 30 is gone now, it was b.30"},
		"a JobId was issued again": {func(_ *Snapshot, _ *record.Proved, b *BoundTold) { b.Jobs[31] = "other" }, model.Fails,
			"JobId 31 is other now"},
		"a volume is in error": {func(_ *Snapshot, _ *record.Proved, b *BoundTold) { b.Volumes[30][0].Status = "Error" }, model.Fails,
			"volume v-1 is in status Error now, it was v-1"},
		"a volume holds it no more": {func(_ *Snapshot, _ *record.Proved, b *BoundTold) { b.Volumes[31] = nil }, model.Fails,
			"volume v-2 is gone now"},
		"another Storage Daemon": {func(_ *Snapshot, _ *record.Proved, b *BoundTold) {
			b.Volumes[40][0].Storage, b.Volumes[41][0].Storage = "sd-new", "sd-new"
		}, model.Fails, "the storage is sd-new now, it was sd-full"},
		"another FileSet": {func(_ *Snapshot, _ *record.Proved, b *BoundTold) { b.FileSets[41] = "new" }, model.Fails, "the FileSet is new now"},
		"another format": {func(s *Snapshot, _ *record.Proved, _ *BoundTold) { s.Cells[0].Format = "files" }, model.Fails,
			"the format is files now"},
		"another command": {func(s *Snapshot, _ *record.Proved, _ *BoundTold) {
			s.verify = func(model.Format) string { return "" }
		}, model.Fails, "the command is gone now"},
		"a framework's own command": {func(s *Snapshot, p *record.Proved, _ *BoundTold) {
			p.By, s.verify = record.Means{Kind: record.ByFramework, Framework: "check"}, nil
		}, model.Holds, ""},
		"no command is known": {func(s *Snapshot, _ *record.Proved, _ *BoundTold) { s.verify = nil }, model.Unknown, "whether the command"},
		"no volumes are told": {func(_ *Snapshot, _ *record.Proved, b *BoundTold) { b.Volumes = nil }, model.Unknown, "whether volume v-1"},
		"the catalog is silent": {func(s *Snapshot, _ *record.Proved, _ *BoundTold) { s.Seen[0].Why = "no answer" }, model.Unknown,
			"whether JobId 30"},
	} {
		s, p, told := tested(t)
		c.change(s, p, &told)
		ask := s.BoundOf(model.Green, []*record.Proved{p})
		if len(ask.Jobs) != 4 {
			t.Fatalf("it asks for %v", ask.Jobs)
		}
		if v, says := s.Counts(&p.Proof); v == model.Holds {
			t.Errorf("%s: it counts before anybody was asked: %s", name, says)
		}
		if v, says := s.WithBound(model.Green, ask, told).Counts(&p.Proof); v != c.want || !strings.Contains(says, c.says) {
			t.Errorf("%s: %v, %s", name, v, says)
		}
	}
}

// TestWhatIsNewIsAskedFor: a proof is asked about once, and again when its cell has another good backup.
func TestWhatIsNewIsAskedFor(t *testing.T) {
	s, p, told := tested(t)
	ask := s.BoundOf(model.Green, []*record.Proved{p})
	if len(s.BoundOf(model.Blue, []*record.Proved{p}).Jobs) > 0 {
		t.Error("blue is asked for green's")
	}
	if !s.BoundNews(p) {
		t.Error("what was never asked is no news")
	}
	s = s.WithBound(model.Green, ask, told)
	if s.BoundNews(p) {
		t.Error("what was just told is news")
	}
	s.Cells[0].On[model.Green].LastGood = &model.Job{ID: 50}
	if !s.BoundNews(p) {
		t.Error("another good backup is no news")
	}
	s.Cells[0].On[model.Green].LastGood, s.Cells[0].On[model.Green].LastFull = nil, nil
	if s = s.WithBound(model.Green, s.BoundOf(model.Green, []*record.Proved{p}), told); s.BoundNews(p) {
		t.Error("a cell without a good backup is asked for without end")
	}
}
