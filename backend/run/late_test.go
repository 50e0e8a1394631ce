package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// hasty gives a stand a hand that waits for a Director no longer than that, by the world's clock.
func (s *stand) hasty(limit time.Duration) {
	console := bacula.Console{Argv: s.Console(model.Blue, "act", 0), Address: s.Cluster(model.Blue).Directors()[0].Addr(), Timeout: limit}
	s.Bacula = run.NewBacula([2]run.Lever{{Catalog: s.catalog, Console: console}, {}})
	s.Bacula.Now = s.Clock().Now
}

// resumed is what a runner knows that takes over after an intent.
func (s *stand) resumed() plan.Past {
	return plan.Past{Action: "7c1f", Step: 1, Intended: s.Clock().Now().Add(-time.Second)}
}

// TestACommandThatTheDirectorStillHolds is a command whose console has gone before its Director obeyed it: nothing is seen of it, and it is
// not absent.
func TestACommandThatTheDirectorStillHolds(t *testing.T) {
	s := newStand(t)
	s.hasty(20 * time.Second)
	sight, err := s.Look(t.Context(), s.start(), s.resumed())
	if err != nil || sight.Verdict != model.Fails || !sight.Absent {
		t.Fatalf("nothing was sent: %+v, %v", sight, err)
	}
	if sight, err := s.Look(t.Context(), s.start(), plan.Past{}); err != nil || sight.Absent {
		t.Errorf("nobody asked whether it is on its way: %+v, %v", sight, err)
	}
	if err := s.Fault("director-slow", "blue"); err != nil {
		t.Fatal(err)
	}
	s.hasty(4 * time.Second)
	if err := s.Do(t.Context(), s.start(), plan.Past{}); err == nil || errors.Is(err, model.ErrNotDone) {
		t.Fatalf("its answer was not lost: %v", err)
	}
	if err := s.Heal("director-slow", "blue"); err != nil {
		t.Fatal(err)
	}
	s.hasty(20 * time.Second)
	held := 0
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if sight, err = s.Look(t.Context(), s.start(), s.resumed()); err != nil || sight.Verdict == model.Holds {
			break
		}
		if sight.Absent || !strings.Contains(sight.Says, "holds a console that may still give the command") {
			t.Fatalf("it is on its way, and called absent: %+v", sight)
		}
		held++
	}
	if err != nil || sight.Verdict != model.Holds || held == 0 {
		t.Fatalf("%+v, %v, after %d looks", sight, err, held)
	}
	if f := sight.Found; len(f) != 1 || f[0].Job == nil || f[0].Job.ID <= s.row.ID || f[0].Job.Tag != s.job.Tag {
		t.Errorf("found %v", f)
	}
}

// TestAnOrderHasItsOwnLimit is a Director that takes longer for an answer than any source may, and one that never greets.
func TestAnOrderHasItsOwnLimit(t *testing.T) {
	s := newStand(t)
	if err := s.Fault("director-slow", "blue"); err != nil {
		t.Fatal(err)
	}
	s.hasty(4 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Do(ctx, s.start(), plan.Past{}); err != nil {
		t.Errorf("within the order's limit: %v", err)
	}
	if err := s.Heal("director-slow", "blue"); err != nil {
		t.Fatal(err)
	}
	if err := s.Fault("director-hung", "blue"); err != nil {
		t.Fatal(err)
	}
	s.hasty(time.Second)
	began := time.Now()
	if err := s.Do(
		ctx,
		s.start(),
		plan.Past{},
	); !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "it does not greet") ||
		time.Since(began) > 30*time.Second {
		t.Errorf("a Director that never greets, after %v: %v", time.Since(began), err)
	}
}

// TestTwoJobsWithOneTagAreTold is what only a person can sort out; what a step has found before stays found.
func TestTwoJobsWithOneTagAreTold(t *testing.T) {
	s := newStand(t)
	if err := s.Do(t.Context(), s.start(), plan.Past{}); err != nil {
		t.Fatal(err)
	}
	first, err := s.Look(t.Context(), s.start(), plan.Past{})
	if err != nil || len(first.Found) != 1 {
		t.Fatal(first, err)
	}
	if err := s.Do(t.Context(), s.start(), plan.Past{}); err != nil {
		t.Fatal(err)
	}
	s.cannotTell(s.start(), "more than one job carries one comment: 2 have the comment")
	s.cannotTell(plan.Order{FollowJob: &s.job}, "more than one job")
	past := plan.Past{Step: 2, Done: 1, Found: first.Found}
	past.Found[0].Step = 1
	if sight, err := s.Look(t.Context(), plan.Order{FollowJob: &s.job}, past); err != nil || sight.Verdict == model.Fails {
		t.Errorf("following the one that was found: %+v, %v", sight, err)
	}
	if _, err := s.Look(t.Context(), plan.Order{VerifyJob: &s.job}, past); err == nil || !strings.Contains(err.Error(), "more than one job") {
		t.Errorf("verified although there are two: %v", err)
	}
	past.Found = []record.Found{
		{Job: &record.FoundJob{Cluster: model.Blue, Job: "backup-x.2026-11-23_06.00.00_03", ID: first.Found[0].Job.ID, Tag: s.job.Tag}},
	}
	if sight, err := s.Look(t.Context(), plan.Order{FollowJob: &s.job}, past); err == nil {
		t.Errorf("a JobId that was issued again is followed: %+v", sight)
	}
}
