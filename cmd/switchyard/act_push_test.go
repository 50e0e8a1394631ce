package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/backend/bacula/push"
	"switchyard/backend/config"
	"switchyard/backend/journal"
	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
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

// ends pushes to a Director that something is wrong with, and wants what is said of it.
func (p *pushing) ends(c model.Cluster, place int, fault, says string) (on *plan.OnDirector, was string) {
	p.Helper()
	d := p.Cluster(c).Directors()[place]
	on = &plan.OnDirector{Cluster: c, Director: d.Name()}
	was = p.text(c, place)
	p.past = plan.Past{Step: 1}
	p.looks(plan.Order{Push: on}, model.Fails, "")
	if err := p.Fault(fault, c.String()); err != nil {
		p.Fatal(err)
	}
	p.does(plan.Order{Push: on}, says)
	return on, was
}

// TestAPushMeetsFaults sees what each leaves: a Director with the jobs that it had, and a file that it takes.
func TestAPushMeetsFaults(t *testing.T) {
	t.Parallel()
	p := newPushing(t)
	for _, f := range []struct {
		c          model.Cluster
		name, says string
		untouched  bool
	}{
		{model.Green, "reload-refused", "not done: the Director says: ", false},
		{model.Green, "reload-ignored", "not done: the Director says: Too many open reload", false},
		{model.Green, "directive-lost", "not done: the Director says: ", false},
		{model.Blue, "directive-lost", "the Director ended at the reload", true},
		{model.Green, "disk-full", "no space left on device", true},
	} {
		on, was := p.ends(f.c, 0, f.name, f.says)
		if got := p.text(f.c, 0); (got == was) != f.untouched || got == "" {
			t.Errorf("%s: its file has %d bytes, and had %d", f.name, len(got), len(was))
		}
		if err := p.Heal(f.name, ""); err != nil {
			t.Fatal(err)
		}
		d := p.Cluster(f.c).Active()
		if !d.Running() { // somebody starts it: what it finds is what it had
			if err := d.Start(); err != nil || !d.Running() {
				t.Fatalf("%s: it does not start: %v", f.name, err)
			}
		}
		p.looks(plan.Order{Push: on}, model.Fails, "")
		p.does(plan.Order{PutBack: on}, "")
		p.looks(plan.Order{PutBack: on}, model.Holds, "")
		if p.text(f.c, 0) != was {
			t.Errorf("%s: the last good file is not back", f.name)
		}
	}
	if err := p.Fault("file-linked", "green"); err != nil {
		t.Fatal(err)
	}
	on := &plan.OnDirector{Cluster: model.Green, Director: p.Cluster(model.Green).Directors()[0].Name()}
	p.past = plan.Past{Step: 1}
	p.looks(plan.Order{Push: on}, model.Fails, "")
	p.does(plan.Order{Push: on}, "is a symbolic link, and not a regular file")
	if err := p.Heal("file-linked", ""); err != nil {
		t.Fatal(err)
	}
	p.ends(model.Green, 0, "reload-slow", "")
	p.looks(plan.Order{Push: on}, model.Holds, "")
	if err := p.Heal("reload-slow", ""); err != nil {
		t.Fatal(err)
	}

	// What others do afterwards is seen at once.
	job := "backup-chain001-region1-regular"
	on = &plan.OnDirector{Cluster: model.Blue, Director: p.Cluster(model.Blue).Directors()[0].Name()}
	p.past = plan.Past{Step: 1}
	p.looks(plan.Order{Push: on}, model.Fails, "")
	p.does(plan.Order{Push: on}, "")
	p.looks(plan.Order{Effective: on}, model.Holds, "")
	for _, hand := range []struct {
		off, says string
		on        plan.Enable
	}{
		{"disable job=" + job, job + " is switched off", plan.Enable{Jobs: []string{job}}},
		{"disable client=chain001-r1-fd", "has a client that is switched off", plan.Enable{Clients: []string{"chain001-r1-fd"}}},
		{"disable schedule=" + job, job + " has a schedule that is switched off", plan.Enable{Schedules: []string{job}}},
	} {
		hand.on.OnDirector = *on
		p.looks(plan.Order{Enable: &hand.on}, model.Holds, "lists none of them as switched off")
		say(t, p.World, model.Blue, hand.off)
		p.looks(plan.Order{Effective: on}, model.Fails, hand.says)
		p.does(plan.Order{Push: on}, "") // a reload undoes nothing that was said on a console
		p.looks(plan.Order{Effective: on}, model.Fails, hand.says)
		p.looks(plan.Order{Enable: &hand.on}, model.Fails, "lists 1 as switched off: ")
		p.does(plan.Order{Enable: &hand.on}, "")
		p.looks(plan.Order{Enable: &hand.on}, model.Holds, "")
		p.looks(plan.Order{Effective: on}, model.Holds, "")
	}
	passive := &plan.OnDirector{Cluster: model.Green, Director: p.Cluster(model.Green).Directors()[1].Name()}
	p.past = plan.Past{Step: 1}
	p.looks(plan.Order{Push: passive}, model.Fails, "")
	p.does(plan.Order{Push: passive}, "")
	p.looks(plan.Order{Effective: passive}, model.Holds, "")
	if err := p.Fault("passive-restarted", "green"); err != nil {
		t.Fatal(err)
	}
	p.looks(plan.Order{Effective: passive}, model.Fails, "its file is another one than the routes come to")
}

