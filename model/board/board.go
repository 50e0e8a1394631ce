// Package board merges sightings into snapshots: the ledger, standings, health, alerts, events, and whether the replica could take over.
package board

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Board is where sightings are merged into snapshots. It decides everything and does nothing: a feed tells it what was seen
// and asks for the snapshot of a moment. It is not safe for concurrent use.
type Board struct {
	inv      *model.Inventory
	policy   model.Policy
	reach    time.Duration
	env      string
	scenario string
	sides    [2]*side
	rds      *model.RDS // without what is worked out of it
	rdsNews  bool
	listed   map[string]bool  // RDS instances whose events were listed once
	kept     *model.CardsKept // nil: nobody looked at the restore cards
	bundle   *model.BundleKept
	state    *record.State // nil: the journal was not read yet
	orphans  []string
	verify   func(model.Format) string // the hash of what verifies it; nil: not known
	desire   func(seq int64, document json.RawMessage) func(model.Cell) model.Route
	desired  func(model.Cell) model.Route // by the newest routes record; nil: not known
	eras     []*era                       // of the routes, oldest first, the newest too
	could    func(*Snapshot) [2]model.Takeover
	made     could                  // what it said last
	apart    [2]time.Duration       // by Cluster: how far its starts are pushed out of the way of the other's; 0: they are not
	channels map[string]replication // of the replica, as they were told last
	seen     []Sighting
	target   [2]target // by Cluster: whether its catalog is the one it is configured as
	cells    []CellView
	noted    notable
	doing    map[model.Cell]doing   // as the alerts are made
	drifting map[drifting]time.Time // since when
	hinders  [2]string              // from starting jobs; as the alerts are made
	events   []Event
	heard    string // which sources of the RDS pair answer, as far as the last judgement went
	last     *Snapshot
	seq      uint64
	dirty    bool
	swept    time.Time // when everything that time alone changes was computed
}

// side is what is known of one cluster.
type side struct {
	ledger   *Ledger
	nothing  *Ledger // of a catalog that is not believed
	zone     *time.Location
	catalog  model.Catalog
	walked   bool          // the catalog's window was read once
	primed   bool          // what there was at the start is known: from now on changes are events
	director DirectorTruth // as it counts, given who schedules
	said     DirectorTruth // as it was told
	acting   acting
	storages map[string]model.Progress // by unique Job name
	missing  map[string]time.Time      // open jobs that the live Director does not know, and since when
	unheard  map[string]time.Time      // ends that the Director told and the catalog does not have, and since when
	link     link
	asked    map[string]bool // jobs that the Director told of at the last look at its catalog
	busy     int             // looks for which every open row is asked for
	// lost jobs that are not told yet, by when their rows told of them: which restart it was is about to be known
	adrift  map[uint32]time.Time
	fallen  map[uint32]time.Time  // by JobId: the start of its Director that a lost job did not live to see, as it was noted then
	alone   time.Time             // since when the Director runs jobs without a connection to its catalog
	none    time.Time             // when a server said first that it has none, while the Director ran jobs
	lost    map[string]bool       // those that it has not known for LostAfter
	told    map[string]saidOf     // by unique Job name
	letters map[model.Status]bool // status letters that are not in Bacula's table and were told
	forgot  time.Time             // when what was told was last cleared of what is over
	has     map[model.Cell]bool   // cells that the Director that schedules has a job for
	// cells that the Director has a job for that is configured as active
	saidCells map[model.Cell]bool
	on        map[model.Cell]time.Time // when a job that was switched off was seen to be on again
	fresh     bool                     // the catalog was fresh at the last look
	view      *ClusterView
	pushed    bool                 // the Director that schedules has loaded what Switchyard renders
	loads     map[string]time.Time // when its Directors first did, as the journal tells, by their names in plans
	bound     *bounds
	dirty     bool
}

// sweepEvery is how often everything that only time changes is computed anew: due times, promises, tallies.
const sweepEvery = 30 * time.Second

// KeptEvents is how many events a snapshot holds.
const KeptEvents = 2048

