package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// pairWorld is a world whose pair is whole: the replica in force where over is true, and the old primary back.
func pairWorld(over bool) World {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	instance := func(id, region string) *model.Instance {
		i := &model.Instance{ID: id, Region: region}
		i.AWS = model.Reading[model.Description]{
			At: now,
			Value: model.Description{ARN: "arn:aws:rds:" + region + ":1:db:" + id, ResourceID: "db-" + id,
				Status: "available", Endpoint: id + ".example:3306", Class: "db.r7g.large", AZ: region + "a", SecondaryAZ: region + "b", MultiAZ: true,
				ParameterGroup: "group", Retention: 7, Encrypted: true, KeyARN: "arn:aws:kms:" + region + ":1:key/k"},
		}
		i.Server = model.Reading[model.Server]{At: now, Value: model.Server{UUID: "uuid-" + id, GTIDMode: "ON"}}
		i.Key = model.Reading[model.Key]{At: now, Value: model.Key{ARN: i.AWS.Value.KeyARN, State: "Enabled", Usable: true}}
		return i
	}
	r := &model.RDS{Primary: instance("bacula", "eu-west-1"), Replica: instance("bacula-replica", "eu-central-1")}
	uses := model.CatalogUse{Address: "bacula.example", Port: 3306, Database: "bacula"}
	if over {
		uses.Address = "bacula-replica.example"
	} else {
		r.Replica.AWS.Value.Source, r.Replica.Server.Value.ReadOnly = r.Primary.AWS.Value.ARN, true
	}
	var checks []model.Check
	for _, id := range append([]string{"replica-lag", "parity", "replica-errant", "loss", "jobs"}, targets...) {
		checks = append(checks, model.Check{ID: id, Says: "it is " + id, Bar: model.Block, Verdict: model.Holds, At: now, Value: "so"})
	}
	r.Switchover.Checks, r.Emergency.Checks = slices.Clone(checks), slices.Clone(checks)
	s := &board.Snapshot{At: now, Environment: "prod", RDS: r}
	s.Clusters[model.Green] = &board.ClusterView{Cluster: model.Green, Linked: model.Holds, Catalog: model.Catalog{Host: "db:3306", At: now},
		Directors: []model.Director{{Name: "dir-green", Active: true, At: now, Uses: uses}}}
	seen := []model.Source{model.DirectorOf(model.Green, "dir-green"), model.CatalogOf(model.Green)}
	for _, role := range []string{"primary", "replica"} {
		seen = append(seen, sourcesOf(role)...)
	}
	for _, of := range seen {
		s.Seen = append(s.Seen, board.Sighting{Source: of, At: now, Tried: now, Every: time.Second})
	}
	green := model.Green
	st := &record.State{
		RoutesSeq: 7,
		Routes:    greenTakesAll,
		Evidence: []*record.Proved{{Proof: record.Proof{Of: record.Subject{Cluster: &green}, Claim: record.Proven{Tail: &record.Tail{
			Numbered: &record.Numbered{At: now, Next: []model.NextID{{Table: "Job", Next: 100}, {Table: "Media", Next: 50}}}}}}}},
	}
	return World{Now: now, Snapshot: s, State: st, Policy: model.DefaultPolicy()}
}

// greenTakesAll are routes by which green takes what there is in a region.
var greenTakesAll = json.RawMessage(`{"bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": true}}}`)

func (w World) numbered() *record.Numbered { return w.State.Evidence[0].Claim.Tail.Numbered }

func (w World) silence(of ...model.Source) {
	for i := range w.Snapshot.Seen {
		if slices.Contains(of, w.Snapshot.Seen[i].Source) {
			w.Snapshot.Seen[i].Why = "no answer"
		}
	}
}

func (w World) check(id string) *model.Check { return checkOf(&w.Snapshot.RDS.Switchover, id) }

// guardFault is what goes wrong, and what the guard then says.
type guardFault struct {
	ask     Ask
	over    bool
	harm    func(World)
	verdict model.Verdict
	says    string
}

var (
	toAZ         = Ask{Failover: &Failover{To: FailoverAZ, Of: "bacula"}}
	toSwitchover = Ask{Failover: &Failover{To: FailoverSwitchover, Of: "bacula-replica"}}
	toEmergency  = Ask{Failover: &Failover{To: FailoverEmergency, Of: "bacula-replica"}}
	toIsolate    = Ask{Isolate: &Isolate{Of: "bacula"}}
	toRebuild    = Ask{Rebuild: &Rebuild{Of: "bacula-replica", ID: "bacula-2"}}
)

