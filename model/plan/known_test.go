package plan

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// full is a pair of which everything is known, with two Directors of green that have backups, jobs that ended and one that runs.
func full(over bool) World {
	inv := wideInventory(2)
	wide, w := wideWorld(inv, routesFor(inv, always, always)), pairWorld(over)
	w.Names, w.Snapshot.Cells, w.State.Routes, w.State.RoutesSeq = wide.Names, wide.Snapshot.Cells, wide.State.Routes, 1
	w.State.Environment = "prod"
	names := must(
		model.BindNames(
			inv,
			must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")),
			must(model.ParseRestoreTemplate("restore-{region}")),
		),
	)
	w.Names = names
	v := w.view(model.Green)
	second := v.Directors[0]
	second.Name, second.Active = "dir-green2", false
	v.Directors = append(v.Directors, second)
	w.Snapshot.Clusters[model.Blue] = wide.Snapshot.Clusters[model.Blue]
	w.Snapshot.Seen = append(w.Snapshot.Seen, wide.Snapshot.Seen...)
	w.Routing.Below = "/srv/restore"
	for i := range w.Snapshot.Cells {
		c := &w.Snapshot.Cells[i]
		c.On[model.Green].LastGood = &model.Job{
			ID:     uint32(20 + i),
			Bytes:  uint64(100 - i),
			Client: c.Cell.Chain + "-fd",
			End:    w.Now.Add(-time.Hour),
		}
		c.On[model.Green].At[i%2] = board.Starts{Is: model.Fails, Why: board.IdleOff}
	}
	v.Recent = []model.Job{
		{ID: 90, Key: model.JobKey{Cluster: model.Green, Job: "ended"}, Status: 'T', Outcome: model.OK, End: w.Now.Add(-time.Minute)},
	}
	v.Open = []model.Job{{ID: 91, Key: model.JobKey{Cluster: model.Green, Job: "runs"}, Status: 'R', Outcome: model.Running,
		Progress: model.Progress{Volume: "vol-open"}}}
	w.Snapshot.RDS.Emergency.Loss.After = w.Now.Add(-10 * time.Minute)
	return w
}

// hardly is the same world for a process that has just begun: of jobs it has seen none end or run, other backups are the last good ones,
// which Director differs was not read, of a restore nothing was, no evidence is there any more, and only who a plan must ask has answered.
func hardly(w World, p *Plan) World {
	s := *w.Snapshot
	s.Cells = slices.Clone(s.Cells)
	for i := range s.Cells {
		for _, c := range model.Clusters {
			on := &s.Cells[i].On[c]
			if g := on.LastGood; g != nil {
				other := *g
				other.Bytes, other.Client, other.ID = g.Bytes+uint64(200*i), "another-fd", g.ID+500
				on.LastGood = &other
			}
			on.Leaves, on.At = "", [2]board.Starts{}
		}
	}
	must := p.Needs().Must
	silent := func(of model.Source) bool { return !slices.Contains(must, of) }
	for _, c := range model.Clusters {
		if s.Clusters[c] == nil {
			continue
		}
		v := *s.Clusters[c]
		v.Recent, v.Open, v.Directors = nil, nil, slices.Clone(v.Directors)
		for i := range v.Directors {
			v.Directors[i].Started, v.Directors[i].Jobs = time.Time{}, nil
			if i > 0 || silent(model.DirectorOf(c, "")) {
				v.Directors[i].Uses = model.CatalogUse{}
			}
		}
		s.Clusters[c] = &v
	}
	if s.RDS != nil {
		r := *s.RDS
		r.Emergency.Loss.After = time.Time{}
		for _, at := range []**model.Instance{&r.Primary, &r.Replica} {
			role := "primary"
			if at == &r.Replica {
				role = "replica"
			}
			if *at != nil && silent(model.Source{Kind: model.SourceInstance, Name: role}) {
				*at = &model.Instance{ID: (*at).ID, Region: (*at).Region}
			}
		}
		s.RDS = &r
	}
	st := *w.State
	st.Evidence = nil
	w.Snapshot, w.State, w.Restore, w.memo = &s, &st, nil, nil
	return w
}

