package plan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// alarm makes toys that take the place of what is unfinished on the routes.
func alarm(emergency bool) World {
	w := calm()
	w.Makes = func(w World, ask Ask, id string) (*Plan, error) {
		p := &Plan{ID: id, Ask: ask, Verb: "toy", Emergency: emergency, Confirm: "toy",
			Steps: []Step{{Name: "do it", Order: Order{ByHand: &ByHand{Text: "do it", Touches: record.TouchesOf("routes")}}}}}
		if err := w.Preempt(p); err != nil {
			return nil, err
		}
		return w.Finish(p)
	}
	return w
}

func forward(id string, seq int64, state record.ActionState) *record.Action {
	return &record.Action{
		ID:      id,
		Seq:     seq,
		Verb:    "shift",
		By:      "bob",
		State:   state,
		Intent:  1,
		Steps:   []string{"a"},
		Touches: record.TouchesOf("routes/x"),
		Expires: t0.Add(time.Hour),
	}
}

func TestAPlanThatSupersedes(t *testing.T) {
	w := alarm(false)
	elsewhere := forward("far", 5, record.ActionRunning)
	elsewhere.Touches = record.TouchesOf("green")
	w.State.Actions = []*record.Action{
		forward("old", 2, record.ActionDone),
		forward("run", 3, record.ActionRunning),
		forward("wait", 4, record.ActionWaits),
		elsewhere,
	}
	p := must(askCancel.Plan(w, "p1"))
	if want := []Other{{"run", 3}, {"wait", 4}}; !slices.Equal(p.Supersedes, want) || p.Blocked() != nil {
		t.Fatalf("supersedes %v, blocked by %v", p.Supersedes, p.Blocked())
	}
	if lines := strings.Join(p.Lines(t0), "\n"); !strings.Contains(lines, "it takes the place of actions 3, 4:") {
		t.Errorf("nobody is told:\n%s", lines)
	}
	b := must(p.Record())
	if q := must(
		Of(b),
	); !slices.Equal(q.Supersedes, p.Supersedes) || !Alike(b, must(q.Record())) ||
		!slices.Equal(b.Supersedes, []string{"run", "wait"}) {
		t.Errorf("%+v", b)
	}
	stale := func(change func(*World, *Plan)) string {
		w, p := w, *p
		s := *w.State
		s.Actions = slices.Clone(s.Actions)
		w.State = &s
		change(&w, &p)
		return p.Stale(must(p.Renew(w)), w.Now)
	}
	const other = "what it would supersede is not what is unfinished now"
	more := func(w *World, _ *Plan) {
		w.State.Actions = append(w.State.Actions, forward("new", 9, record.ActionRunning))
	}
	for _, change := range []func(*World, *Plan){more, func(_ *World, p *Plan) {
		p.Supersedes = append(slices.Clone(p.Supersedes), Other{"far",
			5})
	}} {
		if why := stale(change); why != other {
			t.Errorf("%q", why)
		}
	}
	if why := stale(func(*World, *Plan) {}); why != "" {
		t.Error(why)
	}
	grown := w
	s := *w.State
	grown.State = &s
	more(&grown, nil)
	if _, why := p.Holds(grown); !strings.HasPrefix(why, "guard journal-free was holds") {
		t.Errorf("one more has begun: %q", why)
	}
	if why := stale(func(w *World, _ *Plan) { w.State.Actions[1] = forward("run", 3, record.ActionDone) }); why != "" {
		t.Errorf("one of them has ended by itself: %s", why)
	}
	for _, p := range []*Plan{{ID: "far", Touches: record.TouchesOf("routes")}, {ID: "run", Touches: record.TouchesOf("routes")}} {
		s := *w.State
		s.Actions = []*record.Action{
			{
				ID:         "p1",
				Seq:        7,
				State:      record.ActionApproved,
				Supersedes: []string{"run"},
				Touches:    record.TouchesOf("routes"),
				Expires:    t0.Add(time.Hour),
			},
		}
		if n := len(p.Meets(&s, t0)); n != map[string]int{"far": 1, "run": 0}[p.ID] {
			t.Errorf("%d proposals stop %s", n, p.ID)
		}
	}
}

// TestWhatStandsBesideAPlanIsItsOwn is a record that would supersede, or be an emergency, although its plan is not.
func TestWhatStandsBesideAPlanIsItsOwn(t *testing.T) {
	for name, change := range map[string]func(*record.Planned){
		"supersedes": func(b *record.Planned) { b.Supersedes = []string{"x"} }, "emergency": func(b *record.Planned) { b.Emergency = true },
		"ordinary": func(b *record.Planned) { b.Ordinary = 1 }} {
		b := must(must(askBackup.Plan(calm(), "p1")).Record())
		change(&b)
		if _, err := Of(b); err == nil {
			t.Error(name)
		}
	}
}

func TestEmergencies(t *testing.T) {
	for _, emergency := range []bool{true, false} {
		w := alarm(emergency)
		w.Policy.Approvals, w.Policy.OverrideApprovals, w.Policy.Freeze = 3, 4, must(model.ParseFreeze("mon 00:00 - tue 00:00"))
		p := must(askCancel.Plan(w, "p1"))
		g := p.Guard(guardFreeze)
		if g.Verdict != model.Fails || (g.Bar == model.Caution) != emergency || (g.Bar == model.Override) == emergency {
			t.Errorf("emergency %v: %+v", emergency, g)
		}
		if !emergency {
			if p.Approvals != 4 || p.Ordinary != 0 || len(p.Calls()) > 0 {
				t.Errorf("%+v", p)
			}
			continue
		}
		if p.Approvals != 1 || p.Ordinary != 3 ||
			!strings.Contains(strings.Join(p.Lines(t0), "\n"),
				"its review is owed afterwards, by somebody else: otherwise 3 people would have to approve it") {
			t.Errorf("%d of %d: %v", p.Approvals, p.Ordinary, p.Calls())
		}
		if _, err := p.Approve(yes(p), t0); err != nil {
			t.Errorf("a freeze stops an emergency: %v", err)
		}
		w.Policy.EmergencyApprovals = 2
		if why := p.Stale(must(p.Renew(w)), t0); why != "the policy asks for more than it does" {
			t.Error(why)
		}
		forged := *p
		w.Policy.EmergencyApprovals = 1
		w.Makes = alarm(false).Makes
		if why := forged.Stale(must(forged.Renew(w)), t0); why == "" {
			t.Error("a plan calls itself an emergency, and its maker does not")
		}
		raw := must(json.Marshal(p))
		if q := must(Decode(raw)); !q.Emergency || q.Ordinary != 3 {
			t.Errorf("%s", raw)
		}
	}
}
