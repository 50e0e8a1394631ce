package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// rdsAlerts tell what is wrong with the pair that carries green's catalog. They are of no cluster of Bacula's.
func (b *Board) rdsAlerts(r *model.RDS, now time.Time) []Alert {
	if r == nil {
		return nil
	}
	var out []Alert
	for _, i := range []*model.Instance{r.Primary, r.Replica} {
		if i != nil {
			out = append(out, b.instanceAlerts(i, r.Events, now)...)
		}
	}
	out = append(out, b.lagAlerts(r, now)...)
	out = append(out, b.replicaAlerts(r, now)...)
	return append(out, b.failoverAlerts(r, now)...)
}

// instanceAlerts tell what is wrong with one instance.
func (b *Board) instanceAlerts(i *model.Instance, events []model.RDSEvent, now time.Time) (out []Alert) {
	add := func(id string, rank int, sev model.Severity, since time.Time, do, says string, args ...any) {
		out = append(out, Alert{ID: "rds:" + id + ":" + i.ID, Severity: sev, rank: rank, Since: since, Says: fmt.Sprintf(says, args...), Do: do})
	}
	if !i.Missing.IsZero() {
		add("missing", rankSource, model.Fail, i.Missing,
			"see who deleted or renamed it, or whether the configuration names another AWS region",
			"AWS knows no instance %s in %s", i.ID, i.Region)
		out[0].Brief = "AWS knows no instance " + i.ID + "; in " + i.Region
		return out
	}
	if !i.AWS.Seen() {
		return nil
	}
	d := i.AWS.Value
	if d.Recreated != "" {
		add("recreated", rankPair, model.Fail, time.Time{},
			"say which one it is: until then nothing may act on it",
			"%s is another instance than it was: %s, not %s", i.ID, d.ResourceID, d.Recreated)
		out[len(out)-1].Brief = i.ID + " is another instance than it was"
	}
	do := cmp.Or(d.Remedy(), "wait for AWS; its events tell why")
	switch d.StatusClass() {
	case model.StatusWorks:
	case model.StatusChanging:
		add("status", rankSource, model.Warn, time.Time{}, do, "RDS %s %s is %s: it works meanwhile, and may restart", d.Role(), i.ID, d.Status)
		out[len(out)-1].Brief = fmt.Sprintf("RDS %s is %s; it works meanwhile, and may restart", i.ID, d.Status)
	case model.StatusDown, model.StatusPerson:
		add("status", rankSource, model.Fail, time.Time{}, do, "RDS %s %s is %s", d.Role(), i.ID, d.Status)
		out[len(out)-1].Brief = fmt.Sprintf("RDS %s is %s", i.ID, d.Status)
	case model.StatusUnknown:
		add("status", rankSource, model.Warn, time.Time{}, "see its events, and whether its server answers: what this status means is not known",
			"RDS %s %s is %s, which is no status that is known", d.Role(), i.ID, cmp.Or(d.Status, "in no status"))
		out[len(out)-1].Brief = fmt.Sprintf("RDS %s is in no known status", i.ID)
	}
	if i.Key.Seen() && !i.Key.Value.Usable {
		add("key", rankSource, model.Fail, time.Time{},
			"enable the key now: without it RDS stops the instance and a promoted replica cannot start",
			"the key of %s is not usable: %s", i.ID, i.Key.Value.Why)
		out[len(out)-1].Brief = "the key of " + i.ID + " is not usable"
	}
	if a, told := b.storageAlert(i, events, now); told {
		out = append(out, a)
	}
	if left := d.CertUntil.Sub(now); !d.CertUntil.IsZero() && left <= b.policy.CertSoon {
		sev, says := model.Warn, "the server certificate of "+i.ID+" ends in "+model.Age(left)
		if left <= b.policy.CertNow {
			sev = model.Fail
		}
		if left <= 0 {
			says = "the server certificate of " + i.ID + " ended " + model.Age(-left) + " ago"
		}
		add("certificate", rankSource, sev, time.Time{}, "rotate it (it may restart the server), and see that who connects trusts "+
			cmp.Or(d.CA, "its authority")+": else no Director reaches its catalog", "%s", says)
		out[len(out)-1].Brief = strings.TrimPrefix(says, "the server ")
	}
	return out
}