// TestNoStepHangsOnWhatOneProcessSaw: whoever carries a plan out knows other facts than who made it. Of every ask that there is, the plan
// has the same steps then; one that the world forbids is refused for what forbids it.
func TestNoStepHangsOnWhatOneProcessSaw(t *testing.T) {
	inv := wideInventory(2)
	wide := func(blue, green func(model.Cell) bool) World { return wideWorld(inv, routesFor(inv, blue, green)) }
	cell := inv.Cells[0].Cell
	night, died := afterNight(3)
	rerun, _, err := RerunOf(night, model.Green, died)
	if err != nil {
		t.Fatal(err)
	}
	directors, sight := pairOfDirectors(), sighted()
	test := &Test{Restore: *askRestore.Restore, Remove: Call{Name: "remove", Argv: []string{"rm"}}, Limit: time.Hour}
	gone := full(true)
	gone.Snapshot.RDS.Primary.Missing = gone.Now
	dead := full(false)
	rescued, survey := disaster()
	recovery := must(RecoverOf(rescued, survey))
	cases := map[string]struct {
		w   World
		ask Ask
	}{
		"backup":           {calm(), askBackup},
		"cancel":           {calm(), askCancel},
		"shift to both":    {wide(always, never), shiftOf(routes.Both, cell)},
		"shift to green":   {wide(always, always), shiftOf(routes.Green, cell)},
		"shift back":       {wide(never, always), shiftOf(routes.Both, cell)},
		"later":            {wide(always, always), Ask{Later: &Later{Region: "region1", To: routes.Both}}},
		"restore":          {sight, askRestore},
		"test":             {sight, Ask{Test: test}},
		"push":             {full(false), Ask{Push: &Push{Cluster: model.Green}}},
		"push adrift":      {full(false), Ask{Push: &Push{Cluster: model.Green, Adrift: true}}},
		"adopt":            {wide(always, never), Ask{Adopt: &Adopt{Document: json.RawMessage(routesFor(inv, never, always).Text())}}},
		"az":               {full(false), toAZ},
		"switchover":       {full(false), toSwitchover},
		"emergency":        {dead, toEmergency},
		"quarantine":       {full(true), toIsolate},
		"rebuild":          {gone, Ask{Rebuild: &Rebuild{Of: "bacula-replica", ID: "bacula-2"}}},
		"director":         {directors, failTo(directors)},
		"director away":    {directors, Ask{FailDirector: &FailDirector{Cluster: model.Green, To: "dir-green2", Away: true}}},
		"restart director": {directors, Ask{RestartDirector: &RestartDirector{Cluster: model.Green, Director: "dir-green"}}},
		"rerun":            {night, Ask{Rerun: rerun}},
		"change of class":  {full(false), toClass},
		"recovery":         {rescued, Ask{Recover: recovery}},
	}
	split := calm()
	split.Routing.Leaving = &Leaving{Schema: "bacula", Hosts: []string{"db:3306"}, Directors: []string{"dir-blue"}}
	cases["split"] = struct {
		w   World
		ask Ask
	}{split, Ask{Split: &Split{Rung: RungFreeze}}}
	asked := map[string]bool{}
	for name, c := range cases {
		p, err := c.ask.Plan(c.w, "p1")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for f, v := range reflect.ValueOf(c.ask).Fields() {
			asked[f.Name] = asked[f.Name] || !v.IsNil()
		}
		now, err := p.Renew(hardly(c.w, p))
		if err != nil {
			if !errors.Is(err, model.ErrNone) {
				t.Errorf("%s: %v", name, err)
			}
			t.Logf("%s: %v", name, err)
			continue
		}
		if !same(p.does(), now.does()) {
			t.Errorf("%s does\n%s\nand did\n%s", name, must(json.Marshal(now.does())), must(json.Marshal(p.does())))
		}
		if why := p.Stale(now, p.Made); strings.Contains(why, "another version") {
			t.Errorf("%s: %s", name, why)
		}
	}
	for f := range reflect.TypeFor[Ask]().Fields() {
		if !asked[f.Name] && f.Name != "Batch" {
			t.Errorf("no plan of %s was renewed", f.Name)
		}
	}
}