// New returns a Board that has seen nothing. The zones are the Directors' local time zones.
func New(environment, scenario string, inv *model.Inventory, policy model.Policy, zones [2]*time.Location) *Board {
	b := &Board{listed: map[string]bool{}, inv: inv, policy: policy, env: environment, scenario: scenario, reach: policy.Window}
	for i := range inv.Cells {
		b.reach = max(b.reach, inv.Cells[i].Promise+day, inv.Cells[i].FullPromise+day)
	}
	for _, c := range model.Clusters {
		b.sides[c] = &side{
			ledger:  NewLedger(c),
			nothing: NewLedger(c),
			zone:    zones[c],
			told:    map[string]saidOf{},
			letters: map[model.Status]bool{},
			adrift:  map[uint32]time.Time{},
			fallen:  map[uint32]time.Time{},
			missing: map[string]time.Time{},
			lost:    map[string]bool{},
			on:      map[model.Cell]time.Time{},
		}
		b.sides[c].view = &ClusterView{Cluster: c, Directors: []model.Director{}, Open: []model.Job{}, Recent: []model.Job{}, Strays: []Stray{}}
	}
	return b
}

// DesireBy tells how a routes document is read that the journal brings: who takes a cell, or nil when it cannot be read. Without it what is
// desired is not known.
func (b *Board) DesireBy(read func(seq int64, document json.RawMessage) func(model.Cell) model.Route) {
	b.desire = read
}

// CouldBy tells how a takeover is judged by its plan, with all of a snapshot but its alerts: a switchover, and an emergency. Without it
// each is judged by what is known of the pair alone.
func (b *Board) CouldBy(judge func(*Snapshot) [2]model.Takeover) { b.could = judge }

// Ledger is the job history of one cluster, for the poller that reads its catalog.
func (b *Board) Ledger(c model.Cluster) *Ledger { return b.sides[c].ledger }

// Reach is how far back the catalogs are read: the window, and never less than a promise and a day.
func (b *Board) Reach() time.Duration { return b.reach }

// Source registers or updates what is known of a source. The order of first registration is the order on the screen.
func (b *Board) Source(s Sighting) {
	i := slices.IndexFunc(b.seen, func(o Sighting) bool { return o.Source == s.Source })
	if i < 0 {
		b.seen = append(slices.Clip(b.seen), s)
		b.dirty = true
		return
	}
	was := b.seen[i]
	b.seen = slices.Clone(b.seen)
	b.seen[i] = s
	if was.Why != s.Why || was.Detail != s.Detail || was.At.IsZero() != s.At.IsZero() || was.slow(b.policy) != s.slow(b.policy) {
		b.dirty = true
	}
	switch {
	case s.Early:
	case (was.Why == "" || was.Early) && s.Why != "":
		e := Event{At: s.Tried, Who: s.Source.Who(), Severity: model.Warn, Says: s.tells()}
		if s.Gates || s.Wrong { // as its alert is
			e.Severity = model.Fail
		}
		b.event(e)
	case was.Why != "" && !was.Early && s.Why == "" && !s.At.IsZero() && !s.Idle:
		says := s.Source.String() + s.Source.Verb(" answers", " answer")
		if !was.Since.IsZero() {
			says += " again after " + model.Age(s.At.Sub(was.Since))
		}
		b.event(Event{At: s.At, Who: s.Source.Who(), Says: says})
	}
}

// State is what the journal's records add up to; nil while it was not read.
func (b *Board) State() *record.State { return b.state }

// JobID is the JobId of a job among those that are open, among the newest ended, or the newest of a cell.
func (b *Board) JobID(key model.JobKey) (uint32, bool) {
	s := b.sides[key.Cluster]
	for _, j := range s.ledger.open {
		if j.Key == key {
			return j.ID, true
		}
	}
	for _, j := range slices.Backward(s.ledger.recent) {
		if j.Key == key {
			return j.ID, true
		}
	}
	for _, j := range slices.Backward(s.ledger.bad.jobs) {
		if j.Key == key {
			return j.ID, true
		}
	}
	for _, t := range s.ledger.tracks {
		for _, j := range []*model.Job{t.last, t.lastGood, t.lastFull} {
			if j != nil && j.Key == key {
				return j.ID, true
			}
		}
	}
	for _, list := range [][]model.Job{s.director.Running, s.director.Ended} {
		for i := range list {
			if list[i].Key.Job == key.Job {
				return list[i].ID, true
			}
		}
	}
	return 0, false
}

