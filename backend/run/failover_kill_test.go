package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// couple is green with its two Directors and the RDS pair. The services of the Directors are told by the hand that acts for real; AWS, the
// servers and the files are played, each as it is known to behave: a call is obeyed at once and shows late, and its answer may be lost.
type couple struct {
	*pair
	gone     bool              // the primary's AWS region is
	returns  bool              // it is back once both Directors are masked, and takes writes
	lost     error             // what every call to AWS ends with, although it is obeyed
	points   map[string]string // by Director: the address of its catalog
	held     map[string]bool   // by Director: nothing in its file starts by itself
	loaded   map[string]bool   // likewise, of what it has loaded
	readOnly bool              // the primary
	promoted time.Time
	rebooted time.Time
	modified time.Time
	raised   bool
	jobs     map[string]time.Time // by tag
	drain    int                  // looks until nothing runs
	did      map[string]int
	wrong    map[string]int // what must never be
}

const (
	atPrimary = "primary.example:3306"
	atReplica = "replica.example:3306"
	takesAWS  = 4 * time.Minute // until a call is over; it shows after half of it
)

func newCouple(gone bool) *couple {
	c := &couple{pair: newPair(), gone: gone, points: map[string]string{}, held: map[string]bool{}, loaded: map[string]bool{},
		jobs: map[string]time.Time{}, drain: 3, did: map[string]int{}, wrong: map[string]int{}}
	for _, name := range pairNames {
		c.points[name] = atPrimary
	}
	return c
}

// schedules tells on which catalog a Director starts jobs by itself; empty: on none.
func (c *couple) starts(place int) string {
	name := pairNames[place]
	if !c.schedules(place) || c.loaded[name] {
		return ""
	}
	return c.points[name]
}

// writable tells whether a catalog takes writes of whoever reaches it.
func (c *couple) writable(at string) bool {
	if at == atReplica {
		return !c.promoted.IsZero()
	}
	return !c.readOnly
}

// looks at what must never be, after whatever was done.
func (c *couple) judge() {
	first, second := c.starts(0), c.starts(1)
	if first != "" && second != "" {
		c.wrong["TWO SCHEDULE"] = 2
	}
	if first != "" && second != "" && first != second && c.writable(first) && c.writable(second) {
		c.wrong["TWO SCHEDULE ON TWO CATALOGS"] = 2
	}
	if at := first + second; at == atPrimary && !c.promoted.IsZero() {
		c.wrong["ONE SCHEDULES ON WHAT WAS GIVEN UP"] = 2
	}
	if at := first + second; at == atReplica && c.gone && !c.raised {
		c.wrong["NUMBERS ARE GIVEN A SECOND TIME"] = 2
	}
}

func (c *couple) tell(ctx context.Context, argv []string) (out, said string, exit int, err error) {
	was := c.runs[argv[0]]
	out, said, exit, err = c.pair.tell(ctx, argv)
	if c.runs[argv[0]] && !was { // a start reads the file
		c.loaded[argv[0]] = c.held[argv[0]]
	}
	c.judge()
	return out, said, exit, err
}

// holdsIf is Holds when it is so, and Fails when it is not.
func holdsIf(is bool, says string, found ...record.Found) (run.Sight, error) {
	if is {
		return run.Sight{Verdict: model.Holds, Says: says, Found: found}, nil
	}
	return run.Sight{Verdict: model.Fails, Says: "not: " + says}, nil
}

// called is how a call to AWS shows: nothing for a while, then that it was obeyed; one that never came is certain after a while.
func (c *couple) called(at time.Time, past plan.Past, says string) (run.Sight, error) {
	now := c.clock.Now()
	switch {
	case at.IsZero():
		return run.Sight{
			Verdict: model.Fails,
			Says:    "not: " + says,
			Absent:  !past.Intended.IsZero() && now.Sub(past.Intended) > 2*time.Minute,
		}, nil
	case now.Sub(at) < takesAWS/2:
		return run.Sight{Verdict: model.Fails, Says: "it does not show yet"}, nil
	case now.Sub(at) < takesAWS:
		return run.Sight{Says: "under way"}, nil
	}
	return run.Sight{Verdict: model.Holds, Says: says}, nil
}

// cloud is AWS with the pair's servers.
type cloud struct{ *couple }

