package plan

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/routes"
)

func chainsOf(names ...string) func(model.Cell) bool {
	return func(c model.Cell) bool { return slices.Contains(names, strings.TrimPrefix(c.Chain, "orders-eu-0000")) }
}

// doneIn tells a plan's steps in few words: see what is effective, drain, publish, push.
func doneIn(p *Plan) (out []string) {
	for i := range p.Steps {
		switch o := p.Steps[i].Order; {
		case o.Effective != nil:
			out = append(out, "see "+o.Effective.Director)
		case o.Push != nil && p.Steps[i].Spares:
			out = append(out, "push "+o.Push.Director+" or not")
		case o.Push != nil:
			out = append(out, "push "+o.Push.Director)
		case o.Drained != nil:
			out = append(out, "drain "+o.Drained.Cluster.String())
		case o.Publish != nil:
			out = append(out, "publish")
		}
	}
	return out
}

// TestAdopting what an owner has: the order of the steps, and what is refused or asks for a reason.
func TestAdopting(t *testing.T) {
	inv := wideInventory(4)
	for name, c := range map[string]struct {
		blue, green func(model.Cell) bool // of the owner's
		hurt        func(World)
		steps       string // in part
		guard, says string
		bar         string
	}{
		"green gains": {always, chainsOf("1", "2"), nil,
			"publish, push dir-green, push dir-green-2 or not, see dir-green, see dir-green-2", "adopt-no-gap", "each with a cluster", "ok"},
		"blue loses": {chainsOf("3", "4"), chainsOf("1", "2"), nil,
			"drain blue, publish, push dir-green, push dir-green-2, see dir-green, see dir-green-2, push dir-blue", "adopt-proven",
			"8 of 8 that lose", "override"},
		"a gap": {chainsOf("3", "4"), chainsOf("1"), nil, "publish", "adopt-no-gap", "4 gaps: nobody would take orders-eu-00002",
			"block"},
		"nobody takes any": {never, never, nil, "publish", "adopt-no-gap", "16 gaps", "block"},
		"a cluster is silent": {chainsOf("3", "4"), chainsOf("1", "2"), func(w World) { w.seen("green catalog").Why = "no answer" },
			"publish", "adopt-proven", "is silent", "override?"},
	} {
		t.Run(name, func(t *testing.T) {
			w := wideWorld(inv, routesFor(inv, always, never))
			if c.hurt != nil {
				c.hurt(w)
			}
			p := must(Ask{Adopt: &Adopt{must(json.Marshal(routesFor(inv, c.blue, c.green)))}}.Plan(w, "p1"))
			if got := strings.Join(doneIn(p), ", "); !strings.Contains(got, c.steps) {
				t.Errorf("%s", got)
			}
			g := p.Guard(c.guard)
			if word := GuardWord(*g); word != c.bar || !strings.Contains(g.Value, c.says) || g.Do == "" && c.bar != "ok" {
				t.Errorf("%s: %+v", word, g)
			}
			if again := must(p.Renew(w)); again.Facts != p.Facts {
				t.Error("it does not hold")
			}
			if b := must(Of(planned(t, p))); b.Ask.Adopt == nil || string(b.Ask.Adopt.Document) == "" {
				t.Error("it is not read as it was written")
			}
		})
	}
}

// TestAdoptingAcross: cells may go to the other cluster alone in one document, who gets them first; both ways at once no order is safe.
func TestAdoptingAcross(t *testing.T) {
	inv := wideInventory(4)
	of := func(w World, blue, green func(model.Cell) bool) *Plan {
		return must(Ask{Adopt: &Adopt{must(json.Marshal(routesFor(inv, blue, green)))}}.Plan(w, "p1"))
	}
	w := wideWorld(inv, routesFor(inv, chainsOf("1", "2"), chainsOf("3", "4")))
	if got := doneIn(of(w, chainsOf("1", "2", "3", "4"), never)); got[0] != "drain green" || !strings.HasPrefix(strings.Join(got[1:], ", "),
		"publish, push dir-blue, push dir-blue-2, see dir-blue, see dir-blue-2, push dir-green") {
		t.Errorf("%q", got)
	}
	p := of(w, chainsOf("3", "4"), chainsOf("1", "2"))
	if b := p.Blocked(); b == nil || !strings.Contains(b.Value, "no order of pushes") {
		t.Errorf("%+v", b)
	}
	// What loses a cluster that the other one is not touched beside is seen on it before.
	both := wideWorld(inv, routesFor(inv, always, always))
	if got := doneIn(of(both, never, always)); !slices.Equal(got[:4], []string{"see dir-green", "see dir-green-2", "drain blue", "publish"}) {
		t.Errorf("%q", got)
	}
	if g := of(both, never, always).Guard("adopt-proven"); g.Verdict != model.Holds {
		t.Errorf("%+v", g)
	}
	both.Snapshot.Cells[0].On[model.Green].At[1] = board.Starts{Is: model.Fails, Why: board.IdleOff}
	if g := of(both, never, always).Guard("adopt-proven"); g.Verdict != model.Fails || !strings.Contains(g.Value, "1 of 16") {
		t.Errorf("%+v", g)
	}
	for says, doc := range map[string]string{
		"those that count already": string(must(json.Marshal(routesFor(inv, always, always)))),
		"line 1, column":           `{"bacula-blue": {"region1": 3}}`,
		"duplicate key":            `{"bacula-blue": {}, "bacula-blue": {}}`,
		"region7":                  `{"bacula-blue": {"region7": {"take_regular_backups": true, "take_immutable_backups": true}}}`,
	} {
		if _, err := (Ask{Adopt: &Adopt{json.RawMessage(doc)}}).Plan(both, "p2"); !errors.Is(err, model.ErrRoutes) &&
			!strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	// A journal that has none yet.
	none := wideWorld(inv, &routes.Document{})
	none.State.RoutesSeq, none.State.Routes = 0, nil
	if p := of(none, always, never); p.Blocked() != nil || doneIn(p)[0] != "publish" {
		t.Errorf("%+v, %q", p.Blocked(), doneIn(p))
	}
}
