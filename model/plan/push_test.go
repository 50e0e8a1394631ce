package plan

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"switchyard/model"
)

func TestAPlanOfAPush(t *testing.T) {
	w := calm()
	p, err := Ask{Push: &Push{Cluster: model.Green}}.Plan(w, "p1")
	if err != nil {
		t.Fatal(err)
	}
	n := len(w.Snapshot.Clusters[model.Green].Directors)
	if len(p.Steps) != 2*n || p.Confirm != "push green" || p.Blocked() != nil && p.Blocked().ID != GuardRoutes {
		t.Errorf("%d steps for %d Directors, %q, %+v", len(p.Steps), n, p.Confirm, p.Blocked())
	}
	for i := range n {
		s, on := &p.Steps[i], w.Snapshot.Clusters[model.Green].Directors[i].Name
		if s.Order.Push == nil || s.Order.Push.Director != on || s.Back == nil || s.Back.Order.PutBack.Director != on ||
			p.Steps[n+i].Order.Effective.Director != on {
			t.Errorf("step %d: %+v", i+1, s)
		}
		if !strings.Contains(p.Touches.String(), on) {
			t.Errorf("it touches %s, and not %s", p.Touches, on)
		}
	}
	if _, err := (Ask{Push: &Push{Director: "nobody"}}).Plan(w, "p1"); !errors.Is(err, model.ErrNone) {
		t.Errorf("%v", err)
	}
}

// TestAPushToAPassiveOneAlone waits until that one was heard: before, nobody knows that there is one.
func TestAPushToAPassiveOneAlone(t *testing.T) {
	ask := Ask{Push: &Push{Cluster: model.Green, Director: "dir-green-2"}}
	w := wideWorld(wideInventory(2), allOfBoth())
	p := must(ask.Plan(w, "p1"))
	if g := p.Guard("aside-answers"); g == nil || g.Verdict != model.Holds || g.Value != "dir-green-2" {
		t.Errorf("%+v", g)
	}
	if want := model.DirectorOf(model.Green, "dir-green-2"); !slices.Contains(p.Needs().Must, want) || !slices.Contains(p.Hears().Must, want) {
		t.Errorf("it is carried out before it was heard: %+v", p.Needs())
	}
	w.seen("green director dir-green-2").Why = "no answer"
	if b := must(ask.Plan(w, "p2")).Blocked(); b == nil || b.ID != "aside-answers" || b.Value != "dir-green-2: no answer" || b.Do == "" {
		t.Errorf("%+v", b)
	}
}