// RDS changes what is known of the RDS pair. The pair and its instances are copies that change may write to.
func (b *Board) RDS(change func(*model.RDS)) {
	next := &model.RDS{}
	if b.rds != nil {
		*next = *b.rds
	}
	for _, i := range []**model.Instance{&next.Primary, &next.Replica} {
		if *i != nil {
			c := **i
			*i = &c
		}
	}
	change(next)
	b.rds, b.rdsNews = next, true
}

// RunningOn are the Storage resources with running jobs, as the live Director names them, and the unique names of those jobs.
func (b *Board) RunningOn(c model.Cluster) map[string][]string {
	s := b.sides[c]
	out := map[string][]string{}
	for i := range s.director.Running {
		if j := &s.director.Running[i]; s.director.Live && j.Outcome == model.Running && j.Storage != "" {
			out[j.Storage] = append(out[j.Storage], j.Key.Job)
		}
	}
	return out
}

func sameDirector(a, o model.Director) bool {
	return a.Name == o.Name && a.Version == o.Version && a.PID == o.PID && a.Started.Equal(o.Started) && a.Reloaded.Equal(o.Reloaded) &&
		a.Active == o.Active && a.Works == o.Works && a.Acts == o.Acts && a.Clock == o.Clock &&
		(a.Ahead-o.Ahead).Abs() <= model.Allow(
			clockMoved,
		) && a.Uses == o.Uses && a.File.Differs == o.File.Differs && a.File.Same == o.File.Same && a.File.Took == o.File.Took &&
		maps.Equal(a.Stores, o.Stores) && slices.Equal(a.Jobs, o.Jobs)
}

func sameCatalog(a, o model.Catalog) bool {
	return a.Host == o.Host && (a.Ahead-o.Ahead).Abs() <= model.Allow(clockMoved) && a.Clock == o.Clock && a.ReadOnly == o.ReadOnly &&
		slices.Equal(a.Others, o.Others) && a.Server == o.Server && a.Version == o.Version && a.Identity == o.Identity &&
		slices.Equal(a.Missing, o.Missing) && slices.Equal(a.Flaws, o.Flaws) &&
		a.Tenants == o.Tenants && a.Figures == o.Figures
}

// Dirty tells whether something was seen that the last snapshot does not show; ages do not count.
func (b *Board) Dirty() bool {
	return b.dirty || b.sides[model.Blue].dirty || b.sides[model.Green].dirty
}

// Snapshot merges everything seen into the snapshot of a moment. When nothing changed but ages, Rev stays.
func (b *Board) Snapshot(now time.Time) *Snapshot {
	for _, s := range b.sides {
		b.role(s, now)
	}
	sweep := b.identify(now)
	sweep = sweep || now.Sub(b.swept) >= sweepEvery || now.Before(b.swept)
	for _, s := range b.sides {
		s.ledger.At(now.Add(s.catalog.Ahead), now.Add(-b.Reach()))
		b.look(s, now)
		b.hear(s, now)
		b.land(s, now)
		sweep = sweep || s.fresh != b.freshCatalog(s, now)
	}
	if sweep {
		b.swept = now
	}
	seen := b.identified()
	heard := b.rdsHeard(seen, now)
	still := !sweep && !b.dirty && heard == b.heard
	for _, s := range b.sides {
		s.fresh = b.freshCatalog(s, now)
		still = still && !s.dirty
	}
	changed := b.rdsNews || !still
	next := &Snapshot{
		At:          now,
		Environment: b.env,
		Rehearsal:   b.scenario,
		Seen:        seen,
		State:       b.state,
		Orphans:     b.orphans,
		Rev:         1,
		Beat:        1,
		bound:       [2]*bounds{b.sides[model.Blue].bound, b.sides[model.Green].bound},
		verify:      b.verify,
		Cards:       b.kept,
		Bundle:      b.bundle,
	}
	if b.last != nil {
		next.Rev, next.Beat = b.last.Rev, b.last.Beat+1
	}
	if !changed && b.last != nil {
		next.Clusters, next.Cells, next.Alerts, next.Events = b.last.Clusters, b.last.Cells, b.last.Alerts, b.last.Events
		next.RDS = b.last.RDS
		b.last = next
		return next
	}
	b.restand(sweep, now)
	for _, c := range model.Clusters {
		giveWay()
		if s := b.sides[c]; s.dirty || sweep {
			s.view = b.clusterView(c, now)
			s.dirty = false
		}
		next.Clusters[c] = b.sides[c].view
	}
	if b.rds != nil {
		judged := b.judge(seen, now)
		next.RDS, b.rdsNews, b.heard = &judged, false, heard
	}
	next.Cells = b.cells
	giveWay()
	b.judgeByPlan(next, still)
	b.replicates(next.RDS, now)
	giveWay()
	next.Alerts = b.alerts(next.Seen, next.RDS, now)
	next.Alerts, next.Cells, next.Seen, b.events = listed(next.Alerts), listed(next.Cells), listed(next.Seen), listed(b.events)
	next.Events = b.events[max(0, len(b.events)-KeptEvents):len(b.events):len(b.events)]
	b.dirty = false
	if b.last != nil {
		next.Rev++
	}
	b.last = next
	return next
}

