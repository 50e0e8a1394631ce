package export

import (
	"strings"

	"switchyard/model"
)

var (
	mLag = named("replica_lag_seconds", "How far the replica is behind, by its own word or CloudWatch's. Absent unless it is known.",
		"cluster", "instance", "aws_region", "by")
	mLagState = named("replica_lag_state", "Whether the lag is known, broken (it does not replicate) or unknown.", "cluster", "instance",
		"aws_region", "by", "state")
	mTakeover = named("takeover", "Whether the replica could take over now.", "cluster", "way", "answer")
	mStatus   = named("instance_status", "1 at AWS's word for the instance. Absent: AWS was not heard.", "cluster", "instance", "aws_region",
		"role", "status")
	mFree = named("instance_free_storage_ratio", "Share of the instance's storage that is free. Absent: it was not measured.", "cluster",
		"instance", "aws_region")
	mCert = named("instance_certificate_left_seconds", "Until the server's certificate ends. Absent: AWS does not tell.", "cluster", "instance",
		"aws_region")
)

var (
	lagStates = []string{model.LagKnown.String(), model.LagBroken.String(), model.LagUnknown.String()}
	answers   = []string{"yes", "no", "unknown"}
)

// pair tells of the instances: they carry green's catalog.
func (o *out) pair(r *model.RDS) {
	if r == nil {
		return
	}
	green := model.Green.String()
	for way, t := range map[string]*model.Takeover{"switchover": &r.Switchover, "emergency": &r.Emergency} {
		o.states(mTakeover, answer(t.Can), answers, green, way)
	}
	for _, i := range []*model.Instance{r.Primary, r.Replica} {
		if i == nil {
			continue
		}
		o.instance(i, green)
		if i.AWS.Seen() && !i.AWS.Value.IsReplica() && (i.Server.Value.Replication == nil) {
			continue
		}
		o.lag(ownLag(i), i, green, "server")
		o.lag(i.Lag.Value, i, green, "cloudwatch")
	}
}

// ownLag is what the replica itself says: nothing that is older than its last answer.
func ownLag(i *model.Instance) model.Lag {
	switch own := i.Server.Value.Replication; {
	case !i.Server.Seen() || i.Server.Why != "":
		return model.UnknownLag(i.Server.Why)
	case own == nil:
		return model.BrokenLag("it replicates from nobody")
	default:
		return own.Lag
	}
}

func answer(v model.Verdict) string {
	switch v {
	case model.Holds:
		return "yes"
	case model.Fails:
		return "no"
	case model.Unknown:
	}
	return "unknown"
}

func (o *out) lag(l model.Lag, i *model.Instance, green, by string) {
	o.states(mLagState, l.State().String(), lagStates, green, i.ID, i.Region, by)
	if behind, known := l.Behind(); known {
		o.tell(mLag, behind.Seconds(), green, i.ID, i.Region, by)
	}
}

func (o *out) instance(i *model.Instance, green string) {
	d := &i.AWS.Value
	switch {
	case !i.Missing.IsZero():
		o.tell(mStatus, 1, green, i.ID, i.Region, "", "missing")
		return
	case !i.AWS.Seen() || i.AWS.Why != "":
		return
	}
	o.tell(mStatus, 1, green, i.ID, i.Region, d.Role(), strings.ToLower(d.Status))
	if share, _, ok := i.FreeStorage(); ok {
		o.tell(mFree, share, green, i.ID, i.Region)
	}
	if !d.CertUntil.IsZero() {
		o.tell(mCert, d.CertUntil.Sub(o.now).Seconds(), green, i.ID, i.Region)
	}
}
