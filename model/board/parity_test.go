package board

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// alikePair are two instances in two AWS regions of which nothing differs that should not.
func alikePair() (p, r *model.Instance) {
	for i, at := range []**model.Instance{&p, &r} {
		in := &model.Instance{ID: fmt.Sprintf("bacula-%d", i), Region: fmt.Sprintf("region-%d", i)}
		now := time.Unix(1, 0)
		in.AWS = model.Reading[model.Description]{
			At: now,
			Value: model.Description{ParameterGroup: fmt.Sprintf("group-%d", i), Retention: 7, Protected: true,
				Engine: "mysql", Version: "8.4.11", Encrypted: true, SecurityGroups: []string{fmt.Sprintf("sg-%d", i)}},
		}
		in.Group = model.Reading[model.ParameterGroup]{At: now, Value: model.ParameterGroup{Name: in.AWS.Value.ParameterGroup,
			Set: []model.Parameter{{Name: "log_slow_extra", Value: "1"}, {Name: "read_only", Value: fmt.Sprint(i)}}}}
		*at = in
	}
	return p, r
}

// TestWhatDiffersOfAPair, by what AWS says of the two instances and of their parameter groups.
func TestWhatDiffersOfAPair(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(p, r *model.Instance)
		want []model.Difference
	}{
		"nothing": {func(_, _ *model.Instance) {}, nil},
		"no security group": {func(_, r *model.Instance) { r.AWS.Value.SecurityGroups = nil },
			[]model.Difference{{What: "security groups", Primary: "sg-0", Replica: "none"}}},
		"others in one AWS region": {func(p, r *model.Instance) { r.Region = p.Region },
			[]model.Difference{{What: "security groups", Primary: "sg-0", Replica: "sg-1"}}},
		"a parameter that only the primary has": {func(_, r *model.Instance) { r.Group.Value.Set = r.Group.Value.Set[1:] },
			[]model.Difference{{What: "parameter log_slow_extra", Primary: "1", Replica: "AWS's own"}}},
		"a parameter that only the replica has": {func(p, _ *model.Instance) { p.Group.Value.Set = nil },
			[]model.Difference{{What: "parameter log_slow_extra", Primary: "AWS's own", Replica: "1"}}},
		"one that the servers tell themselves": {func(p, _ *model.Instance) {
			p.Group.Value.Set = append(p.Group.Value.Set, model.Parameter{Name: model.ParityVariables[0], Value: "x"})
		}, nil},
		"a group that is not its own any more": {func(p, _ *model.Instance) { p.AWS.Value.ParameterGroup, p.Group.Value.Set = "other", nil },
			nil},
		"class, zones, key and logins": {func(p, r *model.Instance) {
			p.AWS.Value.Class, r.AWS.Value.Class = "db.r7g.xlarge", "db.r7g.large"
			p.AWS.Value.MultiAZ, p.AWS.Value.IAM, r.AWS.Value.Encrypted = true, true, false
		}, []model.Difference{{What: "class", Primary: "db.r7g.xlarge", Replica: "db.r7g.large"},
			{What: "multi-AZ", Primary: "on", Replica: "off"}, {What: "IAM login", Primary: "on", Replica: "off"},
			{What: "encryption", Primary: "on", Replica: "off"}}},
		"a smaller volume": {func(p, _ *model.Instance) {
			p.AWS.Value.Storage = model.Storage{Type: "gp3", GiB: 500, MaxGiB: 900, IOPS: 12000, MBps: 500}
		}, []model.Difference{{What: "storage type", Primary: "gp3", Replica: "none"}, {What: "storage", Primary: "500 GiB", Replica: "0 GiB"},
			{What: "storage limit", Primary: "900 GiB", Replica: "0 GiB"}, {What: "storage IOPS", Primary: "12000", Replica: "0"},
			{What: "storage throughput", Primary: "500 MB/s", Replica: "0 MB/s"}}},
		"what the servers tell": {func(p, r *model.Instance) {
			p.Server.Value.Variables = []model.Parameter{{Name: "max_allowed_packet", Value: "64"}, {Name: "sql_mode", Value: "B,A"},
				{Name: "log_bin", Value: "ON"}}
			r.Server.Value.Variables = []model.Parameter{{Name: "max_allowed_packet", Value: "16"}, {Name: "sql_mode", Value: "A,B"},
				{Name: "log_bin", Value: "on"}}
		}, []model.Difference{{What: "max_allowed_packet", Primary: "64", Replica: "16"}}},
		"retention, protection and version": {func(_, r *model.Instance) {
			r.AWS.Value.Retention, r.AWS.Value.Protected, r.AWS.Value.Version = 1, false, "8.4.10"
		}, []model.Difference{{What: "engine", Primary: "mysql 8.4.11", Replica: "mysql 8.4.10"},
			{What: "backup retention", Primary: "7 d", Replica: "1 d"}, {What: "deletion protection", Primary: "on", Replica: "off"}}},
	} {
		p, r := alikePair()
		c.harm(p, r)
		if got := Differences(p, r); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	p, r := alikePair()
	for i := range 3 * mostOfGroup {
		p.Group.Value.Set = append(p.Group.Value.Set, model.Parameter{Name: fmt.Sprintf("z%d", i), Value: "1"})
	}
	if n := len(Differences(p, r)); n != mostOfGroup+1 {
		t.Errorf("%d differences", n)
	}
}

// TestParityAsRecorded is the newest of this pair, and of no other.
func TestParityAsRecorded(t *testing.T) {
	p, r := alikePair()
	s := &Snapshot{RDS: &model.RDS{Primary: p, Replica: r}}
	if s.RecordedParity() != nil {
		t.Error("there is no journal")
	}
	proof := func(at int64, ids ...string) *record.Proved {
		q := &record.Proved{Proof: record.Proof{At: time.Unix(at, 0), Claim: record.Proven{Parity: &record.Parity{}}}}
		for _, id := range ids {
			q.Of.Instances = append(q.Of.Instances, record.ProvenInstance{ID: id})
		}
		return q
	}
	s.State = &record.State{Evidence: []*record.Proved{proof(2, p.ID, r.ID), proof(1, p.ID, r.ID), proof(9, r.ID, p.ID), proof(9, p.ID)}}
	if of := s.RecordedParity(); of == nil || of.At.Unix() != 2 {
		t.Errorf("%+v", of)
	}
}
