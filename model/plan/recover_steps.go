package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Greet wants a Storage Daemon to answer its Director.
type Greet struct {
	Cluster  model.Cluster `json:"cluster"`
	Director string        `json:"director"`
	Storage  string        `json:"storage"`
	Scratch  bool          `json:"scratch,omitempty"` // the Director is one that a drill brings up
}

func (g *Greet) words() (name, done string) {
	return model.Clean(fmt.Sprintf("see %s answer %s", g.Storage, g.Director)),
		model.Clean(fmt.Sprintf("%s tells through %s what runs on it", g.Storage, g.Director))
}

func init() {
	orders = append(orders, Row{
		Name: "greet", Does: "see a Storage Daemon answer its Director", Reaches: Bacula, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Greet != nil },
		keeps: keepsNothing,
	})
}

// bringUp are the steps that let a Director come up: those that scheduled before are fenced first.
func (w World) bringUp(u *BringUp) (steps []Step) {
	to := OnDirector{Cluster: model.Green, Director: u.Director}
	steps = w.fenceOld(u)
	steps = append(steps, w.configured(u, to)...)
	steps = append(steps, w.Serve(to.Cluster, to.Director, Unmask), w.Serve(to.Cluster, to.Director, Start))
	if w.Routing.Services[to].State == nil { // nothing masks it
		steps = append(steps[:len(steps)-2], steps[len(steps)-1])
	}
	if u.Storage != "" {
		steps = append(steps, Step{Order: Order{Greet: &Greet{Cluster: to.Cluster, Director: u.Director, Storage: u.Storage}}, Limit: handTakes})
	}
	return steps
}

// proven sees the session of a Director that came up, on the catalog that is left. A Director has one as long as a job or a console needs
// it: it is looked for once the first restore is started.
func (w World) proven(u *BringUp, restores []Step) []Step {
	see := Step{Order: Order{Attest: &Attest{Text: model.Clean(u.Director + " has a session on the catalog that is left")}}, Limit: handTakes}
	if u.On != nil {
		s := &Session{OnInstance: *u.On, Director: u.Director}
		if n := w.Routing.Account; n != nil {
			s.Account = n.Next
		}
		see.Order = Order{Session: s}
	}
	return slices.Insert(slices.Clone(restores), min(1, len(restores)), see)
}

// fenceOld keeps from the catalog whoever scheduled before. An account takes the place of theirs: then none of them can write, dead or only
// cut off. One that answers is stopped besides; without such an account a person vouches for those that do not.
func (w World) fenceOld(u *BringUp) (steps []Step) {
	account := false
	if u.On != nil {
		var s Step
		if s, account = w.account(*u.On, true); account {
			steps = append(steps, s)
		}
	}
	var silent []string
	for _, d := range u.Old {
		if d.Answers != model.Answer(model.Holds) {
			silent = append(silent, d.Director)
			continue
		}
		mask, stop := w.Serve(d.Cluster, d.Director, Mask), w.Serve(d.Cluster, d.Director, Stop)
		mask.Spares, stop.Spares = account, account
		if account {
			mask.Limit, stop.Limit = min(mask.Limit, sparedLimit), min(stop.Limit, sparedLimit)
		}
		if d.Cluster == model.Green {
			stop.Changes = []Change{{Guard: "recover-alone", Fact: aloneFact}}
		}
		steps = append(steps, mask, stop)
	}
	if !account && len(silent) > 0 {
		steps = append(steps, Step{Order: Order{Attest: &Attest{Text: model.Clean(fmt.Sprintf(
			"%s are off or cut off from the catalog, and cannot come back by themselves", strings.Join(silent, ", ")))}}, Limit: handTakes})
	}
	return steps
}

