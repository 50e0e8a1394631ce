package rehearsal

import (
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// tenantFaults make a catalog's server one that is hard to leave: somebody else lives in the schema, or nobody can say how much it has to
// do.
var tenantFaults = []FaultKind{
	{"catalog-shared", "blue|green", "an account of another application has a session in the catalog's schema",
		by(onServer(func(in *sqlsim.Instance, on bool) { in.Share(map[bool]string{true: "reports"}[on]) }))},
	{"catalog-crowded", "blue|green", "clients that are nobody's hold 260 more connections to the catalog's server; healing sets back " +
		"how many it had at once",
		by(onServer(func(in *sqlsim.Instance, on bool) { in.Crowd(map[bool]int{true: 260}[on]) }))},
	{"catalog-burst", "blue|green", "clients that are nobody's send the catalog's server 900 more statements a second",
		by(onServer(func(in *sqlsim.Instance, on bool) { in.Burst(map[bool]float64{true: 900}[on]) }))},
	{"catalog-plain", "blue|green", "a Director has a session on the catalog's server without TLS, which lets it in", by(plainly)},
}

// plainly lets a pair stay alike: the replica would let such sessions in, too.
func plainly(w *World, target string) (func() error, error) {
	c, err := w.clusterOf(target)
	if err != nil {
		return nil, err
	}
	set := func(on bool) {
		w.catalog(c).SetPlain(on, map[bool]string{true: "bacula"}[on])
		if c == model.Green {
			w.replica.SetPlain(on, "")
		}
	}
	set(true)
	return func() error { set(false); return nil }, nil
}

func onServer(set func(*sqlsim.Instance, bool)) func(*World, string) (func() error, error) {
	return func(w *World, target string) (func() error, error) {
		c, err := w.clusterOf(target)
		if err != nil {
			return nil, err
		}
		in := w.catalog(c)
		set(in, true)
		return func() error { set(in, false); return nil }, nil
	}
}
