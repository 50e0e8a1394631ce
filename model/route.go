package model

import "errors"

// Route says by Cluster who takes a cell: Unknown where that was not asked. The zero Route knows nothing.
type Route [2]Verdict

// String is the route's word: blue, both, green; none is a gap. What is known by half has a question mark: "blue?", "?".
func (r Route) String() string {
	blue, green := r[Blue], r[Green]
	switch {
	case blue == Holds && green == Holds:
		return "both"
	case blue == Fails && green == Fails:
		return "none"
	case blue == Holds && green == Fails:
		return Blue.String()
	case blue == Fails && green == Holds:
		return Green.String()
	case blue == Holds:
		return Blue.String() + "?"
	case green == Holds:
		return Green.String() + "?"
	}
	return "?"
}

// Gap tells that nobody takes the cell.
func (r Route) Gap() bool { return r == Route{Fails, Fails} }

// Only is the one cluster that can take the cell: the other certainly does not. False when both may, or none.
func (r Route) Only() (Cluster, bool) {
	switch {
	case r[Blue] != Fails && r[Green] == Fails:
		return Blue, true
	case r[Green] != Fails && r[Blue] == Fails:
		return Green, true
	}
	return Blue, false
}

// ErrRoutes is the kind of every routes document that cannot be used.
var ErrRoutes = errors.New("routes")
