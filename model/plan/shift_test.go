package plan

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/model/routes"
)

func TestShiftsHaveTheirOrder(t *testing.T) {
	inv := wideInventory(3)
	some := allOf(inv)[:5]
	greenSteps := []string{"publish", "push dir-green", "push dir-green-2 (spared)", "effective dir-green", "effective dir-green-2 (spared)"}
	blueSteps := []string{"publish", "push dir-blue", "push dir-blue-2 (spared)", "effective dir-blue", "effective dir-blue-2 (spared)"}
	for _, c := range []struct {
		name        string
		blue, green func(model.Cell) bool
		to          model.Route
		steps       []string
		holds       []string // guards that need not hold
	}{
		{"overlap", always, never, routes.Both, greenSteps, []string{"clients-answer", "storages-there", "storage-room"}},
		{"settle", always, always, routes.Green, append([]string{"effective dir-green", "effective dir-green-2", "drained"}, blueSteps...), nil},
		{"back", never, always, routes.Both, blueSteps, nil},
		{"settle back", always, always, routes.Blue, append([]string{"effective dir-blue", "effective dir-blue-2", "drained"}, greenSteps...),
			nil},
		{"mend a gap", never, never, routes.Blue, blueSteps, []string{"clients-answer", "storages-there", "storage-room", "first-night"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := wideWorld(inv, routesFor(inv, c.blue, c.green))
			p := must(shiftOf(c.to, some...).Plan(w, "p1"))
			if diff := cmp.Diff(c.steps, steps(p)); diff != "" {
				t.Error(diff)
			}
			for _, g := range p.Guards {
				if g.Verdict != model.Holds && !slices.Contains(c.holds, g.ID) {
					t.Errorf("%s does not hold: %s", g.ID, g.Value)
				}
				if g.Verdict != model.Holds && g.Do == "" {
					t.Errorf("nobody says how to get past %s", g.ID)
				}
			}
			again := must(Decode(must(json.Marshal(p))))
			if diff := cmp.Diff(p, again, cmp.Comparer(record.Touches.Equal)); diff != "" {
				t.Errorf("written and read: %s", diff)
			}
			if same := must(p.Renew(w)); p.Stale(same, w.Now) != "" {
				t.Errorf("renewed at once it is stale: %s", p.Stale(same, w.Now))
			}
			if p.Blocked() == nil {
				reasons := map[string]string{}
				for _, g := range p.Guards {
					reasons[g.ID] = "because"
				}
				if _, err := p.Approve(Approval{By: "ann", Confirm: "shift 5 cells to " + c.to.String(), Reasons: reasons}, t0); err != nil {
					t.Error(err)
				}
			}
			doc := must(RoutesOf(w.State))
			for i := range p.Steps {
				if d := p.Steps[i].Order.Push; d != nil && (d.Pressing != (c.name == "back") || p.Steps[i].Back.Order.PutBack.Pressing != d.Pressing) {
					t.Errorf("%s: pressing %v", p.Steps[i].Name, d.Pressing)
				}
				pub := p.Steps[i].Order.Publish
				if pub == nil {
					continue
				}
				next := must(pub.Apply(doc, inv, true))
				for _, cell := range some {
					if next.Route(cell) != c.to {
						t.Errorf("%s is %s", cell, next.Route(cell))
					}
				}
				if back := must(p.Steps[i].Back.Order.Publish.Apply(doc, inv, true)); !back.Equal(doc) {
					t.Error("the way back of its document is another")
				}
				pub.SHA256 = strings.Repeat("0", 64)
				if _, err := pub.Apply(doc, inv, true); !errors.Is(err, model.ErrNotDone) {
					t.Errorf("a document that was not planned: %v", err)
				}
			}
		})
	}
}

