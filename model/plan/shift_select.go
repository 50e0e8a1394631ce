package plan

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"switchyard/model"
	"switchyard/model/routes"
)

// Select says which cells are meant to be shifted.
type Select struct {
	Chains, Regions, Kinds []string // empty: all
	Filter                 string   // as of MatchCells
	All                    bool     // else something must be said
	From                   string   // blue, both, green or none: only those that have this route; empty: whichever is one notch away
}

// Cells are those that are meant and that move to a route by one notch, and what is left out in words. Names that the inventory does not
// have are errors.
func (q Select) Cells(w World, to model.Route) (cells []model.Cell, left []string, err error) {
	if !q.All && len(q.Chains)+len(q.Regions)+len(q.Kinds) == 0 && q.Filter == "" {
		return nil, nil, fmt.Errorf("%w: say which cells: by chain, region, kind or filter, or all", model.ErrNone)
	}
	if why := w.unread(); why != "" {
		return nil, nil, fmt.Errorf("choosing cells: %s", why)
	}
	doc, err := RoutesOf(w.State)
	if err != nil {
		return nil, nil, fmt.Errorf("choosing cells: %w", err)
	}
	matches, err := MatchCells(q.Filter)
	if err != nil {
		return nil, nil, err
	}
	inv := w.Names.Inventory()
	if err := q.known(inv); err != nil {
		return nil, nil, err
	}
	by := map[model.Route][]model.Cell{}
	route, chains := doc.Walk(), amongChains(q.Chains)
	for i := range inv.Cells {
		p := &inv.Cells[i]
		named := chains(p.Cell.Chain) && among(q.Regions, p.Cell.Region) && among(q.Kinds, p.Cell.Kind.String())
		if r := route(p.Cell); named && matches(p, r) {
			by[r] = append(by[r], p.Cell)
		}
	}
	from, err := q.from(by, to)
	for r, n := range by {
		if r != from && r != to && len(n) > 0 {
			left = append(left, fmt.Sprintf("%d of %s", len(n), r))
		}
	}
	slices.Sort(left)
	switch {
	case err != nil:
		return nil, nil, err
	case len(by[from]) == 0 && len(by[to]) > 0:
		return nil, nil, fmt.Errorf("%w: nothing moves: %s takes all %d of these cells already", model.ErrRoutes, to, len(by[to]))
	case len(by[from]) == 0:
		return nil, nil, fmt.Errorf("%w: none of these cells is one notch from %s", model.ErrNone, to)
	}
	return by[from], left, nil
}

// from is the one route that the cells leave. To both it is green where any is green's and all are meant: that is the way back.
func (q Select) from(by map[model.Route][]model.Cell, to model.Route) (model.Route, error) {
	ways := map[model.Route][]model.Route{
		routes.Blue: {routes.Both, routes.None}, routes.Green: {routes.Both, routes.None}, routes.Both: {routes.Green, routes.Blue},
	}[to]
	var can []string
	var one model.Route
	for _, r := range ways {
		if len(by[r]) > 0 && (q.From == "" || q.From == r.String()) {
			if len(can) == 0 {
				one = r
			}
			can = append(can, r.String())
		}
	}
	if len(can) > 1 && !(q.All && to == routes.Both) {
		return one, fmt.Errorf("%w: some of these cells go to %s from %s and some from %s: say which (--from %s)", model.ErrRoutes, to, can[0],
			can[1], can[0])
	}
	return one, nil
}

func (q Select) known(inv *model.Inventory) error {
	chains := map[string]bool{}
	for i := range inv.Cells {
		chains[inv.Cells[i].Cell.Chain] = true
	}
	for _, c := range q.Chains {
		if !chains[c] {
			return fmt.Errorf("choosing cells: %w: the inventory has no chain %s", model.ErrNone, model.Clean(c))
		}
	}
	for _, r := range q.Regions {
		if !slices.Contains(inv.Regions, r) {
			return fmt.Errorf("choosing cells: %w: the inventory has no region %s; it has %s", model.ErrNone, model.Clean(r),
				strings.Join(inv.Regions, ", "))
		}
	}
	for _, k := range q.Kinds {
		var kind model.Kind
		if err := kind.UnmarshalText([]byte(k)); err != nil {
			return fmt.Errorf("choosing cells: kind %q: want regular or immutable", model.Clean(k))
		}
	}
	return nil
}

func among(names []string, name string) bool { return len(names) == 0 || slices.Contains(names, name) }

// amongChains is among for names that may be thousands.
func amongChains(names []string) func(string) bool {
	if len(names) == 0 {
		return func(string) bool { return true }
	}
	sorted := slices.Sorted(slices.Values(names))
	return func(name string) bool {
		_, found := slices.BinarySearch(sorted, name)
		return found
	}
}

// filterKeys are what a word of a filter can ask for by name.
var filterKeys = map[string]func(*model.Placement, model.Route) string{
	"chain":  func(p *model.Placement, _ model.Route) string { return p.Cell.Chain },
	"region": func(p *model.Placement, _ model.Route) string { return p.Cell.Region },
	"kind":   func(p *model.Placement, _ model.Route) string { return p.Cell.Kind.String() },
	"route":  func(_ *model.Placement, r model.Route) string { return r.String() },
	"tier":   func(p *model.Placement, _ model.Route) string { return strconv.Itoa(p.Tier) },
}

// MatchCells reads a filter: words that must all fit. chain:, region:, kind: and route: take a pattern with * and ?, tier: a number; any
// other word is a part of the cell's name.
func MatchCells(filter string) (func(*model.Placement, model.Route) bool, error) {
	var words []func(*model.Placement, model.Route) bool
	for _, f := range strings.Fields(filter) {
		key, pattern, keyed := strings.Cut(f, ":")
		of := filterKeys[key]
		switch {
		case !keyed:
			words = append(words, func(p *model.Placement, _ model.Route) bool {
				return strings.Contains(p.Cell.Chain, f) || strings.Contains(p.Cell.String(), f)
			})
			continue
		case of == nil:
			return nil, fmt.Errorf("reading the filter: %q: write chain:, region:, kind:, route: or tier:, or a part of a name", model.Clean(f))
		}
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return nil, fmt.Errorf("reading the filter: %q is no pattern", model.Clean(f))
		}
		if n, err := strconv.Atoi(pattern); key == "tier" && err != nil {
			return nil, fmt.Errorf("reading the filter: %q: a tier is a number", model.Clean(f))
		} else if key == "tier" { // +3 and 03 are the same
			words = append(words, func(p *model.Placement, _ model.Route) bool { return p.Tier == n })
			continue
		}
		words = append(words, func(p *model.Placement, r model.Route) bool {
			fits, _ := path.Match(pattern, of(p, r)) // the pattern was tried
			return fits
		})
	}
	return func(p *model.Placement, r model.Route) bool {
		for _, fits := range words {
			if !fits(p, r) {
				return false
			}
		}
		return true
	}, nil
}

// Without are the cells of a shift less those of causes.
func (s *Shift) Without(causes []routes.Cause) *Shift {
	out := map[model.Cell]bool{}
	for _, c := range causes {
		for _, cell := range c.Cells {
			out[cell] = true
		}
	}
	return &Shift{slices.DeleteFunc(slices.Clone(s.Cells), func(c model.Cell) bool { return out[c] }), s.To}
}
