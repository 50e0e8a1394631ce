package board

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
)

// judge holds what the checks of a takeover are made from; both instances are there.
type judge struct {
	r     model.RDS
	now   time.Time
	p     model.Policy
	jobs  [2][]model.Job          // of the cluster whose catalog this is: those that are open, and those that ended
	blind string                  // why it is not known which jobs are open; empty: it is
	quiet map[model.Source]string // sources that do not answer now, and why
}

func within(at, now time.Time, limit time.Duration) bool {
	age := now.Sub(at)
	return !at.IsZero() && age <= limit && age >= -limit
}

// A reading counts as long as its source is shown as live, and the newest look at it did not fail.
func (j judge) counts(at time.Time, every time.Duration, why string) bool {
	return why == "" && within(at, j.now, model.Allow(max(3*every, 5*time.Second)))
}

func (j judge) freshServer(s model.Reading[model.Server], name string) bool {
	return j.counts(s.At, j.p.ServerEvery, cmp.Or(s.Why, j.quiet[model.Source{Kind: model.SourceServer, Name: name}]))
}

func (j judge) parityKnown() bool {
	p, r := j.r.Primary, j.r.Replica
	return j.aws(p, "primary").fresh && j.aws(r, "replica").fresh && j.freshServer(p.Server, "primary") && j.freshServer(r.Server, "replica")
}

// evidence is where a finding comes from.
type evidence struct {
	fresh  bool
	at     time.Time
	why    string // it is not fresh
	silent string // the same in the words of the one line
	none   bool   // it is not fresh, because the answer is that there is no such thing
}

func evidenceOf[T any](j judge, r model.Reading[T], every time.Duration, source model.Source, silent string) evidence {
	why := cmp.Or(r.Why, j.quiet[source])
	e := evidence{fresh: j.counts(r.At, every, why), at: r.At, why: why, silent: silent}
	e.none = !e.fresh && r.Trouble == model.TroubleMissing && source.Kind != model.SourceServer
	if r.Seen() && why == "" && !e.fresh {
		e.why = "last told " + model.Age(j.now.Sub(r.At)) + " ago"
	}
	return e
}

// found makes a finding: unknown while its evidence is not fresh, else what ok says. But is the one line's words when it fails.
func (e evidence) found(id, says string, bar model.Bar, ok bool, value, but string) finding {
	f := finding{Check: model.Check{ID: id, Says: says, Value: value, Bar: bar, Verdict: model.Holds, At: e.at}, but: but}
	switch {
	case !e.fresh:
		f.Verdict, f.Value, f.but = model.Unknown, cmp.Or(e.why, "not answered"), e.silent
		if e.none {
			f.Verdict = model.Fails
		}
	case !ok:
		f.Verdict = model.Fails
	}
	return f
}

func (j judge) aws(in *model.Instance, name string) evidence {
	source := model.Source{Kind: model.SourceInstance, Name: name}
	return evidenceOf(j, in.AWS, j.p.InstanceEvery, source, untold(in.AWS.Trouble, "the "+name))
}

// untold says why AWS tells nothing of something: one that answers and refuses is not one that is silent.
func untold(t model.Trouble, what string) string {
	switch t {
	case model.TroubleRefused:
		return "AWS refuses the credentials"
	case model.TroubleDenied:
		return "AWS does not allow to ask for " + what
	case model.TroubleMissing:
		return "AWS says that there is no " + strings.TrimPrefix(what, "the ")
	case model.TroubleNone,
		model.TroubleGone,
		model.TroubleSilent,
		model.TroubleUntrusted,
		model.TroubleWritable,
		model.TroubleThrottled,
		model.TroubleBusy,
		model.TroubleAnswer,
		model.TroubleOther:
	}
	return "AWS tells nothing of " + what
}

func (j judge) server(in *model.Instance, name string) evidence {
	return evidenceOf(
		j,
		in.Server,
		j.p.ServerEvery,
		model.Source{Kind: model.SourceServer, Name: name},
		"the "+name+"'s server "+in.Server.Trouble.Says(),
	)
}

// common are the checks that both verbs share; what forbids either.
func (j judge) common() []finding {
	d, s := j.r.Replica.AWS.Value, j.r.Replica.Server.Value
	aws, server := j.aws(j.r.Replica, "replica"), j.server(j.r.Replica, "replica")
	fs := []finding{
		aws.found("replica-identity", "the replica is the instance that was pinned", model.Block, d.Recreated == "", d.ResourceID,
			"another instance stands under the replica's name ("+d.ResourceID+", was "+d.Recreated+")"),
		aws.found(
			"replica-role",
			"AWS calls it a replica of the primary",
			model.Block,
			isSource(d.Source, j.r.Replica, j.r.Primary),
			cmp.Or(d.Source, "a primary of its own"),
			roleBut(d),
		),
		aws.found("replica-available", "the replica is available", model.Block, d.Status == "available", d.Status, "the replica is "+d.Status),
		server.found("replica-answers", "the replica's server answers", model.Block, true, s.Version, ""),
		server.found(
			"replica-read-only",
			"the replica takes no writes of its own",
			model.Block,
			s.ReadOnly,
			"read_only "+onOff(s.ReadOnly),
			"the replica is writable: two writers",
		),
	}
	fs[0].Fact = d.ResourceID
	k := j.r.Replica.Key
	key := evidenceOf(
		j,
		k,
		max(j.p.InstanceEvery, model.KeyEvery),
		model.Source{Kind: model.SourceInstance, Name: "replica"},
		untold(k.Trouble, "the replica's key"),
	)
	fs = append(fs, key.found("replica-key", "the key of the replica's storage is usable", model.Block, k.Value.Usable, k.Value.State,
		"the replica's key is "+cmp.Or(k.Value.Why, k.Value.State)))
	g := j.r.Replica.Group
	ro := parameterMap(g.Value.Values)["read_only"]
	group := evidenceOf(
		j,
		g,
		j.p.SettingsEvery,
		model.Source{Kind: model.SourceSettings, Name: "replica"},
		untold(g.Trouble, "the replica's parameter group"),
	)
	fs = append(append(fs, j.ofReplica()...), j.ofPair()...)
	return append(fs, j.source(server), group.found(
		"replica-group",
		"its parameter group makes it writable when promoted",
		model.Block,
		strings.EqualFold(
			ro,
			"{TrueIfReplica}",
		),
		"read_only "+cmp.Or(ro, "not set"),
		"parameter group "+g.Value.Name+" has read_only "+cmp.Or(ro, "not set"),
	))
}

