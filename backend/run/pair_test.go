package run_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// pair is a cluster's two Directors and their service managers. One that is started schedules; the passive one ran idle when all began.
type pair struct {
	clock    *kill.Clock
	runs     map[string]bool
	masked   map[string]bool
	idles    map[string]bool // it was not started since: it schedules nothing
	told     map[string]int  // what changed something
	two      bool            // at some moment two scheduled
	deaf     string          // to this word nobody listens, and says so
	silent   string          // the host of this Director says nothing
	fails    string          // one that cannot be started
	open     int             // looks until the one that schedules has ended its jobs
	services map[plan.OnDirector]plan.ServiceVectors
	people   func(context.Context, *journal.Journal) error
}

var pairNames = []string{"dir-green", "dir-green2"}

func newPair() *pair {
	p := &pair{clock: kill.NewClock(t0), runs: map[string]bool{}, masked: map[string]bool{}, idles: map[string]bool{pairNames[1]: true},
		told: map[string]int{}, services: map[plan.OnDirector]plan.ServiceVectors{}}
	for _, name := range pairNames {
		p.runs[name] = true
		v := plan.ServiceVectors{State: []string{name, "state"}, Do: map[plan.ServiceWord][]string{}}
		for _, word := range plan.ServiceWords {
			v.Do[word] = []string{name, string(word)}
		}
		p.services[plan.OnDirector{Cluster: model.Green, Director: name}] = v
	}
	return p
}

// tell is what a host does with an argument vector.
func (p *pair) tell(_ context.Context, argv []string) (out, said string, exit int, err error) {
	name, word := argv[0], argv[1]
	if name == p.silent {
		return "", "", 0, model.ErrUnreachable
	}
	was := fmt.Sprint(p.runs, p.masked)
	switch {
	case word == p.deaf:
		return "", "not allowed", 1, nil
	case word == "state":
		active, file := "inactive", "enabled"
		if p.runs[name] {
			active = "active"
		}
		if p.masked[name] {
			file = "masked"
		}
		return fmt.Sprintf("ActiveState=%s\nUnitFileState=%s\n", active, file), "", 0, nil
	case word == "stop":
		p.runs[name], p.idles[name] = false, false
	case word == "mask", word == "unmask":
		p.masked[name] = word == "mask"
	case p.masked[name]:
		return "", "Unit is masked.", 1, nil
	case name != p.fails:
		p.runs[name] = true
	}
	if is := fmt.Sprint(p.runs, p.masked); is != was {
		p.told[name+" "+word]++
	}
	if p.schedules(0) && p.schedules(1) {
		p.two = true
	}
	return "", "", 0, nil
}

func (p *pair) schedules(place int) bool {
	return p.runs[pairNames[place]] && !p.idles[pairNames[place]]
}

func (p *pair) hands() run.Router {
	h := &run.Services{Of: map[plan.OnDirector]*run.Served{}}
	for on, v := range p.services {
		name := on.Director
		h.Of[on] = &run.Served{Vectors: v, Tell: p.tell,
			Listens: func(context.Context) (model.Verdict, error) {
				if p.runs[name] {
					return model.Holds, nil
				}
				return model.Fails, nil
			},
			Read: func(context.Context) (s bacula.DirectorSight, err error) {
				if !p.runs[name] {
					return s, model.ErrUnreachable
				}
				if p.open--; p.open >= 0 {
					s.Running = []model.Job{{ID: 7, Name: "backup", Status: 'R'}}
				}
				s.Director = model.Director{Name: name, PID: 7, Reloaded: t0}
				return s, nil
			}}
	}
	return run.Router{plan.Services: h, plan.Here: &run.Local{Now: p.clock.Now}}
}

func (p *pair) Fresh(context.Context, plan.Needs) (plan.World, error) {
	now := p.clock.Now()
	s := &board.Snapshot{At: now, Environment: "prod"}
	uses := model.CatalogUse{Address: "db", Port: 3306, Database: "bacula"}
	v := &board.ClusterView{Cluster: model.Green, Linked: model.Holds, Catalog: model.Catalog{Host: "db:3306", At: now}}
	for i, name := range pairNames {
		v.Directors = append(v.Directors, model.Director{Name: name, Active: i == 0, At: now, Uses: uses})
		seen := board.Sighting{Source: model.DirectorOf(model.Green, name), At: now, Every: time.Second}
		if !p.runs[name] {
			seen.Why = "unreachable"
		}
		s.Seen = append(s.Seen, seen)
	}
	s.Clusters[model.Green] = v
	s.Seen = append(s.Seen, board.Sighting{Source: model.CatalogOf(model.Green), At: now, Every: time.Second})
	return plan.World{Snapshot: s, Policy: p.policy(), Routing: plan.Routing{Services: p.services}}, nil
}