// TestWhatIsSaidToBeKnownIsLookedAt: a plan comes from another process, and what it says that it knew must be possible.
func TestWhatIsSaidToBeKnownIsLookedAt(t *testing.T) {
	for name, c := range map[string]struct {
		ask  Ask
		harm func(*Known)
		says string
	}{
		"another primary":  {toSwitchover, func(k *Known) { k.Takeover.Primary = "db-other" }, "is db-bacula, and was db-other"},
		"no backups":       {toSwitchover, func(k *Known) { k.Takeover.Settings.Retention = 0 }, "would have no backups"},
		"no cell":          {toEmergency, func(k *Known) { k.Takeover.Canary.Cell.Chain = "x" }, "has no cell x"},
		"no client's name": {toEmergency, func(k *Known) { k.Takeover.Canary.Client = "a\nb" }, "the canary's client cannot hold"},
		"no level":         {toEmergency, func(k *Known) { k.Takeover.Canary.Level = "x" }, "want Full"},
		"no address":       {toEmergency, func(k *Known) { k.Takeover.From = "a\nb" }, "is no address"},
		"no job of ours": {Ask{Push: &Push{Cluster: model.Green, Adrift: true}},
			func(k *Known) { k.Adrift.Off[0].Jobs = []string{"other"} }, "has no job other"},
		"another cluster": {Ask{Push: &Push{Cluster: model.Green}}, func(k *Known) { k.Adrift.Off[0].Cluster = model.Blue }, "not on green"},
	} {
		w := full(false)
		p := must(c.ask.Plan(w, "p1"))
		var k Known
		if err := json.Unmarshal(must(json.Marshal(p.Known)), &k); err != nil {
			t.Fatal(err)
		}
		c.harm(&k)
		p.Known = &k
		if _, err := p.Renew(w); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatIsSeenIsNotOverruled: a plan that says that it knew other settings than AWS or the journal's evidence has now is not carried out,
// and what it says of where it has them from is said to nobody.
func TestWhatIsSeenIsNotOverruled(t *testing.T) {
	gone := func(w World) { w.Snapshot.RDS.Primary.Missing = w.Now }
	observed := func(w World) {
		gone(w)
		i := w.Snapshot.RDS.Primary
		w.State.Evidence = append(w.State.Evidence, &record.Proved{Proof: record.Proof{
			Of: record.Subject{Instances: []record.ProvenInstance{{ID: i.ID, Region: i.Region}}},
			Claim: record.Proven{
				Settings: &record.Settings{Class: "db.r6g.large", SecurityGroups: []string{"sg-1"}, Protected: true, Retention: 7},
			}}})
	}
	unheard := func(w World) {
		observed(w)
		w.Snapshot.RDS.Primary.AWS.At = time.Time{}
	}
	rebuild := Ask{Rebuild: &Rebuild{Of: "bacula-replica", ID: "bacula-2"}}
	for name, c := range map[string]struct {
		ask    Ask
		writes bool // the replica does
		is     func(World)
		harm   func(*Known)
	}{
		"a group, by AWS":       {rebuild, true, nil, func(k *Known) { k.Replica.SecurityGroups = []string{"sg-world"} }},
		"a group, by evidence":  {rebuild, true, observed, func(k *Known) { k.Replica.SecurityGroups = []string{"sg-world"} }},
		"a group, by nothing":   {rebuild, true, gone, func(k *Known) { k.Replica.SecurityGroups = []string{"sg-world"} }},
		"by somebody's word":    {rebuild, true, gone, func(k *Known) { k.Replica.By = "AWS's word of bacula" }},
		"no protection":         {rebuild, true, nil, func(k *Known) { k.Replica.Protected = !k.Replica.Protected }},
		"a small one":           {rebuild, true, nil, func(k *Known) { k.Replica.Class = "db.t3.micro" }},
		"a login":               {rebuild, true, nil, func(k *Known) { k.Replica.IAM = !k.Replica.IAM }},
		"a key":                 {rebuild, true, nil, func(k *Known) { k.Replica.Key = "arn:other" }},
		"its parameters":        {rebuild, true, nil, func(k *Known) { k.Replica.Group = "other" }},
		"unprotected":           {toSwitchover, false, nil, func(k *Known) { k.Takeover.Settings.Protected = !k.Takeover.Settings.Protected }},
		"in one zone":           {toSwitchover, false, nil, func(k *Known) { k.Takeover.Settings.MultiAZ = !k.Takeover.Settings.MultiAZ }},
		"backups at noon":       {toSwitchover, false, nil, func(k *Known) { k.Takeover.Settings.Window = "12:00-12:30" }},
		"fewer backups":         {toSwitchover, false, nil, func(k *Known) { k.Takeover.Settings.Retention++ }},
		"fewer, by evidence":    {toEmergency, false, unheard, func(k *Known) { k.Takeover.Settings.Retention = 1 }},
		"another group's words": {toSwitchover, false, nil, func(k *Known) { k.Takeover.Group = "other" }},
	} {
		w := full(c.writes)
		if c.is != nil {
			c.is(w)
		}
		p := must(c.ask.Plan(w, "p1"))
		if _, err := p.Renew(w); err != nil {
			t.Errorf("%s: as it was made: %v", name, err)
		}
		var k Known
		if err := json.Unmarshal(must(json.Marshal(p.Known)), &k); err != nil {
			t.Fatal(err)
		}
		c.harm(&k)
		p.Known = &k
		if _, err := p.Renew(w); err == nil || !strings.Contains(err.Error(), "plan it anew") {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := full(true)
	p := must(rebuild.Plan(w, "p1"))
	p.Known.Replica.By = "the auditor's word"
	if now := must(p.Renew(w)); strings.Contains(now.Guard("rebuild-like").Value, "auditor") {
		t.Errorf("%+v", now.Guard("rebuild-like"))
	}
}

// TestVolumesOfWhatIsLost are also those that are found when it is looked.
func TestVolumesOfWhatIsLost(t *testing.T) {
	u := &ReadOnly{Volumes: []string{"a"}}
	past := Past{Found: []record.Found{{Loss: &record.FoundLoss{Jobs: []record.TailJob{{Volumes: []string{"a", "b"}}, {}}}}}}
	if got := u.All(past); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
	w := full(false)
	w.Snapshot.Clusters[model.Green].Open, w.Snapshot.Clusters[model.Green].Recent = nil, nil
	p := must(toEmergency.Plan(w, "p1"))
	at := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Order.ReadOnlyByHand != nil })
	if at < 0 || len(p.Steps[at].Order.ReadOnlyByHand.Volumes) != 0 {
		t.Errorf("step %d of %+v", at, p.Steps)
	}
}

// TestAnEmergencyAsksOnce: what a person gave a reason for is not asked again when it is seen otherwise, and what they gave none for is.
func TestAnEmergencyAsksOnce(t *testing.T) {
	guard := func(bar model.Bar, v model.Verdict, fact string) model.Check {
		return model.Check{ID: "pair-outage", Bar: bar, Verdict: v, Fact: fact}
	}
	for name, c := range map[string]struct {
		was, now model.Check
		stale    bool // in an emergency
	}{
		"it became so":          {guard(model.Override, model.Fails, ""), guard(model.Override, model.Holds, ""), false},
		"nobody can tell now":   {guard(model.Override, model.Fails, ""), guard(model.Override, model.Unknown, ""), false},
		"a warning more":        {guard(model.Caution, model.Holds, ""), guard(model.Caution, model.Unknown, ""), false},
		"nobody was asked":      {guard(model.Override, model.Holds, ""), guard(model.Override, model.Fails, ""), true},
		"it is something else":  {guard(model.Override, model.Fails, "a"), guard(model.Override, model.Fails, "b"), true},
		"it forbids":            {guard(model.Override, model.Fails, ""), guard(model.Block, model.Fails, ""), true},
		"it was never right":    {guard(model.Block, model.Holds, ""), guard(model.Block, model.Unknown, ""), true},
		"what forbade forbids":  {guard(model.Block, model.Fails, ""), guard(model.Block, model.Unknown, ""), true},
		"a warning of the rest": {guard(model.Caution, model.Fails, "a"), guard(model.Caution, model.Fails, "b"), true},
	} {
		for _, emergency := range []bool{true, false} {
			p := &Plan{Environment: "prod", Emergency: emergency, Guards: []model.Check{c.was}}
			p.Facts = p.facts()
			now := *p
			now.Guards = []model.Check{c.now}
			now.Facts = now.facts()
			if why := p.differs(&now, t0, true); why != "" != (c.stale || !emergency) {
				t.Errorf("%s, emergency %v: %q", name, emergency, why)
			}
		}
	}
}

// TestTheCanaryIsOverSoon: it is not the cell whose last incremental backup was small, for a full one of it that takes long.
func TestTheCanaryIsOverSoon(t *testing.T) {
	job := func(level model.Level, bytes uint64, took time.Duration, ago time.Duration) *model.Job {
		at := full(false).Now.Add(-ago)
		return &model.Job{Level: level, Bytes: bytes, Client: "fd", Start: at.Add(-took), End: at}
	}
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		to    Ask
		cells []board.Standing
		cell  int
		level string
	}{
		"an incremental that leaves something": {toEmergency, []board.Standing{
			{LastGood: job('F', 9, 20*time.Minute, day), LastFull: job('F', 9, 20*time.Minute, day)},
			{LastGood: job('I', 5, 3*time.Minute, day), LastFull: job('F', 90, 30*time.Minute, 2*day), Leaves: "I"}}, 1, "Incremental"},
		"one that may leave nothing": {toEmergency, []board.Standing{
			{LastGood: job('F', 9, 20*time.Minute, day), LastFull: job('F', 9, 20*time.Minute, day)},
			{LastGood: job('I', 5, 3*time.Minute, day), LastFull: job('F', 90, 30*time.Minute, 2*day)}}, 0, "Full"},
		"whose full one is lost": {toEmergency, []board.Standing{
			{LastGood: job('I', 5, 3*time.Minute, time.Minute), LastFull: job('F', 90, 30*time.Minute, 5*time.Minute), Leaves: "I"},
			{LastGood: job('F', 9, 20*time.Minute, day), LastFull: job('F', 9, 20*time.Minute, day)}}, 1, "Full"},
		"nothing is lost by a switchover": {toSwitchover, []board.Standing{
			{LastGood: job('I', 5, 3*time.Minute, time.Minute), LastFull: job('F', 90, 30*time.Minute, 5*time.Minute), Leaves: "I"},
			{LastGood: job('F', 9, 20*time.Minute, day), LastFull: job('F', 9, 20*time.Minute, day)}}, 0, "Incremental"},
	} {
		w := full(false)
		w.Snapshot.Cells = w.Snapshot.Cells[:len(c.cells)]
		for i, on := range c.cells {
			on.Has = model.Holds
			w.Snapshot.Cells[i].On[model.Green] = on
		}
		p := must(c.to.Plan(w, "p1"))
		k := p.Known.Takeover.Canary
		if k == nil || k.Cell != w.Snapshot.Cells[c.cell].Cell || k.Level != c.level {
			t.Errorf("%s: %+v", name, k)
			continue
		}
		for _, s := range p.Steps {
			if o := s.Order; o.StartJob != nil && o.StartJob.Level != c.level || o.VerifyJob != nil && o.VerifyJob.Asked != c.level {
				t.Errorf("%s: %s", name, s.Name)
			}
		}
	}
}
