package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// Routing is what the configuration says of the routes document, and of who pushes it.
type Routing struct {
	Extensions bool             // of the document's dialect
	Unpushed   [2]bool          // by model.Cluster: another control plane pushes to its Directors
	Leases     [2]time.Duration // by model.Cluster: for how long its configuration manager is held during a push; 0: it is not
	Times      [2]Times         // by model.Cluster

	Repoints map[OnDirector]bool // Directors whose Catalog resource can be pointed at another server
	Account  *NextAccount        // that takes the place of the Director's at a takeover; nil: it keeps its own
	Numbers  bool                // a login may raise what the RDS pair numbers its rows by
	Marks    map[OnDirector]bool // Directors whose volumes a Console of its own marks Read-Only
	Leaving  *Leaving            // how blue's schema is left; nil: it is not
	Below    string              // the directory of every client in which a restore gets its own; empty: not known

	Recovers bool           // it is a recovery after a disaster
	Bundle   time.Time      // when the bundle was made that everything goes by; zero: by none
	Before   []model.Source // the Directors that used the catalog which is left, of a recovery
	First    []string       // chains that others need: they are restored first then

	Services map[OnDirector]ServiceVectors // how the Directors' services are told something; one that is not here only people reach
}

// shifting is what a shift comes to in a world: all that is worked out once for its steps and guards.
type shifting struct {
	doc, next *routes.Document
	inv       *model.Inventory
	cells     []model.Cell // that move, in order
	there     int          // that have the route already
	from, to  model.Route
	cluster   model.Cluster // that gains or loses them
	adds      bool
	err       error

	tree   record.Touches // of cells
	sums   [2]string      // of doc and next
	placed []*model.Placement
	views  []*board.CellView // by the place in cells; nil where nothing is known
	judged map[string]*verdicts
	nights *nights
	ahead  *forecast

	clients *clients
}

// memo keeps what was worked out for one shift.
type memo struct {
	of        *Shift
	is, after *shifting
	gates     *gate.Report // of a split
}

// stays is the cluster that has the cells afterwards, whatever becomes of the other.
func (v *shifting) stays() model.Cluster {
	if v.adds {
		return v.cluster
	}
	return 1 - v.cluster
}

// back tells that it is the way back: blue takes cells again beside green, which asks for nothing of green.
func (v *shifting) back() bool { return v.adds && v.cluster == model.Blue && v.to == routes.Both }

// Sum is what a document is known by: the SHA-256 of its text, in hex.
func Sum(d *routes.Document) string {
	sum := sha256.Sum256([]byte(d.Text()))
	return hex.EncodeToString(sum[:])
}

// errNoRoutes is a journal that has none to shift.
var errNoRoutes = errors.New("the journal has no routes yet; the first are given to switchyard journal --begin --routes FILE")

// RoutesOf is the document of a state's newest routes record. Names that the inventory does not have, and extensions, are no fault of it.
func RoutesOf(s *record.State) (*routes.Document, error) {
	if s.RoutesSeq == 0 {
		return nil, noRoutes(s)
	}
	if last := parsed.Load(); last != nil && len(last.raw) == len(s.Routes) && &last.raw[0] == &s.Routes[0] {
		return last.doc, nil
	}
	doc, err := routes.ParseRecord(s.RoutesSeq, s.Routes, routes.Options{Extensions: true})
	if err == nil {
		parsed.Store(&parsedRoutes{s.Routes, doc})
	}
	return doc, err
}

// parsedRoutes is a document and the bytes that it was read from, which nobody changes.
type parsedRoutes struct {
	raw json.RawMessage
	doc *routes.Document
}

// parsed was read last: states that follow each other have the same bytes, and reading those of many chains takes longer than planning.
var parsed atomic.Pointer[parsedRoutes]

// shiftingAt is what the shift of a plan comes to, or once its document counts, what it came to: the cells are its order's then.
func (w World) shiftingAt(p *Plan, past Past) *shifting {
	at := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Order.Publish != nil })
	if p.Ask.Shift == nil || at < 0 || past.Done <= at {
		return w.shifting(p.Ask.Shift)
	}
	if w.memo != nil && w.memo.after != nil {
		return w.memo.after
	}
	b := p.Steps[at].Order.Publish
	v := &shifting{judged: map[string]*verdicts{}, cluster: b.Cluster, adds: b.Adds, to: p.Ask.Shift.To}
	if v.err = v.left(w, b); w.memo != nil {
		w.memo.after = v
	}
	return v
}

// left finds what an order moved.
func (v *shifting) left(w World, b *Publish) (err error) {
	if why := w.unread(); why != "" {
		return errors.New(why)
	}
	if w.Names == nil {
		return errors.New("the inventory is not known")
	}
	v.inv = w.Names.Inventory()
	if v.next, err = RoutesOf(w.State); err != nil {
		return err
	}
	v.doc, v.tree = v.next, b.Cells
	if v.cells, err = CellsOf(b.Cells); err == nil {
		v.place(w)
	}
	return err
}