var (
	awsOf    = func(role string) model.Source { return model.Source{Kind: model.SourceInstance, Name: role} }
	serverOf = func(role string) model.Source { return model.Source{Kind: model.SourceServer, Name: role} }
)

// failedOver lets AWS have told of a failover of the primary.
func failedOver(ago time.Duration, kind model.EventKind) func(World) {
	return func(w World) {
		w.Snapshot.RDS.Events = []model.RDSEvent{{Instance: "bacula", At: w.Now.Add(-ago), Kind: kind, Categories: []string{"failover"},
			Says: "Multi-AZ instance failover."}}
	}
}

// glassOf lets the glass be broken, with so many records of the journal known and its routes from that record of the break-glass one.
func glassOf(known, routes int64) func(World) {
	return func(w World) { w.State.Glass, w.State.RoutesSeq = &record.Glass{Why: "it burns", Seq: known}, routes }
}

func fails(id string) func(World) {
	return func(w World) { c := w.check(id); c.Verdict, c.Value = model.Fails, "harmed" }
}

// guardFaults are at least one for each guard of what is done to the pair, and one that leaves it unknown.
var guardFaults = map[string][]guardFault{
	"rds-identity": {{toAZ, false, func(w World) { w.Snapshot.RDS.Primary.AWS.Value.ResourceID = "" }, model.Unknown, "no DbiResourceId"},
		{toAZ, false, func(w World) { w.Snapshot.RDS.TwoWriters = "both take writes" }, model.Fails, "both take writes"},
		{toAZ, false, func(w World) { w.Snapshot.RDS.Primary.AWS.Value.Recreated = "db-other" }, model.Fails, "and was db-other"},
		{toAZ, false, func(w World) { w.silence(awsOf("primary")) }, model.Unknown, "no answer"}},
	"rds-available": {
		{toAZ, false, func(w World) { w.Snapshot.RDS.Primary.AWS.Value.Status = "storage-full" }, model.Fails, "is storage-full"},
		{toAZ, false, func(w World) { w.silence(awsOf("primary")) }, model.Unknown, "no answer"},
	},
	"rds-multi-az": {{toAZ, false, func(w World) { w.Snapshot.RDS.Primary.AWS.Value.MultiAZ = false }, model.Fails, "not Multi-AZ"},
		{toAZ, false, func(w World) { w.Snapshot.RDS.Primary.AWS.Value.SecondaryAZ = "" }, model.Unknown, "does not tell"}},
	"rds-lately": {{toAZ, false, failedOver(30*time.Minute, model.EventFailoverDone), model.Fails, "hides what the first was"},
		{toAZ, false, failedOver(time.Minute, model.EventFailoverBegan), model.Fails, "has not told its end"},
		{toAZ, false, failedOver(time.Minute, model.EventFailoverDone), model.Fails, "AWS may refuse another until"},
		{toAZ, false, func(w World) { w.silence(awsOf("primary")) }, model.Unknown, "no answer"}},
	"rds-jobs": {{toAZ, false, func(w World) {
		w.Snapshot.Clusters[model.Green].Open = []model.Job{{ID: 7, Name: "backup", Status: 'R', Outcome: model.Running}}
	}, model.Fails, "7 backup"}, {toAZ, false, func(w World) { w.silence(model.CatalogOf(model.Green)) }, model.Unknown, "no answer"}},
	"pair-target": {{toSwitchover, false, fails("replica-source"), model.Fails, "harmed"},
		{toSwitchover, false, func(w World) { w.check("replica-identity").Verdict = model.Unknown }, model.Unknown, "replica-identity"}},
	"pair-writers": {{toEmergency, false, func(World) {}, model.Fails, "there would be two writers"},
		{toEmergency, false, func(w World) { w.Snapshot.RDS.Replica = nil }, model.Unknown, "no pair is watched"}},
	"pair-ready": {{toSwitchover, false, fails("replica-lag"), model.Fails, "harmed"},
		{toSwitchover, false, func(w World) { w.check("replica-lag").Verdict = model.Unknown }, model.Unknown, "replica-lag"},
		{toSwitchover, false, func(w World) { w.check("replica-lag").Verdict, w.check("replica-lag").Limit = model.Fails, "<= 5 s" }, model.Fails,
			"asked <= 5 s"},
		{toSwitchover, false, func(w World) { w.Snapshot.RDS.Switchover.Checks = nil }, model.Unknown, "nothing was judged"}},
	"pair-parity": {{toSwitchover, false, func(w World) {
		fails("parity")(w)
		w.Snapshot.RDS.Parity = []model.Difference{{What: "class", Primary: "large", Replica: "small"}}
	}, model.Fails, "class: primary large, replica small"},
		{toSwitchover, false, func(w World) { w.check("parity").Verdict = model.Unknown }, model.Unknown, ""}},
	"pair-errant": {{toSwitchover, false, fails("replica-errant"), model.Fails, "harmed"},
		{toSwitchover, false, func(w World) { w.Snapshot.RDS.Switchover.Checks = nil }, model.Unknown, "not judged"}},
	"pair-unproven": {
		{
			toEmergency,
			false,
			func(w World) { checkOf(&w.Snapshot.RDS.Emergency, "replica-lag").Verdict = model.Fails },
			model.Fails,
			"replica-lag",
		},
		{toEmergency, false, func(w World) { w.Snapshot.RDS.Emergency.Checks = nil }, model.Unknown, "nothing was judged"},
	},
	"pair-loss": {{toEmergency, false, func(w World) {
		c := checkOf(&w.Snapshot.RDS.Emergency, "loss")
		c.Verdict, c.Value = model.Fails, "an hour"
	}, model.Fails, "an hour"}, {toEmergency, false, func(w World) { w.Snapshot.RDS.Emergency.Checks = nil }, model.Unknown, "not judged"}},
	"ids-known": {
		{toEmergency, false, func(w World) { w.numbered().At = w.Now.Add(-8 * 24 * time.Hour) }, model.Fails, "Job up to 99, Media up to 49"},
		{toEmergency, false, func(w World) { w.numbered().Next = w.numbered().Next[:1] }, model.Unknown, "of volumes nothing was recorded"},
		{toEmergency, false, func(w World) { w.State.Evidence[0].Claim.Tail = nil }, model.Unknown, "has recorded none"},
	},
	"routes-known": {{toEmergency, false, func(w World) { w.State.RoutesSeq = 0 }, model.Fails, "the journal has no routes yet"},
		{toEmergency, false, glassOf(0, 0), model.Unknown, "this break-glass journal knows no routes"},
		{toSwitchover, false, func(w World) { w.State.Routes = json.RawMessage(`{"bacula-red": {}}`) }, model.Fails, "bacula-red"},
		{toSwitchover, false, func(w World) {
			w.State.Routes = json.RawMessage(`{"bacula-green": {"region1": [{"take_regular_backups": true, "take_immutable_backups": true}]}}`)
		}, model.Fails, "an extension that is not allowed"}},
	"pair-outage": {{toEmergency, false, func(World) {}, model.Fails, "there would be two writers"},
		{toEmergency, false, func(w World) { w.Snapshot.RDS.Replica = nil }, model.Unknown, "no pair is watched"}},
	"old-target": {
		{toIsolate, true, func(w World) { w.Snapshot.RDS.Primary.AWS.Value.Recreated = "db-other" }, model.Fails, "and was db-other"},
		{
			toIsolate,
			true,
			func(w World) { w.Snapshot.Clusters[model.Green].Directors[0].Uses.Address = "elsewhere" },
			model.Unknown,
			"nobody can tell",
		},
		{toIsolate, true, func(w World) { w.silence(awsOf("primary")) }, model.Unknown, "no answer"},
		{toIsolate, false, func(World) {}, model.Unknown, "bacula-replica is not in force, and bacula is"},
	},
	"old-other": {{toIsolate, true, func(w World) { w.Snapshot.RDS.Replica.Server.Value.ReadOnly = true }, model.Fails, "takes none"},
		{
			toIsolate,
			true,
			func(w World) { w.Snapshot.RDS.Primary.Server.Value.Director = 3 },
			model.Fails,
			"3 sessions of the Director's account are on bacula",
		},
		{
			toIsolate,
			true,
			func(w World) { w.Snapshot.Clusters[model.Green].Directors[0].Uses = model.CatalogUse{} },
			model.Unknown,
			"does not say",
		},
		{toIsolate, true, func(w World) { w.silence(serverOf("replica")) }, model.Unknown, "no answer"}},
	"old-sessions": {{toIsolate, true, func(w World) { w.Snapshot.RDS.Primary.Server.Value.Director = 3 }, model.Fails, "3 sessions"},
		{toIsolate, true, func(w World) { w.Snapshot.RDS.Primary.Server.Value.Director = -1 }, model.Unknown, "PROCESS"}},
	"rebuild-source": {
		{toRebuild, true, func(w World) { w.Snapshot.RDS.Replica.AWS.Value.Retention = 0 }, model.Fails, "backups kept for 0 d"},
		{toRebuild, true, func(w World) { w.Snapshot.RDS.Replica.AWS.Value.Status = "storage-full" }, model.Fails, "is storage-full"},
		{toRebuild, true, func(w World) { w.silence(awsOf("replica")) }, model.Unknown, "no answer"},
	},
	"rebuild-name": {
		{Ask{Rebuild: &Rebuild{Of: "bacula-replica", ID: "bacula"}}, true, func(World) {}, model.Fails, "the old instance bacula is still there"},
		{Ask{Rebuild: &Rebuild{Of: "bacula-replica", ID: "Bad_Name"}}, true, func(World) {}, model.Fails, "is no name"},
		{Ask{Rebuild: &Rebuild{Of: "bacula-replica", ID: "bacula"}}, true, func(w World) {
			w.Snapshot.RDS.Primary.AWS = model.Reading[model.Description]{Why: "no answer"}
		}, model.Unknown, "is not known"},
	},
	"rebuild-key": {
		{
			toRebuild,
			true,
			func(w World) { w.Snapshot.RDS.Primary.Key.Value = model.Key{State: "Disabled", Why: "it is disabled"} },
			model.Fails,
			"Disabled",
		},
		{toRebuild, true, func(w World) { w.Snapshot.RDS.Primary.Key = model.Reading[model.Key]{} }, model.Unknown, "not been told"},
		{toRebuild, true, func(w World) { w.Snapshot.RDS.Primary.AWS.Value.KeyARN = "" }, model.Unknown, "known to nobody"},
	},
	"rebuild-like": {
		{toRebuild, true, func(w World) { w.Snapshot.RDS.Primary.AWS = model.Reading[model.Description]{} }, model.Unknown, "is not known"},
	},
}

