package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// Ranks of alerts: what a person must do first comes first.
const (
	rankGap = iota
	rankBroken
	rankAction
	rankSource
	rankStuck
	rankLost
	rankFailed
	rankBreaks
	rankUnknown
	rankDoubt
	rankWaits
	rankStray
)

// keptAlerts bounds the alerts of one rank; the rest is told as a number.
const keptAlerts = 25

// alerts computes what needs a person now, the most urgent first.
func (b *Board) alerts(r *model.RDS, now time.Time) []Alert {
	out := append(b.cellAlerts(now), b.standbyAlerts(now)...)
	out = append(out, b.sourceAlerts(now)...)
	out = append(out, b.rdsAlerts(r, now)...)
	out = append(out, b.actionAlerts(now)...)
	broken, told := map[model.Cell]bool{}, map[model.JobKey]bool{}
	for i := range out {
		for _, j := range out[i].Jobs {
			told[j] = true
		}
		if out[i].Cell != nil && out[i].rank <= rankBroken {
			broken[*out[i].Cell] = true
		}
	}
	for _, s := range b.sides {
		if a, bare := b.bareAlert(s); bare {
			out = append(out, a)
		}
		for _, a := range jobAlerts(s.view, b.cells) {
			if a.rank == rankStuck || a.rank == rankLost { // since it is so, not since it was started
				a.Since = s.told[a.Job.Job].since
			}
			if a.rank == rankFailed && (told[*a.Job] || a.Cell != nil && broken[*a.Cell]) {
				continue // the failover or the broken promise says it already
			}
			out = append(out, a)
		}
		out = append(out, s.rowAlerts()...)
		if a, lost := unlinkedAlert(s.view); lost {
			out = append(out, a)
		}
		if n := len(s.view.Strays); n > 0 {
			c, names := s.ledger.cluster, make([]string, n)
			for i, stray := range s.view.Strays {
				names[i] = stray.Name
			}
			out = append(out, Alert{ID: "strays:" + c.String(), Severity: model.Info, rank: rankStray, Cluster: &c,
				Says: fmt.Sprintf("jobs on %s that map to no cell: %s", c, fewNames(names)),
				Do:   "add them to the inventory or correct the job-name template"})
		}
	}
	slices.SortStableFunc(out, func(a, b Alert) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.Severity, a.Severity)) })
	return bounded(out)
}

// standbyAlerts tell of catalogs of which only a read-only host answers: an alarm where cells need one, else a cluster at rest.
func (b *Board) standbyAlerts(now time.Time) []Alert {
	var out []Alert
	for _, s := range b.sides {
		why, c := s.catalog.WhyNoWrites(), s.ledger.cluster
		if why == "" || !b.freshCatalog(s, now) {
			continue
		}
		a := Alert{ID: "standby:" + c.String(), Severity: model.Warn, rank: rankSource, Cluster: &c, Says: c.String() + " catalog " + why,
			Do: "see whether its writable server runs: until one takes writes, jobs of " + c.String() + " can neither start nor end well"}
		if slices.ContainsFunc(b.cells, func(v CellView) bool { return v.On[c].Has == model.Holds }) {
			a.Severity = model.Fail
		}
		out = append(out, a)
	}
	return out
}

// bareAlert tells which immutable cells of a cluster are not: the volumes of their newest good backups can be deleted.
func (b *Board) bareAlert(s *side) (Alert, bool) {
	c := s.ledger.cluster
	var cells, storages []string
	for i := range b.cells {
		v := &b.cells[i]
		if j := v.On[c].LastGood; j == nil || j.Protected != model.Fails || v.On[c].Has == model.Fails {
			continue
		}
		cells = append(cells, v.Cell.String())
		if p, ok := b.inv.Find(v.Cell); ok && p.Storage != "" && !slices.Contains(storages, p.Storage) {
			storages = append(storages, p.Storage)
		}
	}
	a := Alert{ID: "bare:" + c.String(), Severity: model.Warn, rank: rankDoubt, Cluster: &c,
		Says: fmt.Sprintf("%s of %s on volumes that are not protected: %s", plural(uint64(len(cells)), "immutable cell"), c, fewNames(cells)),
		Do:   "see SetVolumeImmutable of the Devices of " + fewNames(storages) + ": until that holds, these backups can be deleted"}
	return a, len(cells) > 0
}

