package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// TestAnOutageIsOneThatIsSeen: a primary that refuses is there, and one that was never asked, or cannot be asked from here, is not gone.
func TestAnOutageIsOneThatIsSeen(t *testing.T) {
	long := t0.Add(-time.Hour)
	for name, c := range map[string]struct {
		aws, server board.Sighting
		verdict     model.Verdict
		value       string
	}{
		"both are silent": {board.Sighting{Why: "no answer", Trouble: model.TroubleSilent, At: long},
			board.Sighting{Why: "no answer", Trouble: model.TroubleSilent, At: long}, model.Holds, "neither AWS nor its server"},
		"its server is gone, AWS silent": {board.Sighting{Why: "no answer", Trouble: model.TroubleSilent},
			board.Sighting{Why: "refused", Trouble: model.TroubleGone}, model.Holds, "neither AWS nor its server"},
		"its server refuses the account": {board.Sighting{Why: "no answer", Trouble: model.TroubleSilent, At: long},
			board.Sighting{Why: "access denied", Trouble: model.TroubleRefused, At: long}, model.Fails, "refuses the credentials"},
		"its server has no room": {board.Sighting{Why: "no answer", Trouble: model.TroubleSilent, At: long},
			board.Sighting{Why: "too many connections", Trouble: model.TroubleBusy, At: long}, model.Fails, "takes no more connections"},
		"AWS refuses the credentials": {board.Sighting{Why: "expired", Trouble: model.TroubleRefused, At: long},
			board.Sighting{Why: "no answer", Trouble: model.TroubleSilent, At: long}, model.Unknown, "expired"},
		"AWS was not asked from here": {board.Sighting{Why: "no credentials", Trouble: model.TroubleOther, At: long},
			board.Sighting{Why: "no answer", Trouble: model.TroubleSilent, At: long}, model.Unknown, "no credentials"},
		"who answers is not trusted": {board.Sighting{Why: "no answer", Trouble: model.TroubleSilent, At: long},
			board.Sighting{Why: "certificate", Trouble: model.TroubleUntrusted, At: long}, model.Unknown, "certificate"},
		"neither was asked yet": {board.Sighting{}, board.Sighting{}, model.Unknown, "not heard yet"},
		"it was heard just now": {board.Sighting{Why: "no answer", Trouble: model.TroubleSilent, At: t0.Add(-time.Second)},
			board.Sighting{Why: "no answer", Trouble: model.TroubleSilent, At: long}, model.Fails, "it was heard at"},
	} {
		w := calm()
		w.Snapshot.RDS = &model.RDS{Primary: &model.Instance{ID: "bacula"}, Replica: &model.Instance{ID: "bacula-replica"}}
		c.aws.Source, c.server.Source = sourcesOf("primary")[0], sourcesOf("primary")[1]
		c.aws.Every, c.server.Every = time.Second, time.Second
		w.Snapshot.Seen = append(w.Snapshot.Seen, c.aws, c.server)
		if g := w.pairOutage(nil, true); g.Verdict != c.verdict || !strings.Contains(g.Value, c.value) {
			t.Errorf("%s: %s: %s", name, g.Verdict, g.Value)
		}
	}
}