// bars are how the guards hold up: what is never right blocks, and what a person may answer for asks. Of some it goes by what is wrong.
var bars = map[string]model.Bar{
	"rds-identity": model.Block, "rds-available": model.Block, "rds-multi-az": model.Block,
	"rds-lately": model.Block, "rds-jobs": model.Override,
	"pair-target": model.Block, "pair-ready": model.Block, "pair-parity": model.Block,
	"pair-errant": model.Override, "pair-loss": model.Override,
	"pair-unproven": model.Override, "ids-known": model.Override, "routes-known": model.Block, "pair-outage": model.Block,
	"pair-writers": model.Block, "pair-outage no pair is watched": model.Override,
	"old-target": model.Block, "old-other": model.Block, "old-other does not say": model.Override, "old-sessions": model.Caution,
	"rebuild-source": model.Block, "rebuild-name": model.Block, "rebuild-key": model.Block, "rebuild-like": model.Caution,
	"rds-lately hides what the first was": model.Override, "rebuild-key not been told": model.Override,
}

// limited are the guards that compare a figure with a limit; the others are so or are not.
var limited = []string{"rds-lately", "ids-known", "rebuild-source", "rebuild-key"}

// TestEveryGuardOfAFailoverCanFail harms what each guard rests on: it holds no more, says with what value and what to do, and what is
// unknown never passes by itself.
func TestEveryGuardOfAFailoverCanFail(t *testing.T) {
	for _, id := range slices.Sorted(maps.Keys(failoverGuards)) {
		if strings.HasPrefix(id, "size-") {
			continue // TestGuardsOfAChangeOfClass
		}
		if len(guardFaults[id]) == 0 {
			t.Errorf("guard %s is never seen to fail", id)
		}
		for _, f := range guardFaults[id] {
			p := &Plan{ID: "0123456789abcdef", Ask: f.ask}
			if whole := p.Judge(pairWorld(f.over), id, Past{}); whole.Verdict != model.Holds && id != "pair-outage" && id != "pair-writers" &&
				!untouched(f) {
				t.Errorf("guard %s does not hold where nothing is wrong: %+v", id, whole)
			}
			if bare := p.Judge(World{Snapshot: &board.Snapshot{}}, id, Past{}); bare.Says == "" || bare.Verdict == model.Holds {
				t.Errorf("guard %s where nothing is known: %+v", id, bare)
			}
			w := pairWorld(f.over)
			f.harm(w)
			c := p.Judge(w, id, Past{})
			if c.Verdict != f.verdict || !strings.Contains(c.Value, f.says) || c.Do == "" {
				t.Errorf("guard %s is %v, want %v with %q: %+v", id, c.Verdict, f.verdict, f.says, c)
			}
			bar, known := bars[id+" "+f.says]
			if !known {
				bar, known = bars[id]
			}
			if !known || c.Bar != bar {
				t.Errorf("guard %s is a %s, want %s: %+v", id, c.Bar, bar, c)
			}
			if c.Verdict == model.Fails && c.At.IsZero() {
				t.Errorf("guard %s fails, and nobody can tell how old that is: %+v", id, c)
			}
			if c.Limit == "" && slices.Contains(limited, id) {
				t.Errorf("guard %s is judged by a limit and does not tell it: %+v", id, c)
			}
			if c.Verdict == model.Unknown && (!c.At.IsZero() || c.Bar != model.Caution && !Blocks(c) && !NeedsReason(c)) {
				t.Errorf("guard %s lets through what is unknown, or gives it an age: %+v", id, c)
			}
		}
	}
}

