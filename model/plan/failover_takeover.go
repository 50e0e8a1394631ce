package plan

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// How long steps of a takeover are looked at.
const (
	drainLimit   = 30 * time.Minute // then a person cancels what is left, and goes on
	catchUpLimit = 30 * time.Minute
	settleLimit  = 90 * time.Minute // a backup that began cannot be canceled, and is waited out
	promoteLimit = 60 * time.Minute
	modifyLimit  = 60 * time.Minute
	sessionLimit = 5 * time.Minute
	sparedLimit  = 10 * time.Minute // that a person tries to stop a Director which is fenced by its account
)

var errNoReplica = errors.New("no replica is configured")

// takeover is a plan by which the replica becomes the server of green's catalog.
type takeover struct {
	World
	to        FailoverTo
	p, r      *model.Instance
	pair      Pair
	names     []string // green's Directors, the active one first
	at        string   // host:port of the server that the catalog is moved to
	known     *KnownTakeover
	settings  Modify
	lostAfter time.Time
	loses     *Lost // nil: it was not worked out yet
}

func (f *Failover) takeover(w World, id string) (*Plan, error) {
	t, err := w.takeover(f.To)
	if err != nil {
		return nil, fmt.Errorf("planning a failover: %w", err)
	}
	p := &Plan{ID: id, Ask: Ask{Failover: f}, Known: &Known{Takeover: t.known}}
	p.Verb, p.Says, p.Confirm = f.words()
	var guards []string
	if f.To == FailoverSwitchover {
		guards = []string{
			"pair-target",
			"pair-ready",
			"pair-parity",
			"pair-errant",
			"pair-unproven",
			"rds-jobs",
			"director-answers",
			"catalog-writes",
		}
		guards = append(guards, w.needTold()...)
		p.Steps = append(t.drain(guards), t.fence()...)
	} else {
		guards = []string{"pair-target", "pair-outage", "pair-writers", "pair-unproven", "pair-loss", guardNumbers, "pair-parity"}
		guards = append(guards, w.needTold()...)
		p.Steps = t.stop(guards)
		p.Emergency = true
	}
	var account []Step
	if s, is := w.account(t.pair.To, true); is {
		account = []Step{s}
	}
	p.Steps = slices.Concat(p.Steps, t.promote(), t.reconcile(), account, t.move(), t.canary(id))
	p.nameLeft()
	p.Costs, p.Undo = t.costs(), t.undo()
	if p.Emergency {
		if err := w.Preempt(p); err != nil {
			return nil, err
		}
	}
	return w.Finish(p, guards...)
}

// nameLeft gives the steps their words that have none yet.
func (p *Plan) nameLeft() {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Name == "" {
			s.Name, s.Done = s.Order.words()
		}
	}
}

func (w World) takeover(to FailoverTo) (*takeover, error) {
	r := w.Snapshot.RDS
	if r.Replica == nil {
		return nil, errNoReplica
	}
	t := &takeover{World: w, to: to, p: r.Primary, r: r.Replica, pair: Pair{From: *onInstance(r.Primary), To: *onInstance(r.Replica)}}
	var err error
	if t.names, err = w.directors(model.Green); err != nil {
		return nil, err
	}
	if t.pair.To.ResourceID == "" {
		return nil, fmt.Errorf("AWS has not told which instance %s is: %w", t.r.ID, model.ErrNone)
	}
	if t.at = endpoint(t.r); t.at == "" {
		return nil, fmt.Errorf("AWS has not told where %s answers: %w", t.r.ID, model.ErrNone)
	}
	t.lostAfter = r.Emergency.Loss.After
	if t.known = w.known.Takeover; t.known == nil {
		t.known = t.learn()
	}
	if err := t.fits(t.known); err != nil {
		return nil, err
	}
	t.pair.From.ResourceID = t.known.Primary
	s := &t.known.Settings
	t.settings = Modify{OnInstance: t.pair.To, MultiAZ: s.MultiAZ, Protected: s.Protected, Retention: s.Retention, Window: s.Window}
	return t, nil
}