// TestEveryCauseNamesTheWay past it: what is refused for some cells is told with the key, or the command, that mends it.
func TestEveryCauseNamesTheWay(t *testing.T) {
	ways := []string{"(M ", "(b", "(enter ", "(T ", "switchyard observe", "one reason for the whole wave", "until it has shown it"}
	for id, g := range cellGuards {
		if !slices.ContainsFunc(ways, func(way string) bool { return strings.Contains(g.do, way) }) {
			t.Errorf("%s: %q says with nothing how", id, g.do)
		}
	}
}

// TestWhatRefusesToSettle is green's proof, guard by guard.
func TestWhatRefusesToSettle(t *testing.T) {
	inv := wideInventory(40)
	all := allOf(inv)
	first := func(w World) *board.Standing { return &w.Snapshot.Cells[0].On[model.Green] }
	starts := func(place int, is model.Verdict, why board.Idle) func(World) {
		return func(w World) { first(w).At[place] = board.Starts{Is: is, Why: why} }
	}
	for name, c := range map[string]struct {
		hurt  func(World)
		guard string
		says  string
		bar   string
	}{
		"no good backup": {func(w World) { first(w).LastGood = nil }, "proven-good",
			"1 of 160: green has no good backup of it (orders-eu-00001 region1 regular)", "block"},
		"an old one": {func(w World) { w.Snapshot.Cells[0].Promise = time.Hour }, "proven-good", "older than its promise", "block"},
		"distrusted": {func(w World) {
			first(w).Last = &model.Job{Outcome: model.Failed, Note: `authenticate.c:123 Unable to authenticate with File daemon at "x:9102".`}
		}, "tried-well", "1 of 160: its file daemon does not trust green (orders-eu-00001 region1 regular)", "block"},
		"newest is hollow": {func(w World) {
			last := *first(w).Last
			last.Doubt = model.Empty
			first(w).Last = &last
		}, "tried-well", "1 of 160: its newest try on green is no good backup: it left nothing to restore from (orders-eu-00001 region1 regular)",
			"block"},
		"not tried":        {func(w World) { first(w).Last = nil }, "tried-well", "green has not tried it yet", "block?"},
		"catalog not read": {func(w World) { first(w).LastGood, first(w).Read = nil, false }, "proven-good", "was not read", "block?"},
		"unprotected volumes": {func(w World) {
			j := *w.Snapshot.Cells[1].On[1].LastGood
			j.Protected = model.Fails
			w.Snapshot.Cells[1].On[1].LastGood = &j
		}, "volumes-protected", "not protected (orders-eu-00001 region1 immutable)", "block"},
		"untold volumes": {func(w World) {
			j := *w.Snapshot.Cells[1].On[1].LastGood
			j.Protected = 0
			w.Snapshot.Cells[1].On[1].LastGood = &j
		}, "volumes-protected", "nobody tells", "block?"},
		"small": {func(w World) { j := *first(w).LastGood; j.Bytes = 1e9; first(w).LastGood = &j }, "proven-size",
			"less than 0.5 times blue's", "override"},
		"large": {func(w World) { j := *first(w).LastGood; j.Bytes = 1e10; first(w).LastGood = &j }, "proven-size",
			"more than 2 times blue's", "override"},
		"bad nights": {func(w World) { w.Snapshot.Clusters[model.Green].Week.By[0].Backups.Failed = 9 }, "proven-rate",
			"40 of 160: region1 regular: 91.7 % of 109", "override"},
		"few nights": {func(w World) { w.Snapshot.Clusters[model.Green].Week.By[0].Backups.OK = 9 }, "proven-rate", "only 9 in 7 d",
			"override?"},
		"no restore test": {func(w World) { w.State.Evidence = nil }, "proven-restored", "none has passed", "override?"},
		"an old restore test": {func(w World) { w.State.Evidence[0].At = t0.Add(-8 * 24 * time.Hour) }, "proven-restored",
			"40 of 160: region1 regular: the newest passed on 15 Nov 2026", "override"},
		"a failed restore test": {func(w World) { w.State.Evidence[0].Verdict = model.Fails }, "proven-restored",
			"its own newest restore test failed", "override"},
		"young": {func(w World) { first(w).Since = t0.Add(-3 * 24 * time.Hour) }, "proven-retention",
			"1 of 160: covered on 30 Nov 2026", "override"},
		"RDS reboots": {func(w World) { w.Snapshot.RDS.Primary.AWS.Value.Status = "rebooting" }, "rds-healthy", "bacula is rebooting",
			"override"},
		"AWS is silent": {func(w World) { w.seen("RDS primary").Why = "no answer" }, "rds-healthy", "no answer", "override?"},
		"no RDS":        {func(w World) { w.Snapshot.RDS = nil }, "rds-healthy", "no RDS instance", "override?"},
		"DR is not ready": {func(w World) { w.Snapshot.RDS.Emergency.Can = model.Fails }, "dr-ready",
			"afterwards green alone has 160 of 160", "override"},
		"off on the passive": {starts(1, model.Fails, board.IdleOff), "stay-effective", "dir-green-2 (passive): the job is switched off",
			"block"},
		"not on the passive": {starts(1, model.Fails, board.IdleNoJob), "stay-effective", "dir-green-2 (passive): it has no job for it",
			"block"},
		"passive tells nothing": {starts(1, model.Unknown, board.IdleUntold), "stay-effective", "does not tell what is switched off", "block?"},
		"passive is silent": {func(w World) { w.seen("green director dir-green-2").Why = "no answer" }, "stay-answers",
			"dir-green-2: no answer", "block?"},
		"active is silent":  {func(w World) { w.seen("green director dir-green").Why = "no answer" }, "stay-answers", "no answer", "block?"},
		"off on the active": {starts(0, model.Fails, board.IdleOff), "stay-effective", "dir-green: the job is switched off", "block"},
		"no such client":    {starts(0, model.Fails, board.IdleClient), "stay-effective", "dir-green: the client is disabled", "block"},
		"not asked yet": {starts(0, model.Unknown, board.IdleUnheard), "stay-effective", "dir-green: it does not tell which jobs it has",
			"block?"},
		"due too late": {starts(0, model.Fails, board.IdleNotDue), "stay-effective", "it is not due within its promise", "block"},
		"never pushed to": {func(w World) {
			d := &w.Snapshot.Clusters[model.Green].Directors[0]
			d.Jobs = slices.DeleteFunc(d.Jobs, model.IsCanary)
		}, "stay-pushed", "dir-green: no file of Switchyard's is loaded", "block"},
		"the passive never pushed to": {func(w World) {
			d := &w.Snapshot.Clusters[model.Green].Directors[1]
			d.Jobs = slices.DeleteFunc(d.Jobs, model.IsCanary)
		}, "stay-pushed", "dir-green-2 (passive): no file of Switchyard's is loaded", "block"},
		"nobody tells what it has": {func(w World) { w.Snapshot.Clusters[model.Green].Directors[1].Jobs = nil }, "stay-pushed",
			"dir-green-2 (passive) does not tell which jobs it has", "block?"},
		"two writers": {func(w World) { w.Snapshot.RDS.TwoWriters = "both write" }, "catalog-writes", "both write", "block"},
	} {
		t.Run(name, func(t *testing.T) {
			w := wideWorld(inv, routesFor(inv, always, always))
			c.hurt(w)
			ask := shiftOf(routes.Green, all...)
			p := must(ask.Plan(w, "p1"))
			g := p.Guard(c.guard)
			if !strings.Contains(g.Value, c.says) || GuardWord(*g) != c.bar || g.Do == "" {
				t.Errorf("%+v\nall: %q", g, notHolding(p))
			}
			// Without the cells that are refused the others go.
			refused, err := ask.Shift.Refused(w)
			if err != nil || len(refused) > 0 != (Blocks(*g) && cellGuards[c.guard].says != nil || c.guard == "stay-answers" && refused != nil) {
				t.Errorf("%d causes, %v", len(refused), err)
			}
			if len(refused) > 0 && len(refused[0].Cells) < len(all) {
				left := slices.DeleteFunc(slices.Clone(all), func(c model.Cell) bool { return slices.Contains(refused[0].Cells, c) })
				if p := must(shiftOf(routes.Green, left...).Plan(w, "p2")); p.Guard(c.guard).Verdict != model.Holds {
					t.Errorf("without them: %+v", p.Guard(c.guard))
				}
				if !strings.Contains(g.Do, "--leave-out") {
					t.Errorf("nobody says how to leave them out: %s", g.Do)
				}
			}
		})
	}
}