// TestEveryFailoverHasKnownGuards: none of their plans rests on a guard that is not seen to fail here or among those of Directors and
// catalogs.
func TestEveryFailoverHasKnownGuards(t *testing.T) {
	elsewhere := []string{
		"heir-schedules-not",
		"heir-answers",
		"heir-catalog",
		"heir-has",
		"old-idle",
		"catalog-writes", // TestGuardsOfADirector
		GuardFree,
		guardFreeze,
		"director-answers",
	} // TestEveryGuardCanRefuse
	of := func(w World, ask Ask) {
		t.Helper()
		p, err := ask.Plan(w, "p1")
		if err != nil {
			t.Errorf("%+v: %v", ask, err)
			return
		}
		if len(p.Guards) == 0 {
			t.Errorf("%s has no guard", p.Verb)
		}
		for i := range p.Guards {
			if id := p.Guards[i].ID; len(guardFaults[id]) == 0 && !slices.Contains(elsewhere, id) {
				t.Errorf("%s rests on %s, which is never seen to fail", p.Verb, id)
			}
		}
	}
	for _, ask := range []Ask{toAZ, toSwitchover, toEmergency} {
		of(pairWorld(false), ask)
	}
	for _, ask := range []Ask{toIsolate, toRebuild} {
		of(pairWorld(true), ask)
	}
	of(pairOfDirectors(), failTo(pairOfDirectors()))
}