func (p *pair) policy() model.Policy {
	o := model.DefaultPolicy()
	o.ClaimLife, o.ActEvery = 2*time.Minute, 10*time.Second
	return o
}

// Effects are what was done, who schedules in the end, and that never two did.
func (p *pair) Effects() (map[string]int, error) {
	out := map[string]int{}
	for i, name := range pairNames {
		if p.schedules(i) {
			out[name+" schedules"] = 1
		}
		if p.masked[name] {
			out[name+" is masked"] = 1
		}
	}
	if p.two {
		out["TWO SCHEDULED"] = 2
	}
	return out, nil
}

func pairScene(name string, ask plan.Ask, change func(*pair)) (kill.Scene, *[]*pair) {
	var all []*pair
	return kill.Scene{Name: name, Open: func(string) (kill.Stage, error) {
		p := newPair()
		if change != nil {
			change(p)
		}
		all = append(all, p)
		return kill.Stage{Environment: "prod", Ask: ask, Reasons: map[string]string{"heir-has": "looked at by hand"}, Policy: p.policy(),
			Hands: p.hands(), Fresh: p.Fresh, Clock: p.clock, Effects: p.Effects, People: p.people}, nil
	}}, &all
}

var (
	failDirector    = plan.Ask{FailDirector: &plan.FailDirector{Cluster: model.Green, To: pairNames[1]}}
	restartDirector = plan.Ask{RestartDirector: &plan.RestartDirector{Cluster: model.Green, Director: pairNames[0]}}
)

// TestADirectorFailedOverStoppedAnywhere: at every call never two schedule, and whatever goes wrong ends with one that does.
func TestADirectorFailedOverStoppedAnywhere(t *testing.T) {
	for _, c := range []struct {
		name   string
		ask    plan.Ask
		change func(*pair)
		state  string
		done   int
		why    string
		ends   map[string]int
	}{
		{"failed over", failDirector, nil, "done", 5, "", map[string]int{"dir-green2 schedules": 1, "dir-green is masked": 1}},
		{"it cannot be masked", failDirector, func(p *pair) { p.deaf = "mask" }, "failed", 1, "it went back: step 2 of 5 failed",
			map[string]int{"dir-green schedules": 1}},
		{"a restart", restartDirector, func(p *pair) { p.open = 3 }, "done", 3, "", map[string]int{"dir-green schedules": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			scene, all := pairScene(c.name, c.ask, c.change)
			end := kill.Whole(t, scene)
			if fmt.Sprint(end.Effects) != fmt.Sprint(c.ends) {
				t.Fatalf("%+v", end)
			}
			if n := kill.Exhaust(t, scene, c.state, c.done, c.why); n < 5 {
				t.Errorf("only %d calls", n)
			}
			if slices.ContainsFunc(*all, func(p *pair) bool { return p.two }) {
				t.Error("two scheduled")
			}
		})
	}
}

// TestAHostThatIsGone: what cannot be seen stopped is not gone on from; a person fences it, and says so.
func TestAHostThatIsGone(t *testing.T) {
	t.Parallel()
	scene, _ := pairScene("", failDirector, func(p *pair) { p.silent = pairNames[0] })
	if end := kill.Whole(t, scene); end.State != "refused" || !strings.Contains(end.Why, "nobody can tell whether it is done already") ||
		end.Effects["dir-green schedules"] != 1 || end.Effects["dir-green2 schedules"] != 0 {
		t.Errorf("%+v", end)
	}
	away := plan.Ask{FailDirector: &plan.FailDirector{Cluster: model.Green, To: pairNames[1], Away: true}}
	said := func(ctx context.Context, j *journal.Journal) error {
		if _, err := j.Refresh(ctx); err != nil || len(j.State().Actions) == 0 {
			return err
		}
		a := j.State().Actions[0]
		if a.State != record.ActionRunning || a.Intent == 0 || len(a.Attested) > 0 {
			return nil
		}
		_, err := j.Append(ctx, "bob", func(*record.State) (record.Body, error) {
			return record.Attested{Action: a.ID, Step: 1, Says: "its power is off"}, nil
		})
		return err
	}
	scene, all := pairScene("", away, func(p *pair) { p.silent, p.runs[pairNames[0]], p.people = pairNames[0], false, said })
	if end := kill.Whole(t, scene); end.State != "done" || end.Effects["dir-green2 schedules"] != 1 || (*all)[0].two {
		t.Errorf("%+v", end)
	}
}

// TestAHeirThatCannotBeStarted leaves the old one stopped and the plan unknown: nobody turns around by itself while it may still come up.
func TestAHeirThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	scene, all := pairScene("", failDirector, func(p *pair) { p.fails = pairNames[1] })
	end := kill.Whole(t, scene)
	if end.State != "unknown" || !strings.Contains(end.Why, "not seen done in 3m") || (*all)[0].two ||
		end.Effects["dir-green is masked"] != 1 {
		t.Errorf("%+v", end)
	}
}