// usesAt is where a Director's catalog is, host:port; empty: it does not say.
func usesAt(u model.CatalogUse) string {
	if u.Address == "" {
		return ""
	}
	return u.Address + ":" + strconv.Itoa(cmp.Or(u.Port, 3306))
}

// set is how the promoted instance is to be: as AWS says of the primary, else as the journal has it from when its AWS region was there.
func (t *takeover) set() (s Settings, by string) {
	of := func(d *model.Description) Settings {
		return Settings{MultiAZ: d.MultiAZ, Protected: d.Protected, Retention: d.Retention, Window: d.BackupWindow}
	}
	switch seen := t.settingsOf(t.p); {
	case t.p.AWS.Seen():
		s, by = of(&t.p.AWS.Value), "AWS's word of "+t.p.ID
	case seen != nil:
		s = Settings{MultiAZ: seen.MultiAZ, Protected: seen.Protected, Retention: seen.Retention, Window: seen.BackupWindow}
		by = "the journal's evidence"
	default:
		s = of(&t.r.AWS.Value)
	}
	s.Retention = max(1, s.Retention) // without backups it could have no replica
	return s, by
}

// settingsOf are the settings of an instance that switchyard observe saw last; nil: none.
func (w World) settingsOf(i *model.Instance) (s *record.Settings) {
	if w.State == nil {
		return nil
	}
	for _, p := range w.State.Evidence {
		if c := p.Claim.Settings; c != nil && p.Of.Instances[0].ID == i.ID && p.Of.Instances[0].Region == i.Region {
			s = c
		}
	}
	return s
}

// drain lets no job start, waits for those that run, and then stops both Directors: only then nobody writes.
func (t *takeover) drain(guards []string) (steps []Step) {
	hold := &OnDirector{Cluster: model.Green, Director: t.names[0], Held: true}
	if t.Routing.Unpushed[model.Green] {
		steps = append(
			steps,
			byHand(
				"let no job start by itself on green's Directors, in the control plane that pushes to them",
				TouchDirector(model.Green, t.names[0]),
			),
		)
	} else {
		steps = append(steps, Step{Order: Order{Push: hold}, Limit: t.pushLimit()})
	}
	steps[0].Guards = guards
	steps = append(steps, Step{Order: Order{Drained: &Drained{Cluster: model.Green, All: true}}, Limit: drainLimit})
	return append(steps, t.ends(true)...)
}

// ends stops and masks the Directors, the passive one first. With a way back only where something but people goes it.
func (t *takeover) ends(back bool) (steps []Step) {
	serve := t.World.Serve
	if back {
		serve = t.World.ServeBack
	}
	for i := len(t.names) - 1; i >= 0; i-- {
		steps = append(steps, serve(model.Green, t.names[i], Mask), serve(model.Green, t.names[i], Stop))
	}
	return steps
}

// stop fences at the Directors what cannot be fenced where the AWS region is gone.
func (t *takeover) stop(guards []string) []Step {
	steps := t.ends(false)
	steps[0].Guards = guards
	for i := range steps { // who cannot be reached is fenced by its account: it can write to nothing but the server that is given up
		steps[i].Spares = t.Routing.Account != nil && onDirector(&steps[i].Order) != t.names[0]
		if steps[i].Spares {
			steps[i].Limit = min(steps[i].Limit, sparedLimit)
		}
		if !steps[i].Spares {
			steps[i].Guards = guards
			break
		}
	}
	return steps
}

// onDirector is the Director that a service is told something of; empty: of none.
func onDirector(o *Order) string {
	for _, s := range []*Service{o.Service, o.ServiceByHand} {
		if s != nil {
			return s.Director
		}
	}
	return ""
}

