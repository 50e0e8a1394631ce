package board

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// drifting is one way in which a Director differs from the routes.
type drifting struct {
	cluster model.Cluster
	place   int
	is      Adrift
	why     Idle
}

// driftAlerts tell which Directors have other cells than the routes say, one for each way in which they differ.
func (b *Board) driftAlerts(now time.Time) []Alert {
	cells := map[drifting][]model.Cell{}
	for _, i := range b.notable().adrift {
		v := &b.cells[i]
		for _, c := range model.Clusters {
			for place := range v.On[c].At {
				if is := v.DriftsOn(c, place); is != NotAdrift {
					at := drifting{c, place, is, v.On[c].At[place].Why}
					cells[at] = append(cells[at], v.Cell)
				}
			}
		}
	}
	since := make(map[drifting]time.Time, len(cells))
	var out []Alert
	for _, c := range model.Clusters {
		for place := range b.sides[c].director.Directors {
			for _, is := range []Adrift{Lacks, TooMany} {
				for why := range idleNoSuchOne {
					at := drifting{c, place, is, why}
					if len(cells[at]) == 0 {
						continue
					}
					since[at] = now
					if was, known := b.drifting[at]; known {
						since[at] = was
					}
					if b.pushes(c, place) {
						since[at] = now // it is expected as long as that runs
						continue
					}
					out = append(out, b.driftAlert(at, cells[at], since[at]))
				}
			}
		}
	}
	for at, was := range b.drifting { // what a Director that is silent has is not over
		if s := b.sides[at.cluster]; at.place == 0 && !s.said.Live || at.place > 0 && (s.said.Passive == nil || !s.said.Passive.Live) {
			since[at] = was
		}
	}
	b.drifting = since
	return append(append(out, b.fileAlerts()...), b.editedAlerts()...)
}

// fileAlerts tell of pairs of Directors that have loaded different files: the passive one would take over with another. One that does not
// answer now may have been given another file since.
func (b *Board) fileAlerts() (out []Alert) {
	for _, c := range model.Clusters {
		d := b.sides[c].director.Directors
		if len(d) < 2 || b.pushes(c, 0) || b.pushes(c, 1) {
			continue
		}
		first, second := model.CanaryOf(d[0].Jobs), model.CanaryOf(d[1].Jobs)
		said := &b.sides[c].said
		if first == second || !said.Live || said.JobsAt.IsZero() || said.Passive == nil || !said.Passive.Live || d[0].Jobs == nil ||
			d[1].Jobs == nil {
			continue // who does not tell what it has differs in nothing
		}
		a := Alert{ID: "drift:" + c.String() + ":file", Severity: model.Warn, rank: rankWaits, Cluster: &c,
			Says: fmt.Sprintf("%s (passive) has loaded another file than %s: %s, and %s", d[1].Name, d[0].Name,
				orNone(second), orNone(first)),
			Brief: "drift: " + d[1].Name + " loaded another file than " + d[0].Name,
			Do:    "see which is old, then push the routes to it again"}
		out = append(out, a)
	}
	return out
}

// orNone names a canary.
func orNone(canary string) string {
	if canary == "" {
		return "none of Switchyard's"
	}
	return canary
}

// again names the key of the plan that mends drift.
func again(c model.Cluster) string { return "M pushes the routes again (:push " + c.String() + ")" }

func (b *Board) driftAlert(at drifting, cells []model.Cell, since time.Time) Alert {
	c := at.cluster
	d := &b.sides[c].director.Directors[at.place]
	who := model.DirectorCalled(d.Name, at.place)
	a := Alert{ID: fmt.Sprintf("drift:%s:%d:%d:%d", c, at.place, at.is, at.why), Severity: model.Warn, rank: rankWaits, Cluster: &c,
		Since: since, Reach: len(cells), Cells: cells, Do: again(c) + ": see first who changed it"}
	names := make([]string, len(cells))
	for i := range cells {
		names[i] = cells[i].String()
	}
	n := plural(uint64(len(cells)), "cell")
	if at.is == TooMany {
		a.Brief = fmt.Sprintf("drift: %s starts %s too many", who, n)
		a.Says = fmt.Sprintf("%s starts %s that the routes do not give to %s: %s", who, n, c, fewNames(names))
		return a
	}
	why := at.why.String()
	a.Brief = fmt.Sprintf("drift: %s lacks %s; %s", who, n, why)
	a.Says = fmt.Sprintf("%s does not start %s that the routes give to %s: %s: %s", who, n, c, why, fewNames(names))
	switch at.why {
	case IdleOff:
		a.Do = again(c) + ", which enables it: see first who switched it off"
	case IdleClient:
		a.Do = again(c) + ", which enables the client: see first why it is disabled"
	case IdleSchedule:
		a.Do = again(c) + ", which enables its schedule: see first why that is off"
	case IdleNotDue:
		a.Do = "see the schedule and the promise in the inventory: the next run comes after the promise breaks"
	}
	return a
}

// pushes tells that an action is changing what a Director has.
func (b *Board) pushes(c model.Cluster, place int) bool {
	if b.state == nil {
		return false
	}
	its := record.TouchesOf(record.Touch(c.String(), "director", called(c, place, b.sides[c].director.Directors)))
	return slices.ContainsFunc(b.state.Actions, func(a *record.Action) bool {
		return a.State == record.ActionRunning && a.Touches.Meets(its)
	})
}
