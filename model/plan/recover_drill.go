package plan

import (
	"errors"
	"fmt"
	"slices"

	"switchyard/model"
	"switchyard/model/record"
)

// Scratch is what a drill brings up: a Director of its own on a copy of the catalog. Everything that an order does to it goes by hands of
// its own, which reach nothing else.
type Scratch struct {
	Director string `json:"director"` // as it calls itself
	At       string `json:"at"`       // host:port where it listens
	Catalog  string `json:"catalog"`  // host:port of the copy's server
	Database string `json:"database"` // the copy
	Make     Call   `json:"make"`     // makes the copy, and puts the Director's configuration in its place
	Made     Call   `json:"made"`     // looks whether that is so
	Remove   Call   `json:"remove"`
	Removed  Call   `json:"removed"`
	// The vectors of the Director's service.
	Start   []string `json:"start"`
	Stop    []string `json:"stop"`
	Storage string   `json:"storage"` // the Storage Daemon that proves that volumes are reached; empty: none has to be
}

func (s *Scratch) check() error {
	if s.Director == "" || s.At == "" || s.Catalog == "" || s.Database == "" || len(s.Start) == 0 || len(s.Stop) == 0 {
		return errors.New("a drill's Director needs a name, an address, a copy of the catalog, and vectors that start and stop it")
	}
	for _, c := range []*Call{&s.Make, &s.Made, &s.Remove, &s.Removed} {
		if c.Name == "" || len(c.Argv) == 0 {
			return errors.New("a drill's copy of the catalog is made, removed, and looked at by commands")
		}
	}
	return nil
}

// Apart wants a drill's Director to be able to do no harm: its configuration names no catalog but the copy, no job of it is scheduled, none
// but restores is enabled, and it can neither prune, nor recycle, nor label. The copy itself is none of the catalogs that are in use, and
// none of its volumes can be written to.
type Apart struct {
	Director string `json:"director"`
	At       string `json:"at"`
	Catalog  string `json:"catalog"`
	Database string `json:"database"`
	Runs     bool   `json:"runs,omitempty"` // it is up: it tells the same itself
}

func (a *Apart) words() (name, done string) {
	if a.Runs {
		return model.Clean("see that " + a.Director + " uses the copy of the catalog, and schedules nothing"),
			model.Clean(fmt.Sprintf("it names %s on %s as its catalog, and every job but restores as switched off", a.Database, a.Catalog))
	}
	return model.Clean("see that " + a.Director + " at " + a.At + " could do no harm"),
		model.Clean(fmt.Sprintf("its only catalog is %s on %s, which is a copy; nothing of it is scheduled, and it can neither prune, recycle "+
			"nor write", a.Database, a.Catalog))
}

// OnScratch is the hand that does for a drill what another one does for the clusters.
func OnScratch(s System) System { return "a drill's own " + s }

// scratch tells whether an order is about what a drill brings up.
func (o *Order) scratch() bool {
	switch {
	case o.Apart != nil:
		return true
	case o.Service != nil:
		return o.Service.Scratch
	case o.Greet != nil:
		return o.Greet.Scratch
	case o.StartRestore != nil:
		return o.StartRestore.Scratch
	case o.FollowJob != nil:
		return o.FollowJob.Scratch
	case o.VerifyRestore != nil:
		return o.VerifyRestore.Scratch
	}
	return false
}

// Hand is the system whose hand does an order.
func (o *Order) Hand() (System, error) {
	r, err := o.Row()
	if err != nil {
		return "", err
	}
	if o.scratch() {
		return OnScratch(r.Reaches), nil
	}
	return r.Reaches, nil
}

// touchDrill is what others must leave alone while a drill has it.
func touchDrill(director string) record.Touches {
	return record.TouchesOf(record.Touch("drill", "director", director))
}

func init() {
	orders = append(orders, Row{
		Name: "apart", Does: "see that a drill's Director could do no harm", Reaches: Services, Looks: true,
		is:    func(o *Order) bool { return o.Apart != nil },
		keeps: keepsNothing,
	})
}

// up are the steps by which a drill's Director comes up: nothing of it starts before it is seen to be harmless.
func (s *Scratch) up() []Step {
	apart := Apart{Director: s.Director, At: s.At, Catalog: s.Catalog, Database: s.Database}
	runs := apart
	runs.Runs = true
	remove := s.remove()
	copies := Step{Name: "make a copy of the catalog, and the configuration of the drill's Director", Done: "its command looks, and says so",
		Order: Order{Command: &Command{Run: s.Make, Look: s.Made, Touches: touchDrill(s.Director)}}, Limit: handTakes, Back: &remove}
	start := s.serve(Start, s.Start)
	stop := s.serve(Stop, s.Stop)
	stop.Name, stop.Done = stop.Order.words()
	start.Back = &stop
	steps := []Step{copies, {Order: Order{Apart: &apart}, Limit: sessionLimit}, start, {Order: Order{Apart: &runs}, Limit: sessionLimit}}
	if s.Storage != "" {
		g := &Greet{Cluster: model.Green, Director: s.Director, Storage: s.Storage, Scratch: true}
		steps = append(steps, Step{Order: Order{Greet: g}, Limit: serviceTakes})
	}
	return steps
}

// down takes it away again.
func (s *Scratch) down() []Step {
	return []Step{s.serve(Stop, s.Stop), s.remove()}
}

func (s *Scratch) remove() Step {
	return Step{Name: "remove the copy of the catalog", Done: "its command looks, and says so", Limit: handTakes,
		Order: Order{Command: &Command{Run: s.Remove, Look: s.Removed, Touches: touchDrill(s.Director)}}}
}

func (s *Scratch) serve(do ServiceWord, argv []string) Step {
	return Step{Order: Order{Service: &Service{Cluster: model.Green, Director: s.Director, Do: do, Argv: argv, Scratch: true}},
		Limit: serviceTakes}
}

// after is the job that a restore on the copy comes after: one of those that it restores, as the copy may be older than its catalog is now.
func (c *RecoverChain) after() Mark { return Mark{ID: slices.Max(c.JobIDs), Job: c.Point.Job} }
