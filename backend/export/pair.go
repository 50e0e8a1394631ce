package export

import (
	"cmp"
	"strings"
	"time"

	"switchyard/model"
)

var (
	mLag = named("replica_lag_seconds", "How far the replica is behind, by its own word or CloudWatch's. Absent unless it is known.",
		"cluster", "db_instance", "aws_region", "by")
	mLagState = named("replica_lag_state", "Whether the lag is known, broken (it does not replicate) or unknown.", "cluster", "db_instance",
		"aws_region", "by", "state")
	mTakeover = named("takeover", "Whether the replica could take over now.", "cluster", "way", "answer")
	mStatus   = named(
		"instance_status",
		"1 at AWS's word for the instance. Absent: AWS was not heard.",
		"cluster",
		"db_instance",
		"aws_region",
		"role",
		"status",
	)
	mFree = named("instance_free_storage_ratio", "Share of the instance's storage that is free. Absent: it was not measured.", "cluster",
		"db_instance", "aws_region")
	mCert = named(
		"instance_certificate_left_seconds",
		"Until the server's certificate ends. Absent: AWS does not tell.",
		"cluster",
		"db_instance",
		"aws_region",
	)
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
		o.lag(o.measuredLag(i), i, green, "cloudwatch")
	}
}

// ownLag is what the replica itself says: nothing that is older than its last answer.
func ownLag(i *model.Instance) model.Lag {
	switch own := i.Server.Value.Replication; {
	case !i.Server.Seen() || i.Server.Why != "":
		return model.UnknownLag(i.Server.Why)
	case own == nil && !i.AWS.Seen():
		return model.UnknownLag("whether it is a replica AWS has not told")
	case own == nil:
		return model.BrokenLag("it replicates from nobody")
	default:
		return own.Lag
	}
}

// measuredFor is for how long a point of CloudWatch's tells of now: it comes minutes late.
const measuredFor = 15 * time.Minute

// measuredLag is CloudWatch's word, while it is heard.
func (o *out) measuredLag(i *model.Instance) model.Lag {
	switch why := cmp.Or(i.Lag.Why, i.Metrics.Why); {
	case !i.Lag.Seen() || why != "":
		return model.UnknownLag(why)
	case o.now.Sub(i.Lag.At) > measuredFor:
		return model.UnknownLag("CloudWatch's last point is old")
	}
	return i.Lag.Value
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
	if share, at, ok := i.FreeStorage(); ok && i.Metrics.Why == "" && o.now.Sub(at) <= measuredFor {
		o.tell(mFree, share, green, i.ID, i.Region)
	}
	if !d.CertUntil.IsZero() {
		o.tell(mCert, d.CertUntil.Sub(o.now).Seconds(), green, i.ID, i.Region)
	}
}