// configured lets the Director have the configuration of the one before it, with the account that is let in.
func (w World) configured(u *BringUp, to OnDirector) []Step {
	n := w.Routing.Account
	switch {
	case w.Routing.Repoints[to] && n == nil:
		return nil
	case w.Routing.Repoints[to] && u.At != "":
		return []Step{{Order: Order{Repoint: &Repoint{OnDirector: to, To: u.At, User: n.Next, PasswordFile: n.PasswordFile}},
			Limit: w.pushLimit()}}
	}
	text := fmt.Sprintf(
		"on the host, in the container or by the package where %s is to run: put its configuration there; let the host in to the "+
			"catalog (%s) and to the Storage Daemons; see that bacula-dir -t takes it, and do not start it",
		u.Director,
		u.At,
	)
	if n != nil {
		text += fmt.Sprintf("; %s is its DB User", n.Next)
	}
	s := byHand(text, TouchDirector(to.Cluster, to.Director))
	s.Order.ByHand.Copy = "switchyard recover --bundle FILE --identity FILE --extract green | tar -C /etc/bacula -x"
	return []Step{s}
}

// restores starts the restores in order, so many at once: the next one begins when the one so many before it has ended. What others need is
// not spared; of the others, one that goes wrong is told.
func (r *Recover) restores(w World, id string, each []string) (steps []Step, err error) {
	starts, ends := make([]Step, len(r.Chains)), make([][]Step, len(r.Chains))
	for i := range r.Chains {
		if starts[i], ends[i], err = r.restore(w, id, i); err != nil {
			return nil, err
		}
		starts[i].Guards = each
	}
	for i := range r.Chains {
		if i == 0 {
			steps = append(steps, starts[:min(r.AtOnce, len(starts))]...)
		}
		steps = append(steps, ends[i]...)
		if next := i + r.AtOnce; next < len(starts) {
			steps = append(steps, starts[next])
		}
	}
	return steps, nil
}

// restore is the start of one, and what sees it to its end.
func (r *Recover) restore(w World, id string, i int) (start Step, ends []Step, err error) {
	c := &r.Chains[i]
	name, ok := w.Names.RestoreName(c.Cell)
	if !ok {
		return start, nil, fmt.Errorf("job_names in the configuration names no restore job: %w", model.ErrNone)
	}
	where := path.Join(c.Below, c.Cell.Chain+"-"+id)
	if err := model.CheckDirectory(where); err != nil {
		return start, nil, err
	}
	job := TaggedJob{Cluster: model.Green, Job: name, Tag: tagOf(id) + chainMark + c.Cell.Chain, After: w.mark(model.Green)}
	if r.Scratch != nil {
		job.Scratch, job.After = true, c.after()
	}
	spares := !c.First && !r.Drill
	start = Step{Order: Order{StartRestore: &StartRestore{TaggedJob: job, Cell: c.Cell, Point: c.Point.Job, JobIDs: c.JobIDs, Source: c.Source,
		Client: c.Client, Where: where, Bytes: c.Bytes}}, Limit: w.Policy.TreeLimit, Spares: spares}
	ends = []Step{
		{Order: Order{FollowJob: &job}, Limit: w.Policy.RunLimit, Spares: spares},
		{Order: Order{VerifyRestore: &VerifyRestore{TaggedJob: job, Client: c.Client, Where: where, Bytes: c.Bytes, Parts: len(c.JobIDs),
			Format: c.Format, NoCount: "its files are not counted beforehand"}}, Limit: w.Policy.StartLimit, Spares: spares},
	}
	if c.Verify != nil {
		ends = append(ends, Step{Order: Order{CheckRestored: &CheckRestored{Run: c.Verify, Cell: c.Cell, At: model.Green, Client: c.Client,
			Where: where}}, Limit: max(w.Policy.RunLimit, time.Hour), Spares: spares})
	}
	if c.Remove != nil {
		ends = append(ends, Step{Order: Order{RemoveRestored: &RemoveRestored{Run: *c.Remove, Cell: c.Cell, At: model.Green, Client: c.Client,
			Where: where}}, Limit: w.Policy.StartLimit})
	}
	return start, ends, nil
}

// chainMark stands before the chain in the tag of a job of several that one action starts.
const chainMark = " of "

// chain is the one that the tag names; empty: it names none.
func (t *TaggedJob) chain() string {
	_, chain, _ := strings.Cut(t.Tag, chainMark)
	return chain
}

