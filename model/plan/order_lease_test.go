package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/routes"
)

// TestALeaseIsAroundThePushes, where the configuration manager of their Directors can be held, and there alone.
func TestALeaseIsAroundThePushes(t *testing.T) {
	inv := wideInventory(3)
	w := wideWorld(inv, routesFor(inv, always, never))
	ask := shiftOf(routes.Both, allOf(inv)[:5]...)
	told := func(p *Plan) (names []string) {
		for i := range p.Steps {
			s := &p.Steps[i]
			name := ""
			switch o := s.Order; {
			case o.Hold != nil:
				name = "hold"
				if !s.Spares || s.Back == nil || s.Back.Order.LetGo == nil || *s.Back.Order.LetGo != *o.Hold || s.Limit > time.Minute ||
					o.Hold.Name != "switchyard-p1" || !strings.Contains(strings.Join(s.Guards, " "), GuardRoutes) {
					t.Errorf("%+v", s)
				}
			case o.LetGo != nil:
				name = "let go"
				if !s.Spares || s.Back != nil {
					t.Errorf("%+v", s)
				}
			default:
				r, _ := s.Order.Row()
				name = r.Name
			}
			names = append(names, name)
		}
		return names
	}
	want := "publish push push effective effective"
	if got := strings.Join(told(must(ask.Plan(w, "p1"))), " "); got != want {
		t.Fatal(got)
	}
	w.Routing.Leases[model.Blue] = time.Hour
	if got := strings.Join(told(must(ask.Plan(w, "p1"))), " "); strings.Contains(got, "hold") {
		t.Errorf("blue's manager is held for a push to green: %s", got)
	}
	w.Routing.Leases[model.Green] = 20 * time.Minute
	p := must(ask.Plan(w, "p1"))
	got := strings.Join(told(p), " ")
	if got != "publish hold push push effective effective let go" {
		t.Error(got)
	}
	if !strings.Contains(p.Touches.String(), "manager") ||
		!strings.Contains(fmt.Sprint(p.Lines(t0)), "hold green's configuration manager, for 20m at most") {
		t.Errorf("%s\n%v", p.Touches, p.Lines(t0))
	}
	if why := must(Of(must(p.Record()))).Stale(must(p.Renew(w)), t0); why != "" {
		t.Error("as it was recorded it is stale: " + why)
	}
}
