package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/record"
)

func TestBackupPlan(t *testing.T) {
	w := calm()
	p := must(askBackup.Plan(w, "p1"))
	for _, g := range p.Guards {
		if g.Verdict != model.Holds {
			t.Errorf("%s does not hold: %s", g.ID, g.Value)
		}
	}
	want := TaggedJob{
		Cluster: model.Green,
		Job:     "backup-chain001-region1-regular",
		Tag:     "switchyard p1",
		After:   Mark{41, "backup-chain001-region1-regular.2026-11-23_06.00.00_03"},
	}
	if diff := cmp.Diff(want, p.Steps[0].Order.StartJob.TaggedJob); diff != "" {
		t.Error(diff)
	}
	if p.Confirm != "backup chain001 green" || p.Touches.Only() != "green/cell/chain001/region1/regular" || p.Approvals != 1 || p.Ticket ||
		!p.Expires.Equal(t0.Add(15*time.Minute)) {
		t.Errorf("%+v", p)
	}
	if b, err := p.Approve(yes(p), t0); err != nil || b.Action != "p1" {
		t.Error(b, err)
	}
	again := must(Decode(must(json.Marshal(p))))
	if diff := cmp.Diff(p, again); diff != "" {
		t.Errorf("written and read: %s", diff)
	}
	if _, err := Decode([]byte(strings.Replace(string(must(json.Marshal(p))), `"start_job":{`, `"start_job":{"twice":true,`, 1))); err == nil {
		t.Error("an order that only a newer program knows is accepted")
	}
	text := strings.Join(p.Lines(t0), "\n")
	for _, says := range []string{"run a backup of chain001 region1 regular on green " +
		"now", `"prod" (real)`, "  1  start backup-chain001-region1-regular on green", "ok         dir-green has its job",
		"the last good one (incr) took 3 min and wrote 2.3 GB", "due in 18 h (asked: > 30m)"} {
		if !strings.Contains(text, says) {
			t.Errorf("%q is not in\n%s", says, text)
		}
	}
	for _, bad := range []Ask{{}, {Backup: askBackup.Backup, Cancel: askCancel.Cancel}, {Backup: &Backup{Cell: cell1, Level: "Bogus"}},
		{Backup: &Backup{Cell: model.Cell{Chain: "nope"}}}} {
		if p, err := bad.Plan(w, "p1"); err == nil {
			t.Errorf("%+v makes %+v", bad, p)
		}
	}
}