// fewNames are the first few names, and how many more there are.
func fewNames(names []string) string {
	says := strings.Join(names[:min(len(names), 3)], ", ")
	if more := len(names) - 3; more > 0 {
		says += fmt.Sprintf(" and %d more", more)
	}
	return says
}

func (b *Board) cellAlerts(now time.Time) []Alert {
	var order []int
	for i := range b.cells {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(b.cells[x].Tier, b.cells[y].Tier) })
	var out []Alert
	var unknown [2][]*CellView
	for _, i := range order {
		v := &b.cells[i]
		if v.Health == CellUnknown {
			c := b.silentOn(v)
			unknown[c] = append(unknown[c], v)
		}
		if a, ok := b.cellAlert(v, now); ok {
			out = append(out, a)
		}
	}
	for _, c := range model.Clusters {
		if a, ok := b.unknownAlert(c, unknown[c], now); ok {
			out = append(out, a)
		}
	}
	return out
}

// silentOn is the cluster whose silent catalog keeps a cell unknown.
func (b *Board) silentOn(v *CellView) model.Cluster {
	if !b.sides[model.Blue].fresh && v.On[model.Blue].Has != model.Fails {
		return model.Blue
	}
	return model.Green
}

// unknownAlert tells of all cells that one silent catalog keeps unknown: they have one cause. Before it was asked nothing is wrong.
func (b *Board) unknownAlert(c model.Cluster, cells []*CellView, now time.Time) (Alert, bool) {
	i := slices.IndexFunc(b.seen, func(s Sighting) bool { return s.Source == c.String()+" catalog" })
	if !b.sides[model.Blue].walked && !b.sides[model.Green].walked { // nothing was read at all: the sources say so
		return Alert{}, false
	}
	if len(cells) == 0 || i < 0 || b.seen[i].Why == "" && b.seen[i].Freshness(now) != Old {
		return Alert{}, false
	}
	a := Alert{ID: "unknown:" + c.String(), Severity: model.Warn, rank: rankUnknown, Cluster: &c, Source: b.seen[i].Source, Since: b.seen[i].Since,
		Do: "nothing can be said until the silent catalog answers"}
	if len(cells) == 1 {
		cell := cells[0].Cell
		a.Cell, a.Says = &cell, cell.String()+": "+cells[0].Says
		return a, true
	}
	names := make([]string, 0, 3)
	for _, v := range cells[:min(len(cells), 3)] {
		names = append(names, v.Cell.String())
	}
	a.Says = fmt.Sprintf("%s are not known to be well while the %s catalog is silent: %s", plural(uint64(len(cells)), "cell"), c, strings.Join(names, ", "))
	if more := len(cells) - len(names); more > 0 {
		a.Says += fmt.Sprintf(" and %d more", more)
	}
	return a, true
}

