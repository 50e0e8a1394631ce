package board

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"switchyard/model"
)

// all is the pair with distance, parity and both takeovers worked out of its readings.
func (j judge) all() model.RDS {
	r := j.r
	r.Distance, r.Parity, r.ParityAt = model.Distance{Why: "there is no replica"}, []model.Difference{}, time.Time{}
	r.Events = listed(r.Events)
	if r.Primary == nil || r.Replica == nil {
		missing := model.Takeover{
			Can:    model.Fails,
			Says:   "no: no replica is configured",
			Loss:   model.Loss{Says: "everything: there is no replica"},
			Checks: []model.Check{},
		}
		r.Switchover, r.Emergency = missing, missing
		return r
	}
	r.TwoWriters = j.twoWriters()
	r.Distance = j.distance()
	j.r.Distance = r.Distance
	if j.parityKnown() {
		r.Parity = Differences(r.Primary, r.Replica)
		r.ParityAt = older(older(r.Primary.AWS.At, r.Replica.AWS.At), older(r.Primary.Server.At, r.Replica.Server.At))
		j.r.Parity, j.r.ParityAt = r.Parity, r.ParityAt
	}
	r.Switchover = j.switchover()
	r.Emergency = j.emergency()
	return r
}

// finding is a check with the words that stand in the one line when it does not hold.
type finding struct {
	model.Check
	but string
}

// takeover sorts the findings and puts the first into the one line.
func takeover(fs []finding, loss model.Loss) model.Takeover {
	rank := func(f finding) int {
		switch {
		case f.Verdict == model.Holds:
			return 9
		case f.Bar == model.Caution:
			return 8
		case f.Verdict == model.Fails:
			return int(f.Bar)
		}
		return 4 + int(f.Bar)
	}
	slices.SortStableFunc(fs, func(a, b finding) int { return rank(a) - rank(b) })
	t := model.Takeover{Can: model.Holds, Loss: loss, Says: "yes; would lose " + loss.Says, Checks: make([]model.Check, len(fs))}
	if loss.None {
		t.Says = "yes, without loss"
	}
	var against []model.Objection
	for i, f := range fs {
		t.Checks[i] = f.Check
		if f.Verdict != model.Holds && f.Bar != model.Caution {
			against = append(against, model.Objection{Of: f.ID, Says: f.but, Bar: f.Bar, Verdict: f.Verdict})
		}
	}
	t.Object(against)
	return t
}

// distance compares what both servers have executed.
func (j judge) distance() model.Distance {
	p, r := j.r.Primary.Server, j.r.Replica.Server
	d := model.Distance{At: older(p.At, r.At)}
	switch {
	case !j.freshServer(p, "primary"):
		d.Why = cmp.Or(p.Why, "the primary's server "+p.Trouble.Says())
	case !j.freshServer(r, "replica"):
		d.Why = cmp.Or(r.Why, "the replica's server "+r.Trouble.Says())
	case gtidsTell(p.Value) && gtidsTell(r.Value):
		d.Known, d.Missing, d.Errant = true, p.Value.GTIDs.Minus(r.Value.GTIDs).Count(), errantOf(&p.Value, &r.Value)
	case r.Value.Replication == nil:
		d.Why = "the replica does not replicate"
	case p.Value.BinlogFile == "" || r.Value.Stream(p.Value.UUID).File == "":
		d.Why = "GTIDs are not in use and there are no binary log positions"
	case p.Value.BinlogFile == r.Value.Stream(p.Value.UUID).File && p.Value.BinlogPos > 0 &&
		p.Value.BinlogPos <= r.Value.Stream(p.Value.UUID).Pos:
		d.Known = true
	default:
		d.Why = "GTIDs are not in use; binary log positions differ"
	}
	return d
}

// errantOf are the transactions that a replica has and its primary never had. What the primary wrote, or replicated itself, since it was
// asked is none; without the primary's identity nobody can tell.
func errantOf(p, r *model.Server) model.GTIDSet {
	if p.UUID == "" {
		return model.GTIDSet{}
	}
	later := []string{p.UUID}
	for _, c := range p.Streams() {
		later = append(later, c.SourceUUID)
	}
	return r.GTIDs.Minus(p.GTIDs).Except(later...)
}

// gtidsTell: empty sets are equal whatever was written, so they prove nothing.
func gtidsTell(s model.Server) bool { return s.GTIDMode == "ON" && !s.GTIDs.Empty() }

// loss of an emergency: as if the primary were gone now.
func (j judge) loss() model.Loss {
	p, r := j.r.Primary.Server, j.r.Replica.Server
	if j.r.Replica.AWS.Trouble == model.TroubleMissing { // what answers at its address is nobody's replica
		return model.Loss{Says: "an unknown amount: AWS says that there is no replica"}
	}
	if !j.freshServer(r, "replica") {
		return model.Loss{Says: "an unknown amount: the replica's server " + r.Trouble.Says()}
	}
	l := model.Loss{After: r.Value.Newest}
	if j.r.Distance.Known && j.freshServer(p, "primary") {
		if j.r.Distance.Missing == 0 {
			return model.Loss{Known: true, None: true, Says: "nothing"}
		}
		l.Known, l.Transactions = true, j.r.Distance.Missing
		l.Says = plural(l.Transactions, "transaction")
	}
	if rep := r.Value.Replication; rep.Runs() && j.freshServer(p, "primary") {
		behind, ok := rep.Lag.Behind()
		switch applied := r.At.Add(-behind); {
		case l.After.IsZero() && ok && behind > 0:
			l.After = applied
		// a quiet catalog, in which something is just under way
		case j.flows() && j.now.Sub(l.After) > j.p.EmergencyLoss && applied.After(l.After):
			l.After = applied
		}
	}
	if !l.After.IsZero() {
		l.Known = true
		for _, part := range j.jobs {
			for i := range part {
				if part[i].End.After(l.After) {
					l.Jobs++
				}
			}
		}
		if l.Says != "" {
			l.Says += ", "
		}
		l.Says += "what was written after " + l.After.UTC().Format("15:04:05 UTC")
		if j.now.Sub(l.After) >= day {
			l.Says = "what was written after " + l.After.UTC().Format("2006-01-02 15:04 UTC")
		}
		if l.Jobs > 0 {
			l.Says += ", " + plural(uint64(l.Jobs), "ended job")
		}
	}
	if !l.Known {
		l.Says = "an unknown amount: the primary was not seen and the replica has no row to date it by"
	}
	return l
}

func plural(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.FormatUint(n, 10) + " " + what + "s"
}

func older(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