func TestCancelPlan(t *testing.T) {
	w := calm()
	for _, text := range []string{"44", "restore-region1", "restore-region1.2026-11-23_11.50.00_09"} {
		if k, err := CancelOf(w.Snapshot, model.Blue, text); err != nil || k.ID != 44 {
			t.Errorf("%s: %+v, %v", text, k, err)
		}
	}
	for text, says := range map[string]string{"40": "JobId 40 has ended (ok)", "7": "no open job", "": "no open job"} {
		if _, err := CancelOf(w.Snapshot, model.Blue, text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
	p := must(askCancel.Plan(w, "p1"))
	if p.Blocked() != nil || !p.Steps[0].NoReturn || p.Confirm != "cancel 44 blue" {
		t.Fatalf("%+v", p)
	}
	if len(p.Costs) != 1 || p.Costs[0] != "it has been running for 10 min, 500 MB so far" {
		t.Errorf("%q", p.Costs)
	}
	open := &w.Snapshot.Clusters[model.Blue].Open[0]
	open.Status, open.Outcome = 'F', model.Waiting
	if p := must(askCancel.Plan(w, "p1")); len(p.Costs) != 2 || !strings.Contains(p.Costs[1], "the action looks for 2m") {
		t.Errorf("its client may hang, and the plan does not say what that costs: %q", p.Costs)
	}
	open.Status, open.Outcome = 'R', model.Running
	open.Type, open.Cell, open.HasCell = model.TypeBackup, cell1, true
	for says, breaks := range map[string]time.Time{"it breaks in 20 h": t0.Add(20 * time.Hour), "before the next backup is " +
		"due": t0.Add(17 * time.Hour), "it has been broken": t0.Add(-time.Hour), "no good backup": {}} {
		for _, c := range model.Clusters {
			w.Snapshot.Cells[0].On[c].Breaks = breaks
		}
		p := must(askCancel.Plan(w, "p1"))
		g := p.Guard("promise-kept")
		if !strings.Contains(g.Value, says) || (g.Verdict == model.Holds) != (says == "it breaks in 20 h") {
			t.Errorf("%s: %+v", says, g)
		}
		if _, err := p.Approve(yes(p), t0); (err == nil) != (g.Verdict == model.Holds) {
			t.Errorf("%s: approved without a reason: %v", says, err)
		}
	}
	// A promise that holds by incrementals says nothing of the full one that is asked for.
	for _, c := range model.Clusters {
		w.Snapshot.Cells[0].On[c].Breaks = t0.Add(20 * time.Hour)
	}
	cell := &w.Snapshot.Cells[0]
	cell.FullPromise = 8 * 24 * time.Hour
	for says, full := range map[string]time.Duration{"of a full one: it breaks in 3 d": -5 * 24 * time.Hour, "of a full one: it breaks in " +
		"17 h, before": -(7*24 + 7) * time.Hour, "of a full one: it has been broken": -9 * 24 * time.Hour,
		"of a full one: it has no good backup": 0, "it breaks in 20 h": 1} {
		if open.Level = 'F'; full == 1 {
			open.Level = 'I'
		}
		if cell.On[model.Green].LastFull = nil; full < 0 {
			cell.On[model.Green].LastFull = &model.Job{End: t0.Add(full)}
		}
		g := must(askCancel.Plan(w, "p1")).Guard("promise-kept")
		if !strings.HasPrefix(g.Value, says) || (g.Verdict == model.Holds) != (full == 1 || full == -5*24*time.Hour) {
			t.Errorf("%s: %+v", says, g)
		}
	}
	w.Snapshot.Clusters[model.Blue].Open = nil
	p = must(askCancel.Plan(w, "p1"))
	if b := p.Blocked(); b == nil || b.ID != "job-runs" {
		t.Errorf("a job that has ended can be canceled: %+v", p.Guards)
	}
}

// breaks are ways in which a world gets worse, and the guard of a backup that must notice.
var breaks = map[string]struct {
	guard   string
	verdict model.Verdict
	hurt    func(*World)
}{
	"journal unread":   {GuardFree, model.Unknown, func(w *World) { w.State = nil }},
	"another acts":     {GuardFree, model.Fails, func(w *World) { w.State = acting(w.State, TouchCell(model.Green, cell1)) }},
	"director silent":  {"director-answers", model.Unknown, func(w *World) { w.seen("green director dir-green").Why = "refused" }},
	"director old":     {"director-answers", model.Unknown, func(w *World) { w.seen("green director dir-green").At = t0.Add(-time.Minute) }},
	"director never":   {"director-answers", model.Unknown, func(w *World) { w.seen("green director dir-green").At = time.Time{} }},
	"another director": {"director-answers", model.Unknown, func(w *World) { w.director(model.Green).Name = "dir-x" }},
	"catalog silent":   {"catalog-writes", model.Unknown, func(w *World) { w.seen("green catalog").Why = "refused" }},
	"another answers": {
		"director-answers",
		model.Fails,
		func(w *World) { w.wrong("green director dir-green", "the Director that answers is dir-blue") },
	},
	"the passive one schedules": {"director-answers", model.Fails, func(w *World) { w.tookOver(false) }},
	"two may schedule":          {"director-answers", model.Fails, func(w *World) { w.tookOver(true) }},
	"two of one name": {"director-answers", model.Unknown, func(w *World) {
		w.Snapshot.Clusters[model.Blue].Directors[0].Name = w.director(model.Green).Name
		w.Snapshot.Clusters[model.Green].Catalog.Target = model.Unknown
	}},
	"another catalog": {"catalog-writes", model.Fails, func(w *World) { w.wrong("green catalog", "wrong target: it is blue's") }},
	"catalog of another": {"catalog-writes", model.Fails, func(w *World) {
		w.Snapshot.Clusters[model.Green].Catalog.Target, w.Snapshot.Clusters[model.Green].Catalog.TargetSays = model.Fails, "it is blue's"
	}},
	"two writers": {"catalog-writes", model.Fails, func(w *World) { w.Snapshot.RDS = &model.RDS{TwoWriters: "two servers take writes"} }},
	"catalog unproven": {"catalog-writes", model.Unknown, func(w *World) {
		w.Snapshot.Clusters[model.Green].Catalog.Target, w.Snapshot.Clusters[model.Green].Catalog.TargetSays = model.Unknown, "nothing shows it"
	}},
	"standby, not proven": {"catalog-writes", model.Fails, func(w *World) {
		v := w.Snapshot.Clusters[model.Green]
		v.Catalog.ReadOnly, v.Catalog.Target, v.Catalog.TargetSays = true, model.Unknown, "nothing shows it"
	}},
	"catalog read-only": {"catalog-writes", model.Fails, func(w *World) { w.Snapshot.Clusters[model.Green].Catalog.ReadOnly = true }},
	"director unlinked": {"director-linked", model.Fails, func(w *World) {
		w.Snapshot.Clusters[model.Green].Linked, w.Snapshot.Clusters[model.Green].LinkSays = model.Fails, "it runs 2 jobs"
	}},
	"link not known": {"director-linked", model.Unknown, func(w *World) { w.Snapshot.Clusters[model.Green].Linked = model.Unknown }},
	"job gone":       {"job-there", model.Fails, func(w *World) { w.Snapshot.Cells[0].On[model.Green].Has = model.Fails }},
	"jobs unread":    {"job-there", model.Unknown, func(w *World) { w.Snapshot.Cells[0].On[model.Green].Has = model.Unknown }},
	"it runs":        {"not-running", model.Fails, func(w *World) { w.Snapshot.Cells[0].On[model.Green].Open = &model.Job{ID: 50} }},
	"blue runs it":   {"other-idle", model.Fails, func(w *World) { w.Snapshot.Cells[0].On[model.Blue].Open = &model.Job{ID: 50} }},
	"blue is silent": {"other-idle", model.Unknown, func(w *World) { w.seen("blue director dir-blue").Why = "refused" }},
	"due soon":       {"not-due-soon", model.Fails, func(w *World) { w.Snapshot.Cells[0].On[model.Green].Due = t0.Add(10 * time.Minute) }},
	"freeze":         {guardFreeze, model.Fails, func(w *World) { w.Policy.Freeze = "mon 00:00 - tue 00:00" }},
}

// TestTwoOfOneNameAreToldApartByTheirCatalogs: a greeting is then no proof, and the catalog that each uses is.
func TestTwoOfOneNameAreToldApartByTheirCatalogs(t *testing.T) {
	for _, c := range model.Clusters {
		for _, is := range []model.Verdict{model.Holds, model.Unknown, model.Fails} {
			w := calm()
			for _, of := range model.Clusters {
				w.seen(of.String() + " director dir-" + of.String()).Source.Name = "bacula-dir"
				w.director(of).Name = "bacula-dir"
			}
			w.Snapshot.Clusters[c].Catalog.Target = is
			p := must(Ask{Backup: &Backup{Cell: cell1, Cluster: c}}.Plan(w, "p1"))
			if g := p.Guard("director-answers"); (g.Verdict == model.Holds) != (is == model.Holds) {
				t.Errorf("%s, whose catalog is %v: %+v", c, is, g)
			}
			if _, err := p.Approve(yes(p), t0); (err == nil) != (is == model.Holds) {
				t.Errorf("%s, whose catalog is %v: %v", c, is, err)
			}
		}
	}
}

// TestADirectorThatNeverAnsweredSaysWhy: who runs one verb has no earlier answer of it, and reads the cause in the
// guard. Nothing heard at all proves nothing.
func TestADirectorThatNeverAnsweredSaysWhy(t *testing.T) {
	for _, s := range []struct {
		why, says string
		wrong     bool
		want      model.Verdict
	}{
		{"connection refused", "connection refused", false, model.Unknown},
		{"the Director that answers is dir-blue", "wrong target: the Director that answers is dir-blue", true, model.Fails},
		{"", "no Director is known", false, model.Unknown},
	} {
		w := calm()
		is := w.seen("green director dir-green")
		is.Why, is.Wrong, is.Gates = s.why, s.wrong, true
		w.Snapshot.Clusters[model.Green].Directors = nil
		if g := must(askBackup.Plan(w, "p1")).Guard("director-answers"); g.Verdict != s.want || g.Value != s.says || g.Bar != model.Block {
			t.Errorf("%q: %+v", s.why, g)
		}
	}
}

func TestEveryGuardCanRefuse(t *testing.T) {
	for name, b := range breaks {
		w := calm()
		p := must(askBackup.Plan(w, "p1"))
		b.hurt(&w)
		q := must(p.Renew(w))
		g := q.Guard(b.guard)
		if g.Verdict != b.verdict || g.Value == "" {
			t.Errorf("%s: %+v", name, g)
		}
		if why := p.Stale(q, t0); !strings.Contains(why, "guard ") {
			t.Errorf("%s: the plan is not stale: %q", name, why)
		}
		if _, guard, why := p.InTheWay(&p.Steps[0], w, &record.Action{}); guard == nil || why == "" {
			t.Errorf("%s: the step is let through", name)
		}
		// A plan that is made in that world is refused, asks for a reason, or tells.
		_, err := q.Approve(yes(q), t0)
		if lets := g.Bar == model.Caution; lets != (err == nil) || err != nil && !errors.Is(err, model.ErrGuard) {
			t.Errorf("%s: approving: %v", name, err)
		}
		a := yes(q)
		a.Reasons = map[string]string{b.guard: "I have looked"}
		body, err := q.Approve(a, t0)
		if (err == nil) != (g.Bar != model.Block) {
			t.Errorf("%s: approving with a reason: %v", name, err)
		}
		if err == nil && g.Bar == model.Override {
			act := &record.Action{Overrides: []string{b.guard + ": " + body.Overrides[b.guard]}}
			if _, guard, why := q.InTheWay(&q.Steps[0], w, act); guard != nil {
				t.Errorf("%s: overridden and refused: %s", name, why)
			}
		}
	}
	covered := map[string]bool{}
	for _, b := range breaks {
		covered[b.guard] = true
	}
	for _, g := range must(askBackup.Plan(calm(), "p1")).Guards {
		if !covered[g.ID] {
			t.Errorf("nothing makes %s fail", g.ID)
		}
	}
}

// TestUnknownNeverPasses hurts a world in several ways at once, and holds the result against the rule.
func TestUnknownNeverPasses(t *testing.T) {
	names := make([]string, 0, len(breaks))
	for name := range breaks {
		names = append(names, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		w := calm()
		fine := must(askBackup.Plan(w, "p1"))
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID).Draw(t, "hurt") {
			breaks[name].hurt(&w)
		}
		if rapid.Bool().Draw(t, "reloaded") {
			w.director(model.Green).Reloaded = t0
		}
		w.Now = t0.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "seconds")) * time.Second)
		q, err := fine.Renew(w)
		if err != nil {
			t.Fatal(err)
		}
		a := yes(q)
		a.Reasons = map[string]string{}
		for _, g := range q.Guards {
			if rapid.Bool().Draw(t, "reason") {
				a.Reasons[g.ID] = "because"
			}
		}
		body, err := q.Approve(a, w.Now)
		passes := err == nil
		for _, g := range q.Guards {
			if g.Verdict != model.Holds && g.Bar == model.Block || g.Verdict != model.Holds && g.Bar == model.Override && a.Reasons[g.ID] == "" {
				if passes {
					t.Fatalf("approved although %s is %s", g.ID, g.Verdict)
				}
			}
			if body.Overrides[g.ID] != "" && g.Bar != model.Override {
				t.Fatalf("%s was overridden", g.ID)
			}
		}
		// Stale means exactly that what the plan is bound to is another.
		bound := fine.Facts == q.Facts && fine.Routes == q.Routes && fine.Approvals >= q.Approvals
		if stale := fine.Stale(q, w.Now); (stale == "") != bound {
			t.Fatalf("stale: %q, facts same: %v", stale, bound)
		}
	})
}

