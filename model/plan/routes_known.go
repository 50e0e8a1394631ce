package plan

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"switchyard/model"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// guardKnown is of plans that push what the newest routes come to: without them such a plan stops half way, a takeover behind its
// promotion.
const guardKnown = "routes-known"

func init() {
	g := guard{judge: func(w World, p *Plan, _ Past) model.Check { return w.routesKnown(p.on()) }, pushes: true}
	guards[guardKnown], failoverGuards[guardKnown] = g, g
}

// needRoutes is the guard of a plan that pushes to a cluster; none where another control plane does.
func (w World) needRoutes(c model.Cluster) []string {
	if w.Routing.Unpushed[c] {
		return nil
	}
	return []string{guardKnown}
}

// routesKnown holds when the document in force is there and can be read as it is for a push; who acts also tries to make what it comes to,
// with the inventory and the control plane as they are then. It is bound to no record: what is pushed is what is newest.
func (w World) routesKnown(c model.Cluster) model.Check {
	g := model.Check{Says: fmt.Sprintf("there are routes to push to %s", c), Bar: model.Block}
	if w.State == nil {
		g.Value = w.unread()
		return g
	}
	seq := w.State.RoutesSeq
	switch err := w.readsRoutes(); {
	case seq == 0 && w.State.Glass != nil: // there are some, and nobody here knows them
		g.Value = model.Clean(err.Error())
	case err != nil:
		says, _, _ := strings.Cut(err.Error(), "\n") // the lines behind it show where
		g.Verdict, g.At, g.Value = model.Fails, w.Now, model.Clean(says)
	case w.Unmade != "":
		g.Value = model.Clean(w.Unmade)
	default:
		g.Verdict, g.At, g.Value = model.Holds, w.Now, fmt.Sprintf("by record %d", seq)
		if of := w.State.Glass; of != nil && seq == 1 { // of a break-glass journal it is the first record that has those from before
			g.Value = "by what was given when the glass was broken"
			if of.Seq > 0 {
				g.Value = fmt.Sprintf("as the journal had them by its record %d", of.Seq)
			}
		}
	}
	return g
}

// readsRoutes says why the newest routes cannot be pushed: read for that, they have no names that the inventory has not, and nothing that
// is not allowed.
func (w World) readsRoutes() error {
	o := routes.Options{Extensions: w.Routing.Extensions}
	if w.Names != nil {
		o.Inventory = w.Names.Inventory()
	}
	if _, err := RoutesOf(w.State); err != nil {
		return err
	}
	raw := w.State.Routes
	if last := proven.Load(); last != nil && last.of == o && len(last.raw) == len(raw) && &last.raw[0] == &raw[0] {
		return last.err
	}
	_, err := routes.ParseRecord(w.State.RoutesSeq, raw, o)
	proven.Store(&provenRoutes{raw, o, err})
	return err
}

// provenRoutes is whether a document, whose bytes nobody changes, can be pushed.
type provenRoutes struct {
	raw []byte
	of  routes.Options
	err error
}

// proven was read last, as parsed was: takeovers are judged every few seconds.
var proven atomic.Pointer[provenRoutes]

// errNotGiven is a break-glass journal that knows none.
var errNotGiven = errors.New("this break-glass journal knows no routes: this user remembers none of the journal, and none were given")

// noRoutes says why a state has no routes.
func noRoutes(s *record.State) error {
	if s.Glass != nil {
		return errNotGiven
	}
	return errNoRoutes
}

// wayToRoutes is to routes that can be pushed.
func (w World) wayToRoutes() string {
	switch {
	case w.State == nil:
		return wayToJournal
	case w.Unmade != "":
		return "let the inventory, and the control plane that owns the routes, answer: what is pushed is made of them"
	case w.State.RoutesSeq > 0:
		return "see what is wrong with them: switchyard routes check; and the inventory, or routes.extensions of the configuration"
	case w.State.Glass != nil:
		return "name another --break-glass DIR with --routes FILE, those in force (a recovery bundle has them as routes.json), or act as a " +
			"user who has seen the journal"
	}
	return "record those in force first: switchyard routes adopt where a control plane owns them, else a journal begun with --routes FILE"
}
