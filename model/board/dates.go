package board

import (
	"fmt"
	"math"
	"strings"
	"time"

	"switchyard/model"
)

// oddities are the rows of a catalog whose dates cannot be. They count for nothing, and are told.
type oddities struct {
	rows  map[uint32]*model.Job // in the future, without an end or a start, or ended before they started
	more  int                   // beyond keptOdd
	old   map[uint32]bool       // ended before the window
	young uint32                // the lowest JobId of the window; 0: none yet
}

// outOfOrder is how long a job may wait and run: what got its JobId earlier may end so much later, at the window's edge, too.
const outOfOrder = 24 * time.Hour

// keptOdd bounds what is kept of rows with odd dates, whatever a catalog holds.
const keptOdd = 5000

// take looks at the dates of a row.
func (o *oddities) take(j *model.Job, b model.Bench) {
	o.forget(j.ID)
	at := j.When()
	switch {
	case oddDates(j, b.Now) != "":
		if len(o.rows) >= keptOdd {
			o.more++
			return
		}
		if o.rows == nil {
			o.rows = map[uint32]*model.Job{}
		}
		o.rows[j.ID] = j
	case at.IsZero() || j.Outcome.Open() || j.Times != model.Own: // what was moved or merged is as old as what it holds
	case at.Before(b.From) && b.From.Sub(at) < outOfOrder:
	case at.Before(b.From):
		if o.old == nil {
			o.old = map[uint32]bool{}
		}
		if len(o.old) < keptOdd {
			o.old[j.ID] = true
		}
	case o.young == 0 || j.ID < o.young:
		o.young = j.ID
	}
}

func (o *oddities) forget(id uint32) {
	delete(o.rows, id)
	delete(o.old, id)
}

// oddDates says what is wrong with the dates of a row, or nothing. A job may wait for a time to come, but has not started or ended before
// it came.
func oddDates(j *model.Job, now time.Time) string {
	late := func(t time.Time) bool { return !now.IsZero() && t.After(now.Add(model.ClockSlack)) }
	switch {
	case late(j.End), late(j.Start), !j.Outcome.Open() && late(j.When()):
		return "in the future"
	case j.Type != model.TypeBackup || !j.Outcome.Good():
	case j.End.IsZero():
		return "without an end"
	case j.Start.IsZero():
		return "without a start"
	case j.End.Before(j.Start):
		return "ended before they started"
	}
	return ""
}

// scanned counts the rows that are older than the window although rows of it have lower JobIds: somebody wrote them lately.
func (o *oddities) scanned() (n int) {
	for id := range o.old {
		if o.young > 0 && id > o.young {
			n++
		}
	}
	return n
}

// dateAlerts tell of rows whose dates cannot be, and of old ones that came lately.
func (l *Ledger) dateAlerts() []Alert {
	var out []Alert
	c := l.cluster
	kinds, example := map[string]int{}, map[string]*model.Job{}
	for _, j := range l.odd.rows {
		if says := oddDates(j, l.bench.Now); says != "" {
			if kinds[says]++; example[says] == nil || j.ID < example[says].ID {
				example[says] = j
			}
		}
	}
	var says []string
	total := l.odd.more
	for _, kind := range []string{"in the future", "without an end", "without a start", "ended before they started"} {
		if n := kinds[kind]; n > 0 {
			total += n
			says = append(says, fmt.Sprintf("%d %s (such as %s)", n, kind, l.oddLine(example[kind])))
		}
	}
	if total > 0 {
		out = append(out, Alert{ID: "dates:" + c.String(), Severity: model.Warn, rank: rankDoubt, Cluster: &c,
			Says:  fmt.Sprintf("%s of %s with dates that cannot be: %s", plural(uint64(total), "job"), c, strings.Join(says, ", ")),
			Brief: fmt.Sprintf("%s of %s with impossible dates", plural(uint64(total), "job"), c),
			Do:    "see its Director's clock and its catalog's, and who wrote these rows: they count for nothing"})
	}
	if n := l.odd.scanned(); n > 0 {
		out = append(out, Alert{ID: "scanned:" + c.String(), Severity: model.Info, rank: rankStray, Cluster: &c,
			Says:  fmt.Sprintf("%s that came into the catalog of %s lately ended before the window", plural(uint64(n), "job"), c),
			Brief: fmt.Sprintf("%s came late into the catalog of %s", plural(uint64(n), "job"), c),
			Do:    "nothing, if old volumes were scanned in (bscan); they count for nothing"})
	}
	return out
}

