package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
)

// stand is a rehearsal world, with time that the test moves, and the hand on it.
type stand struct {
	*rehearsal.World
	*run.Bacula
	t       *testing.T
	catalog *bacula.Catalog
	job     plan.TaggedJob
	row     bacula.Row // the mark's
}

func newStand(t *testing.T) *stand {
	t.Helper()
	w, err := rehearsal.Start(t.Context(), rehearsal.Options{Chains: 12, Dir: filepath.Join(t.TempDir(), "w"), Clock: clock.New(t0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	secret := func(context.Context) (string, error) {
		b, err := os.ReadFile(filepath.Join(w.Dir(), "secrets", "act"))
		return strings.TrimSpace(string(b)), err
	}
	cat := bacula.NewCatalog(
		model.Blue,
		bacula.CatalogConfig{Hosts: []string{w.Blue().Addr()}, User: "switchyard_act", Database: "bacula", Zone: time.UTC, Password: secret},
	)
	t.Cleanup(func() {
		if err := errors.Join(cat.Close(), w.Close()); err != nil {
			t.Error(err)
		}
	})
	s := &stand{World: w, t: t, catalog: cat, Bacula: run.NewBacula([2]run.Lever{
		{
			Catalog: cat,
			Console: bacula.Console{
				Argv:    w.Console(model.Blue, "act", 0),
				Address: w.Cluster(model.Blue).Directors()[0].Addr(),
				Timeout: 20 * time.Second,
			},
		},
		{},
	})}
	if err := cat.Walk(t.Context(), t0.Add(-time.Hour), 10, func(rows []bacula.Row) error {
		if s.row.ID == 0 {
			s.row = rows[0]
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.job = plan.TaggedJob{Job: "backup-chain001-region1-regular", Tag: "switchyard 7c1f", After: plan.Mark{ID: s.row.ID, Job: s.row.Job}}
	return s
}

// sees looks until the verdict is there, moving time on between looks.
func (s *stand) sees(o plan.Order, want model.Verdict, says string) {
	s.t.Helper()
	var sight run.Sight
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); s.Clock().Advance(20 * time.Second) {
		if sight, err = s.Look(s.t.Context(), o, plan.Past{}); err == nil && sight.Verdict == want {
			break
		}
	}
	if err != nil || sight.Verdict != want || !strings.Contains(sight.Says, says) {
		s.t.Errorf("%+v, %v; want %v saying %q", sight, err, want, says)
	}
}

// cannotTell looks once.
func (s *stand) cannotTell(o plan.Order, says string) {
	s.t.Helper()
	if sight, err := s.Look(
		s.t.Context(),
		o,
		plan.Past{},
	); sight.Verdict != model.Unknown || err == nil ||
		!strings.Contains(err.Error(), says) {
		s.t.Errorf("%+v, %v; want an error saying %q", sight, err, says)
	}
}

func (s *stand) start() plan.Order {
	return plan.Order{StartJob: &plan.StartJob{TaggedJob: s.job, Level: "Full"}}
}

func TestBackupByHand(t *testing.T) {
	s := newStand(t)
	start := s.start()
	if sight, err := s.Look(t.Context(), start, plan.Past{}); err != nil || sight.Verdict != model.Fails {
		t.Fatalf("before it was started: %+v, %v", sight, err)
	}
	s.cannotTell(plan.Order{FollowJob: &s.job}, "no job has the comment")
	if err := s.Do(t.Context(), start, plan.Past{}); err != nil {
		t.Fatal(err)
	}
	s.sees(start, model.Holds, s.job.Job+".2026-11-23_12.")
	if sight, err := s.Look(
		t.Context(),
		plan.Order{FollowJob: &s.job},
		plan.Past{},
	); err != nil || sight.Verdict != model.Unknown ||
		sight.Says == "" {
		t.Errorf("while it runs: %+v, %v", sight, err)
	}
	s.sees(plan.Order{FollowJob: &s.job}, model.Holds, "ended ok")
	s.sees(plan.Order{VerifyJob: &s.job}, model.Holds, "full: ok, ")

	other := s.job
	other.Tag = "switchyard 7c2a"
	if sight, err := s.Look(
		t.Context(),
		plan.Order{StartJob: &plan.StartJob{TaggedJob: other}},
		plan.Past{},
	); err != nil ||
		sight.Verdict != model.Fails {
		t.Errorf("another plan's tag: %+v, %v", sight, err)
	}
	other.After.Job = "backup-x.2026-11-23_06.00.00_03"
	s.cannotTell(plan.Order{StartJob: &plan.StartJob{TaggedJob: other}}, "issued again")
	other.After.ID = 1 << 30
	s.cannotTell(plan.Order{StartJob: &plan.StartJob{TaggedJob: other}}, "has lost jobs")
}

func TestBackupByHandThatFails(t *testing.T) {
	s := newStand(t)
	client := ""
	if err := s.catalog.Walk(t.Context(), t0.Add(-48*time.Hour), 2000, func(rows []bacula.Row) error {
		for _, r := range rows {
			if r.Name == s.job.Job {
				client = r.Client
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Fault("client-failing", client); err != nil {
		t.Fatal(err)
	}
	if err := s.Do(t.Context(), s.start(), plan.Past{}); err != nil {
		t.Fatal(err)
	}
	s.sees(plan.Order{FollowJob: &s.job}, model.Fails, "ended failed: ")
	s.sees(plan.Order{VerifyJob: &s.job}, model.Fails, "failed")
}

// What is verified is the level that was asked for, or more, and that a volume holds it.
func TestVerifyingLooksAtLevelAndVolumes(t *testing.T) {
	s := newStand(t)
	if err := s.Do(t.Context(), s.start(), plan.Past{}); err != nil {
		t.Fatal(err)
	}
	s.sees(plan.Order{FollowJob: &s.job}, model.Holds, "ended ok")
	writes := func(texts ...string) {
		t.Helper()
		c, err := s.Blue().Connect("bacula", "here")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Write(func(tx *sqlsim.Tx) error {
			for _, text := range texts {
				if err := tx.Exec(text); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	its := fmt.Sprintf(" WHERE JobId IN (SELECT JobId FROM Job WHERE Comment = '%s')", s.job.Tag)
	for _, c := range []struct {
		ran, asked string
		want       model.Verdict
		says       string
	}{
		{"F", "Full", model.Holds, ""},
		{"F", "", model.Holds, ""},
		{"I", "", model.Holds, ""},
		{"F", "Incremental", model.Holds, "(Incremental was asked for: Bacula made it more)"},
		{"D", "Incremental", model.Holds, "Bacula made it more"},
		{"I", "Full", model.Fails, "it ran as incr, and Full was asked for"},
		{"D", "Full", model.Fails, "it ran as diff, and Full was asked for"},
		{"I", "Differential", model.Fails, "it ran as incr, and Differential was asked for"},
	} {
		writes("UPDATE Job SET Level = '" + c.ran + "'" + its)
		verify := s.job
		verify.Asked = c.asked
		s.sees(plan.Order{VerifyJob: &verify}, c.want, c.says)
	}
	writes("UPDATE Job SET Level = 'F'"+its, "DELETE FROM JobMedia"+its)
	s.sees(plan.Order{VerifyJob: &s.job}, model.Fails, "on no volume of its catalog")
}

func TestCancelByHand(t *testing.T) {
	s := newStand(t)
	if err := s.Do(t.Context(), s.start(), plan.Past{}); err != nil {
		t.Fatal(err)
	}
	var at bacula.Tag
	if err := s.catalog.Comments(t.Context(), s.row.ID, func(tag bacula.Tag) error {
		if tag.Comment == s.job.Tag {
			at = tag
		}
		return nil
	}); err != nil || at.ID == 0 {
		t.Fatal(at, err)
	}
	cancel := plan.Order{CancelJob: &plan.CancelJob{Job: at.Job, ID: at.ID}}
	if sight, err := s.Look(t.Context(), cancel, plan.Past{}); err != nil || sight.Verdict != model.Fails {
		t.Errorf("while it runs: %+v, %v", sight, err)
	}
	if err := s.Do(t.Context(), cancel, plan.Past{}); err != nil {
		t.Fatal(err)
	}
	s.sees(cancel, model.Holds, "ended canceled")
	if err := s.Do(t.Context(), cancel, plan.Past{}); !errors.Is(err, model.ErrNotDone) || !errors.Is(err, model.ErrNone) {
		t.Errorf("canceled twice: %v", err)
	}
	s.sees(plan.Order{FollowJob: &s.job}, model.Fails, "ended canceled")
	if got := s.Canceled(t.Context(), plan.Order{FollowJob: &s.job}, plan.Past{}); got != plan.TouchJob(model.JobKey{Job: at.Job}) {
		t.Errorf("canceling it touches %q", got)
	}
	gone := plan.Order{CancelJob: &plan.CancelJob{Job: "backup-x.2026-11-23_06.00.00_03", ID: at.ID}}
	s.cannotTell(gone, "how it ended is not known")
}

func TestNobodyCanTell(t *testing.T) {
	t.Parallel()
	for fault, c := range map[string]struct {
		looks string // what Look says before anything was started
		does  error
	}{
		"director-down":     {"refused", model.ErrNotDone},
		"director-password": {"authorization problem", model.ErrNotDone},
		"catalog-down":      {"refused", nil},
	} {
		s := newStand(t)
		if err := s.Fault(fault, "blue"); err != nil {
			t.Fatal(err)
		}
		s.cannotTell(s.start(), c.looks)
		if err := s.Do(
			t.Context(),
			s.start(),
			plan.Past{},
		); err == nil || !errors.Is(err, c.does) && c.does != nil ||
			errors.Is(err, model.ErrNotDone) != (c.does != nil) {
			t.Errorf("%s: %v", fault, err)
		}
	}
	s := newStand(t)
	if err := s.Do(t.Context(), plan.Order{}, plan.Past{}); !errors.Is(err, model.ErrNotDone) {
		t.Error(err)
	}
	s.cannotTell(plan.Order{}, "it orders nothing that this program knows")
}
