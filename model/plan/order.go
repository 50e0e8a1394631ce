package plan

import (
	"errors"
	"fmt"

	"switchyard/model"
	"switchyard/model/record"
)

// Order is what a step does; exactly one is set, and it has a row in the table of orders.
type Order struct {
	StartJob  *StartJob  `json:"start_job,omitempty"`
	FollowJob *TaggedJob `json:"follow_job,omitempty"` // looks until the job has ended
	VerifyJob *TaggedJob `json:"verify_job,omitempty"` // looks at what it left
	CancelJob *CancelJob `json:"cancel_job,omitempty"`

	StartRestore  *StartRestore  `json:"start_restore,omitempty"`
	VerifyRestore *VerifyRestore `json:"verify_restore,omitempty"`

	EndRestore     *TaggedJob      `json:"end_restore,omitempty"` // cancels what has not ended
	CheckRestored  *CheckRestored  `json:"check_restored,omitempty"`
	ProveRestored  *ProveRestored  `json:"prove_restored,omitempty"`
	RemoveRestored *RemoveRestored `json:"remove_restored,omitempty"`

	Wait    *Wait    `json:"wait,omitempty"`
	ByHand  *ByHand  `json:"by_hand,omitempty"`
	Attest  *Attest  `json:"attest,omitempty"`
	Command *Command `json:"command,omitempty"`

	Publish   *Publish    `json:"publish,omitempty"`
	Push      *OnDirector `json:"push,omitempty"`
	PutBack   *OnDirector `json:"put_back,omitempty"`  // the way back of a push
	Effective *OnDirector `json:"effective,omitempty"` // looks until it is so, whoever makes it so
	Enable    *Enable     `json:"enable,omitempty"`
	Drained   *Drained    `json:"drained,omitempty"`
	Hold      *Lease      `json:"hold,omitempty"`
	LetGo     *Lease      `json:"let_go,omitempty"` // its end, and its way back

	FailOver *OnInstance `json:"fail_over,omitempty"`
	Fence    *Pair       `json:"fence,omitempty"`
	CaughtUp *Pair       `json:"caught_up,omitempty"`
	Settled  *OnInstance `json:"settled,omitempty"`
	Promote  *Promote    `json:"promote,omitempty"`
	Modify   *Modify     `json:"modify,omitempty"`
	Resize   *Resizing   `json:"resize,omitempty"`
	Repoint  *Repoint    `json:"repoint,omitempty"`
	Session  *Session    `json:"session,omitempty"`

	Numbers        *Numbers  `json:"numbers,omitempty"`
	NumbersByHand  *Numbers  `json:"numbers_by_hand,omitempty"` // done by a person, and looked at
	ReadOnly       *ReadOnly `json:"read_only,omitempty"`
	ReadOnlyByHand *ReadOnly `json:"read_only_by_hand,omitempty"` // done by a person, and looked at
	Lost           *Lost     `json:"lost,omitempty"`

	Quarantine *Quarantine `json:"quarantine,omitempty"`
	Release    *Quarantine `json:"release,omitempty"` // its way back

	CreateReplica *CreateReplica `json:"create_replica,omitempty"`
	Replicates    *Made          `json:"replicates,omitempty"`
	Halt          *OnInstance    `json:"halt,omitempty"`

	Account       *Account `json:"account,omitempty"`
	AccountByHand *Account `json:"account_by_hand,omitempty"` // done by a person, and looked at

	Service       *Service    `json:"service,omitempty"`
	ServiceByHand *Service    `json:"service_by_hand,omitempty"` // done by a person, and looked at
	Idle          *OnDirector `json:"idle,omitempty"`

	Greet         *Greet     `json:"greet,omitempty"`
	Apart         *Apart     `json:"apart,omitempty"`
	FreezeSchema  *OnSchema  `json:"freeze_schema,omitempty"`
	ThawSchema    *Thaw      `json:"thaw_schema,omitempty"` // its way back
	ArchiveSchema *Archiving `json:"archive_schema,omitempty"`
	CompareSchema *Comparing `json:"compare_schema,omitempty"`
	LockSchema    *Locking   `json:"lock_schema,omitempty"`
	UnlockSchema  *Unlocking `json:"unlock_schema,omitempty"` // its way back
	RenameSchema  *Renaming  `json:"rename_schema,omitempty"`
	RenameBack    *Renaming  `json:"rename_back,omitempty"` // its way back
	ReplicasCalm  *Calm      `json:"replicas_calm,omitempty"`
	ArchiveIntact *Intact    `json:"archive_intact,omitempty"`
	DropTable     *Dropping  `json:"drop_table,omitempty"`
	DropEmpty     *Dropping  `json:"drop_empty,omitempty"`
}

