package plan

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
	"switchyard/model/board"
)

// adrifts lets Directors of green differ from the routes: by place and cell.
func adrifts(w World, at map[[2]int]board.Starts) World {
	s := *w.Snapshot
	s.Cells = slices.Clone(s.Cells)
	v := *s.Clusters[model.Green]
	second := v.Directors[0]
	second.Name, second.Active = "dir-second", false
	v.Directors = append(v.Directors[:1:1], second)
	s.Clusters[model.Green] = &v
	for i := range s.Cells {
		s.Cells[i].Desired = model.Route{model.Holds, model.Holds}
	}
	for where, is := range at {
		s.Cells[where[1]].On[model.Green].At[where[0]] = is
	}
	w.Snapshot = &s
	return w
}

// TestAPushToThoseThatDiffer, first all pushes and then that each is effective, and to nobody else.
func TestAPushToThoseThatDiffer(t *testing.T) {
	noJob, off := board.Starts{Is: model.Fails, Why: board.IdleNoJob}, board.Starts{Is: model.Fails, Why: board.IdleOff}
	ask := Ask{Push: &Push{Cluster: model.Green, Adrift: true}}
	first := calm().Snapshot.Clusters[model.Green].Directors[0].Name
	for name, c := range map[string]struct {
		at   map[[2]int]board.Starts
		want []string
	}{
		"both":         {map[[2]int]board.Starts{{0, 0}: noJob, {1, 0}: off}, []string{first, "dir-second"}},
		"the active":   {map[[2]int]board.Starts{{0, 0}: off}, []string{first}},
		"the passive":  {map[[2]int]board.Starts{{1, 0}: noJob}, []string{"dir-second"}},
		"a client":     {map[[2]int]board.Starts{{0, 0}: {Is: model.Fails, Why: board.IdleClient}}, []string{first}},
		"a schedule":   {map[[2]int]board.Starts{{1, 0}: {Is: model.Fails, Why: board.IdleSchedule}}, []string{"dir-second"}},
		"due too late": {map[[2]int]board.Starts{{0, 0}: {Is: model.Fails, Why: board.IdleNotDue}}, nil},
		"not known":    {map[[2]int]board.Starts{{0, 0}: {Is: model.Unknown, Why: board.IdleUnheard}}, nil},
		"as they said": {nil, nil},
	} {
		w := adrifts(calm(), c.at)
		p, err := ask.Plan(w, "p1")
		if c.want == nil {
			if !errors.Is(err, errNothingAdrift) {
				t.Errorf("%s: %+v, %v", name, p, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var pushed, seen []string
		for _, s := range p.Steps {
			switch {
			case s.Order.Push != nil && s.Order.Push.Cluster == model.Green && len(seen) == 0 && slices.Contains(s.Guards, GuardRoutes):
				pushed = append(pushed, s.Order.Push.Director)
			case s.Order.Effective != nil:
				seen = append(seen, s.Order.Effective.Director)
			}
			if s.Name == "" || s.Done == "" || s.Limit <= 0 {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if !slices.Equal(pushed, c.want) || !slices.Equal(seen, c.want) || p.Guard("director-answers") != nil != slices.Contains(c.want, first) {
			t.Errorf("%s: pushes to %q and looks at %q, want %q", name, pushed, seen, c.want)
		}
		if says := p.Touches.String(); !strings.Contains(says, "green/director") || p.Confirm != "push green" ||
			p.Plain().Confirm != "push green" {
			t.Errorf("%s touches %s, by %q", name, says, p.Confirm)
		}
		if _, why := p.Holds(w); why != "" {
			t.Errorf("%s: stale at once: %s", name, why)
		}
		raw, err := json.Marshal(p)
		var back Plan
		if err = errors.Join(err, json.Unmarshal(raw, &back)); err != nil || !back.Ask.Is(ask) {
			t.Errorf("%s: %+v, %v", name, back.Ask, err)
		}
	}
}

// TestAPushToThoseThatHaveNoFileOfOurs, although they start every cell: or nothing is ever settled on them.
func TestAPushToThoseThatHaveNoFileOfOurs(t *testing.T) {
	ask := Ask{Push: &Push{Cluster: model.Green, Adrift: true}}
	w := wideWorld(wideInventory(2), allOfBoth())
	if _, err := ask.Plan(w, "p1"); !errors.Is(err, errNothingAdrift) {
		t.Errorf("both have one: %v", err)
	}
	d := &w.Snapshot.Clusters[model.Green].Directors[1]
	d.Jobs = slices.DeleteFunc(d.Jobs, model.IsCanary)
	p := must(ask.Plan(w, "p1"))
	if got := strings.Join(steps(p), ", "); got != "push dir-green-2, effective dir-green-2" ||
		p.Costs[0] != "dir-green-2: no file of Switchyard's is loaded" {
		t.Errorf("%s: %q", got, p.Costs)
	}
}

// TestAPushEnables what somebody has switched off, each by its own name and once, behind the push that does not undo it.
func TestAPushEnables(t *testing.T) {
	why := func(i board.Idle) board.Starts { return board.Starts{Is: model.Fails, Why: i} }
	inv := wideInventory(2)
	w := adrifts(
		wideWorld(inv, routesFor(inv, always, always)),
		map[[2]int]board.Starts{{0, 0}: why(board.IdleOff), {0, 1}: why(board.IdleClient), {1, 0}: why(board.IdleSchedule),
			{1, 1}: why(board.IdleNoJob)},
	)
	cells := w.Snapshot.Cells
	p0, _ := w.Names.Inventory().Find(cells[1].Cell)
	job, client := w.Names.Name(cells[0].Cell), p0.Client
	first := w.Snapshot.Clusters[model.Green].Directors[0].Name
	for _, adrift := range []bool{true, false} {
		p := must(Ask{Push: &Push{Cluster: model.Green, Adrift: adrift}}.Plan(w, "p1"))
		var order, sends []string
		for _, s := range p.Steps {
			row := must(s.Order.Row())
			if order = append(order, row.Name); s.Order.Enable != nil {
				sends = append(sends, s.Order.Enable.Director+": "+s.Order.Sends())
				if !slices.Contains(s.Guards, GuardRoutes) || s.Limit <= 0 || !strings.Contains(s.Name, "enable 1 ") {
					t.Errorf("%+v", s)
				}
			}
		}
		if diff := cmp.Diff([]string{"push", "push", "enable", "enable", "effective", "effective"}, order); diff != "" {
			t.Error(diff)
		}
		want := []string{first + `: enable job="` + job + `"; enable client="` + client + `"`, `dir-second: enable schedule="` + job + `"`}
		if diff := cmp.Diff(want, sends); diff != "" {
			t.Error(diff)
		}
		if costs := strings.Join(p.Costs, "\n"); !strings.Contains(costs, "somebody has switched off job "+job+", client "+client+": ask why") {
			t.Error(costs)
		}
		raw := must(json.Marshal(p))
		var back Plan
		if err := json.Unmarshal(raw, &back); err != nil || back.Steps[2].Order.Sends() != p.Steps[2].Order.Sends() {
			t.Errorf("it is read again as %+v, %v", back.Steps, err)
		}
	}
}

// TestAPushIsStaleWithOtherRoutes: what is pushed is what the newest routes come to.
func TestAPushIsStaleWithOtherRoutes(t *testing.T) {
	w := adrifts(calm(), map[[2]int]board.Starts{{0, 0}: {Is: model.Fails, Why: board.IdleNoJob}})
	p := must(Ask{Push: &Push{Cluster: model.Green, Adrift: true}}.Plan(w, "p1"))
	st := *w.State
	st.RoutesSeq++
	w.State = &st
	if _, why := p.Holds(w); !strings.Contains(why, "routes") {
		t.Errorf("the routes were changed, and it says %q", why)
	}
}