func (b *Board) cellAlert(v *CellView, now time.Time) (Alert, bool) {
	ahead := min(b.policy.PromiseAhead, v.Promise/8)
	breaks, soon := v.breaksWithin(now, ahead)
	if v.Health == CellOK && !soon { // most are, and this is asked with every change
		return Alert{}, false
	}
	cell := v.Cell
	a := Alert{ID: v.Health.String() + ":" + cell.String(), Severity: model.Fail, Cell: &cell, Says: cell.String() + ": " + v.Says}
	on, best := newestGood(v)
	if best != nil {
		a.Since = best.When().Add(v.Promise)
		a.Cluster = &on
	}
	switch v.Health {
	case CellGap:
		a.rank, a.Since = rankGap, time.Time{}
		a.Do = "give it to a Director: add its job to the configuration of one cluster and reload"
	case CellBroken:
		a.rank = rankBroken
		a.Do = "run a backup of it now; its newest try tells why: open the cell"
		switch {
		case best == nil && !v.triedAfter(time.Time{}):
			a.Do = "run a backup of it now, and see why none was ever tried: open the cell"
		case best != nil && !v.triedAfter(best.When()):
			a.Do = "run a backup of it now, and see why none was tried since: open the cell"
		}
	case CellUnknown: // told for all cells of one cause
		return a, false
	case CellWarned, CellDiverged:
		for _, s := range v.On {
			if s.Has != model.Fails && s.Last != nil && (s.Last.Outcome == model.Failed || s.Last.Outcome == model.Lost) && v.Health == CellWarned {
				return a, false // the job's own alert says it
			}
		}
		a.rank, a.Severity = rankDoubt, model.Warn
		a.Do = "open the cell to compare its backups"
		a.Since = time.Time{}
		if best != nil {
			a.Since = best.When()
		}
	case CellOK:
	}
	if soon && v.Health < CellBroken {
		if v.On[on].Open == nil || v.On[on].Open.Outcome != model.Running {
			return Alert{ID: "breaks:" + cell.String(), Severity: model.Warn, rank: rankBreaks, Cell: &cell, Since: breaks.Add(-ahead),
				Says: fmt.Sprintf("%s: breaks its %s promise in %s", cell, model.Span(v.Promise), model.Age(breaks.Sub(now))),
				Do:   "see that a backup of it runs before then"}, true
		}
	}
	return a, v.Health != CellOK
}

func (b *Board) sourceAlerts(now time.Time) []Alert {
	var out []Alert
	for _, s := range b.seen {
		c, do := &s.Cluster, s.remedy()
		if s.Journal {
			c = nil
		}
		if s.Why == "" {
			if s.slow(b.policy) {
				out = append(out, Alert{ID: "slow:" + s.Source, Severity: model.Warn, rank: rankSource, Cluster: c, Source: s.Source,
					Says: s.Source + s.verb(" is slow: its", " are slow: their") + fmt.Sprintf(" last answer took %.1f s", s.Took.Seconds()), Do: "look at what else it is doing; what it feeds is late"})
			}
			continue
		}
		a := Alert{ID: "source:" + s.Source, Severity: model.Warn, rank: rankSource, Cluster: c, Source: s.Source, Since: s.Since,
			Says: s.Source + s.verb(" does not answer: ", " do not answer: ") + s.Why, Do: do}
		if s.Early {
			a.Says = s.Source + ": " + s.Why
		}
		if s.Freshness(now) != Live && s.Gates {
			a.Severity = model.Fail
			if s.At.IsZero() {
				a.Says = s.Source + " never answered: " + s.Why
			}
		}
		out = append(out, a)
	}
	return out
}

// verb is for a source that is one, or several.
func (s *Sighting) verb(one, several string) string {
	if strings.HasSuffix(s.Source, " clients") {
		return several
	}
	return one
}

// slow tells that the last answer took long. One look at RDS is several calls to AWS or statements, one after the other.
func (s *Sighting) slow(p model.Policy) bool {
	if s.RDS {
		return s.Took > 4*p.Slow
	}
	return s.Took > p.Slow
}