// TestTheWayBackAsksForNothingOfGreen: with green, AWS and RDS silent, and a forward shift stuck.
func TestTheWayBackAsksForNothingOfGreen(t *testing.T) {
	inv := wideInventory(4)
	w := wideWorld(inv, routesFor(inv, never, always))
	w.Snapshot.Clusters[model.Green], w.Snapshot.RDS, w.State.Evidence = nil, nil, nil
	for i := range w.Snapshot.Seen {
		if s := &w.Snapshot.Seen[i]; s.Source.Kind != model.SourceDirector || s.Source.Cluster != model.Blue {
			s.Why = "no answer"
		}
	}
	for i := range w.Snapshot.Cells {
		w.Snapshot.Cells[i].On[model.Green] = board.Standing{}
	}
	w.seen("blue director dir-blue-2").Why = "no answer"
	stuck := &record.Action{ID: "s", Seq: 9, Verb: "shift", State: record.ActionUnknown, Intent: 12, Touches: record.TouchesOf(TouchRoutes)}
	w.State.Actions = []*record.Action{stuck}
	w.Policy.Approvals = 2
	p := must(shiftOf(routes.Both, allOf(inv)...).Plan(w, "p1"))
	if b := p.Blocked(); b != nil || p.Approvals != 1 || !p.Emergency || slices.ContainsFunc(p.Guards, NeedsReason) {
		t.Errorf("%+v; %q; %d approve it", b, notHolding(p), p.Approvals)
	}
	if diff := cmp.Diff([]Other{{"s", 9}}, p.Supersedes); diff != "" {
		t.Error(diff)
	}
	for _, s := range p.Needs().Must {
		if s.Cluster == model.Green || s.OfPair() {
			t.Errorf("it waits for %s", s)
		}
	}
	if lines := strings.Join(p.Costs, "\n"); !strings.Contains(lines, "of 16 of them blue has no good backup") ||
		!strings.Contains(lines, "whether blue still reaches") {
		t.Error(lines)
	}
	// Another thing that is not over is in its way as ever.
	stuck.Verb = "push"
	if p := must(shiftOf(routes.Both, allOf(inv)...).Plan(w, "p1")); p.Blocked() == nil || len(p.Supersedes) > 0 {
		t.Error("it takes the place of what is no shift")
	}
	w.seen("blue director dir-blue").Why = "no answer"
	stuck.Verb = "shift"
	if p := must(shiftOf(routes.Both, allOf(inv)...).Plan(w, "p1")); p.Blocked() == nil || p.Blocked().ID != "director-answers" {
		t.Error("without blue's Director there is no way back")
	}
}