// fence notes what the source has executed, and waits until the replica has all of it.
func (t *takeover) fence() []Step {
	return []Step{
		t.close(),
		{Order: Order{Fence: &t.pair}, Limit: sessionLimit},
		{Order: Order{CaughtUp: &t.pair}, Limit: catchUpLimit},
	}
}

// close lets the primary take no writes any more: two writable servers would be read as one catalog. A default group cannot be changed.
func (t *takeover) close() Step {
	q := &Quarantine{OnInstance: t.pair.From, Group: t.known.Group}
	if q.Group == "" || strings.HasPrefix(q.Group, "default.") {
		return byHand("let "+t.p.ID+" take no writes any more: its parameter group is AWS's own and cannot be changed", TouchInstance(t.p.ID))
	}
	s := Step{Order: Order{Quarantine: q}, Guards: []string{"pair-target", "pair-ready"}, Limit: sessionLimit}
	s.Back = &Step{Order: Order{Release: q}, Limit: sessionLimit}
	s.Name, s.Done = s.Order.words()
	s.Back.Name, s.Back.Done = s.Back.Order.words()
	return s
}

// promote waits out what AWS is at, promotes once, and sets what the replica lacks before anybody works on it.
func (t *takeover) promote() []Step {
	guards := append([]string{"pair-target"}, t.needRoutes(model.Green)...)
	if t.to == FailoverEmergency {
		guards = append(guards, "pair-writers")
	}
	to := t.pair.To
	return []Step{
		{Order: Order{Settled: &to}, Limit: settleLimit},
		{Order: Order{Promote: &Promote{OnInstance: to, Source: t.pair.From, Retention: t.settings.Retention, Window: t.settings.Window}},
			Guards: guards, Limit: promoteLimit, NoReturn: true},
		{Order: Order{Settled: &to}, Limit: settleLimit},
		{Order: Order{Modify: &t.settings}, Limit: modifyLimit},
		{Order: Order{Settled: &to}, Limit: settleLimit},
	}
}

// move points every Director at the promoted server while it is stopped, and starts the active one with nothing that starts by itself.
func (t *takeover) move() (steps []Step) {
	for i, name := range t.names {
		on := OnDirector{Cluster: model.Green, Director: name}
		if t.Routing.Repoints[on] {
			r := &Repoint{OnDirector: on, From: t.known.From, To: t.at}
			if n := t.Routing.Account; n != nil {
				r.User, r.PasswordFile = n.Next, n.PasswordFile
			}
			steps = append(steps, Step{Order: Order{Repoint: r}, Limit: t.pushLimit(), Spares: i > 0})
		} else {
			as := ""
			if n := t.Routing.Account; n != nil {
				as = fmt.Sprintf(", %s as its DB User and @%s as its DB Password", n.Next, n.PasswordFile)
			}
			steps = append(steps, byHand(fmt.Sprintf("write %s as the DB Address and DB Port of %s's Catalog resource, in place of %s%s; "+
				"see that bacula-dir -t takes it, and do not start it", t.at, name, t.known.From, as), TouchDirector(model.Green, name)))
		}
		if t.Routing.Unpushed[model.Green] {
			continue
		}
		held := on
		held.Held, held.Stopped = true, true
		steps = append(steps, Step{Order: Order{Push: &held}, Limit: t.pushLimit(), Spares: i > 0})
	}
	start := t.World.Serve(model.Green, t.names[0], Start)
	for _, s := range []*Service{start.Order.Service, start.Order.ServiceByHand} {
		if s != nil && len(t.names) > 1 && (t.to == FailoverSwitchover || t.Routing.Account == nil) {
			s.Alone = t.names[1]
		}
	}
	return append(steps, t.World.Serve(model.Green, t.names[0], Unmask), start)
}