func (l *Ledger) oddLine(j *model.Job) string {
	says := fmt.Sprintf("JobId %d %s", j.ID, j.Title())
	if at := j.When(); !l.bench.Now.IsZero() && at.After(l.bench.Now) {
		says += ", in " + model.Age(at.Sub(l.bench.Now))
	}
	return says
}

// clockMoved is by how much a clock may be read otherwise without having moved.
const clockMoved = 5 * time.Second

// clockTrouble is how far apart two clocks may be before it is told.
const clockTrouble = time.Minute

// truthAlerts tell what the active Director does not say, and of clocks that are off, and of whose: a Director against its catalog and this
// host.
func (s *side) truthAlerts() []Alert {
	var out []Alert
	c := s.ledger.cluster
	catalog, known, limit := s.catalog.Ahead, s.catalog.Clock, model.Allow(clockTrouble)
	add := func(id, whose string, off time.Duration, says, do string) {
		out = append(out, Alert{ID: "clock:" + id, Severity: model.Warn, rank: rankDoubt, Cluster: &c, Says: says, Do: do,
			Brief: whose + " clock is " + strings.TrimSuffix(strings.TrimSuffix(ahead(off), " of"), " from")})
	}
	if d := s.director.scheduler(); d != nil && d.Jobs != nil && !d.OffKnown {
		out = append(out, Alert{ID: "off:" + c.String(), Severity: model.Info, rank: rankStray, Cluster: &c,
			Says: "whether jobs of " + c.String() + " are switched off is not known: " + d.Name + " does not answer \"show disabled\", or " +
				"shows no client or no schedule",
			Brief: "jobs of " + c.String() + " may be switched off unseen",
			Do: "see this Console's ACLs: add show to its CommandACL, and *all* to its ClientACL and ScheduleACL, a job that is switched off " +
				"looks like one that is there"})
	}
	here, off := false, false
	for i := range s.director.Directors {
		d := &s.director.Directors[i]
		if !d.Clock {
			continue
		}
		far, apart := d.Ahead, d.Ahead-catalog
		switch {
		case !known && far.Abs() > limit:
			add(
				c.String()+":"+s.director.name(i), d.Name+"'s", far,
				fmt.Sprintf("the clock of %s is %s this host's", d.Name, ahead(far)),
				"set the clocks of both: when a job was due and how old a backup is follow from them",
			)
		case !known || apart.Abs() <= limit && far.Abs() <= limit:
		case apart.Abs() > limit:
			off = true
			add(
				c.String()+":"+s.director.name(i), d.Name+"'s", apart,
				fmt.Sprintf("the clock of %s is %s that of its catalog and %s this host's", d.Name, ahead(apart), ahead(far)),
				"set its clock, or its time_zone in the configuration where it is off by whole quarters of an hour: what ends in the future counts "+
					"for nothing",
			)
		default:
			here = true
		}
	}
	switch {
	case here:
		add(
			"here:"+c.String(), "this host's", -catalog,
			fmt.Sprintf("this host's clock is %s those of %s's Director and catalog", ahead(-catalog), c),
			"set this host's clock: every age that is shown here is off by that",
		)
	case known && catalog.Abs() > limit && !off:
		add(
			"catalog:"+c.String(), c.String()+" catalog's", catalog,
			fmt.Sprintf("the clock of %s's catalog is %s this host's", c, ahead(catalog)),
			"set its server's clock, or this host's",
		)
	}
	return out
}

// ahead says how far one clock is from another: "5 min ahead of", "20 s behind".
func ahead(d time.Duration) string {
	if d.Abs() > time.Duration(math.MaxInt64)/2 {
		return "far from"
	}
	switch d = d.Round(time.Second); {
	case d == 0:
		return "level with"
	case d < 0:
		return model.Age(-d) + " behind"
	}
	return model.Age(d) + " ahead of"
}
