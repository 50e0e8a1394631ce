package ui

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// rdsPage is everything known of the pair.
type rdsPage struct{ general }

func (rdsPage) title(*scene) []draw.Piece { return []draw.Piece{draw.As(themes.Title, "RDS")} }

func (rdsPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	p := sc.snap.RDS
	if p == nil {
		s.prose(themes.Muted, "No RDS instance is configured.")
		return s.out
	}
	for _, t := range []struct {
		name string
		of   *model.Takeover
	}{{"switch over now, with both up", &p.Switchover}, {"in an emergency, as if the primary's AWS region were gone", &p.Emergency}} {
		takeoverLines(s, sc, t.name, t.of)
	}
	if len(p.Parity) > 0 {
		s.head("the replica differs from the primary")
		for _, d := range p.Parity {
			s.factIn(themes.Warn, d.What, "primary "+cmp.Or(d.Primary, "none")+", replica "+cmp.Or(d.Replica, "none"))
		}
	}
	if of := sc.snap.RecordedParity(); p.ParityAt.IsZero() && of != nil {
		s.head("the replica and the primary, as recorded " + of.At.UTC().Format("2 Jan 15:04:05") + " UTC")
		if len(of.Claim.Parity.Differences) == 0 {
			s.prose(themes.Muted, "nothing differed that should not")
		}
		for _, d := range of.Claim.Parity.Differences {
			s.factIn(themes.Warn, model.Clean(d.What), model.Clean("primary "+cmp.Or(d.Primary, "none")+", replica "+cmp.Or(d.Replica, "none")))
		}
	}
	instanceFacts(s, sc, "PRIMARY", p.Primary)
	instanceFacts(s, sc, "REPLICA", p.Replica)
	if p.Replica != nil {
		distance := "unknown: " + p.Distance.Why
		if p.Distance.Known {
			distance = draw.Count(int(p.Distance.Missing)) + " transactions of the primary are not there yet"
		}
		s.fact("GTID", distance)
	}
	s.head("events of AWS, newest first")
	for i := len(p.Events) - 1; i >= 0; i-- {
		e := &p.Events[i]
		_, role := severityGlyph(e.Severity)
		s.factIn(role, e.At.UTC().Format("2 Jan 15:04"), e.Instance+": "+e.Says)
	}
	return s.out
}

// takeoverLines is one verb with every check, what stands in the way first.
func takeoverLines(s *story, sc *scene, name string, t *model.Takeover) {
	s.head(name)
	v := verdictPiece(t)
	s.prose(v.Role, v.Text)
	if t.Loss.Says != "" {
		s.fact("loses", t.Loss.Says)
	}
	for _, c := range t.Checks {
		glyph, role := "✓ ", themes.Good
		switch c.Verdict {
		case model.Fails:
			glyph, role = "✗ ", themes.Warn
			if c.Bar == model.Block {
				role = themes.Fail
			}
		case model.Unknown:
			glyph, role = "? ", themes.Warn
		case model.Holds:
		}
		line := glyph + c.Says
		if c.Verdict != model.Holds {
			line += ": " + c.Value
			if c.Limit != "" {
				line += " (limit " + c.Limit + ")"
			}
			line += ", " + c.Bar.String()
		} else if c.Value != "" {
			line += ": " + c.Value
		}
		if !c.At.IsZero() {
			line += ", " + age(sc.now, c.At) + " old"
		}
		s.prose(role, line)
	}
}

func instanceFacts(s *story, sc *scene, role string, i *model.Instance) {
	if i == nil {
		return
	}
	s.head(role + " " + i.ID)
	if d := i.AWS.Value; i.AWS.Seen() {
		describedFacts(s, sc, &d)
	}
	seen(s, sc, "AWS", i.AWS.At, i.AWS.Why)
	for _, m := range i.Upkeep.Value {
		text := m.Action + ": " + m.Says
		if !m.Forced.IsZero() {
			text += ", forced " + moment(sc, m.Forced)
		}
		s.factIn(themes.Warn, "upkeep", text)
	}
	if k := i.Key.Value; i.Key.Seen() {
		text := k.State
		if k.MultiRegion {
			text += ", multi-region"
		}
		if k.Why != "" {
			text += ": " + k.Why
		}
		s.fact("key", text)
	} else {
		s.factIn(themes.Warn, "key", i.Key.Why)
	}
	if v := i.Server.Value; i.Server.Seen() {
		serverFacts(s, &v)
	}
	seen(s, sc, "server", i.Server.At, i.Server.Why)
	seen(s, sc, "CloudWatch", i.Metrics.At, i.Metrics.Why)
}