// TestRoutesPush mends drift from the command line: what acts pushes to both Directors, or gives both back what they had.
func TestRoutesPush(t *testing.T) {
	t.Parallel()
	s := newStage(t, 40, "")
	push := []string{"routes", "push", "blue"}
	s.says(s.does(0, push...), "push the routes to blue's Director dir-old", "if a later step fails: put the last good file back",
		"nothing was done")
	if err := s.Fault("reload-refused", "blue"); err != nil {
		t.Fatal(err)
	}
	file := s.Cluster(model.Blue).Active().ConfPath()
	was, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s.does(1, apply(push, "--confirm=push blue")...)
	if a := s.action(); a.State != record.ActionFailed || !a.Returned || !strings.Contains(a.Why, "the Director says") {
		t.Errorf("%v: %s", a.State, a.Why)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != string(was) {
		t.Errorf("the last good file is not back: %v", err)
	}
	if err := s.Heal("reload-refused", ""); err != nil {
		t.Fatal(err)
	}
	s.does(0, apply(push, "--confirm=push blue")...)
	if a := s.action(); a.State != record.ActionDone || a.Done != 4 {
		t.Errorf("%v after step %d: %s", a.State, a.Done, a.Why)
	}
}

// TestAPushLeavesNoCellToNobody: by routes that give all to green, blue is not pushed before green starts what only blue does.
func TestAPushLeavesNoCellToNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t, 40, "")
	all := filepath.Join(t.TempDir(), "all.json")
	const green = `{"bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": true},
		"region2": {"take_regular_backups": true, "take_immutable_backups": true}}}`
	if err := os.WriteFile(all, []byte(green), 0o600); err != nil {
		t.Fatal(err)
	}
	s.inS3("--routes=" + all)
	push := func(c string) []string {
		return apply([]string{"routes", "push", c}, "--confirm=push "+c, "--reason=it must")
	}
	file := s.Cluster(model.Blue).Active().ConfPath()
	was, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s.says(s.does(1, push("blue")...), "green is to start them, and does not", "push-covers: ", "switchyard routes push green")
	if now, err := os.ReadFile(file); err != nil || string(now) != string(was) {
		t.Errorf("blue's file is another one: %v", err)
	}
	s.does(0, push("green")...)
	s.does(0, push("blue")...)
	if a := s.action(); a.State != record.ActionDone {
		t.Errorf("%v after step %d: %s", a.State, a.Done, a.Why)
	}
}

// TestABusyDirectorIsPushed: blue's Director starts a thousand jobs a day, so that no moment of an hour is free of starts for long.
func TestABusyDirectorIsPushed(t *testing.T) {
	t.Parallel()
	clock := worldclock.New(model.Now(), 20)
	s := newStageOf(t, rehearsal.Options{Chains: 250, Idle: true, Clock: clock}, "")
	if err := clock.Publish(s.Dir(), false); err != nil {
		t.Fatal(err)
	}
	s.does(0, "routes", "push", "blue", "--apply", "--confirm=push blue")
	if a := s.action(); a.State != record.ActionDone {
		t.Errorf("%v after step %d: %s", a.State, a.Done, a.Why)
	}
}