// TestAReplicaThatReadsFromThePrimaryHearsIt by the channel from it, whichever is worst off; where nobody knows who the primary is, by any.
func TestAReplicaThatReadsFromThePrimaryHearsIt(t *testing.T) {
	const own, other = "uuid-bacula", "uuid-other"
	from := func(uuid, io string, lag model.Lag) model.Replication {
		return model.Replication{Channel: uuid, SourceUUID: uuid, IO: io, SQL: "Yes", Lag: lag}
	}
	well, broken := model.KnownLag(0), model.BrokenLag("IO thread Connecting")
	type channels = []model.Replication
	for name, c := range map[string]struct {
		channels []model.Replication
		primary  string
		verdict  model.Verdict
	}{
		"it reads, and another channel is broken": {channels{from(own, "Yes", well), from(other, "Connecting", broken)}, own, model.Fails},
		"it is cut, and another channel reads":    {channels{from(own, "Connecting", broken), from(other, "Yes", broken)}, own, model.Holds},
		"whose is the one that reads":             {channels{from(own, "Connecting", broken), from(other, "Yes", broken)}, "", model.Fails},
		"a channel that does not tell":            {channels{from("", "Yes", well)}, own, model.Fails},
		"it reads":                                {channels{from(own, "Yes", well)}, own, model.Fails},
		"it is cut":                               {channels{from(own, "Connecting", broken)}, own, model.Holds},
	} {
		w := pairWorld(false)
		w.Snapshot.RDS.Primary.Server.Value.UUID = c.primary
		for i := range w.Snapshot.Seen {
			if s := &w.Snapshot.Seen[i]; slices.Contains(sourcesOf("primary"), s.Source) {
				s.At, s.Why, s.Trouble = w.Now.Add(-time.Hour), "no answer", model.TroubleSilent
			}
		}
		s := &w.Snapshot.RDS.Replica.Server.Value
		if s.Replication = model.WorstStream(c.channels); len(c.channels) > 1 {
			s.Channels = c.channels
		}
		if g := w.pairOutage(nil, true); g.Verdict != c.verdict || g.Bar != model.Override ||
			strings.Contains(g.Value, "still reads") != (c.verdict == model.Fails) {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

// TestNumbersForbidNoTakeover: where nobody recorded which numbers were given last, the plan asks for a reason, and the pair is as ready.
func TestNumbersForbidNoTakeover(t *testing.T) {
	told := func(tail *record.Tail) model.Takeover {
		w := pairWorld(false)
		w.Snapshot.RDS.Emergency.Can, w.Snapshot.RDS.Emergency.Says = model.Holds, "yes"
		w.State.Evidence[0].Claim.Tail = tail
		return w.Could(FailoverEmergency)
	}
	known := told(pairWorld(false).State.Evidence[0].Claim.Tail)
	for verdict, tail := range map[model.Verdict]*record.Tail{
		model.Unknown: nil,
		model.Fails: {Numbered: &record.Numbered{At: pairWorld(false).Now.Add(-8 * 24 * time.Hour),
			Next: []model.NextID{{Table: "Job", Next: 100}, {Table: "Media", Next: 50}}}},
	} {
		could := told(tail)
		if could.Can != known.Can || could.Says != known.Says {
			t.Errorf("%s: %s (%s), and with numbers: %s (%s)", verdict, could.Can, could.Says, known.Can, known.Says)
		}
		if c := checkOf(&could, guardNumbers); c == nil || c.Verdict != verdict {
			t.Errorf("%s: the numbers are told as %+v", verdict, c)
		}
	}
	if known.Can != model.Holds {
		t.Errorf("with numbers: %s", known.Says)
	}
}

// TestParityOfARegionThatIsGone is that which was recorded, and says so.
func TestParityOfARegionThatIsGone(t *testing.T) {
	w := pairWorld(false)
	for _, c := range []*model.Takeover{&w.Snapshot.RDS.Switchover, &w.Snapshot.RDS.Emergency} {
		of := checkOf(c, "parity")
		of.Verdict, of.Value, of.At = model.Unknown, "not compared", time.Time{}
	}
	judged := func(ask Ask) *model.Check { return must(ask.Plan(w, "p1")).Guard("pair-parity") }
	if g := judged(toEmergency); g.Verdict != model.Unknown || g.Bar != model.Caution {
		t.Errorf("nothing was recorded: %+v", g)
	}
	proof := &record.Proved{Proof: record.Proof{At: w.Now.Add(-time.Hour), Verdict: model.Fails,
		Of:    record.Subject{Instances: []record.ProvenInstance{{ID: "bacula"}, {ID: "bacula-replica"}}},
		Claim: record.Proven{Parity: &record.Parity{Differences: []model.Difference{{What: "class", Primary: "big", Replica: "small"}}}}}}
	w.State.Evidence = append(w.State.Evidence, proof)
	if g := judged(toEmergency); g.Verdict != model.Fails || !g.At.Equal(proof.At) || !strings.Contains(g.Value, "as recorded") ||
		!strings.Contains(g.Value, "class: primary big, replica small") {
		t.Errorf("it was recorded: %+v", g)
	}
	if g := judged(toSwitchover); g.Verdict != model.Unknown || g.Bar != model.Block {
		t.Errorf("with both up nobody goes by what was: %+v", g)
	}
}

// TestAReplicaOfWhichAWSTellsNothing: what the guards of a takeover cannot judge then is past what AWS does not take, and not a matter of
// pages.
func TestAReplicaOfWhichAWSTellsNothing(t *testing.T) {
	w := pairWorld(false)
	checkOf(&w.Snapshot.RDS.Emergency, "replica-identity").Verdict = model.Unknown
	for i := range w.Snapshot.Seen {
		if s := &w.Snapshot.Seen[i]; s.Source == awsOf("replica") {
			s.Why, s.Trouble = "ExpiredToken", model.TroubleRefused
		}
	}
	g := must(toEmergency.Plan(w, "p1")).Guard("pair-target")
	if g.Verdict != model.Unknown || !strings.Contains(g.Do, "credentials") {
		t.Errorf("%+v", g)
	}
	if w.Throttled(ofReplicaAlone(model.Green)) {
		t.Error("nobody asked for fewer calls")
	}
}