// seen says when something answered last and what stands in the way of a newer answer.
func seen(s *story, sc *scene, label string, at time.Time, why string) {
	if why != "" {
		s.factIn(themes.Warn, label, why+"; last answer "+stamp(sc.now, at))
		return
	}
	if !at.IsZero() {
		s.fact(label, "answered "+age(sc.now, at)+" ago")
	}
}

func describedFacts(s *story, sc *scene, d *model.Description) {
	s.fact("class", d.Class+", "+d.Engine+" "+d.Version+", "+d.Status)
	place := d.AZ
	if d.MultiAZ {
		place += ", Multi-AZ, standby in " + cmp.Or(d.SecondaryAZ, "?")
	}
	s.fact("place", place)
	if d.Recreated != "" {
		s.factIn(themes.Fail, "identity", "✗ another instance stands under this name: it was "+d.Recreated+" and is "+d.ResourceID)
	}
	st := d.Storage
	disk := fmt.Sprintf("%s %d GiB, %d IOPS, %d MB/s", st.Type, st.GiB, st.IOPS, st.MBps)
	if st.Operation != "" {
		disk += fmt.Sprintf(", %s %d %%", st.Operation, st.Percent)
	}
	s.fact("storage", disk)
	s.fact("backups", fmt.Sprintf("%d days, restorable to %s", d.Retention, cmp.Or(moment(sc, d.Restorable), "unknown")))
	s.fact("protected", "deletion "+yesOrNo(d.Protected)+", encrypted "+yesOrNo(d.Encrypted))
	s.fact("parameters", d.ParameterGroup+", "+d.ParameterStatus)
	for _, c := range d.Pending {
		s.factIn(themes.Warn, "pending", c.What+" → "+c.To)
	}
	s.fact("maintained", d.Window+" UTC")
	if !d.CertUntil.IsZero() {
		s.fact("certificate", d.CA+", until "+d.CertUntil.UTC().Format("2 Jan 2006"))
	}
	if d.IsReplica() {
		s.fact("source", d.Source+", "+cmp.Or(d.Replication, "?"))
	}
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "NO"
}

func serverFacts(s *story, v *model.Server) {
	s.fact("server", v.Version+", up "+exactSpan(v.Uptime)+", read_only "+yesOrNo(v.ReadOnly)+", gtid_mode "+v.GTIDMode)
	s.fact("connected", strconv.Itoa(v.Connections)+" of "+strconv.Itoa(v.MaxConnections)+" connections, "+
		strconv.Itoa(v.Running)+" threads running")
	var who []string
	for _, a := range v.Accounts {
		who = append(who, a.User+" "+strconv.Itoa(a.Connections))
	}
	s.fact("accounts", strings.Join(who, ", "))
	for _, r := range v.Streams() {
		where := ""
		if len(v.Channels) > 1 {
			where = "channel " + cmp.Or(r.Channel, "without a name") + " "
		}
		delay := ""
		if r.Delay > 0 {
			delay = ", delayed by " + model.Span(r.Delay) + " on purpose"
		}
		s.fact("replicates", where+"from "+r.Source+", lag "+r.Lag.String()+", io "+r.IO+", sql "+r.SQL+delay)
		s.factIn(themes.Fail, "io error", r.IOError)
		s.factIn(themes.Fail, "sql error", r.SQLError)
		for _, w := range r.Workers {
			s.factIn(themes.Fail, "worker error", w)
		}
	}
}
