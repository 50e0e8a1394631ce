package board

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

func actionAlert(s *Snapshot) *Alert {
	if i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.Action != "" }); i >= 0 {
		return &s.Alerts[i]
	}
	return nil
}

// TestActionsThatNeedAPerson follows one action through the journal: it is told when it waits, stands still or is unfinished, and at no
// other time; each record is told once.
func TestActionsThatNeedAPerson(t *testing.T) {
	w := newBoard(t, midday)
	at := func(st *record.State, orphans ...string) *Snapshot {
		w.Journal(st, nil, orphans)
		return w.Snapshot(st.Head.At)
	}
	two := story(t, nil, planned("a1", 2, "start", "verify"), record.Approved{Action: "a1"})
	if a := actionAlert(at(two)); a == nil || a.Severity != model.Warn || !strings.Contains(a.Says, "waits for one more approval") {
		t.Fatalf("%+v", a)
	}
	run := story(
		t,
		two,
		"bob",
		record.Approved{Action: "a1"},
		record.Claim{Action: "a1", Claim: "c1", Runner: "bob@host"},
		record.Intent{Action: "a1", Claim: "c1", Step: 1},
	)
	if a := actionAlert(at(run)); a != nil {
		t.Fatalf("an action that runs needs nobody: %+v", a)
	}
	if a := actionAlert(
		at(run, "a1"),
	); a == nil || a.Severity != model.Fail || !strings.Contains(a.Says, "its runner is gone") ||
		!strings.Contains(a.Do, ":resume") {
		t.Fatalf("%+v", a)
	}
	for closed, do := range map[bool]string{false: "see its break-glass journal", true: ":resume 2 goes on with it"} {
		half, w := *run, newBoard(t, midday)
		half.Origins = []record.Origin{{Journal: "glass", Closed: closed}}
		w.Journal(&half, nil, []string{"a1"})
		if a := actionAlert(w.Snapshot(half.Head.At)); a == nil || !strings.HasPrefix(a.Do, do) {
			t.Fatalf("beside a break-glass journal, all of it merged: %v: %+v", closed, a)
		}
	}
	if s := at(run, "a1"); !s.Orphaned(s.State.Actions[0], s.At) {
		t.Fatal("the snapshot does not tell of the orphan")
	}
	asks := story(
		t,
		run,
		"bob",
		record.Done{Action: "a1", Claim: "c1", Step: 1},
		record.Intent{Action: "a1", Claim: "c1", Step: 2, Asks: "by hand: pull the plug", Word: true},
	)
	if a := actionAlert(
		at(asks),
	); a == nil || a.Severity != model.Warn || !strings.Contains(a.Says, "by hand: pull the plug") ||
		!strings.Contains(a.Do, ":attest 2") {
		t.Fatalf("%+v", a)
	}
	if a := actionAlert(at(story(t, asks, record.Attested{Action: "a1", Step: 2, Says: "pulled"}))); a != nil {
		t.Fatalf("somebody has answered: %+v", a)
	}
	bad := story(t, run, "bob", record.Ended{How: record.KindUnknown, Action: "a1", Claim: "c1", Says: "no answer"})
	if a := actionAlert(at(bad)); a == nil || !strings.Contains(a.Says, "no answer") || !strings.Contains(a.Do, ":acknowledge") {
		t.Fatalf("%+v", a)
	}
	if a := actionAlert(at(story(t, bad, record.Acknowledged{Action: "a1", Reason: "checked"}))); a != nil {
		t.Fatalf("acknowledged, and still told: %+v", a)
	}
	claimed := story(
		t,
		two,
		"bob",
		record.Approved{Action: "a1"},
		record.Claim{Action: "a1", Claim: "c1", Runner: "bob@host", Until: t0.Add(time.Minute)},
	)
	if s := at(claimed); s.Orphaned(s.State.Actions[0], t0.Add(50*time.Second)) || !s.Orphaned(s.State.Actions[0], t0.Add(2*time.Minute)) {
		t.Fatal("the age of a claim does not tell whether its runner lives")
	}
}

// TestAReviewIsOwed is told from when an emergency has ended until somebody has reviewed it, acknowledged or not.
func TestAReviewIsOwed(t *testing.T) {
	w := newBoard(t, midday)
	at := func(st *record.State) *Alert {
		w.Journal(st, nil, nil)
		return actionAlert(w.Snapshot(st.Head.At))
	}
	alarm := planned("a1", 1, "start")
	alarm.Emergency, alarm.Ordinary = true, 2
	run := story(
		t,
		nil,
		alarm,
		"ann",
		record.Approved{Action: "a1"},
		record.Claim{Action: "a1", Claim: "c1"},
		record.Intent{Action: "a1", Claim: "c1", Step: 1},
	)
	if a := at(run); a != nil {
		t.Fatalf("while it runs: %+v", a)
	}
	done := story(t, run, record.Done{Action: "a1", Claim: "c1", Step: 1})
	a := at(done)
	if a == nil || a.Severity != model.Warn || !strings.Contains(a.Says, "an emergency that one person approved, and its review is owed") ||
		!strings.Contains(a.Do, ":review 2") {
		t.Fatalf("%+v", a)
	}
	if a := at(story(t, done, "bob", record.Reviewed{Action: "a1", Says: "it was right"})); a != nil {
		t.Fatalf("reviewed, and still told: %+v", a)
	}
}

