package record

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func TestAcknowledgedAlertsFold(t *testing.T) {
	s, err := Fold(nil, follow(t, nil, "ann", t0, Genesis{Environment: "test"}))
	if err != nil {
		t.Fatal(err)
	}
	say := func(after time.Duration, n Note) {
		t.Helper()
		if s, err = Fold(s, follow(t, s, "ann", t0.Add(after), n)); err != nil {
			t.Fatal(err)
		}
	}
	one := Told{ID: "bare:green", Severity: model.Warn, Reach: 3, Until: t0.Add(time.Hour)}
	say(time.Minute, one.Remark("known"))
	say(2*time.Minute, Note{Says: "only a remark"})
	say(2*time.Minute, Told{ID: "late", Until: t0}.Remark("its time is over"))
	say(2*time.Minute, Told{ID: "long", Until: t0.Add(30 * 24 * time.Hour)}.Remark("longer than it may"))
	say(2*time.Minute, Told{ID: "mute", Until: t0.Add(time.Hour)}.Remark(""))
	if len(s.Acks) != 1 || s.Acks[0].ID != "bare:green" || s.Acks[0].By != "ann" || s.Acks[0].Reason != "known" || s.Acks[0].Reach != 3 {
		t.Fatalf("%+v", s.Acks)
	}
	again := one
	again.Until = t0.Add(2 * time.Hour)
	say(3*time.Minute, again.Remark("still known"))
	if len(s.Acks) != 1 || s.Acks[0].Reason != "still known" {
		t.Errorf("the newer one did not take its place: %+v", s.Acks)
	}
	before := s
	say(3*time.Hour, Told{ID: "other", Until: t0.Add(4 * time.Hour)}.Remark("another"))
	if len(s.Acks) != 1 || s.Acks[0].ID != "other" || before.Acks[0].ID != "bare:green" {
		t.Errorf("what is over was kept, or a state was changed: %+v %+v", s.Acks, before.Acks)
	}
}

// TestAnOlderProgramReadsARemark is an acknowledgement as version 2 read notes before there were any.
func TestAnOlderProgramReadsARemark(t *testing.T) {
	var old struct{ Action, Says string }
	b, err := json.Marshal(Told{ID: "bare:green", Until: t0}.Remark("known"))
	if err != nil || json.Unmarshal(b, &old) != nil || old.Says != "known" || strings.Contains(string(b), "reason") {
		t.Errorf("%s: %+v, %v", b, old, err)
	}
}
