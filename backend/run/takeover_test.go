package run

import (
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

func TestCaughtUpByPlace(t *testing.T) {
	fence := &record.FoundFence{Server: "bacula", File: "mysql-bin-changelog.000009", Pos: 400}
	for _, c := range []struct {
		file string
		pos  uint64
		want model.Verdict
	}{
		{"mysql-bin-changelog.000009", 400, model.Holds},
		{"mysql-bin-changelog.000009", 399, model.Fails},
		{"mysql-bin-changelog.000010", 4, model.Holds},
		{"mysql-bin-changelog.000008", 9000, model.Fails},
		{"", 0, model.Unknown},
		{"mysql-bin-changelog.000009", 0, model.Unknown},
	} {
		sight, _ := caughtUpByPlace(fence, &model.Server{Replication: &model.Replication{File: c.file, Pos: c.pos}}, "bacula-replica")
		if sight.Verdict != c.want {
			t.Errorf("%s:%d is %v, want %v", c.file, c.pos, sight.Verdict, c.want)
		}
	}
	if sight, err := caughtUpByPlace(fence, &model.Server{}, "bacula-replica"); err == nil || sight.Verdict != model.Unknown {
		t.Errorf("a server that replicates from nobody: %v, %v", sight, err)
	}
}

// TestCaughtUpByTheChannelOfTheSource: of several channels the one from the server that was fenced counts, whichever is worst off, and the
// place in another server's binary log proves nothing.
func TestCaughtUpByTheChannelOfTheSource(t *testing.T) {
	const source, other = "fb54a210-e63a-11f1-8cc3-02fc00000001", "fb54a210-e63a-11f1-8cc3-02fc00000002"
	fence, err := fenceAt("bacula", &model.Server{UUID: source, GTIDMode: "OFF", BinlogFile: "mysql-bin-changelog.000009", BinlogPos: 400})
	if err != nil {
		t.Fatal(err)
	}
	from := func(uuid string, pos uint64, lag model.Lag) model.Replication {
		return model.Replication{Channel: uuid, SourceUUID: uuid, File: "mysql-bin-changelog.000009", Pos: pos, Lag: lag}
	}
	late := model.KnownLag(time.Hour)
	for name, c := range map[string]struct {
		channels []model.Replication
		want     model.Verdict
	}{
		"the other is worst off, and far":    {[]model.Replication{from(source, 399, model.KnownLag(0)), from(other, 900, late)}, model.Fails},
		"the other is worst off, and behind": {[]model.Replication{from(source, 400, model.KnownLag(0)), from(other, 4, late)}, model.Holds},
		"none is from the source":            {[]model.Replication{from(other, 900, late), from("", 900, late)}, model.Unknown},
		"the only one is from another":       {[]model.Replication{from(other, 900, late)}, model.Unknown},
		"the only one is from the source":    {[]model.Replication{from(source, 400, late)}, model.Holds},
		"the only one does not tell":         {[]model.Replication{from("", 400, late)}, model.Holds},
	} {
		s := model.Server{Replication: model.WorstStream(c.channels)}
		if len(c.channels) > 1 {
			s.Channels = c.channels
		}
		if sight, err := caughtUpByPlace(fence, &s, "bacula-replica"); sight.Verdict != c.want || (err == nil) == (c.want == model.Unknown) {
			t.Errorf("%s: %+v, %v; want %v", name, sight, err, c.want)
		}
	}
	if _, err := fenceAt("bacula", &model.Server{UUID: source, GTIDMode: "ON"}); err == nil {
		t.Error("neither GTIDs nor a place is told, and it is noted")
	}
}

func TestWhatWasToldBeforeIsNoAnswer(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	began := model.RDSEvent{At: at, Says: "Multi-AZ instance failover started.", Kind: model.EventFailoverBegan}
	done := model.RDSEvent{At: at.Add(time.Minute), Says: "Multi-AZ instance failover completed.", Kind: model.EventFailoverDone}
	other := model.RDSEvent{At: at.Add(time.Hour), Says: "Finished DB instance backup.", Kind: model.EventTold}
	all := []model.RDSEvent{began, done, other}
	if last := since(all, eventMark(&done)); last != nil {
		t.Errorf("of what was told before: %+v", last)
	}
	if last := since(all, eventMark(&began)); last == nil || last.Kind != model.EventFailoverDone {
		t.Errorf("what was told after the mark: %+v", last)
	}
	if last := since(all, ""); last == nil || last.Kind != model.EventFailoverDone {
		t.Errorf("where nothing was told before: %+v", last)
	}
}
