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