func TestWhatIsNoShift(t *testing.T) {
	inv := wideInventory(3)
	all := allOf(inv)
	half := func(c model.Cell) bool { return c.Chain == "orders-eu-00001" }
	mixed := wideWorld(inv, routesFor(inv, always, half))
	for name, c := range map[string]struct {
		w    World
		ask  Ask
		says string
	}{
		"two notches":     {wideWorld(inv, routesFor(inv, always, never)), shiftOf(routes.Green, all[0]), "two notches away"},
		"nothing":         {mixed, shiftOf(routes.Both), "nothing moves"},
		"there already":   {mixed, shiftOf(routes.Both, all[0]), "takes all of these cells already"},
		"an unknown cell": {mixed, shiftOf(routes.Both, model.Cell{Chain: "x", Region: "region1"}), "not in the inventory"},
		"to nobody":       {mixed, shiftOf(routes.None, all[0]), "nobody may be left"},
		"different ways": {wideWorld(inv, routesFor(inv, half, func(c model.Cell) bool { return !half(c) })), shiftOf(routes.Both, all...),
			"they go to both from blue"},
		"all but some": {plainly(wideWorld(inv, allOfBoth())), shiftOf(routes.Green, all[0], all[1]), "except_chains"},
		"no routes": {func() World { w := mixed; w.State = &record.State{}; return w }(), shiftOf(routes.Both, all[0]),
			"has no routes yet"},
		"routes of nothing": {func() World {
			w := mixed
			w.State = &record.State{RoutesSeq: 3, Routes: json.RawMessage(`{"x":1}`)}
			return w
		}(), shiftOf(routes.Both, all[0]), "there is no such cluster"},
		"no journal": {func() World { w := mixed; w.State = nil; return w }(), shiftOf(routes.Both, all[0]), "the journal was not read"},
		"no Director": {func() World {
			w := wideWorld(inv, routesFor(inv, always, never))
			w.Snapshot.Clusters[model.Green] = nil
			return w
		}(), shiftOf(routes.Both, all[0]), "no Director of green"},
	} {
		if p, err := c.ask.Plan(c.w, "p1"); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %v", name, err, p)
		}
	}
	for _, bad := range []string{`{"cells":["a/b"],"to":"both"}`, `{"cells":["a/b/regular"],"to":"none"}`, `{"cells":["a/b/odd"],"to":"both"}`,
		`{"cells":["a/b/regular"],"to":"both","x":1}`, `{"cells":["a0000~a9999/b0000~b9999/regular"],"to":"both"}`} {
		var s Shift
		if err := json.Unmarshal([]byte(bad), &s); err == nil {
			t.Errorf("%s is read as %d cells to %s", bad, len(s.Cells), s.To)
		}
	}
}

