package gate

import (
	"cmp"
	"fmt"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// member is an instance of the pair and what its sources are called.
type member struct {
	*model.Instance
	role string
}

func (m *member) source() model.Source { return model.Source{Kind: model.SourceInstance, Name: m.role} }
func (m *member) server() model.Source { return model.Source{Kind: model.SourceServer, Name: m.role} }

// pair are the instance that takes writes and the one beside it, by what AWS says, whatever they are configured as; nil where there is
// none, or AWS says so of none.
func (f *facts) pair() (first, second *member) {
	r := f.snap.RDS
	if r == nil {
		return nil, nil
	}
	all := []*member{{r.Primary, "primary"}, {r.Replica, "replica"}}
	for i, m := range all {
		other := all[1-i]
		if m.Instance == nil || !m.AWS.Seen() || m.AWS.Value.IsReplica() {
			continue
		}
		if other.Instance == nil {
			other = nil
		}
		return m, other
	}
	return nil, nil
}

// noPair says why there is no instance to judge.
func (f *facts) noPair(g *Gate, why string) {
	if g.Source = "AWS"; f.snap.RDS == nil {
		why, g.Source = "no RDS pair is watched", theConfiguration
	}
	first, _ := f.pair()
	if f.snap.RDS != nil && first == nil {
		f.silent[g.ID], why = true, "AWS was not heard of an instance that takes writes"
		if p := f.snap.RDS.Primary; p != nil && p.AWS.Why != "" {
			why += ": " + p.AWS.Why
		}
	}
	g.unknown(why)
}

// instances are the gates of phase 2, of the instance that takes writes.
func (f *facts) instances() {
	kept := f.Policy.BackupsKept
	type d = model.Description
	for _, x := range []struct {
		id, says, limit, do string
		bar                 model.Bar
		of                  func(*d) (bool, string)
	}{
		{"rds-available", "green's RDS instance is available", "", "wait until it is, or see its events: switchyard rds", model.Override,
			func(i *d) (bool, string) { return i.Status == "available", i.Status }},
		{"rds-multi-az", "it has a standby in another availability zone", "", "modify it: MultiAZ", model.Override,
			func(i *d) (bool, string) {
				return i.MultiAZ, map[bool]string{true: i.AZ + ", " + i.SecondaryAZ, false: i.AZ + " only"}[i.MultiAZ]
			}},
		{"rds-encrypted", "its storage is encrypted", "", "it cannot be encrypted later: copy a snapshot with a key, and restore that",
			model.Block, func(i *d) (bool, string) { return i.Encrypted, cmp.Or(i.KeyARN, "no key") }},
		{"rds-protected", "it is protected from deletion", "", "modify it: DeletionProtection", model.Override,
			func(i *d) (bool, string) { return i.Protected, onOff(i.Protected) }},
		{"rds-retention", "its automated backups are kept long enough", fmt.Sprintf(">= %d d", kept),
			"modify it: BackupRetentionPeriod", model.Override, func(i *d) (bool, string) {
				return i.Retention >= kept, fmt.Sprintf("%d d", i.Retention)
			}},
		{"rds-parameters", "its parameters are those of its group", "in-sync", "reboot it in its window: some apply only then", model.Override,
			func(i *d) (bool, string) {
				return i.ParameterStatus == "in-sync", i.ParameterGroup + " " + i.ParameterStatus
			}},
		{"rds-unchanged", "nothing that was modified waits to be applied", "", "apply it, or let its window come", model.Caution,
			func(i *d) (bool, string) { return len(i.Pending) == 0, plural(len(i.Pending), "change") }},
	} {
		g := f.add(Instances, x.id, x.says, x.bar)
		g.Limit, g.Do = x.limit, x.do
		first, _ := f.pair()
		if first == nil {
			f.noPair(g, "AWS was not heard of an instance that takes writes")
			continue
		}
		if _, ok := f.told(g, first.source()); ok {
			holds, value := x.of(&first.AWS.Value)
			g.judge(holds, first.AWS.At, first.ID+": "+value)
			g.Fact = first.AWS.Value.ResourceID
		}
	}
	f.certificate()
	f.session()
	f.manual(Instances, "rds-class", "its class is at least what the old servers were", 0)
	f.drill(Instances, "az-drill", "a failover to the standby was tried, and green was back in time", f.Policy.AZDrillTime, "f",
		func(a *record.Action) bool { return a.Verb == board.FailoverVerb && a.Which == "az" })
}

func (f *facts) certificate() {
	g := f.add(Instances, "rds-certificate", "its server certificate does not end soon", model.Override)
	g.Limit, g.Do = "> "+model.Span(f.Policy.CertSoon), "rotate its certificate authority"
	first, _ := f.pair()
	if first == nil {
		f.noPair(g, "AWS was not heard of an instance that takes writes")
		return
	}
	at, ok := f.told(g, first.source())
	switch until := first.AWS.Value.CertUntil; {
	case !ok:
	case until.IsZero():
		g.unknown("AWS does not tell when it ends")
	default:
		g.judge(until.Sub(f.now) > f.Policy.CertSoon, at, "ends "+until.UTC().Format("2 Jan 2006"))
	}
}

func (f *facts) session() {
	g := f.add(Instances, "rds-tls", "its server encrypts the session of this program", model.Override)
	g.Do = "let it: set tls of the server in the configuration, and require_secure_transport in its parameter group"
	first, _ := f.pair()
	if first == nil {
		f.noPair(g, "AWS was not heard of an instance that takes writes")
		return
	}
	if at, ok := f.told(g, first.server()); ok {
		g.judge(first.Server.Value.TLS != "", at, cmp.Or(first.Server.Value.TLS, "not encrypted"))
	}
}

func onOff(is bool) string {
	if is {
		return "on"
	}
	return "off"
}
