package plan

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
	"switchyard/model/record"
)

func TestStale(t *testing.T) {
	for says, change := range map[string]func(p *Plan, w *World){
		"":                             func(p *Plan, w *World) { w.Snapshot.Cells[0].On[model.Green].LastGood.Bytes++ },
		"expired":                      func(p *Plan, w *World) { w.Now = t0.Add(15 * time.Minute) },
		"routes were changed":          func(p *Plan, w *World) { w.State = &record.State{RoutesSeq: 9} },
		"the policy asks for more":     func(p *Plan, w *World) { w.Policy.Approvals = 2 },
		"the policy asks for more ":    func(p *Plan, w *World) { w.Policy.Ticket = true },
		"more time than the policy":    func(p *Plan, w *World) { p.Expires = p.Expires.Add(time.Hour) },
		"another version":              func(p *Plan, w *World) { p.Steps = p.Steps[:2] },
		"another version made it":      func(p *Plan, w *World) { p.Steps[0].Guards = nil },
		"steps are not what":           func(p *Plan, w *World) { p.Steps[0].Order.StartJob.Job = "backup-chain002-region1-regular" },
		"it is for \"test\"":           func(p *Plan, w *World) { p.Environment = "test" },
		"not those it was bound to":    func(p *Plan, w *World) { p.Facts = "" },
		"guard job-there":              func(p *Plan, w *World) { w.director(model.Green).Reloaded = t0 },
		"guard no-freeze was not":      func(p *Plan, w *World) { p.Guards = p.Guards[:len(p.Guards)-1] },
		"guard catalog-writes was unk": func(p *Plan, w *World) { p.Guards[2].Verdict = model.Unknown },
	} {
		w := calm()
		p := must(askBackup.Plan(w, "p1"))
		change(p, &w)
		q := must(p.Renew(w))
		if why := p.Stale(q, w.Now); !strings.Contains(why, strings.TrimSpace(says)) || says == "" && why != "" {
			t.Errorf("%q: stale because %q", says, why)
		}
	}
}

// TestTheMarkStays is a plan whose orders must go on from where they began, however many jobs came since.
func TestTheMarkStays(t *testing.T) {
	w := calm()
	p := must(askBackup.Plan(w, "p1"))
	w.Snapshot.Clusters[model.Green].Recent = append(
		w.Snapshot.Clusters[model.Green].Recent,
		model.Job{ID: 900, Key: model.JobKey{Cluster: model.Green, Job: "x"}},
	)
	q := must(p.Renew(w))
	for i := range p.Steps {
		if diff := cmp.Diff(p.Steps[i], q.Steps[i]); diff != "" {
			t.Error(diff)
		}
	}
	if fresh := must(askBackup.Plan(w, "p2")); fresh.Steps[0].Order.StartJob.After.ID != 900 {
		t.Error(fresh.Steps[0].Order.StartJob.After)
	}
}

// TestAWrongTargetBlocks is of both verbs: whatever else a cancel lets a person override, never a job of another cluster.
func TestAWrongTargetBlocks(t *testing.T) {
	for name, hurt := range map[string]func(*World){
		"director": func(w *World) { w.wrong("blue director dir-blue", "the Director that answers is dir-green") },
		"catalog":  func(w *World) { w.wrong("blue catalog", "wrong target: it is green's") },
	} {
		for _, ask := range []Ask{{Backup: &Backup{Cell: cell1, Cluster: model.Blue}}, {Cancel: must(CancelOf(calm().Snapshot, model.Blue,
			"44"))}} {
			w := calm()
			hurt(&w)
			p := must(ask.Plan(w, "p1"))
			a := yes(p)
			a.Reasons = map[string]string{}
			said := ""
			for _, g := range p.Guards {
				a.Reasons[g.ID] = "I have looked"
				if Blocks(g) && g.Verdict == model.Fails {
					said += g.Value
				}
			}
			if _, err := p.Approve(a, t0); !errors.Is(err, model.ErrGuard) || !strings.HasPrefix(said, "wrong target: ") {
				t.Errorf("%s, %s: %v; %q", name, p.Verb, err, said)
			}
		}
	}
}

// TestWhatIsHeardLateMakesNothingStale: a source that only cautions and was not heard when a plan was made may hold now; what fails, what
// was known and what blocks is another plan.
func TestWhatIsHeardLateMakesNothingStale(t *testing.T) {
	unheardBlue := func(w *World) {
		for i := range w.Snapshot.Seen {
			if s := &w.Snapshot.Seen[i]; s.Source.Cluster == model.Blue {
				s.At, s.Why = time.Time{}, "no answer yet"
			}
		}
	}
	w := calm()
	unheardBlue(&w)
	p := must(askBackup.Plan(w, "p1"))
	if g := p.Guard("other-idle"); g == nil || g.Verdict != model.Unknown {
		t.Fatalf("%+v", g)
	}
	w = calm()
	q := must(p.Renew(w))
	if why := p.Stale(q, w.Now); why != "" || q.Facts == p.Facts {
		t.Errorf("stale because %q; facts same: %v", why, q.Facts == p.Facts)
	}
	guards, why := p.Holds(w)
	other := slices.IndexFunc(guards, func(c model.Check) bool { return c.ID == "other-idle" })
	if why != "" || other < 0 || guards[other].Verdict != model.Holds {
		t.Errorf("stale because %q: %+v", why, guards)
	}
	w.Snapshot.Cells[0].On[model.Blue].Open = &model.Job{ID: 9, Key: model.JobKey{Job: "j"}}
	if why := p.Stale(must(p.Renew(w)), w.Now); !strings.HasPrefix(why, "guard other-idle was unknown") {
		t.Errorf("what fails now: %q", why)
	}
	w = calm()
	p = must(askBackup.Plan(w, "p1"))
	unheardBlue(&w)
	if why := p.Stale(must(p.Renew(w)), w.Now); !strings.HasPrefix(why, "guard other-idle was holds") {
		t.Errorf("what was known: %q", why)
	}
}