func TestPolicyAsksForMore(t *testing.T) {
	w := calm()
	w.Policy.OverrideApprovals, w.Policy.Ticket = 2, true
	if p := must(askBackup.Plan(w, "p1")); p.Approvals != 1 {
		t.Error(p.Approvals)
	}
	w.Snapshot.Cells[0].On[model.Green].Open = &model.Job{ID: 50}
	p := must(askBackup.Plan(w, "p1"))
	a := yes(p)
	a.Reasons = map[string]string{"not-running": "it hangs", "other-idle": "not asked for"}
	if _, err := p.Approve(a, t0); p.Approvals != 2 || err == nil || !strings.Contains(err.Error(), "ticket") {
		t.Error(p.Approvals, err)
	}
	a.Ticket = "CHG-1"
	b, err := p.Approve(a, t0)
	if want := (record.Approved{Action: "p1", Ticket: "CHG-1", Overrides: map[string]string{"not-running": "it hangs"}}); err != nil ||
		cmp.Diff(want, b) != "" {
		t.Error(err, cmp.Diff(want, b))
	}
	for says, change := range map[string]func(*Approval){
		"not \"backup chain001 green\"": func(a *Approval) { a.Confirm = "backup chain001" },
		"has a name":                    func(a *Approval) { a.By = "" },
		"only with a reason":            func(a *Approval) { a.Reasons = map[string]string{"not-running": " \x1b[2J"} },
	} {
		c := a
		change(&c)
		if _, err := p.Approve(c, t0); !errors.Is(err, model.ErrGuard) || !strings.Contains(fmt.Sprint(err), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if _, err := p.Approve(a, p.Expires); !errors.Is(err, model.ErrStale) {
		t.Error(err)
	}
}