// TestUnpushed is a cluster whose Directors another control plane pushes to: its steps only wait.
func TestUnpushed(t *testing.T) {
	inv := wideInventory(2)
	w := wideWorld(inv, routesFor(inv, always, never))
	w.Routing.Unpushed[model.Green] = true
	p := must(shiftOf(routes.Both, allOf(inv)...).Plan(w, "p1"))
	if diff := cmp.Diff([]string{"publish", "effective dir-green", "effective dir-green-2 (spared)"}, steps(p)); diff != "" {
		t.Error(diff)
	}
}

// TestAFirstNightThatIsTooLong tells what smaller wave would end in time.
func TestAFirstNightThatIsTooLong(t *testing.T) {
	inv := wideInventory(10)
	w := wideWorld(inv, routesFor(inv, always, never))
	long := *w.Snapshot.Cells[0].On[model.Blue].LastFull
	long.Start = long.End.Add(-2 * time.Hour)
	for i := range w.Snapshot.Cells {
		w.Snapshot.Cells[i].On[model.Blue].LastFull = &long
	}
	p := must(shiftOf(routes.Both, allOf(inv)...).Plan(w, "p1"))
	g := p.Guard("first-night")
	if g.Verdict != model.Fails || !strings.Contains(g.Value, "40 first full backups, 92.0 GB") ||
		!strings.Contains(g.Value, "a wave of the first 10 of these, up to orders-eu-00003 region1 immutable, would") {
		t.Errorf("%+v", g)
	}
	if p := must(shiftOf(routes.Both, allOf(inv)[:10]...).Plan(w, "p1")); p.Guard("first-night").Verdict != model.Holds {
		t.Errorf("the smaller wave: %+v", p.Guard("first-night"))
	}
	if room := p.Guard("storage-room"); !strings.Contains(room.Value, "nobody tells how much they have left; sd1 needs 120 GB") {
		t.Errorf("%+v", room)
	}
}