// TestABatchIsDue is told when the batch before has soaked and nobody has proposed it, and when the stop rule holds the programme up.
func TestABatchIsDue(t *testing.T) {
	w := newBoard(t, midday)
	at := func(st *record.State, when time.Time) *Alert {
		w.Journal(st, nil, nil)
		s := w.Snapshot(when)
		if i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.Programme != "" }); i >= 0 {
			return &s.Alerts[i]
		}
		return nil
	}
	batch := func(id string, n int) record.Planned {
		p := planned(id, 1, "start")
		p.Programme, p.Batch, p.Expires = "g", n, midday.Add(100*time.Hour)
		return p
	}
	raw := json.RawMessage(`{"cancel":{"job":{"cluster":"blue","job":"x.2026-11-23_11.50.00_09"},"jobid":7}}`)
	begun := story(
		t,
		nil,
		"ann",
		record.Begun{Programme: "g", Environment: "prod", Says: "all of it", Soak: time.Hour, Failures: 1, Batches: []json.RawMessage{raw, raw}},
	)
	if a := at(
		begun,
		begun.Head.At,
	); a == nil || a.Severity != model.Warn || !strings.Contains(a.Says, "batch 1 of 2 of programme 2 is due: ") ||
		a.Do != ":batch 2 opens its plan" {
		t.Fatalf("%+v", a)
	}
	if a := at(story(t, begun, batch("a1", 1)), begun.Head.At.Add(time.Minute)); a != nil {
		t.Fatalf("proposed, and still told: %+v", a)
	}
	done := story(
		t,
		begun,
		batch("a1", 1),
		record.Approved{Action: "a1"},
		record.Claim{Action: "a1", Claim: "c"},
		record.Intent{Action: "a1", Claim: "c", Step: 1},
		record.Done{Action: "a1", Claim: "c", Step: 1},
	)
	due := done.Programmes[0]
	soaked := done.Course(due).Due
	if a := at(done, soaked.Add(-30*time.Minute)); a != nil {
		t.Fatalf("it soaks: %+v", a)
	}
	if a := at(done, soaked); a == nil || !a.Since.Equal(soaked) || !strings.Contains(a.Says, "batch 2 of 2") {
		t.Fatalf("%+v", a)
	}
	failed := story(
		t,
		done,
		batch("a2", 2),
		record.Approved{Action: "a2"},
		record.Claim{Action: "a2", Claim: "c"},
		record.Intent{Action: "a2", Claim: "c", Step: 1},
		record.Ended{How: record.KindFailed, Action: "a2", Claim: "c", Says: "x"},
		record.Acknowledged{Action: "a2", Reason: "r"},
	)
	if a := at(
		failed,
		soaked,
	); a == nil || !strings.Contains(a.Says, "programme 2 by ann stands at batch 2 of 2: its stop rule") ||
		!strings.Contains(a.Do, ":programme-go 2") {
		t.Fatalf("%+v", a)
	}
	if a := at(story(t, failed, record.Decided{Programme: "g", Reason: "enough"}), soaked); a != nil {
		t.Fatalf("stopped by a person, and told: %+v", a)
	}
	if a := at(
		story(t, failed, record.Decided{Programme: "g", Goes: true, Reason: "fixed"}),
		soaked,
	); a == nil ||
		!strings.Contains(a.Says, "is due") {
		t.Fatalf("%+v", a)
	}
}

func TestRecordsAreEvents(t *testing.T) {
	w := newBoard(t, midday)
	var s *record.State
	var rs []record.Record
	for _, b := range []record.Body{record.Genesis{Environment: "prod"}, planned("a1", 1, "start"), record.Approved{Action: "a1"}} {
		r := follow(t, s, "ann", t0, b)
		s = must(t, s, r)
		rs = append(rs, r)
	}
	w.Journal(s, rs, nil)
	first := w.Snapshot(midday)
	w.Journal(s, nil, nil)
	second := w.Snapshot(midday.Add(time.Second))
	if len(second.Events) != len(first.Events) || second.Rev != first.Rev {
		t.Error("a look without news changed something")
	}
	last := first.Events[len(first.Events)-1]
	if last.Who != "ann" || last.Action != "a1" || last.Says != "action 2: approved" {
		t.Errorf("%+v", last)
	}
}