// storageFresh is how old a measured figure may be and still count against an event; CloudWatch's are some minutes late.
const storageFresh = 15 * time.Minute

// storageAlert judges the free storage by CloudWatch's newest figure, and by AWS's events where there is no newer one.
func (b *Board) storageAlert(i *model.Instance, events []model.RDSEvent, now time.Time) (Alert, bool) {
	a := Alert{
		ID:       "rds:storage:" + i.ID,
		Severity: model.Fail,
		rank:     rankSource,
		Do:       "give it more storage, or see what fills it: a full instance takes no writes",
	}
	share, at, measured := i.FreeStorage()
	measured = measured && within(at, now, storageFresh)
	for n := len(events) - 1; n >= 0; n-- {
		e := &events[n]
		kind := kindOf(e)
		if e.Instance != i.ID || kind != model.EventStorageLow && kind != model.EventStorageFull && kind != model.EventStorageGrown {
			continue
		}
		if kind != model.EventStorageGrown && (!measured || e.At.After(at)) {
			a.Since, a.Says = e.At, "AWS says of "+i.ID+": "+e.Says
			return a, true
		}
		break
	}
	if !measured || share >= b.policy.StorageLow {
		return Alert{}, false
	}
	if share >= b.policy.StorageOut {
		a.Severity = model.Warn
	}
	a.Says = fmt.Sprintf("%s has %.0f %% of its storage free", i.ID, 100*share)
	return a, true
}

// delayed is what to do about a replica that is behind on purpose.
const delayed = "take the delay away: in a takeover what it holds back would be late or lost"

// channelName is a channel's name where there are several, as in " of channel reports".
func channelName(s *model.Server, c *model.Replication) string {
	switch {
	case len(s.Channels) < 2:
		return ""
	case c.Channel == "":
		return " of the unnamed channel"
	}
	return " of channel " + c.Channel
}

// lagAlerts tell of each channel that could not take over, by the replica's own word.
func (b *Board) lagAlerts(r *model.RDS, now time.Time) []Alert {
	if r.Replica == nil || !r.Replica.Server.Seen() {
		return nil
	}
	var out []Alert
	s := &r.Replica.Server.Value
	for _, c := range s.Streams() {
		a := Alert{ID: "rds:lag", Severity: model.Warn, rank: rankSource}
		if c.Channel != "" {
			a.ID += ":" + c.Channel
		}
		name := channelName(s, &c)
		lag := model.FreshLag(model.Reading[model.Lag]{Value: c.Lag, At: r.Replica.Server.At}, now, model.Allow(3*b.policy.ServerEvery))
		switch behind, known := lag.Behind(); {
		case lag.State() == model.LagBroken:
			a.Brief = cmp.Or(strings.TrimPrefix(strings.TrimPrefix(name, " of "), "the "), "replication") + " is broken: " + lag.Why()
			a.Severity, a.Says, a.Do = model.Fail, "replication"+name+" is broken: "+lag.Why(), "see SHOW REPLICA STATUS: until "+
				"it runs an emergency loses what is written"
			if strings.HasPrefix(lag.Why(), "IO thread") && b.primarySilent(r) {
				a.Brief = "replication" + name + ": the primary is silent"
				a.Says += "; the primary's server does not answer"
				a.Do = cmp.Or(b.atWork(primaryServer, model.TroubleSilent, now),
					"see whether its server runs: until it does, an emergency loses what was not replicated")
			}
			if len(c.Workers) > 1 {
				a.Says += "; " + strings.Join(c.Workers[1:], "; ")
			}
		case known && behind > b.policy.SwitchoverLag:
			a.Says, a.Do = fmt.Sprintf(
				"the replica%s is %s behind (limit for a switchover %s)",
				name,
				model.Age(behind),
				model.Span(b.policy.SwitchoverLag),
			), "look at what it applies; do not switch over now"
			a.Brief = fmt.Sprintf("%s is %s behind", cmp.Or(strings.TrimPrefix(name, " of "), "the replica"), model.Age(behind))
			if c.Delay > 0 {
				a.Says += fmt.Sprintf(": it is delayed by %s on purpose", model.Span(c.Delay))
				a.Do = delayed
			}
		case known && c.Delay > b.policy.SwitchoverLag: // while nothing is written nobody sees it
			a.Says, a.Do = fmt.Sprintf(
				"the replica%s is delayed by %s on purpose",
				name,
				model.Span(c.Delay),
			), delayed
			a.Brief = fmt.Sprintf("%s is delayed by %s", cmp.Or(strings.TrimPrefix(name, " of "), "the replica"), model.Span(c.Delay))
		case lag.State() == model.LagUnknown && lag == c.Lag && c.Source != "":
			a.Brief = "replication" + name + " lag unknown: " + lag.Why()
			a.Says, a.Do = "how far the replica"+name+" is behind is not known: "+lag.Why(), "see SHOW REPLICA STATUS: until it "+
				"can be read taking over is not proven"
		default:
			continue
		}
		out = append(out, a)
	}
	return out
}