// System is what orders reach, by one hand; the zero value is none.
type System string

// Bacula is both clusters: their Directors and catalogs.
const Bacula System = "Bacula"

// Row is all that is known of one order. The table of orders is closed: an order without a row is refused wherever it is met.
type Row struct {
	Name    string // the order's in a plan that is written down
	Does    string // in words
	Reaches System // its hand does it
	Looks   bool   // it changes nothing: its step is only waited for, and seen failed when it fails
	Waits   bool   // somebody else makes it so: not seen is not yet, until the step's limit
	Once    bool   // it must not be done twice: after an intent it is done again only on proof that it was not

	is      func(*Order) bool
	keeps   func(now, was *Order)              // what a renewal takes over from the plan as it was made
	touches func(World, *Order) record.Touches // what others must leave alone meanwhile; nil of one that only looks
	sends   func(*Order) string                // exactly what its system is told; nil of one that only looks
}

// orders is the table.
var orders = []Row{
	{
		Name: "start_job", Does: "start a job", Reaches: Bacula, Once: true,
		is:      func(o *Order) bool { return o.StartJob != nil },
		keeps:   func(now, was *Order) { now.StartJob.keep(was.StartJob.TaggedJob) },
		touches: func(w World, o *Order) record.Touches { return w.cellOf(&o.StartJob.TaggedJob) },
		sends:   func(o *Order) string { return o.StartJob.command() },
	},
	{
		Name: "follow_job", Does: "follow a job to its end", Reaches: Bacula, Looks: true,
		is:    func(o *Order) bool { return o.FollowJob != nil },
		keeps: func(now, was *Order) { now.FollowJob.keep(*was.FollowJob) },
	},
	{
		Name: "verify_job", Does: "verify what a job left", Reaches: Bacula, Looks: true,
		is:    func(o *Order) bool { return o.VerifyJob != nil },
		keeps: func(now, was *Order) { now.VerifyJob.keep(*was.VerifyJob) },
	},
	{
		Name: "cancel_job", Does: "cancel a job", Reaches: Bacula,
		is:    func(o *Order) bool { return o.CancelJob != nil },
		keeps: keepsNothing,
		touches: func(_ World, o *Order) record.Touches {
			return record.TouchesOf(TouchJob(model.JobKey{Cluster: o.CancelJob.Cluster, Job: o.CancelJob.Job}))
		},
		sends: func(o *Order) string { return "cancel ujobid=" + o.CancelJob.Job },
	},
	{
		Name: "start_restore", Does: "start a restore", Reaches: Bacula, Once: true,
		is:    func(o *Order) bool { return o.StartRestore != nil },
		keeps: func(now, was *Order) { now.StartRestore.keep(was.StartRestore) },
		touches: func(_ World, o *Order) record.Touches {
			return o.StartRestore.touches()
		},
		sends: func(o *Order) string { return o.StartRestore.command() },
	},
	{
		Name: "verify_restore", Does: "verify what a restore left", Reaches: Bacula, Looks: true,
		is:    func(o *Order) bool { return o.VerifyRestore != nil },
		keeps: func(now, was *Order) { now.VerifyRestore.keep(was.VerifyRestore) },
	},
	{
		Name: "end_restore", Does: "see a restore ended, or cancel it", Reaches: Bacula,
		is:    func(o *Order) bool { return o.EndRestore != nil },
		keeps: func(now, was *Order) { now.EndRestore.keep(*was.EndRestore) },
		touches: func(_ World, o *Order) record.Touches {
			return record.TouchesOf(record.Touch(o.EndRestore.Cluster.String(), "tag", o.EndRestore.Tag))
		},
		sends: func(o *Order) string { return "cancel, should it not have ended" },
	},
	{
		Name: "check_restored", Does: "verify what was restored", Reaches: Here,
		is:    func(o *Order) bool { return o.CheckRestored != nil },
		keeps: keepsNothing,
		touches: func(_ World, o *Order) record.Touches {
			return touchScratch(o.CheckRestored.Client, o.CheckRestored.Where)
		},
		sends: func(o *Order) string { return o.CheckRestored.sends() },
	},
	{
		Name: "prove_restored", Does: "record what was proven", Reaches: Evidence,
		is:    func(o *Order) bool { return o.ProveRestored != nil },
		keeps: func(now, was *Order) { now.ProveRestored.Of = was.ProveRestored.Of },
		touches: func(_ World, o *Order) record.Touches {
			return o.ProveRestored.touches()
		},
		sends: func(*Order) string { return "a record of evidence" },
	},
	{
		Name: "remove_restored", Does: "remove what was restored", Reaches: Here,
		is:    func(o *Order) bool { return o.RemoveRestored != nil },
		keeps: keepsNothing,
		touches: func(_ World, o *Order) record.Touches {
			return touchScratch(o.RemoveRestored.Client, o.RemoveRestored.Where)
		},
		sends: func(o *Order) string { return o.RemoveRestored.sends() },
	},
	{
		Name: "wait", Does: "wait", Reaches: Here, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Wait != nil },
		keeps: keepsNothing,
	},
	{
		Name: "by_hand", Does: "let a person do it", Reaches: Here, Waits: true,
		is:      func(o *Order) bool { return o.ByHand != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.ByHand.Touches },
		sends:   func(o *Order) string { return "by hand: " + o.ByHand.Text },
	},
	{
		Name: "attest", Does: "wait for a person's word", Reaches: Here, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Attest != nil },
		keeps: keepsNothing,
	},
	{
		Name: "command", Does: "run a configured command", Reaches: Here, Once: true,
		is:      func(o *Order) bool { return o.Command != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.Command.Touches },
		sends:   func(o *Order) string { return "run " + o.Command.Run.String() },
	},
	{
		Name: "publish", Does: "make a document the routes", Reaches: Routes,
		is:      func(o *Order) bool { return o.Publish != nil },
		keeps:   keepsNothing,
		touches: func(World, *Order) record.Touches { return record.TouchesOf(TouchRoutes) },
		sends:   func(o *Order) string { return o.Publish.sends() },
	},
	{
		Name: "push", Does: "push the routes to a Director", Reaches: Directors,
		is:    func(o *Order) bool { return o.Push != nil },
		keeps: keepsNothing,
		touches: func(_ World, o *Order) record.Touches {
			return record.TouchesOf(TouchDirector(o.Push.Cluster, o.Push.Director))
		},
		sends: func(*Order) string { return record.SendsPush },
	},
	{
		Name: "put_back", Does: "put the last good file back on a Director", Reaches: Directors,
		is:    func(o *Order) bool { return o.PutBack != nil },
		keeps: keepsNothing,
		touches: func(_ World, o *Order) record.Touches {
			return record.TouchesOf(TouchDirector(o.PutBack.Cluster, o.PutBack.Director))
		},
		sends: func(o *Order) string { return "the last good file, and reload" },
	},
	{
		Name: "effective", Does: "see the routes effective on a Director", Reaches: Directors, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Effective != nil },
		keeps: keepsNothing,
	},
	{
		Name: "enable", Does: "enable what was switched off by hand on a Director", Reaches: Directors,
		is:      func(o *Order) bool { return o.Enable != nil },
		keeps:   func(now, was *Order) { *now.Enable = *was.Enable },
		touches: func(_ World, o *Order) record.Touches { return o.Enable.touches() },
		sends:   func(o *Order) string { return o.Enable.sends() },
	},
	{
		Name: "fail_over", Does: "fail an RDS instance over to its standby", Reaches: Amazon, Once: true,
		is:      func(o *Order) bool { return o.FailOver != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.FailOver.touches() },
		sends:   func(o *Order) string { return o.FailOver.sendsFailOver() },
	},
	{
		Name: "drained", Does: "wait until no job of some cells is open", Reaches: Bacula, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Drained != nil },
		keeps: keepsNothing,
	},
	{
		Name: "service", Does: "tell a Director's service manager", Reaches: Services,
		is:      func(o *Order) bool { return o.Service != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.Service.touches() },
		sends:   func(o *Order) string { return o.Service.run() },
	},
	{
		Name: "service_by_hand", Does: "let a person see to a Director's service", Reaches: Services, Waits: true,
		is:      func(o *Order) bool { return o.ServiceByHand != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.ServiceByHand.touches() },
		sends:   func(o *Order) string { return "by hand: " + o.ServiceByHand.text() },
	},
	{
		Name: "idle", Does: "wait until a Director runs nothing", Reaches: Services, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Idle != nil },
		keeps: keepsNothing,
	},
}

