package record

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecordsAreToldInWords(t *testing.T) {
	bodies := []Body{
		planned("p1", 1, "start it", "verify"),
		Approved{Action: "p1", Ticket: "CHG-1", Overrides: map[string]string{"b": "two", "a": "one"}},
		Claim{Action: "p1", Claim: "c1", Runner: "sy@bastion", Reason: "the first one died"},
		Intent{Action: "p1", Claim: "c1", Step: 1},
		Done{
			Action: "p1",
			Claim:  "c1",
			Step:   1,
			Says:   "JobId 7",
		},
		Stop{Action: "p1", Reason: "wrong\x1b[2J night"},
		Done{Action: "p1", Claim: "c1", Step: 2, Already: true},
		Note{Says: "hello"},
		Routed{Document: []byte("{}"), Says: "12 cells gain green"},
		Evidence{About: "chain001", Says: "restored"},
	}
	want := []string{
		`the journal of "prod" (real) begins`,
		"action 2: planned: run a backup",
		"action 2: approved, ticket CHG-1; a overridden: one; b overridden: two",
		"action 2: taken up by sy@bastion: the first one died",
		"action 2: begins step 1 of 2, start it",
		"action 2: done: step 1 of 2, start it: JobId 7",
		"action 2: told to stop: wrong night",
		"action 2: found done: step 2 of 2, verify",
		"note: hello",
		"new routes: 12 cells gain green",
		"evidence of chain001: restored",
	}
	var s *State
	var rs []Record
	for _, b := range append([]Body{Genesis{Environment: "prod"}}, bodies...) {
		r := follow(t, s, "ann", t0, b)
		s, rs = must(t, s, r), append(rs, r)
	}
	var got []string
	for _, r := range rs {
		got = append(got, r.Line(s))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r := follow(t, s, "ann", t0, Ended{How: KindUnknown, Action: "p9", Says: "no answer"})
	if got := r.Line(s); got != "unknown: no answer" {
		t.Error(got)
	}
	r.Body = []byte(`{"says":[]}`)
	if got := r.Line(s); !strings.HasPrefix(got, "unknown (torn record") {
		t.Error(got)
	}
}

// TestWhatARestoreOfFilesLeft is the sum of its jobs, which all restore to one place.
func TestWhatARestoreOfFilesLeft(t *testing.T) {
	left := func(where string, bytes uint64) Found {
		return Found{Restored: &FoundRestored{Client: "new-fd", Where: where, Files: 1, Bytes: bytes, Parts: 2}}
	}
	a := &Action{Found: []Found{left("/srv/x", 3), {Job: &FoundJob{ID: 7}}, left("/srv/x", 4), left("/srv/other", 100)}}
	if r := a.Restored(); r == nil || r.Files != 2 || r.Bytes != 7 || r.Where != "/srv/x" || a.Found[0].Restored.Files != 1 {
		t.Errorf("%+v of %+v", r, a.Found)
	}
}