func (c cloud) Look(_ context.Context, o plan.Order, past plan.Past) (run.Sight, error) {
	stopped := !c.runs[pairNames[0]] && !c.runs[pairNames[1]]
	switch {
	case o.FailOver != nil:
		return c.called(c.rebooted, past, "failed over")
	case o.Fence != nil:
		return holdsIf(stopped, "nobody is on it", record.Found{Fence: &record.FoundFence{Server: o.Fence.From.ID, GTIDs: serverUUID + ":1-9"}})
	case o.CaughtUp != nil:
		for _, f := range past.Found {
			if f.Fence != nil {
				return holdsIf(true, "it has all")
			}
		}
		return run.Sight{}, errors.New("nobody noted what was executed")
	case o.Settled != nil:
		return holdsIf(c.clock.Now().Sub(c.promoted) > takesAWS && c.clock.Now().Sub(c.modified) > takesAWS, "available")
	case o.Promote != nil:
		return c.called(c.promoted, past, "promoted")
	case o.Modify != nil:
		return c.called(c.modified, past, "set")
	case o.Session != nil:
		return holdsIf(c.runs[pairNames[0]] && c.points[pairNames[0]] == atReplica, "its session is there")
	case o.Quarantine != nil, o.Release != nil:
		return holdsIf(c.readOnly == (o.Quarantine != nil), "read_only")
	case o.Lost != nil:
		return holdsIf(true, "looked for", record.Found{Loss: &record.FoundLoss{Looked: 1}})
	case o.Numbers != nil, o.NumbersByHand != nil:
		return holdsIf(c.raised, "raised")
	case o.ReadOnly != nil, o.ReadOnlyByHand != nil:
		return holdsIf(true, "Used")
	}
	return run.Sight{}, fmt.Errorf("nothing of AWS: %+v", o)
}

func (c cloud) Do(_ context.Context, o plan.Order, _ plan.Past) error {
	now := c.clock.Now()
	switch {
	case o.FailOver != nil:
		c.rebooted = now
		c.did["failed over"]++
	case o.Promote != nil:
		if c.did["promoted"]++; c.runs[pairNames[0]] || c.runs[pairNames[1]] {
			c.wrong["PROMOTED WHILE A DIRECTOR RUNS"] = 2
		}
		c.promoted = now
	case o.Modify != nil:
		c.modified = now
		c.did["set"]++
	case o.Quarantine != nil, o.Release != nil:
		c.readOnly = o.Quarantine != nil
	case o.Numbers != nil:
		c.raised = true
	default:
		return fmt.Errorf("%w: only looks: %+v", model.ErrNotDone, o)
	}
	c.judge()
	return c.lost
}

// hosts are the files of the Directors.
type hosts struct{ *couple }

func (c hosts) Look(_ context.Context, o plan.Order, _ plan.Past) (run.Sight, error) {
	switch {
	case o.Repoint != nil:
		return holdsIf(c.points[o.Repoint.Director] == o.Repoint.To, "it points there")
	case o.Push != nil:
		name := o.Push.Director
		return holdsIf(c.held[name] == o.Push.Held && (o.Push.Stopped || c.loaded[name] == o.Push.Held), "pushed")
	case o.PutBack != nil:
		return holdsIf(!c.held[o.PutBack.Director] && !c.loaded[o.PutBack.Director], "put back")
	case o.Effective != nil:
		return holdsIf(!c.loaded[o.Effective.Director] && c.runs[o.Effective.Director], "effective")
	}
	return run.Sight{}, fmt.Errorf("nothing of a file: %+v", o)
}

func (c hosts) Do(_ context.Context, o plan.Order, _ plan.Past) error {
	switch {
	case o.Repoint != nil:
		if c.runs[o.Repoint.Director] {
			c.wrong["A RUNNING DIRECTOR WAS POINTED ELSEWHERE"] = 2
		}
		c.points[o.Repoint.Director] = o.Repoint.To
	case o.Push != nil:
		c.held[o.Push.Director] = o.Push.Held
		if c.runs[o.Push.Director] {
			c.loaded[o.Push.Director] = o.Push.Held
		}
	case o.PutBack != nil:
		c.held[o.PutBack.Director], c.loaded[o.PutBack.Director] = false, false
	}
	c.judge()
	return nil
}

// jobsOf are green's jobs: each is seen good at once when it was started.
type jobsOf struct{ *couple }