// source tells whether the replica's server replicates from the primary's, by their own words.
func (j judge) source(server evidence) finding {
	p, s := j.r.Primary.Server, j.r.Replica.Server.Value
	stream := s.Stream(p.Value.UUID)
	value, ok, bar := "from nobody", stream != nil, model.Override
	if ok {
		bar = model.Block // it holds somebody else's data
		value = "from " + cmp.Or(stream.SourceUUID, stream.Source, "a server that is not told")
		ok = p.Value.UUID == "" || stream.SourceUUID == "" || stream.SourceUUID == p.Value.UUID
	}
	f := server.found(
		"replica-source",
		"its server replicates from the primary's",
		bar,
		ok,
		value,
		"the replica's server replicates "+value+", not from the primary",
	)
	if stream == nil {
		f.but = "the replica's server replicates from nobody"
	}
	return f
}

func roleBut(d model.Description) string {
	if d.IsReplica() {
		return "the replica replicates from " + d.Source
	}
	return "the replica is a primary of its own already"
}

// isSource tells whether AWS's word for what a replica replicates from is an instance. A name is one of the replica's own AWS region; an
// ARN (arn:aws:rds:REGION:ACCOUNT:db:ID) says of which: two AWS regions may have instances of one name. AWS writes names in lower case.
func isSource(source string, replica, is *model.Instance) bool {
	region, id := replica.Region, source
	if parts := strings.Split(source, ":"); len(parts) == 7 && parts[5] == "db" {
		region, id = parts[3], parts[6]
	}
	return source != "" && region == is.Region && strings.EqualFold(id, is.ID)
}

// settled are checks that a calm day asks for and an emergency only tells.
func (j judge) settled(bar model.Bar) []finding {
	d := j.r.Replica.AWS.Value
	aws := j.aws(j.r.Replica, "replica")
	both := evidence{fresh: !j.r.ParityAt.IsZero(), at: j.r.ParityAt, why: "not compared: AWS and both servers must answer",
		silent: "the two are not compared"}
	pair := j.server(j.r.Replica, "replica")
	if primary := j.server(j.r.Primary, "primary"); !primary.fresh {
		pair = primary
	}
	fs := []finding{
		j.errant(pair, bar),
		j.delay(bar),
		both.found(
			"parity",
			"the replica is what the primary is",
			bar,
			len(j.r.Parity) == 0,
			plural(uint64(len(j.r.Parity)), "difference"),
			differBut(j.r.Parity),
		),
		aws.found("replica-settled", "nothing is pending on the replica", bar, len(d.Pending) == 0 && d.ParameterStatus == "in-sync",
			fmt.Sprintf("%d pending, parameters %s", len(d.Pending), d.ParameterStatus), "changes are pending on the replica"),
		aws.found(
			"replica-warm",
			"the replica's volume is complete",
			model.Caution,
			d.Storage.Operation != "Initializing",
			cmp.Or(d.Storage.Operation, "complete"),
			"the replica's volume still loads",
		),
	}
	return fs
}

// delay tells whether a channel holds back on purpose what it has received: while nothing is written its lag is 0 all the same.
func (j judge) delay(bar model.Bar) finding {
	var most time.Duration
	s := j.r.Replica.Server.Value
	for _, c := range s.Streams() {
		most = max(most, c.Delay)
	}
	value := "none"
	if most > 0 {
		value = model.Span(most)
	}
	f := j.server(j.r.Replica, "replica").
		found("replica-delay", "the replica holds nothing back on purpose", bar, most <= j.p.SwitchoverLag, value,
			"the replica is delayed by "+value+" on purpose")
	f.Limit = "<= " + model.Span(j.p.SwitchoverLag)
	return f
}

// errant tells whether the replica has transactions of its own. Only GTIDs can: without them nobody knows, which forbids nothing.
func (j judge) errant(pair evidence, bar model.Bar) finding {
	set := j.r.Distance.Errant
	has := plural(set.Count(), "transaction")
	f := pair.found(
		"replica-errant",
		"the replica has nothing that the primary has not",
		bar,
		set.Empty(),
		has,
		"the replica has "+has+" that the primary never had",
	)
	if p, r := j.r.Primary.Server.Value, j.r.Replica.Server.Value; f.Verdict == model.Holds && (!gtidsTell(p) || !gtidsTell(r)) {
		f.Verdict, f.Bar, f.Value = model.Unknown, model.Caution, "no GTIDs tell"
	}
	return f
}

func differBut(ds []model.Difference) string {
	switch len(ds) {
	case 0:
		return ""
	case 1:
		return "the replica's " + ds[0].What + " differs"
	}
	return fmt.Sprintf("the replica differs (%s and %d more)", ds[0].What, len(ds)-1)
}