// untouched tells whether the ask alone is what a guard refuses.
func untouched(f guardFault) bool {
	w, was := pairWorld(f.over), pairWorld(f.over)
	f.harm(w)
	return same(w.Snapshot, was.Snapshot) && same(w.State, was.State) || f.ask.Rebuild != nil && f.ask.Rebuild.ID == "bacula"
}

// TestWhatATakeoverPushesIsKnownBefore: right before a promotion it is asked once more for the routes that are pushed behind it, and is
// told whose they are; where another control plane pushes nobody asks.
func TestWhatATakeoverPushesIsKnownBefore(t *testing.T) {
	for _, ask := range []Ask{toSwitchover, toEmergency} {
		p := must(ask.Plan(pairWorld(false), "p1"))
		asked := 0
		for i := range p.Steps {
			s := &p.Steps[i]
			if slices.Contains(s.Guards, guardKnown) {
				asked++
			}
			if s.Order.Promote != nil && (!slices.Contains(s.Guards, guardKnown) || asked < 2) {
				t.Errorf("%s: it is promoted with %q, asked %d times", p.Says, s.Guards, asked)
			}
		}
		w := pairWorld(false)
		w.Routing.Unpushed[model.Green] = true
		w.State.RoutesSeq = 0
		if g := must(ask.Plan(w, "p1")).Guard(guardKnown); g != nil {
			t.Errorf("%s: %+v", p.Says, g)
		}
		for says, harm := range map[string]func(World){"by record 7": func(World) {}, "as the journal had them by its record 41": glassOf(41, 1),
			"by what was given": glassOf(0, 1), "by record 3": glassOf(41, 3)} {
			w := pairWorld(false)
			harm(w)
			if g := must(ask.Plan(w, "p1")).Guard(guardKnown); g.Verdict != model.Holds || !strings.HasPrefix(g.Value, says) {
				t.Errorf("%s, want %q: %+v", p.Says, says, g)
			}
		}
	}
}