func (c jobsOf) Look(_ context.Context, o plan.Order, _ plan.Past) (run.Sight, error) {
	tag := ""
	switch {
	case o.Drained != nil:
		c.drain--
		return holdsIf(c.drain < 0, "nothing runs")
	case o.StartJob != nil:
		tag = o.StartJob.Tag
	case o.StartRestore != nil:
		tag = o.StartRestore.Tag
	default:
		return holdsIf(true, "it ended well")
	}
	at, sent := c.jobs[tag]
	if !sent || c.clock.Now().Sub(at) < 5*time.Second {
		return run.Sight{Verdict: model.Fails, Says: "no JobId", Absent: !sent}, nil
	}
	return holdsIf(true, "JobId 7", record.Found{Job: &record.FoundJob{Cluster: model.Green, Job: "j", ID: 7}})
}

func (c jobsOf) Do(_ context.Context, o plan.Order, _ plan.Past) error {
	tag := ""
	if o.StartJob != nil {
		tag = o.StartJob.Tag
	} else if o.StartRestore != nil {
		tag = o.StartRestore.Tag
	}
	c.jobs[tag] = c.clock.Now()
	c.did["started "+tag]++
	return nil
}

const serverUUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"

// Fresh is what the sources tell: all is well, but for a region that is gone.
func (c *couple) Fresh(ctx context.Context, n plan.Needs) (plan.World, error) {
	w, err := c.pair.Fresh(ctx, n)
	if err != nil {
		return w, err
	}
	s, now := w.Snapshot, c.clock.Now()
	instance := func(id, region, source string) *model.Instance {
		return &model.Instance{ID: id, Region: region, AWS: model.Reading[model.Description]{At: now, Value: model.Description{
			ResourceID: "db-" + id, Status: "available", MultiAZ: true, AZ: "a", SecondaryAZ: "b", Source: source, Endpoint: id + ".example:3306",
			ParameterGroup: id, Retention: 7}}}
	}
	held := func(ids ...string) (all []model.Check) {
		for _, id := range ids {
			all = append(all, model.Check{ID: id, Says: id, Verdict: model.Holds, At: now})
		}
		return all
	}
	checks := held("replica-identity", "replica-read-only", "parity", "replica-errant", "loss")
	s.RDS = &model.RDS{Primary: instance("primary", "eu-west-1", ""), Replica: instance("replica", "eu-central-1", "primary"),
		Switchover: model.Takeover{Can: model.Holds, Checks: checks}, Emergency: model.Takeover{Can: model.Holds, Checks: checks,
			Loss: model.Loss{Known: true, After: t0.Add(-time.Minute), Says: "a minute"}}}
	s.RDS.Primary.Server = model.Reading[model.Server]{At: now, Value: model.Server{UUID: serverUUID}}
	for _, kind := range []model.SourceKind{model.SourceInstance, model.SourceServer, model.SourceSettings} {
		for _, role := range []string{"primary", "replica"} {
			seen := board.Sighting{Source: model.Source{Kind: kind, Name: role}, At: now, Every: time.Second}
			if c.gone && role == "primary" && !(c.returns && c.masked[pairNames[0]] && c.masked[pairNames[1]]) {
				seen.At, seen.Why = t0.Add(-time.Hour), "no answer"
				s.RDS.Primary.AWS.Why, s.RDS.Primary.Server.Why = "no answer", "no answer"
			}
			s.Seen = append(s.Seen, seen)
		}
	}
	green := s.Clusters[model.Green]
	for i := range green.Directors {
		green.Directors[i].Uses = model.CatalogUse{Address: "primary.example", Port: 3306, Database: "bacula"}
	}
	green.Recent = []model.Job{{Key: model.JobKey{Cluster: model.Green, Job: "backup-x.1"}, ID: 41, Type: model.TypeBackup, Status: 'T',
		Outcome: model.OK, Start: t0.Add(-time.Hour), End: t0.Add(-30 * time.Minute)}}
	y, err := newYard(os.TempDir(), 1)
	if err != nil {
		return w, err
	}
	v := board.CellView{Cell: y.cells[0], Promise: 26 * time.Hour}
	v.On[model.Green] = board.Standing{Has: model.Holds, LastGood: &model.Job{Client: "chain001-fd", Bytes: 9}}
	s.Cells = []board.CellView{v}
	w.Names = y.names
	w.Routing.Below, w.Routing.Numbers, w.Routing.Repoints = "/srv", true, map[plan.OnDirector]bool{}
	for _, name := range pairNames {
		w.Routing.Repoints[plan.OnDirector{Cluster: model.Green, Director: name}] = true
	}
	return w, nil
}

