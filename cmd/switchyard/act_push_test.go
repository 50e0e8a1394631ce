package main

import (
	"os"
	"strings"
	"testing"

	"switchyard/backend/bacula/push"
	"switchyard/backend/config"
	"switchyard/backend/journal"
	"switchyard/backend/rehearsal"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
)

// pushing is the hand that act has, on a world, with a journal of its routes.
type pushing struct {
	*testing.T
	*rehearsal.World
	hand runner.Router
	past plan.Past
}

func newPushing(t *testing.T) *pushing {
	t.Helper()
	s := newStage(t, 0, "")
	cfg, err := config.Load(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	j, err := openJournal(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &pushing{T: t, World: s.World, hand: handOn(cfg, j), past: plan.Past{Step: 1}}
}

func handOn(cfg *config.Config, j *journal.Journal) runner.Router {
	return runner.Router{plan.Directors: directors(cfg, &runner.Runner{Journal: j, Policy: cfg.Policy, Now: model.Now, Sleep: sleep})}
}

// looks wants a verdict, and keeps what is found for the calls after it.
func (p *pushing) looks(o plan.Order, want model.Verdict, says string) {
	p.Helper()
	sight, err := p.hand.Look(p.Context(), o, p.past)
	if err != nil {
		sight.Says = err.Error()
	}
	if sight.Verdict != want || !strings.Contains(sight.Says, says) {
		p.Fatalf("%v: %s; want %v: %s", sight.Verdict, sight.Says, want, says)
	}
	for _, f := range sight.Found {
		f.Step = 1
		p.past.Found = append(p.past.Found, f)
	}
}

// does wants an error that says something, or none.
func (p *pushing) does(o plan.Order, says string) {
	p.Helper()
	err := p.hand.Do(p.Context(), o, p.past)
	if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
		p.Fatalf("%v; want %q", err, says)
	}
}

func (p *pushing) text(c model.Cluster, place int) string {
	p.Helper()
	b, err := os.ReadFile(p.Cluster(c).Directors()[place].ConfPath())
	if err != nil {
		p.Fatal(err)
	}
	return string(b)
}

// TestAPushToEveryDirector pushes what the world's own routes come to, and puts the files back that were there.
func TestAPushToEveryDirector(t *testing.T) {
	t.Parallel()
	p := newPushing(t)
	for _, c := range model.Clusters {
		for place, d := range p.Cluster(c).Directors() {
			p.past = plan.Past{Step: 1}
			on := &plan.OnDirector{Cluster: c, Director: d.Name()}
			was := p.text(c, place)
			p.looks(plan.Order{Push: on}, model.Fails, "its file is another one than the routes come to")
			p.looks(plan.Order{Effective: on}, model.Fails, "its file is another one")
			p.does(plan.Order{Push: on}, "")
			p.looks(plan.Order{Push: on}, model.Holds, "jobs of the routes of record 1")
			p.looks(plan.Order{Effective: on}, model.Holds, d.Name()+" has and starts ")
			if now := p.text(c, place); !push.Pushed(now) || now == was {
				t.Errorf("%s has in its file:\n%s", d.Name(), now)
			}
			p.does(plan.Order{PutBack: on}, "")
			p.looks(plan.Order{PutBack: on}, model.Holds, "has loaded its last good file")
			if p.text(c, place) != was {
				t.Errorf("%s has another file than before", d.Name())
			}
		}
	}
}