func keepsNothing(_, _ *Order) {}

// Row finds the order's row. An order that is none of the table, or more than one, is an error.
func (o Order) Row() (Row, error) {
	var found *Row
	for i := range orders { // a row is large, and a cockpit looks up a hundred for every plan of a takeover
		switch r := &orders[i]; {
		case !r.is(&o):
		case found != nil:
			return Row{}, fmt.Errorf("it orders two things at once: to %s, and to %s", found.Does, r.Does)
		default:
			found = r
		}
	}
	if found == nil {
		return Row{}, errors.New("it orders nothing that this program knows")
	}
	return *found, nil
}

// Sends is exactly what the order's system is told; empty when it is told nothing. Its names are not checked.
func (o Order) Sends() string {
	r, err := o.Row()
	if err != nil || r.sends == nil {
		return ""
	}
	return r.sends(&o)
}

// Rows are those of the orders of all steps. The error names the first step whose order, or whose way back, has none.
func (p *Plan) Rows() ([]Row, error) {
	rows := make([]Row, len(p.Steps))
	for i := range p.Steps {
		s := &p.Steps[i]
		r, err := s.Order.Row()
		if err == nil && s.Back != nil {
			err = s.Back.back(r)
		}
		if err != nil {
			return nil, fmt.Errorf("step %d (%s): %w", i+1, model.Clean(s.Name), err)
		}
		rows[i] = r
	}
	return rows, nil
}