// Effects are what was done, who schedules where in the end, and what must never be.
func (c *couple) Effects() (map[string]int, error) {
	out := map[string]int{}
	for what, n := range c.did {
		out[what] = n
	}
	for what, n := range c.wrong {
		out[what] = n
	}
	for i, name := range pairNames {
		if at := c.starts(i); at != "" {
			out[name+" schedules on "+at] = 1
		}
		if c.masked[name] {
			out[name+" is masked"] = 1
		}
	}
	return out, nil
}

// anyReason is one for whatever asks for one: what stands in the way is the subject of other tests.
var anyReason = map[string]string{"pair-unproven": "looked at", "pair-loss": "looked at", "ids-known": "looked at", "rds-jobs": "looked at",
	"pair-outage": "looked at", "catalog-writes": "looked at", "rds-lately": "looked at"}

// greenTakesAll are routes by which green takes what there is in a region.
var greenTakesAll = json.RawMessage(`{"bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": true}}}`)

func coupleScene(name string, to plan.FailoverTo, change func(*couple)) kill.Scene {
	of := map[plan.FailoverTo]string{plan.FailoverAZ: "primary"}[to]
	if of == "" {
		of = "replica"
	}
	return kill.Scene{Name: name, Open: func(string) (kill.Stage, error) {
		c := newCouple(to == plan.FailoverEmergency)
		if change != nil {
			change(c)
		}
		h := c.hands()
		for _, s := range h[plan.Services].(*run.Services).Of {
			s.Tell = c.tell
		}
		h[plan.Amazon], h[plan.Directors], h[plan.Bacula] = cloud{c}, hosts{c}, jobsOf{c}
		return kill.Stage{Environment: "prod", Ask: plan.Ask{Failover: &plan.Failover{To: to, Of: of}}, Reasons: anyReason, Policy: c.policy(),
			First: greenTakesAll, Hands: h, Fresh: c.Fresh, Clock: c.clock, Effects: c.Effects}, nil
	}}
}

// TestAPrimaryThatReturnsIsNotGivenUp: one that answers and takes writes again once the Directors are stopped is seen before the promotion,
// whatever was said of the outage.
func TestAPrimaryThatReturnsIsNotGivenUp(t *testing.T) {
	t.Parallel()
	var made []*couple
	end := kill.Whole(t, coupleScene("", plan.FailoverEmergency, func(c *couple) { c.returns, made = true, append(made, c) }))
	if end.State != "refused" || !strings.Contains(end.Why, "there would be two writers") {
		t.Errorf("%+v", end)
	}
	for _, c := range made {
		if !c.promoted.IsZero() {
			t.Error("the replica was promoted")
		}
	}
}

// TestAFailoverStoppedAnywhere: whenever its runner is stopped and resumed, AWS is asked once, no two Directors schedule, nothing schedules
// on what was given up, and it ends as if it had not been stopped.
func TestAFailoverStoppedAnywhere(t *testing.T) {
	moved := map[string]int{"promoted": 1, "set": 1, "started switchyard plan0": 1, "started switchyard plan0 restore": 1,
		"dir-green schedules on " + atReplica: 1, "dir-green2 is masked": 1}
	unanswered := func(c *couple) { c.lost = errors.New("the answer was lost") }
	for _, c := range []struct {
		name   string
		to     plan.FailoverTo
		change func(*couple)
		ends   map[string]int
	}{
		{"az", plan.FailoverAZ, nil, map[string]int{"failed over": 1, "dir-green schedules on " + atPrimary: 1}},
		{"az, unanswered", plan.FailoverAZ, unanswered, map[string]int{"failed over": 1, "dir-green schedules on " + atPrimary: 1}},
		{"switchover", plan.FailoverSwitchover, nil, moved},
		{"emergency", plan.FailoverEmergency, nil, moved},
		{"emergency, unanswered", plan.FailoverEmergency, unanswered, moved},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := coupleScene(c.name, c.to, c.change)
			s.Long = c.to != plan.FailoverAZ
			end := kill.Whole(t, s)
			if end.State != "done" || fmt.Sprint(end.Effects) != fmt.Sprint(c.ends) {
				t.Fatalf("%+v, want %v", end, c.ends)
			}
			n := kill.Exhaust(t, s, "done", end.Done, "")
			t.Logf("%d calls in %d steps", n, end.Done)
		})
	}
}