// canary proves a backup and a restore of it before schedules go on.
func (t *takeover) canary(id string) (steps []Step) {
	of := t.known.Canary
	if of == nil { // a catalog that cannot be read is no reason not to save it
		word := &Attest{Text: "a backup of a small cell on green and a restore of it were seen good: none could be chosen beforehand"}
		return t.schedules(append(t.used(), Step{Order: Order{Session: t.session()}, Limit: handTakes},
			Step{Order: Order{Attest: word}, Limit: handTakes}))
	}
	job := TaggedJob{Cluster: model.Green, Job: t.Names.Name(of.Cell), Tag: tagOf(id), After: t.safeMark(),
		Leaves: t.cell(of.Cell).On[model.Green].Leaves}
	verify := job
	verify.Asked = of.Level
	steps = append(t.used(), // the canary would recycle one
		Step{Order: Order{StartJob: &StartJob{TaggedJob: job, Level: of.Level}}, Limit: t.Policy.StartLimit},
		Step{Order: Order{Session: t.session()}, Limit: sessionLimit},
		Step{Order: Order{FollowJob: &job}, Limit: t.Policy.RunLimit},
		Step{Order: Order{VerifyJob: &verify}, Limit: t.Policy.StartLimit})
	restore, named := t.Names.RestoreName(of.Cell)
	if named && t.Routing.Below != "" && of.Client != "" {
		again := TaggedJob{Cluster: model.Green, Job: restore, Tag: tagOf(id) + " restore", After: job.After}
		where := path.Join(t.Routing.Below, of.Cell.Chain+"-"+id)
		steps = append(
			steps,
			Step{
				Order: Order{
					StartRestore: &StartRestore{TaggedJob: again, Cell: of.Cell, Of: job.Tag, Source: of.Client, Client: of.Client, Where: where},
				},
				Limit: t.Policy.TreeLimit,
			},
			Step{Order: Order{FollowJob: &again}, Limit: t.Policy.RunLimit},
			Step{Order: Order{VerifyRestore: &VerifyRestore{TaggedJob: again, Client: of.Client, Where: where, Parts: 1,
				NoCount: "its files are not counted beforehand"}}, Limit: t.Policy.StartLimit},
		)
	} else {
		steps = append(steps, Step{Order: Order{Attest: &Attest{Text: "a restore of the canary's backup was seen good"}}, Limit: handTakes})
	}
	return t.schedules(steps)
}

// session wants the sessions of the account that the Director has from then on.
func (t *takeover) session() *Session {
	s := &Session{OnInstance: t.pair.To, Director: t.names[0]}
	if n := t.Routing.Account; n != nil {
		s.Account = n.Next
	}
	return s
}

// schedules lets green's jobs start by themselves again, after what went before.
func (t *takeover) schedules(steps []Step) []Step {
	if t.Routing.Unpushed[model.Green] {
		return append(steps,
			byHand("let the control plane that pushes to green's Directors schedule its jobs again", TouchDirector(model.Green, t.names[0])))
	}
	on := &OnDirector{Cluster: model.Green, Director: t.names[0]}
	return append(steps, Step{Order: Order{Push: on}, Limit: t.pushLimit()}, Step{Order: Order{Effective: on}, Limit: t.pushLimit()})
}

// safeMark is a job that is in the promoted catalog, too: in an emergency one that ended well before what is lost began.
func (t *takeover) safeMark() (m Mark) {
	if t.to == FailoverSwitchover {
		return t.mark(model.Green)
	}
	const margin = 10 * time.Minute
	recent := t.view(model.Green).Recent
	for i := range recent {
		j := &recent[i]
		if j.ID > m.ID && !t.lostAfter.IsZero() && !j.End.IsZero() && j.End.Before(t.lostAfter.Add(-margin)) {
			m = Mark{ID: j.ID, Job: j.Key.Job}
		}
	}
	return m
}

// byHand is a step that a person does and says so.
func byHand(text string, touches ...string) Step {
	s := Step{Order: Order{ByHand: &ByHand{Text: model.Clean(text), Touches: record.TouchesOf(touches...)}}, Limit: handTakes}
	s.Name, s.Done = s.Order.words()
	return s
}