func (r *Recover) costs(w World) (says []string) {
	var bytes uint64
	for i := range r.Chains {
		bytes += r.Chains[i].Bytes
	}
	if n := len(r.Chains); n > 0 {
		says = append(says, fmt.Sprintf("%s stored, %d at once", model.Size(bytes), min(n, r.AtOnce)))
	}
	if r.Left > 0 && !r.Drill {
		says = append(says, fmt.Sprintf("afterwards %s more, tier by tier: ask again then", model.Plural(r.Left, "chain")))
	}
	if n := len(r.Lost); n > 0 {
		says = append(says, fmt.Sprintf("given up, %d: %s", n, firstFew(r.Lost)))
	}
	if n := len(r.Doubt); n > 0 {
		says = append(says, fmt.Sprintf("not asked for, %d that nobody knows of or no catalog that is left: %s", n, firstFew(r.Doubt)))
	}
	if r.Before > 0 {
		says = append(says, fmt.Sprintf("! %s from before it was gone: where those are gone too, ask with recover --anew (:recover anew)",
			model.Plural(r.Before, "chain")+" of this recovery count as back"))
	}
	if r.Anew {
		says = append(says, "what was brought back before counts for nothing: each chain is restored again")
	}
	if r.Drill && r.Scratch == nil {
		says = append(says, "! no Director comes up: recover.drill in the configuration names none, so how long that takes is not tried")
	}
	if r.Up != nil {
		for _, d := range r.Up.Old {
			if d.Answers == model.Answer(model.Holds) {
				says = append(says, model.Clean(d.Director+" ANSWERS: it is cut off from others at most, and is stopped and masked first"))
			}
		}
		if w.Routing.Account == nil {
			says = append(says, "! nothing but a person's word keeps an old Director that comes back from the catalog: see act.fence")
		}
	}
	return says
}

func (r *Recover) undo() []string {
	if s := r.Scratch; s != nil {
		return []string{
			"nothing but scratch clients, the copy of the catalog and " + model.Clean(s.Director) + " at " + model.Clean(s.At) + " is written to",
			"what stopped half way is taken down by switchyard act ACTION --back, and what it took stays recorded",
		}
	}
	if r.Drill {
		return []string{
			"nothing but scratch clients is written to, in directories of this action's own; what went wrong stays there to be looked at, the " +
				"rest is removed",
			"no Director comes up and no schedule is touched; what it took stays recorded",
		}
	}
	says := []string{"nothing that is there is changed by a restore: replace=never, and each directory is this action's alone"}
	if r.Up != nil {
		says = append(says, "the Director that comes up can be stopped again; an account that was fenced stays so until somebody unlocks it")
	}
	return append(says, "it goes on where it stood, from this journal: switchyard act ACTION with the same bundle")
}

// guarded gives guards to the first step that does something.
func (p *Plan) guarded(guards []string) {
	for i := range p.Steps {
		if r, err := p.Steps[i].Order.Row(); err == nil && !r.Looks {
			p.Steps[i].Guards = guards
			return
		}
	}
}

// rests is the tag of the job that an order starts, or looks at.
func (o *Order) rests() (tag string, starts bool) {
	switch {
	case o.StartJob != nil:
		return o.StartJob.Tag, true
	case o.StartRestore != nil:
		return o.StartRestore.Tag, true
	case o.FollowJob != nil:
		return o.FollowJob.Tag, false
	case o.VerifyJob != nil:
		return o.VerifyJob.Tag, false
	case o.VerifyRestore != nil:
		return o.VerifyRestore.Tag, false
	}
	return "", false
}

// RestsOn is the step that went wrong and was spared, from 1, of which a later step would only see the same; 0: none.
func (p *Plan) RestsOn(step int, spared []record.Spared) int {
	s := &p.Steps[step-1]
	tag, starts := s.Order.rests()
	if !s.Spares || starts {
		return 0
	}
	for _, of := range spared {
		if of.Step < 1 || of.Step >= step {
			continue
		}
		before := &p.Steps[of.Step-1].Order
		was, _ := before.rests()
		c, v := s.Order.CheckRestored, before.VerifyRestore
		if tag != "" && was == tag || c != nil && v != nil && c.Where == v.Where {
			return of.Step
		}
	}
	return 0
}
