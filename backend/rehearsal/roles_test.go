package rehearsal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/model"
)

// TestThePassiveDirectorTakesOver moves the role of each cluster: what is due runs there, the console of the one that is masked is not
// answered, and healing gives everything back.
func TestThePassiveDirectorTakesOver(t *testing.T) {
	t.Parallel()
	w, err := Start(t.Context(), Options{Scenario: "settling", Chains: 4, Clock: clock.New(noon, 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, c := range model.Clusters {
		dirs := w.Cluster(c).Directors()
		if said := sayTo(t, w, c, 1, "run job=BackupCatalog yes"); !strings.Contains(said, "Job not run.") {
			t.Errorf("%s: the passive one said %q", c, said)
		}
		if err := w.Fault("director-failed-over", c.String()); err != nil {
			t.Fatal(err)
		}
		if w.Cluster(c).Active() != dirs[1] || dirs[0].Running() || !dirs[1].Running() {
			t.Errorf("%s: the role was not moved", c)
		}
		until(t, c.String()+"'s masked Director is not there", func() bool { return errors.Is(directorAnswers(c)(t, w), model.ErrUnreachable) })
		if err := dirs[0].Start(); !errors.Is(err, cluster.ErrMasked) {
			t.Errorf("%s: a masked Director was started: %v", c, err)
		}
		from := w.Clock().Now()
		if err := w.Move(t.Context(), 24*time.Hour); err != nil {
			t.Fatal(err)
		}
		const since = "SchedTime > ? AND Type = 'B' AND JobStatus = 'T'"
		stamp := from.Format("2006-01-02 15:04:05")
		if n := count(t, w, c, unixOf+since, stamp); n < 4 {
			t.Errorf("%s: the other Director ended %d backups in a day", c, n)
		}
		if n := count(t, w, c, "SELECT COUNT(*) FROM Log JOIN Job USING (JobId) WHERE INSTR(CAST(LogText AS TEXT), ?) > 0 AND "+since,
			"Bacula "+dirs[1].Name()+" ", stamp); n < 4 {
			t.Errorf("%s: %d of them say that it was the other one", c, n)
		}
		sight, err := director(w, c, 1).Read(t.Context())
		if err != nil || len(sight.Ended) == 0 {
			t.Errorf("%s: the other one remembers %d jobs: %v", c, len(sight.Ended), err)
		}
		if said := sayTo(t, w, c, 1, "run job=BackupCatalog yes"); !strings.Contains(said, "Job queued.") {
			t.Errorf("%s: the one that took over said %q", c, said)
		}
		if err := w.Heal("director-failed-over", ""); err != nil {
			t.Fatal(err)
		}
		if w.Cluster(c).Active() != dirs[0] || !dirs[0].Running() || !dirs[1].Running() {
			t.Errorf("%s: the role was not given back", c)
		}
		if said := sayTo(t, w, c, 0, "run job=BackupCatalog yes"); !strings.Contains(said, "Job queued.") {
			t.Errorf("%s: the one that has it again said %q", c, said)
		}
	}
}

// TestFaultsFollowTheRole hits the Director that is active when a fault is injected, and heals the one that was hit.
func TestFaultsFollowTheRole(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "settling", Chains: 1, Idle: true})
	green := w.Cluster(model.Green)
	dirs := green.Directors()
	green.Act(1)
	if err := w.Fault("director-down", "green"); err != nil {
		t.Fatal(err)
	}
	if dirs[1].Running() || !dirs[0].Running() {
		t.Error("the fault did not hit the active one")
	}
	if err := w.Fault("director-failed-over", "green"); err != nil {
		t.Fatal(err)
	}
	if green.Active() != dirs[0] {
		t.Error("the role did not go to the other one")
	}
	if err := errors.Join(w.Heal("director-down", "green"), w.Heal("director-failed-over", "green")); err != nil {
		t.Fatal(err)
	}
	if green.Active() != dirs[1] || !dirs[1].Running() {
		t.Error("the role was not given back to the one that had it")
	}
}

// TestStartedByHand stops, masks and starts a Director: nothing starts it while it is masked, and unmasking alone does not.
func TestStartedByHand(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "settling", Chains: 1, Idle: true})
	d := w.Cluster(model.Blue).Active()
	answers := func(want bool, when string) {
		t.Helper()
		if err := directorAnswers(model.Blue)(t, w); (err == nil) != want {
			t.Errorf("%s: %v", when, err)
		}
	}
	for _, step := range []struct {
		says string
		do   func() error
		runs bool
		err  error
	}{
		{"stopped", d.Stop, false, nil},
		{"started", d.Start, true, nil},
		{"masked", d.Mask, false, nil},
		{"started while masked", d.Start, false, cluster.ErrMasked},
		{"restarted while masked", d.Restart, false, cluster.ErrMasked},
		{"unmasked", d.Unmask, false, nil},
		{"started again", d.Start, true, nil},
	} {
		if err := step.do(); !errors.Is(err, step.err) {
			t.Errorf("%s: %v", step.says, err)
		}
		answers(step.runs, step.says)
	}
	if err := errors.Join(w.Fault("director-stopped", "blue"), w.Fault("director-masked", "blue")); err != nil {
		t.Fatal(err)
	}
	if err := w.Heal("director-stopped", "blue"); !errors.Is(err, cluster.ErrMasked) || !strings.Contains(err.Error(), "director-masked") {
		t.Errorf("starting one that is masked: %v", err)
	}
	answers(false, "masked and stopped")
	if err := errors.Join(w.Heal("director-masked", "blue"), w.Heal("director-stopped", "blue")); err != nil {
		t.Fatal(err)
	}
	answers(true, "healed")
}

// TestAKilledDirectorLosesItsJobs leaves rows open until it starts again; then they are f without a duration.
func TestAKilledDirectorLosesItsJobs(t *testing.T) {
	w := world(t, Options{Scenario: "fresh", Chains: 4})
	cat := catalog(t, w, model.Blue)
	say(t, w, model.Blue, "run job="+aJob+" level=Full yes")
	w.Clock().Advance(20 * time.Second)
	last := func() *bacula.Row {
		rows, err := cat.Tick(t.Context(), 1_204_311, nil)
		if err != nil || len(rows) == 0 {
			t.Fatal(len(rows), err)
		}
		return &rows[len(rows)-1]
	}
	until(t, "it runs", func() bool { return last().Status == 'R' })
	d := w.Cluster(model.Blue).Directors()[0]
	before, err := director(w, model.Blue, 0).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Fault("director-down", "blue"); err != nil {
		t.Fatal(err)
	}
	w.Clock().Advance(time.Hour)
	if r := last(); r.Name != aJob || r.Status != 'R' {
		t.Errorf("the row of a dead Director: %+v", r)
	}
	if err := w.Heal("director-down", "blue"); err != nil {
		t.Fatal(err)
	}
	until(t, "the row is healed", func() bool {
		r := last()
		return r.Name == aJob && r.Outcome() == model.Lost
	})
	after, err := director(w, model.Blue, 0).Read(t.Context())
	if err != nil || after.Director.PID == before.Director.PID || len(after.Running) > 0 || after.Director.Address != d.Addr() {
		t.Errorf("started again: %+v, %v", after.Director, err)
	}
}