// back refuses a way back that is none.
func (s *Step) back(of Row) error {
	r, err := s.Order.Row()
	switch {
	case err != nil:
		return fmt.Errorf("its way back (%s): %w", model.Clean(s.Name), err)
	case of.Looks || r.Looks:
		return errors.New("what only looks has no way back, and is none")
	case s.Back != nil || s.Changes != nil:
		return errors.New("its way back has a way back itself, or changes what the plan is bound to")
	}
	return nil
}

// WaysBack are the steps whose way back is gone when an action turns around, from 1, the newest first: of those that were seen done, and of
// the one that was intended. There are none after a step from which there is no return.
func (p *Plan) WaysBack(a *record.Action) (steps []int) {
	last := a.Done
	if a.Intent > 0 {
		last++
	}
	for i := min(last, len(p.Steps)); i >= 1; i-- {
		switch s := &p.Steps[i-1]; {
		case s.NoReturn:
			return nil
		case s.Back != nil:
			steps = append(steps, i)
		}
	}
	return steps
}

// touches is all that the orders of a plan touch. It is an error when one acts and touches nothing: nobody would wait for it.
func (w World) touches(p *Plan) (record.Touches, error) {
	var all []record.Touches
	for i := range p.Steps {
		for _, s := range []*Step{&p.Steps[i], p.Steps[i].Back} {
			if s == nil {
				continue
			}
			r, err := s.Order.Row()
			if err != nil {
				return record.Touches{}, err
			}
			if r.Looks {
				continue
			}
			touched := r.touches(w, &s.Order)
			if touched.None() {
				return record.Touches{}, fmt.Errorf("step %d (%s): what it touches is not known", i+1, model.Clean(s.Name))
			}
			all = append(all, touched)
		}
	}
	return record.Union(all...), nil
}