var primaryServer = model.Source{Kind: model.SourceServer, Name: "primary"}

// primarySilent tells whether the primary's server does not answer, if only so far: to us who read it, or to green's catalog reader.
func (b *Board) primarySilent(r *model.RDS) bool {
	if p := r.Primary; p == nil || p.Server.Why != "" && !p.Server.Trouble.Answers() {
		return p != nil
	}
	return slices.ContainsFunc(b.seen, func(s Sighting) bool {
		return (s.Source == primaryServer || s.Source == model.CatalogOf(model.Green)) && s.Why != "" && !s.Trouble.Answers()
	})
}

// AlertReplica begins the alert of a replica that is none, before its name.
const AlertReplica = "rds:replica:"

// replicaAlerts tell when the configured replica is not a running, read-only replica of this primary, by all that is known: what would stop
// a takeover on the day is said before it.
func (b *Board) replicaAlerts(r *model.RDS, now time.Time) []Alert {
	i := r.Replica
	if i == nil || r.Primary == nil || !i.Missing.IsZero() {
		return nil
	}
	var why []string
	stands := i.AWS.Seen() && standsByAWS(i.AWS.Value)
	if i.AWS.Seen() && !(stands && b.ownWordIsBroken(i, now)) { // else its own alert says so, and why
		why = append(why, notReplica(r))
	}
	if i.Server.Seen() && within(i.Server.At, now, model.Allow(max(3*b.policy.ServerEvery, 5*time.Second))) {
		why = append(why, notReplicating(r)...)
	}
	says := ""
	for _, w := range why {
		if w != "" {
			says += "; " + w
		}
	}
	var out []Alert
	do := "see what became of it, and rebuild it where it is needed (f, :failover rebuild): until then nothing stands by for the catalog"
	switch {
	case len(why) == 1 && stands:
		do = "see SHOW REPLICA STATUS and its events: until it runs an emergency loses what is written"
	case strings.TrimPrefix(says, "; ") == notAsked(r): // AWS says that it replicates, and nothing else is wrong
		do = "grant the watcher that right, on the replica: nothing says that it does not replicate, and nothing proves that it does"
	}
	if says != "" {
		out = append(
			out,
			Alert{
				ID:       AlertReplica + i.ID,
				Severity: model.Fail,
				rank:     rankSource,
				Says:     i.ID + " is no running, read-only replica of " + r.Primary.ID + ": " + strings.TrimPrefix(says, "; "),
				Brief:    briefly(says),
				Do:       do,
			},
		)
	}
	if e := r.Distance.Errant; !e.Empty() {
		set := e.String()
		if len(set) > 120 {
			set = set[:120] + "..."
		}
		out = append(
			out,
			Alert{
				ID:       "rds:errant:" + i.ID,
				Severity: model.Warn,
				rank:     rankSource,
				Says:     fmt.Sprintf("%s has %s that %s never had: %s", i.ID, plural(e.Count(), "transaction"), r.Primary.ID, set),
				Brief:    fmt.Sprintf("%s has %s of its own", i.ID, plural(e.Count(), "transaction")),
				Do:       "see who wrote there: a takeover makes it the catalog's truth, and no distance shows it",
			},
		)
	}
	return out
}

