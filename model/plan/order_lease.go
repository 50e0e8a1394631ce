package plan

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Lease keeps the configuration manager of a cluster's Directors from putting a file back while they are pushed to. Whatever becomes of who
// holds it, it ends by itself: a manager that is held for ever is one that nobody misses until a host is lost.
type Lease struct {
	Cluster model.Cluster `json:"cluster"`
	Name    string        `json:"name"`    // of this action alone
	Life    time.Duration `json:"life_ns"` // from when it is taken
}

// leaseLimit is how long its command may take before the plan goes on without it: the way back is never held up by it.
const leaseLimit = time.Minute

// TouchManager names the configuration manager of a cluster's Directors as something that actions touch.
func TouchManager(c model.Cluster) string { return record.Touch(c.String(), "manager") }

func init() {
	touches := func(l *Lease) record.Touches { return record.TouchesOf(TouchManager(l.Cluster)) }
	orders = append(orders, Row{
		Name: "hold", Does: "hold a configuration manager", Reaches: Directors,
		is:      func(o *Order) bool { return o.Hold != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return touches(o.Hold) },
		sends: func(o *Order) string {
			return fmt.Sprintf("the command of clusters.%s.push.hold: take %s for %s", o.Hold.Cluster, o.Hold.Name, model.Span(o.Hold.Life))
		},
	}, Row{
		Name: "let_go", Does: "let a configuration manager go", Reaches: Directors,
		is:      func(o *Order) bool { return o.LetGo != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return touches(o.LetGo) },
		sends: func(o *Order) string {
			return fmt.Sprintf("the command of clusters.%s.push.hold: release %s", o.LetGo.Cluster, o.LetGo.Name)
		},
	})
}

func (l *Lease) hold() (name, done string) {
	return fmt.Sprintf("hold %s's configuration manager, for %s at most", l.Cluster, model.Span(l.Life)),
		model.Clean("it says that " + l.Name + " holds it, and until when")
}

func (l *Lease) letGo() (name, done string) {
	return fmt.Sprintf("let %s's configuration manager go", l.Cluster), model.Clean("it says that " + l.Name + " does not hold it")
}

// holds puts a lease around the pushes to each cluster whose configuration manager can be held: from before the first of them until the
// last thing that is seen of its Directors. A plan does without where it cannot be had, and says so: what it protects from shows as drift.
func (p *Plan) holds(w World) {
	for _, c := range model.Clusters {
		life := w.Routing.Leases[c]
		first := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Order.Push != nil && s.Order.Push.Cluster == c })
		if life <= 0 || first < 0 || slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Order.Hold != nil && s.Order.Hold.Cluster == c }) {
			continue
		}
		last := first
		for i := first; i < len(p.Steps); i++ {
			for _, d := range []*OnDirector{p.Steps[i].Order.Push, p.Steps[i].Order.Effective} {
				if d != nil && d.Cluster == c {
					last = i
				}
			}
		}
		l := &Lease{Cluster: c, Name: tagName(p.ID), Life: life}
		back := &Step{Order: Order{LetGo: l}, Limit: leaseLimit}
		hold := Step{Order: Order{Hold: l}, Limit: leaseLimit, Spares: true, Guards: slices.Clone(p.Steps[first].Guards), Back: back}
		let := Step{Order: Order{LetGo: l}, Limit: leaseLimit, Spares: true}
		back.Name, back.Done = l.letGo()
		let.Name, let.Done = back.Name, back.Done
		hold.Name, hold.Done = l.hold()
		p.Steps = slices.Insert(p.Steps, last+1, let)
		p.Steps = slices.Insert(p.Steps, first, hold)
	}
}

// tagName is a name of an action that stands in a command without quotes.
func tagName(id string) string { return "switchyard-" + id }