// remedy is what a person does about a source that does not answer, and what that costs meanwhile.
func (s *Sighting) remedy() string {
	c := s.Cluster.String()
	switch {
	case s.Journal:
		return "see that its store is there and may be read: nobody can act, and what others do is not seen, until it answers"
	case strings.HasPrefix(s.Source, "CloudWatch "):
		return "see the credentials and the health of that AWS region; the servers' own figures go on"
	case s.RDS:
		return "see whether it is the instance, the AWS region or the credentials that fail; until it answers, taking over is not proven"
	case strings.HasPrefix(s.Source, c+" director "):
		if s.Gates {
			return "see on its host whether bacula-dir runs and takes this Console: while it is down or hangs, no backup of " + c + " starts"
		}
		return "see on its host whether bacula-dir runs: nothing is on it now, and it could not take over"
	case s.Source == c+" clients":
		return "see the file daemons it names: how far their jobs are is not known"
	}
	return "see whether its server runs and takes the watch account: while it is down, jobs of " + c + " can neither start nor end well"
}

// Unmended are the jobs of a cluster that ended badly and whose like has not ended well since, by Bacula's unique Job name. The failed backup
// of a cell that its Director has no job for any more is mended by a newer good one on the other cluster. Cells are those of a snapshot.
func (v *ClusterView) Unmended(cells []CellView) map[string]bool {
	unmended, seen := map[string]bool{}, map[string]bool{}
	for i := range v.Recent { // newest first: an older ending of the same job says nothing new
		j := &v.Recent[i]
		if bad := j.Outcome == model.Failed || j.Outcome == model.Lost; bad && !seen[j.Name] && !v.movedOn(j, cells) {
			unmended[j.Key.Job] = true
		}
		seen[j.Name] = seen[j.Name] || j.Outcome != model.Canceled
	}
	return unmended
}

func (v *ClusterView) movedOn(j *model.Job, cells []CellView) bool {
	if !j.HasCell || j.Type != model.TypeBackup {
		return false
	}
	i, ok := slices.BinarySearchFunc(cells, j.Cell, func(c CellView, want model.Cell) int { return c.Cell.Compare(want) })
	if !ok || cells[i].On[v.Cluster].Has != model.Fails {
		return false
	}
	on, best := newestGood(&cells[i])
	return best != nil && on != v.Cluster && best.When().After(j.When())
}

func jobAlerts(v *ClusterView, cells []CellView) []Alert {
	var out []Alert
	add := func(j *model.Job, rank int, sev model.Severity, do string) {
		c := v.Cluster
		a := Alert{ID: "job:" + c.String() + ":" + j.Key.Job, Severity: sev, rank: rank, Cluster: &c, Job: &j.Key, Since: j.When(),
			Says: fmt.Sprintf("%s on %s", j.Line(), c), Do: do}
		if j.HasCell && j.Type == model.TypeBackup {
			cell := j.Cell
			a.Cell = &cell
		}
		out = append(out, a)
	}
	for i := range v.Open {
		switch j := &v.Open[i]; j.Outcome {
		case model.Stuck:
			add(j, rankStuck, model.Fail, "it waits for a person: mount or label a volume, or cancel it")
		case model.Lost:
			add(j, rankLost, model.Warn, "look at the client; the row stays open until the Director restarts")
		case model.Waiting, model.Running, model.OK, model.Warned, model.Failed, model.Canceled:
		}
	}
	unmended := v.Unmended(cells)
	for i := range v.Recent {
		if j := &v.Recent[i]; unmended[j.Key.Job] {
			add(j, rankFailed, model.Warn, "open it to read its log; run it again when the cause is gone")
		}
	}
	return out
}

// bounded keeps the first alerts of each rank and tells the rest as a number.
func bounded(in []Alert) []Alert {
	out := in[:0:0]
	for len(in) > 0 {
		n := 1
		for n < len(in) && in[n].rank == in[0].rank {
			n++
		}
		if n <= keptAlerts {
			out = append(out, in[:n]...)
		} else {
			out = append(out, in[:keptAlerts]...)
			more := in[keptAlerts]
			out = append(out, Alert{ID: fmt.Sprintf("more:%d", more.rank), Severity: more.Severity, rank: more.rank,
				Says: fmt.Sprintf("and %d more like the one above", n-keptAlerts), Do: "filter the cells by what is wrong with them"})
		}
		in = in[n:]
	}
	return out
}
