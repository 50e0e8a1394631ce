package board

import (
	"slices"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// hourly is a look at which both Directors and the replica's server answer, and green alone takes the one cell.
func hourly(t *testing.T) *Snapshot {
	t.Helper()
	s := observing(t)
	at := s.At.Add(-time.Second)
	for _, c := range model.Clusters {
		name := "dir-" + c.String()
		s.Clusters[c].Directors = []model.Director{{Name: name, Active: true, At: at}}
		s.Seen = append(s.Seen, Sighting{Source: model.DirectorOf(c, name), At: at, Tried: at, Every: time.Second})
	}
	s.Seen = append(s.Seen, Sighting{Source: model.Source{Kind: model.SourceServer, Name: theReplica}, At: at, Tried: at, Every: time.Second})
	cell := CellView{Cell: model.Cell{Chain: "chain1", Region: "region1"}}
	cell.On[model.Blue].Has, cell.On[model.Green].Has = model.Fails, model.Holds
	s.Cells = []CellView{cell}
	s.RDS.Replica.Server.At = at
	s.RDS.Replica.Server.Value.Uptime = 48 * time.Hour
	s.RDS.Replica.Server.Value.Replication = &model.Replication{Lag: model.KnownLag(20 * time.Second)}
	return s
}

func seriesIn(proofs []record.Proof) *record.Series {
	i := slices.IndexFunc(proofs, func(p record.Proof) bool { return p.Claim.Series != nil })
	if i < 0 {
		return nil
	}
	return proofs[i].Claim.Series
}

// TestAnHourIsRecordedOnce grows a series hour by hour, through a journal that is read again, and keeps a bad look of an hour beside its
// good ones.
func TestAnHourIsRecordedOnce(t *testing.T) {
	t.Parallel()
	p := model.DefaultPolicy()
	s := hourly(t)
	first, _ := Observed(s, nil, p)
	series := seriesIn(first)
	if series == nil || len(series.Days) != 1 {
		t.Fatalf("%+v", series)
	}
	d := series.Days[0]
	if mark := uint32(1 << 12); d.Told != mark || d.Blue != 0 || d.Heard != mark || d.Broken != 0 || d.Over[2] != mark || d.Over[3] != 0 {
		t.Errorf("%+v", d)
	}
	st := noted(t, nil, noon, first...)
	if again, _ := Observed(later(s, 20*time.Minute), st, p); seriesIn(again) != nil {
		t.Errorf("the same hour again: %+v", seriesIn(again))
	}
	worse := later(s, 30*time.Minute)
	worse.RDS.Replica.Server.Value.Replication = &model.Replication{Lag: model.BrokenLag("a duplicate key")}
	worse.RDS.Replica.Server.At = worse.At
	worse.RDS.Replica.Server.Value.Uptime += 30 * time.Minute
	got, _ := Observed(worse, st, p)
	if series = seriesIn(got); series == nil || series.Days[0].Broken == 0 {
		t.Fatalf("it broke within the hour: %+v", series)
	}
	st = noted(t, st, worse.At, got...)
	for h := 1; h <= 30; h++ {
		next := later(s, time.Duration(h)*time.Hour)
		next.RDS.Replica.Server.At = next.At
		next.RDS.Replica.Server.Value.Uptime = 48*time.Hour + next.At.Sub(s.At)
		if h == 20 { // nobody could tell who takes it
			cell := next.Cells[0]
			cell.On[model.Blue].Has = model.Unknown
			next.Cells = []CellView{cell}
		}
		if h >= 25 { // it began again
			next.RDS.Replica.Server.Value.Uptime = time.Duration(h-24) * time.Hour
		}
		got, _ := Observed(next, st, p)
		if seriesIn(got) == nil {
			t.Fatalf("hour %d is not recorded", h)
		}
		st = noted(t, st, next.At, got...)
	}
	all := st.Proof(&first[slices.IndexFunc(first, func(p record.Proof) bool { return p.Claim.Series != nil })]).Claim.Series
	if len(all.Days) != 2 || all.Days[0].Heard != 0xfff000 || all.Days[1].Heard != 0x7ffff || all.Days[1].Told != 0x7ffff&^(1<<8) ||
		all.Days[0].Broken != 1<<12 {
		t.Errorf("%x", all.Days)
	}
	if n := len(all.Days[0].Begun) + len(all.Days[1].Begun); n != 3 { // the first start is told on both days
		t.Errorf("starts %v and %v", all.Days[0].Begun, all.Days[1].Begun)
	}
	before, _ := Observed(later(s, -48*time.Hour), st, p) // a clock that went back
	if series := seriesIn(before); series == nil || !series.Days[0].Day.Before(all.Days[0].Day) {
		t.Errorf("%+v", series)
	}
	silent := hourly(t)
	for i := range silent.Seen {
		silent.Seen[i].Why = "no answer"
	}
	if got, _ := Observed(silent, nil, p); seriesIn(got) != nil {
		t.Errorf("what nobody told is recorded: %+v", seriesIn(got))
	}
}