func (w World) shifting(s *Shift) *shifting {
	if w.memo != nil && w.memo.of == s && s != nil {
		return w.memo.is
	}
	v := &shifting{judged: map[string]*verdicts{}}
	if s == nil {
		v.err = errors.New("no shift was asked for")
		return v
	}
	v.to = s.To
	v.err = v.make(w, s)
	if w.memo != nil {
		w.memo.of, w.memo.is = s, v
	}
	return v
}

func (v *shifting) make(w World, s *Shift) (err error) {
	if why := w.unread(); why != "" {
		return errors.New(why)
	}
	if w.Names == nil {
		return errors.New("the inventory is not known")
	}
	v.inv = w.Names.Inventory()
	if v.doc, err = RoutesOf(w.State); err != nil {
		return err
	}
	out, err := v.doc.Shift(v.inv, s.Cells, s.To, w.Routing.Extensions)
	if err != nil {
		return err
	}
	v.next, v.there = out.Document, len(out.There)
	if len(out.Moved) != 1 {
		return v.unmoved(s, out)
	}
	for from, cells := range out.Moved {
		v.from, v.cells = from, cells
	}
	for _, c := range model.Clusters {
		if v.from[c] != v.to[c] {
			v.cluster, v.adds = c, v.to[c] == model.Holds
		}
	}
	v.tree, v.sums = TouchesCells(v.cells), [2]string{Sum(v.doc), Sum(v.next)}
	v.place(w)
	return nil
}

// place finds what the inventory and the snapshot know of the cells.
func (v *shifting) place(w World) {
	v.placed, v.views = make([]*model.Placement, len(v.cells)), make([]*board.CellView, len(v.cells))
	places, views := v.inv.Cells, w.Snapshot.Cells
	for i, c := range v.cells { // all three are in one order
		if len(places) > 0 && places[0].Cell != c { // to be equal is told sooner than to be in order
			places = places[skip(len(places), func(n int) bool { return places[n].Cell.Compare(c) < 0 }):]
		}
		if len(places) > 0 && places[0].Cell == c {
			v.placed[i], places = &places[0], places[1:]
		} else {
			v.placed[i] = &model.Placement{Cell: c}
		}
		if len(views) > 0 && views[0].Cell != c {
			views = views[skip(len(views), func(n int) bool { return views[n].Cell.Compare(c) < 0 }):]
		}
		if len(views) > 0 && views[0].Cell == c {
			v.views[i], views = &views[0], views[1:]
		}
	}
}

// skip counts the first of n that are before.
func skip(n int, before func(int) bool) int {
	for i := range n {
		if !before(i) {
			return i
		}
	}
	return n
}

// unmoved refuses a shift of nothing, and of cells that go different ways: each has its own order of steps.
func (v *shifting) unmoved(s *Shift, out *routes.Shifted) error {
	if len(out.Moved) == 0 && v.there > 0 {
		return fmt.Errorf("%w: nothing moves: %s takes all of these cells already", model.ErrRoutes, s.To)
	}
	if len(out.Moved) == 0 {
		return fmt.Errorf("%w: nothing moves: name cells", model.ErrRoutes)
	}
	r := &routes.Refusal{}
	for from, cells := range out.Moved {
		r.Causes = append(r.Causes, routes.Cause{Says: "they go to " + s.To.String() + " from " + from.String() + ", and others from elsewhere",
			Do: "shift those of each by themselves (--from " + from.String() + ")", Cells: cells})
	}
	slices.SortFunc(r.Causes, func(a, b routes.Cause) int { return cmp.Compare(a.Says, b.Says) })
	return r
}

// Apply makes the document of the order from the one that it follows. The error is ErrNotDone when it is not the one that was planned.
func (p *Publish) Apply(from *routes.Document, inv *model.Inventory, extensions bool) (*routes.Document, error) {
	next := from
	if p.Again == 0 {
		to, err := RouteCalled(p.To)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", model.ErrNotDone, err)
		}
		if p.Later != "" {
			next, err = from.DecideLater(inv, p.Later, to, extensions)
		} else {
			next, err = p.shifted(from, inv, to, extensions)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", model.ErrNotDone, err)
		}
	}
	if sum := Sum(next); sum != p.SHA256 {
		return nil, fmt.Errorf("%w: it comes to another document than was planned: SHA-256 %s, not %.64s", model.ErrNotDone, sum,
			model.Clean(p.SHA256))
	}
	return next, nil
}

func (p *Publish) shifted(from *routes.Document, inv *model.Inventory, to model.Route, extensions bool) (*routes.Document, error) {
	cells, err := CellsOf(p.Cells)
	if err != nil {
		return nil, err
	}
	out, err := from.Shift(inv, cells, to, extensions)
	if err != nil {
		return nil, err
	}
	return out.Document, nil
}

// sends is what a journal is told; the document itself is too long to be shown.
func (p *Publish) sends() string {
	if p.Again > 0 {
		return fmt.Sprintf("the routes of record %d, SHA-256 %.12s", p.Again, model.Clean(p.SHA256))
	}
	return fmt.Sprintf("routes that follow record %d, SHA-256 %.12s", p.Follows, model.Clean(p.SHA256))
}