// look updates which open jobs the live Director does not know. While it is silent nobody is lost, and the time starts anew.
func (b *Board) look(s *side, now time.Time) {
	known := make(map[string]bool, len(s.director.Running))
	for i := range s.director.Running {
		known[s.director.Running[i].Key.Job] = true
	}
	missing, lost := map[string]time.Time{}, map[string]bool{}
	for _, j := range b.trusted(s).open {
		name := j.Key.Job
		if !s.director.Live || s.acting.blind || known[name] || !j.Status.Known() { // a letter that nobody knows says nothing of a job's life
			continue
		}
		since, ok := s.missing[name]
		if !ok {
			since = now
		}
		missing[name] = since
		if now.Sub(since) >= model.Allow(b.policy.LostAfter) {
			lost[name] = true
		}
	}
	if !maps.Equal(lost, s.lost) {
		s.dirty = true
	}
	s.missing, s.lost = missing, lost
}

func (b *Board) clusterView(c model.Cluster, now time.Time) *ClusterView {
	s := b.sides[c]
	ledger := b.trusted(s)
	v := &ClusterView{Cluster: c, Directors: s.director.Directors, Catalog: s.catalog, Strays: b.strays(s, ledger)}
	v.Room = s.said.Room
	v.Catalog.Jobs, v.Catalog.From = ledger.Held()
	v.Catalog.Target, v.Catalog.TargetSays = b.target[c].is, b.target[c].says
	v.OpenMore = len(ledger.cold)
	v.Acting, v.Both, v.ActingSays = s.acting.place, s.acting.both, s.acting.says
	v.Reaches = model.Answer(s.link.is)
	if v.Linked, v.LinkSays = s.link.is, s.link.says; v.Linked == model.Fails {
		v.Unlinked = v.LinkSays
	}
	v.Open = ledger.openJobs(&s.director, s.storages, s.lost, now)
	b.restoring(v.Open)
	v.Recent = ledger.recentJobs(&s.director, s.view.Recent)
	v.Bad, v.BadCut = ledger.bad.published()
	v.Behind = ledger.behind(v.Recent)
	v.Day, v.Week = ledger.tallies(b.cells, now)
	v.Rates = ledger.rates(b.cells, now.Add(-b.policy.RateSpan), now)
	v.Day.Read, v.Week.Read = s.walked && !b.wrong(c), s.walked && !b.wrong(c)
	v.Directors, v.Strays, v.Open, v.Recent = listed(v.Directors), listed(v.Strays), listed(v.Open), listed(v.Recent)
	for i := range v.Open {
		b.tell(s, &v.Open[i], now)
	}
	for i := range s.director.Ended { // while the catalog is silent, the Director's ring still tells of ends, but never why
		if j := s.director.Ended[i]; !s.fresh && (s.ledger.mark == nil || j.ID > s.ledger.mark.ID || s.ledger.open[j.ID] != nil) {
			b.tell(s, s.ledger.ahead(&j), now)
		}
	}
	s.primed = s.primed || !s.director.At.IsZero()
	b.forget(s, now)
	return v
}