// standsByAWS tells whether AWS calls the replication of a replica one that stands and can go on, which is not that it has ended for good.
func standsByAWS(d model.Description) bool {
	return d.IsReplica() && (d.Replication == "error" || d.Replication == "stopped")
}

// ownWordIsBroken tells whether a replica's own server says that it does not replicate.
func (b *Board) ownWordIsBroken(i *model.Instance, now time.Time) bool {
	if !i.Server.Seen() {
		return false
	}
	for _, c := range i.Server.Value.Streams() {
		lag := model.FreshLag(model.Reading[model.Lag]{Value: c.Lag, At: i.Server.At}, now, model.Allow(3*b.policy.ServerEvery))
		if lag.State() == model.LagBroken {
			return true
		}
	}
	return false
}

// briefly is the first of the reasons why a replica is none, for a narrow line.
func briefly(whys string) string {
	why, _, _ := strings.Cut(strings.TrimPrefix(whys, "; "), "; ")
	why, _, _ = strings.Cut(why, " (")
	return "RDS replica " + strings.NewReplacer("AWS calls it a ", "is by AWS a ", "AWS calls its replication ", "by AWS: ",
		"AWS says that it ", "by AWS ", "AWS tells nothing of", "by AWS: nothing of",
		"its server ", "", "how replicates is not known: ", "tells no replication; ").
		Replace(strings.Replace(why, "how its server", "how", 1))
}

// notReplica is why AWS calls the configured replica no working replica of the primary; empty when it does.
func notReplica(r *model.RDS) string {
	d := r.Replica.AWS.Value
	switch {
	case !d.IsReplica():
		return "AWS calls it a primary of its own"
	case !isSource(d.Source, r.Replica, r.Primary):
		return "AWS says that it replicates from " + d.Source
	case d.Replicating:
		return ""
	case d.Replication == "":
		return "AWS tells nothing of its replication"
	}
	says := "AWS calls its replication " + d.Replication
	if d.ReplicaNote != "" {
		says += " (" + d.ReplicaNote + ")"
	}
	return says
}

// notReplicating is why the replica's server is none by its own word. A thread that stands has an alert of its own.
func notReplicating(r *model.RDS) (why []string) {
	s := &r.Replica.Server.Value
	if !s.ReadOnly {
		why = append(why, "its server takes writes")
	}
	stream := s.Stream(r.Primary.Server.Value.UUID)
	uuid := r.Primary.Server.Value.UUID
	switch {
	case stream == nil:
		why = append(why, "its server replicates from nobody")
	case notAsked(r) != "":
		why = append(why, notAsked(r))
	case uuid != "" && stream.SourceUUID != "" && stream.SourceUUID != uuid:
		why = append(
			why,
			"its server replicates from another server ("+cmp.Or(stream.Source, stream.SourceUUID)+", server_uuid "+stream.SourceUUID+")",
		)
	}
	return why
}

// notAsked says why the replica's server does not tell how it replicates, which only a right that its reader lacks can keep it from; empty
// when it tells.
func notAsked(r *model.RDS) string {
	stream := r.Replica.Server.Value.Stream(r.Primary.Server.Value.UUID)
	if stream == nil || stream.Source != "" || stream.Lag.State() != model.LagUnknown {
		return ""
	}
	return "how its server replicates is not known: " + stream.Lag.Why()
}
