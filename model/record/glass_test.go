package record

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// journalOf is a story that keeps its records.
type journalOf struct {
	t       *testing.T
	s       *State
	records []Record
}

func (j *journalOf) say(actor string, bs ...Body) {
	j.t.Helper()
	for _, b := range bs {
		r := follow(j.t, j.s, actor, t0, b)
		j.s = must(j.t, j.s, r)
		j.records = append(j.records, r)
	}
}

// breakGlass is a shared journal with an action in its first step, and a break-glass journal that carries it over.
func breakGlass(t *testing.T) (shared, glass *journalOf) {
	shared = &journalOf{t: t}
	shared.say("ann", Genesis{Environment: "prod", Routes: json.RawMessage(`{"first":1}`)}, planned("p1", 1, "a", "b"),
		Approved{Action: "p1"}, Claim{Action: "p1", Claim: "c1"}, Intent{Action: "p1", Claim: "c1", Step: 1})
	glass = &journalOf{t: t}
	glass.say("bob", Genesis{Environment: "prod", Routes: shared.s.Routes, Glass: &Glass{
		Why:     "the bucket's AWS region is gone",
		Journal: shared.s.Journal,
		Seq:     shared.s.Head.Seq,
		Hash:    shared.s.Head.Hash,
		Carried: shared.records[1:],
	}})
	return shared, glass
}

func mergeAll(shared, glass *journalOf) {
	for _, r := range glass.records {
		shared.say("ann", Merged{Origin: glass.s.Journal, Record: r})
	}
}

func TestGlassCarriesWhatIsUnfinished(t *testing.T) {
	_, glass := breakGlass(t)
	a := glass.s.Action("p1")
	if a == nil || a.String() != "running (step 1 of 2)" || !a.Carried || a.Seq != 2 || glass.s.RoutesSeq != 1 {
		t.Fatalf("%+v", a)
	}
	glass.say("bob", Claim{Action: "p1", Claim: "c2", Takes: "c1", Reason: "alone"}, Done{Action: "p1", Claim: "c2", Step: 1})
}

func TestMergeTakesOverWhatWasDone(t *testing.T) {
	shared, glass := breakGlass(t)
	glass.say(
		"bob",
		Claim{Action: "p1", Claim: "c2", Takes: "c1"},
		Done{Action: "p1", Claim: "c2", Step: 1},
		Intent{Action: "p1", Claim: "c2", Step: 2},
		Done{
			Action: "p1",
			Claim:  "c2",
			Step:   2,
		},
		planned("p2", 1, "x"),
		Routed{Document: json.RawMessage(`{"glass":1}`)},
		Routed{Document: json.RawMessage(`{"glass":2}`)},
		Note{Says: "done"},
		Closed{},
	)
	shared.say("ann", Note{Says: "the bucket is back"})
	mergeAll(shared, glass)
	if a := shared.s.Action("p1"); a.State != ActionDone || a.Carried {
		t.Errorf("%+v", a)
	}
	if a := shared.s.Action("p2"); a.Seq != 12 || a.By != "bob" {
		t.Errorf("%+v", a)
	}
	if string(shared.s.Routes) != `{"glass":2}` || shared.s.RoutesSeq != 14 {
		t.Errorf("routes %s of %d", shared.s.Routes, shared.s.RoutesSeq)
	}
	want := []Origin{{Journal: glass.s.Journal, Since: 5, Seq: 10, Hash: glass.s.Head.Hash, Routes: 14, Closed: true}}
	if diff := cmp.Diff(want, shared.s.Origins); diff != "" {
		t.Error(diff)
	}
	refuses(t, glass.s, "bob", Note{Says: "one more"}, "is closed")
	for _, r := range []Record{glass.records[0], glass.records[4], glass.records[9]} {
		if _, err := Fold(shared.s, follow(t, shared.s, "ann", t0, Merged{Origin: glass.s.Journal, Record: r})); !errors.Is(err, ErrIllegal) {
			t.Errorf("record %d merged twice: %v", r.Seq, err)
		}
	}
}

func TestMergeKeepsConflicts(t *testing.T) {
	shared, glass := breakGlass(t)
	glass.say("bob", Claim{Action: "p1", Claim: "c2", Takes: "c1"}, Routed{Document: json.RawMessage(`{"glass":1}`)}, Note{Says: "x"})
	shared.say("ann", Claim{Action: "p1", Claim: "c3", Takes: "c1"}, Routed{Document: json.RawMessage(`{"shared":1}`)})
	mergeAll(shared, glass)
	if string(shared.s.Routes) != `{"shared":1}` || shared.s.Action("p1").Claim != "c3" {
		t.Errorf("what the shared journal did was undone: %s", shared.s.Routes)
	}
	o := shared.s.Origins[0]
	if len(o.Conflicts) != 2 || !strings.Contains(o.Conflicts[0], "record 2 (claim)") ||
		!strings.Contains(o.Conflicts[1], "changed here meanwhile, by record 7") ||
		o.Seq != 4 {
		t.Errorf("%+v", o)
	}
}

func TestMergeRefusesStrangers(t *testing.T) {
	shared, glass := breakGlass(t)
	glass.say("bob", Note{Says: "one"}, Note{Says: "two"})
	merged := func(origin string, r Record) Body { return Merged{Origin: origin, Record: r} }
	genesis := func(hurt func(*Genesis)) Body {
		g := Genesis{Environment: "prod", Glass: &Glass{Journal: shared.s.Journal, Seq: 5}}
		hurt(&g)
		return merged("id1", follow(t, nil, "bob", t0, g))
	}
	id := glass.s.Journal
	for _, c := range []struct {
		name, says string
		body       Body
	}{
		{"rehearsal", `is of "prod" (REHEARSAL day), this one of "prod" (real)`, genesis(func(g *Genesis) { g.Rehearsal = "day" })},
		{"environment", `is of "staging"`, genesis(func(g *Genesis) { g.Environment = "staging" })},
		{"a journal that is none", "not the genesis of a break-glass", genesis(func(g *Genesis) { g.Glass = nil })},
		{"of another journal", "continues another one", genesis(func(g *Genesis) { g.Glass.Journal = "other" })},
		{"of the future", "continues another one", genesis(func(g *Genesis) { g.Glass.Seq = 6 })},
		{"no genesis", "whose genesis is not here", merged(id, glass.records[1])},
		{"merged in merged", "own records", merged(id, follow(t, glass.s, "bob", t0, Merged{Record: glass.records[0]}))},
		{"unsealed", "the record inside", Merged{Origin: id}},
	} {
		t.Run(c.name, func(t *testing.T) { refuses(t, shared.s, "ann", c.body, c.says) })
	}
	shared.say("ann", merged(id, glass.records[0]))
	refuses(t, shared.s, "ann", merged(id, glass.records[2]), "the last one here is 1")
	forged := glass.records[1]
	forged.Prev = strings.Repeat("0", 64)
	refuses(t, shared.s, "ann", merged(id, forged), "follows another record 1")
	refuses(t, glass.s, "bob", merged(id, glass.records[1]), "only into the shared one")
}
