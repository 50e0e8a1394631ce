package plan

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// ways are what a guard that does not hold must offer, by the name in the table of what hurts a world.
var ways = map[string]string{
	"journal unread":            "switchyard doctor",
	"another acts":              "wait for action 7 (:action 7 says how far it is), or A on it, :stop 7",
	"director silent":           "see whether bacula-dir runs",
	"director old":              "see whether bacula-dir runs",
	"director never":            "a moment: it is being asked",
	"another director":          "see :sources and the configuration: nobody asks it",
	"the passive one schedules": "write dir-green2 as green's active Director of the configuration",
	"two may schedule":          "stop and mask the wrong one",
	"two of one name":           "let the Console ask show catalogs",
	"catalog silent":            "see whether its server runs",
	"another answers":           "correct the configuration, or what stands under that address",
	"another catalog":           "correct the configuration, or what stands under that address",
	"catalog of another":        "correct the configuration, or the catalog that its Director is given",
	"two writers":               "see page 4",
	"catalog unproven":          "see which catalog its Director is given",
	"standby, not proven":       "see whether its writer runs",
	"catalog read-only":         "see whether its writer runs",
	"link not known":            "a moment: whether the catalog hears",
	"director unlinked":         "restart bacula-dir on green",
	"job gone":                  "back it up on blue, which has its job: :backup blue (--on blue)",
	"jobs unread":               "a moment: its jobs are being read",
	"it runs":                   "wait for JobId 50, or cancel it: c on it (switchyard cancel 50 --on green)",
	"blue runs it":              "wait for JobId 50, or cancel it: c on it (switchyard cancel 50 --on blue)",
	"blue is silent":            "see whether bacula-dir runs",
	"due soon":                  "wait for it, or go on",
	"freeze":                    "wait until 24 Nov 00:00 UTC, or give a reason",
}

// TestEveryGuardThatDoesNotHoldOffersAWay, in the plan as it is printed and in what refuses it; one that holds has none.
func TestEveryGuardThatDoesNotHoldOffersAWay(t *testing.T) {
	for name, b := range breaks {
		w := calm()
		b.hurt(&w)
		p := must(askBackup.Plan(w, "p1"))
		g, want := p.Guard(b.guard), ways[name]
		if want == "" || !strings.Contains(g.Do, want) {
			t.Errorf("%s: %q, want %q", name, g.Do, want)
		}
		if printed := strings.Join(p.Lines(t0), "\n"); !strings.Contains(printed, "\n             "+g.Do) {
			t.Errorf("%s: it is not printed:\n%s", name, printed)
		}
		if _, err := p.Approve(yes(p), t0); g.Bar != model.Caution && p.Blocked() == g && !strings.Contains(err.Error(), g.Do) {
			t.Errorf("%s: who is refused is not told: %v", name, err)
		}
	}
	for _, ask := range []Ask{askBackup, askCancel} {
		for hurt := range breaks {
			w := calm()
			breaks[hurt].hurt(&w)
			for _, g := range must(ask.Plan(w, "p1")).Guards {
				if (g.Do == "") != (g.Verdict == model.Holds) {
					t.Errorf("%s, %s: %s is %s: %q", ask.cluster(), hurt, g.ID, g.Verdict, g.Do)
				}
			}
		}
	}
}

// TestTheWayPastAnAction is by how far that is.
func TestTheWayPastAnAction(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*record.Action, *board.Snapshot)
		want   string
	}{
		"waits": {func(a *record.Action, _ *board.Snapshot) {
			a.State, a.Expires = record.ActionWaits, t0.Add(time.Minute)
			a.Approvals = []record.ActionBy{{By: "bob"}}
		}, "approve action 7 (:approve 7) or stop it (:stop 7); it expires at 12:01:00 UTC"},
		"approved": {func(a *record.Action, _ *board.Snapshot) {
			a.State, a.Expires = record.ActionApproved, t0.Add(time.Minute)
		},
			"nobody carries out action 7: :resume 7 goes on with it (switchyard act 7), :stop 7 ends it"},
		"orphaned": {func(_ *record.Action, s *board.Snapshot) { s.Orphans = []string{"other"} },
			"nobody carries out action 7: :resume 7 goes on with it (switchyard act 7), :stop 7 ends it"},
		"unknown": {func(a *record.Action, _ *board.Snapshot) { a.State, a.Intent = record.ActionUnknown, 9 },
			"action 7 is unfinished: :resume 7 goes on with it (switchyard act 7), :acknowledge 7 lets it be"},
	} {
		w := calm()
		w.State = acting(w.State, TouchCell(model.Green, cell1))
		x.change(w.State.Actions[0], w.Snapshot)
		if g := must(askBackup.Plan(w, "p1")).Guard(GuardFree); g.Do != x.want {
			t.Errorf("%s: %s, %q", name, g.Value, g.Do)
		}
	}
}

// TestTheWayPastAJobSaysHowFarItIs, by what its Storage Daemon says, not by what the cell was judged by.
func TestTheWayPastAJobSaysHowFarItIs(t *testing.T) {
	w := calm()
	j := model.Job{Key: model.JobKey{Cluster: model.Green, Job: "x"}, ID: 50, Status: 'R', Outcome: model.Running}
	was := j
	w.Snapshot.Cells[0].On[model.Green].Open = &was
	j.Progress = model.Progress{At: t0, Percent: 62, Left: 4 * time.Minute}
	w.Snapshot.Clusters[model.Green].Open = []model.Job{j}
	if g := must(askBackup.Plan(w, "p1")).Guard("not-running"); !strings.HasPrefix(g.Do, "wait for JobId 50, 62 %, 4 min left, or cancel it") {
		t.Errorf("%q", g.Do)
	}
}

// TestTheWayToCancel where there is nothing to cancel any more, or a promise rests on it.
func TestTheWayToCancel(t *testing.T) {
	w := calm()
	w.Snapshot.Clusters[model.Blue].Open = nil
	if g := must(
		askCancel.Plan(w, "p1"),
	).Guard("job-runs"); !Blocks(*g) ||
		g.Do != "nothing is left to cancel: :job blue 44 says how it ended" {
		t.Errorf("%+v", g)
	}
	w = calm()
	w.Snapshot.Clusters[model.Blue].Open[0].Outcome = model.Lost
	if g := must(askCancel.Plan(w, "p1")).Guard("job-runs"); !Blocks(*g) || !strings.HasPrefix(g.Do, "nothing of it runs") {
		t.Errorf("%+v", g)
	}
	w = calm()
	j := &w.Snapshot.Clusters[model.Blue].Open[0]
	j.Type, j.Cell, j.HasCell = model.TypeBackup, cell1, true
	for _, c := range model.Clusters {
		w.Snapshot.Cells[0].On[c].Breaks = time.Time{}
	}
	if g := must(askCancel.Plan(w, "p1")).Guard("promise-kept"); g.Verdict != model.Fails || !strings.HasPrefix(g.Do, "let it end") {
		t.Errorf("%+v", g)
	}
}
