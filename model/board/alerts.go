package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// Ranks of alerts: what kind of trouble it is, the worst first where nothing else tells them apart.
const (
	rankWriters = iota // two servers of the pair: whatever else is wrong then comes of it
	rankGap
	rankPair // a failover, or another instance than it was
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
func (b *Board) alerts(seen []Sighting, r *model.RDS, now time.Time) []Alert {
	b.doing, b.hinders = b.underWay(), b.hindrances()
	cells, jobs := b.cellAlerts(now), b.jobAlerts()
	pair := b.rdsAlerts(r, now)
	out := append(b.oneOf(cells, jobs, toldBy(pair)), b.missedAlerts()...)
	out = append(out, b.standbyAlerts(now)...)
	out = append(out, b.sourceAlerts(seen, now)...)
	out = append(out, b.contentAlerts()...)
	out = append(out, pair...)
	out = append(out, b.targetAlerts(r, now)...)
	out = append(out, b.actionAlerts(now)...)
	out = append(out, b.leaseAlerts(now)...)
	out = append(out, b.programmeAlerts(now)...)
	out = append(out, b.driftAlerts(now)...)
	out = append(out, b.cardAlerts(now)...)
	out = append(out, b.bundleAlerts(now)...)
	for _, s := range b.sides {
		if a, bare := b.bareAlert(s); bare {
			out = append(out, a)
		}
		out = append(append(append(out, s.ledger.dateAlerts()...), s.truthAlerts()...), append(b.takenOver(s), b.elsewhere(s)...)...)
		out = append(append(out, s.ledger.rowAlerts()...), strayAlerts(s.view)...)
		if a, lost := unlinkedAlert(s.view); lost {
			out = append(out, a)
		}
	}
	out = b.acknowledged(b.byCause(out), now)
	b.order(out, now)
	return bounded(out)
}

// bareAlert tells which immutable cells of a cluster are not: the volumes of their newest good backups can be deleted.
func (b *Board) bareAlert(s *side) (Alert, bool) {
	c := s.ledger.cluster
	var cells, storages []string
	for _, i := range b.notable().bare {
		v := &b.cells[i]
		if j := v.On[c].LastGood; j == nil || j.Protected != model.Fails || v.On[c].Has == model.Fails {
			continue
		}
		cells = append(cells, v.Cell.String())
		if p, ok := b.inv.Find(v.Cell); ok && p.Storage != "" && !slices.Contains(storages, p.Storage) {
			storages = append(storages, p.Storage)
		}
	}
	a := Alert{ID: "bare:" + c.String(), Severity: model.Warn, rank: rankDoubt, Cluster: &c, Reach: len(cells),
		Says:  fmt.Sprintf("%s of %s on volumes that are not protected: %s", plural(uint64(len(cells)), "immutable cell"), c, fewNames(cells)),
		Brief: fmt.Sprintf("%s of %s not protected", plural(uint64(len(cells)), "immutable cell"), c),
		Do:    "see SetVolumeImmutable: until the Devices of " + fewNames(storages) + " have it, these backups can be deleted"}
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
	n := b.notable()
	order := slices.Clone(n.unwell)
	if !n.tells.IsZero() && !now.Before(n.tells) {
		order = order[:0]
		for i := range b.cells {
			if v := &b.cells[i]; v.Health != CellOK || !v.TellsFrom.IsZero() && !now.Before(v.TellsFrom) {
				order = append(order, i)
			}
		}
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

func (b *Board) cellAlert(v *CellView, now time.Time) (Alert, bool) {
	breaks, since, promise, ofFull, soon := v.breaksWithin(now, b.policy.PromiseAhead)
	if v.Health == CellOK && !soon { // most are, and this is asked with every change
		return Alert{}, false
	}
	cell := v.Cell
	a := Alert{ID: v.Health.String() + ":" + cell.String(), Severity: model.Fail, Cell: &cell, Says: cell.String() + ": " + v.Says}
	_, best := newestGood(v)
	if best != nil {
		a.Since = best.When().Add(v.Promise)
	}
	a.Cluster = b.atFault(v, now)
	switch v.Health {
	case CellGap:
		a.rank, a.Since = rankGap, time.Time{}
		a.Do = "give it to a Director: add its job to the configuration of one cluster and reload"
		if v.On[model.Blue].Off || v.On[model.Green].Off {
			a.Do = "enable its job, or route it: nothing starts it by itself"
			a.Brief = cell.String() + ": its job is switched off"
		}
	case CellBroken:
		a.rank = rankBroken
		a.Brief = cell.String() + ": " + v.brokenBrief(now)
		for _, c := range model.Clusters {
			if trouble := v.On[c].trouble(c, b.policy); trouble != "" {
				a.Brief += "; " + v.On[c].briefly(trouble)
				break
			}
		}
		a.Do = cmp.Or(b.doing[cell].advice, b.owes(v, best, now))
		if v.owesFull(best, now) {
			a.Do = cmp.Or(b.doing[cell].full(), b.owes(v, best, now))
		}
	case CellUnknown: // told for all cells of one cause
		return a, false
	case CellWarned, CellDiverged:
		a.rank, a.Severity = rankDoubt, model.Warn
		a.Brief = cell.String() + ": " + v.doubtBriefly()
		a.Do = "compare them: open the cell"
		if slices.ContainsFunc(v.On[:], func(s Standing) bool { return s.Has != model.Fails && s.Last != nil && s.Last.Bad() }) {
			a.Do = cmp.Or(b.doing[cell].advice, "read its log: open the cell to see its newest try")
		}
		a.Since = time.Time{}
		if best != nil {
			a.Since = best.When()
		}
		if v.Health == CellWarned && b.onlyWarnings(v, now) {
			a.Severity, a.cause = model.Info, "warnings"
			a.Do = "read its log: open the cell to see what it warns of"
		}
	case CellOK:
	}
	doing := b.doing[cell]
	if soon && v.Health < CellBroken && (!doing.before(breaks, now) || ofFull && !doing.job.Level.Whole()) {
		in := "breaks in " + model.Age(breaks.Sub(now))
		do := cmp.Or(doing.advice, b.before(v, breaks))
		if ofFull {
			do = cmp.Or(doing.full(), b.fullBefore(v, breaks, now))
		}
		return Alert{
			ID:       "breaks:" + cell.String(),
			Severity: model.Warn,
			rank:     rankBreaks,
			Cell:     &cell,
			Cluster:  v.only(),
			Since:    since,
			breaks:   breaks,
			Says:     fmt.Sprintf("%s: breaks its %s in %s", cell, promise, model.Age(breaks.Sub(now))),
			Brief:    cell.String() + ": " + in,
			Do:       do,
		}, true
	}
	return a, v.Health != CellOK && !v.saysMissed() // the missed run has an alert of its own
}

func (b *Board) sourceAlerts(seen []Sighting, now time.Time) []Alert {
	var out []Alert
	for _, s := range seen {
		name, verb := s.Source.String(), s.Source.Verb
		if s.Why == "" {
			if s.slow(b.policy) {
				out = append(out, Alert{ID: "slow:" + name, Severity: model.Warn, rank: rankSource, Cluster: clusterOf(s.Source), Source: s.Source,
					Says:  name + verb(" is slow: its", " are slow: their") + fmt.Sprintf(" last answer took %.1f s", s.Took.Seconds()),
					Brief: s.short() + verb(" is slow; ", " are slow; ") + fmt.Sprintf("%.1f s an answer", s.Took.Seconds()),
					Do:    "see what else it is doing; what it feeds is late"})
			}
			continue
		}
		if s.Source.Kind == model.SourceStorages && b.directorFails(s.Source.Cluster) || // they are asked through it
			s.Source.Kind == model.SourceFile && b.fails(model.DirectorOf(s.Source.Cluster, s.Source.Name)) { // its host may be gone
			continue
		}
		a := Alert{ID: "source:" + name, Severity: model.Warn, rank: rankSource, Cluster: clusterOf(s.Source), Source: s.Source, Since: s.Since,
			Says: s.tells(), Brief: s.brief(), Do: cmp.Or(b.atWork(s.Source, s.Trouble, now), s.Remedy()) + b.orFailOver(&s)}
		if s.Early {
			a.Says = name + ": " + model.CauseThenWhere(s.Why)
		}
		if s.Wrong {
			a.ID, a.Severity, a.rank = "wrong:"+name, model.Fail, rankGap
			a.Do = "correct the configuration, or what stands under that address, before anybody acts: nothing that it says is believed"
		} else if s.Gates && (!s.Early || s.Freshness(now) != Live && !s.At.IsZero()) { // as its event is
			a.Severity = model.Fail
			if s.At.IsZero() && !s.Trouble.Answers() {
				a.Says = name + " never answered: " + model.CauseThenWhere(s.Why)
			}
		}
		out = append(out, a)
	}
	return out
}

// directorFails tells whether the active Director of a cluster does not tell what it is asked.
func (b *Board) directorFails(c model.Cluster) bool {
	return slices.ContainsFunc(b.seen, func(s Sighting) bool {
		return s.Gates && s.Source.Kind == model.SourceDirector && s.Source.Cluster == c && s.Why != ""
	})
}

// fails tells whether a source does not tell what it is asked.
func (b *Board) fails(of model.Source) bool {
	return slices.ContainsFunc(b.seen, func(s Sighting) bool { return s.Source == of && s.Why != "" })
}

// clusterOf is the cluster that a source is a part of; nil for the RDS pair and the journal, which are of none of Bacula's.
func clusterOf(s model.Source) *model.Cluster {
	if c := s.Cluster; s.Of(c) {
		return &c
	}
	return nil
}

// says is what the source does instead of answering.
func (s *Sighting) says() string { return s.Source.Verb(s.Trouble.Says(), s.Trouble.SaysMany()) }

// slow tells that the last answer took long. One look at RDS is several calls to AWS or statements, one after the other.
func (s *Sighting) slow(p model.Policy) bool {
	if s.Source.OfPair() {
		return s.Took > 4*p.Slow
	}
	return s.Took > p.Slow
}

// Remedy is what a person does about a source that does not tell what it is asked, and what that costs meanwhile. Who refuses is not down,
// and what stands in the way here says nothing of it.
func (s *Sighting) Remedy() string {
	c := s.Source.Cluster.String()
	let, runs := let(s.Trouble), ""
	if s.Trouble.Answers() && s.Trouble != model.TroubleAnswer { // what is of no use may be the word of who stands in front of it
		runs = "it runs, and "
	}
	switch of := s.Source; {
	case s.Trouble == model.TroubleUntrusted:
		return let + ": until it is proven who answers, nothing of it counts"
	case of == model.Journal && runs != "" && s.Trouble != model.TroubleMissing:
		return let + ": until it does nobody can act, but by breaking the glass, and what others do is not seen"
	case of == model.Journal:
		return "see that its store is there and may be read: until it answers nobody can act, but by breaking the glass, and what others " +
			"do is not seen"
	case of == model.Cards:
		return "see cards.dir, and whether that directory is there and may be read: how old the cards are is not known"
	case of == model.Bundle:
		return "see bundle.file, and whether it may be read: how old the bundle is is not known"
	case of.Kind == model.SourceMetrics:
		return cmp.Or(let, "see the credentials and the health of that AWS region") + "; the servers' own figures go on"
	case of.OfPair() && s.Trouble == model.TroubleMissing:
		return "see who deleted or renamed it, or whether the configuration names another: while it is gone, nothing can be taken over"
	case of.Kind == model.SourceInstance && s.Trouble == model.TroubleAnswer:
		return "see that AWS region's health: nothing says that the instance is down, but until AWS tells of it, taking over is not proven"
	case of.OfPair() && let != "":
		return let + ": nothing says that it is down, but until it does, taking over is not proven"
	case of.OfPair():
		return "see whether the instance is up, its AWS region, and the credentials: until it answers, taking over is not proven"
	case of.Kind == model.SourceDirector:
		switch {
		case let != "":
			return let + ": " + runs + "what it does is not seen until then"
		case s.Mute:
			return "see bacula-dir's log: which of them it is shows within 5 s, and while it hangs, it starts no backup of " + c
		case s.Gates:
			return "see whether bacula-dir runs and takes this Console: while it is down or hangs, no backup of " + c + " starts"
		}
		return "see whether bacula-dir runs: nothing is on it now, and it could not take over"
	case of.Kind == model.SourceFile:
		return "run its sums by hand: the command stands under " +
			"clusters." + c + ".push.on in the configuration, and until it tells again, a file " +
			"that is edited there and not loaded shows by switchyard observe alone"
	case of.Kind == model.SourceStorages:
		return "see those Storage Daemons: how far the jobs on them are is not known"
	case let != "":
		if runs != "" {
			runs = "its server runs, and "
		}
		return let + ": " + runs + "what " + c + " backs up is not seen until then"
	}
	return "see whether its server runs and takes the watch account: while it is down, jobs of " + c + " can neither start nor end well"
}

// let is the beginning of what mends the trouble of a source that answers and does not let this reader in, or that is not asked at all;
// empty for one that may be down.
func let(in model.Trouble) string {
	switch in {
	case model.TroubleRefused:
		return "see the watcher's credentials (name, password or key)"
	case model.TroubleDenied:
		return "grant the watcher that right"
	case model.TroubleUntrusted:
		return "see its certificate and the authority of it, and whether another answers in its place"
	case model.TroubleWritable:
		return "see what keeps it writable"
	case model.TroubleThrottled:
		return "see who else asks AWS so often"
	case model.TroubleBusy:
		return "see who holds its connections: Directors may find no room either"
	case model.TroubleMissing:
		return "see how it is configured, and whether rightly"
	case model.TroubleAnswer:
		return "see what it answers"
	case model.TroubleOther:
		return "see what is in the way here"
	case model.TroubleNone, model.TroubleGone, model.TroubleSilent:
	}
	return ""
}

// whereListed is where all of a rank are listed, for those that are too many to be told one by one.
var whereListed = [rankStray + 1]string{
	rankWriters: "4 names both",
	rankGap:     "3 has the most urgent first",
	rankPair:    ":rds lists what AWS told",
	rankBroken:  "3 has the most urgent first",
	rankAction:  ":actions lists them",
	rankSource:  ":sources lists them",
	rankStuck:   "1 and 2 have them first",
	rankLost:    ":failures lists them",
	rankFailed:  ":failures lists them",
	rankBreaks:  "3 has the most urgent first",
	rankUnknown: ":sources lists who is silent",
	rankDoubt:   "filter the cells: /warned or /missed",
	rankWaits:   ":actions lists them",
	rankStray:   ":strays lists them",
}

// bounded keeps the first alerts of each rank and tells the rest as a number, behind the last that is kept.
func bounded(in []Alert) []Alert {
	var of, kept [2][rankStray + 1]int
	for i := range in {
		of[in[i].LetBe()][in[i].rank]++
	}
	out := in[:0:0]
	for _, a := range in {
		let := a.LetBe()
		switch kept[let][a.rank]++; {
		case kept[let][a.rank] <= keptAlerts:
			out = append(out, a)
		case kept[let][a.rank] == keptAlerts+1:
			out = append(out, Alert{ID: fmt.Sprintf("more:%d:%d", let, a.rank), Severity: a.Severity, rank: a.rank, Acked: a.Acked,
				Says: fmt.Sprintf("and %d more like the one above", of[let][a.rank]-keptAlerts), Do: whereListed[a.rank]})
		}
	}
	return out
}
