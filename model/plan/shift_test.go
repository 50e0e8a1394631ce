package plan

import (
	"encoding/json"
	"errors"
	"fmt"
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

// wideInventory has chains with two regions and kinds each.
func wideInventory(chains int) *model.Inventory {
	daily := must(model.ParseSchedule("daily at 02:00"))
	var ps []model.Placement
	for i := range chains {
		for region := range 2 {
			for _, k := range model.Kinds {
				chain := fmt.Sprintf("orders-eu-%05d", i+1)
				ps = append(ps, model.Placement{
					Cell: model.Cell{Chain: chain, Region: fmt.Sprintf("region%d", region+1), Kind: k}, Client: chain + "-fd", Storage: "sd1",
					Promise: 26 * time.Hour, Retention: 10 * 24 * time.Hour, Schedule: daily,
				})
			}
		}
	}
	return must(model.NewInventory(ps))
}

// blueTakesAll, and green those of the chains whose number a predicate takes, by name.
func routesFor(inv *model.Inventory, blue, green func(model.Cell) bool) *routes.Document {
	var takes [2][]model.Cell
	for i := range inv.Cells {
		for c, of := range []func(model.Cell) bool{blue, green} {
			if of(inv.Cells[i].Cell) {
				takes[c] = append(takes[c], inv.Cells[i].Cell)
			}
		}
	}
	return routes.Naming(takes)
}

func always(model.Cell) bool { return true }
func never(model.Cell) bool  { return false }

// wideWorld is one in which every guard of every shift holds: both clusters have two Directors each that do what the routes say.
func wideWorld(inv *model.Inventory, doc *routes.Document) World {
	names := must(model.BindNames(inv, must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")), model.NameTemplate{}))
	s := &board.Snapshot{At: t0, Environment: "prod", RDS: &model.RDS{Primary: &model.Instance{ID: "bacula"}}}
	s.RDS.Primary.AWS = model.Reading[model.Description]{At: t0, Value: model.Description{ResourceID: "db-A", Status: "available"}}
	s.RDS.Emergency.Can = model.Holds
	s.Seen = append(s.Seen, board.Sighting{Source: model.Source{Kind: model.SourceInstance, Name: "primary"}, At: t0, Every: time.Second})
	ran := [2]*model.Job{}
	for _, c := range model.Clusters {
		v := &board.ClusterView{Cluster: c, Linked: model.Holds, Catalog: model.Catalog{Host: "db:3306", At: t0, Target: model.Holds}}
		for i, name := range []string{"dir-" + c.String(), "dir-" + c.String() + "-2"} {
			v.Directors = append(v.Directors, model.Director{Name: name, Active: i == 0, At: t0, OffKnown: true, Jobs: []string{}})
			s.Seen = append(s.Seen, board.Sighting{Source: model.DirectorOf(c, name), At: t0, Every: 2 * time.Second, Gates: i == 0})
		}
		s.Seen = append(s.Seen, board.Sighting{Source: model.CatalogOf(c), At: t0, Every: time.Second, Gates: true})
		v.Week.Read = true
		for _, region := range inv.Regions {
			for _, k := range model.Kinds {
				v.Week.By = append(v.Week.By, board.TallyPart{Region: region, Kind: k, Backups: board.Tally{OK: 100}})
			}
		}
		ran[c] = &model.Job{ID: 40 + uint32(c), Type: model.TypeBackup, Level: 'F', Status: 'T', Outcome: model.OK, Start: t0.Add(-6 * time.Hour),
			End: t0.Add(-6*time.Hour + 3*time.Minute), Files: 3, Bytes: 2.3e9, Protected: model.Holds}
		v.Recent = []model.Job{*ran[c]}
		s.Clusters[c] = v
	}
	w := World{Now: t0, Snapshot: s, Names: names, Policy: model.DefaultPolicy(),
		Routing: Routing{Extensions: true, Times: [2]Times{model.Green: {Apart: 3 * time.Hour}}},
		State:   &record.State{Environment: "prod", RoutesSeq: 1, Routes: must(json.Marshal(doc))}}
	for _, region := range inv.Regions {
		for _, k := range model.Kinds {
			green := model.Green
			p := record.Proof{Of: record.Subject{Cluster: &green, Cell: &model.Cell{Chain: "orders-eu-00001", Region: region, Kind: k}},
				Claim: record.Proven{Restored: &record.Restored{Files: 3}}, Verdict: model.Holds, At: t0.Add(-time.Hour)}
			w.State.Evidence = append(w.State.Evidence, &record.Proved{Proof: p})
		}
	}
	for i := range inv.Cells {
		cell := inv.Cells[i].Cell
		v := board.CellView{Cell: cell, Promise: inv.Cells[i].Promise, Desired: doc.Route(cell)}
		for _, c := range model.Clusters {
			v.On[c] = board.Standing{Has: v.Desired[c], Read: true}
			for d := range v.On[c].At {
				v.On[c].At[d] = board.Starts{Is: v.Desired[c], Why: board.IdleNoJob}
			}
			if v.Desired[c] != model.Holds {
				continue
			}
			job := names.Name(cell)
			for d := range s.Clusters[c].Directors {
				s.Clusters[c].Directors[d].Jobs = append(s.Clusters[c].Directors[d].Jobs, job)
			}
			v.On[c].Last, v.On[c].LastGood, v.On[c].LastFull = ran[c], ran[c], ran[c]
			v.On[c].Median, v.On[c].Due, v.On[c].Since = 2.3e9, t0.Add(14*time.Hour), t0.Add(-11*24*time.Hour)
		}
		s.Cells = append(s.Cells, v)
	}
	for _, c := range model.Clusters {
		for d := range s.Clusters[c].Directors {
			own := &s.Clusters[c].Directors[d]
			own.Jobs = append(own.Jobs, model.CanaryName(c.String()))
			slices.Sort(own.Jobs)
		}
	}
	return w
}

// plainly is a world whose routes have no extensions.
func plainly(w World) World {
	w.Routing.Extensions = false
	return w
}

func shiftOf(to model.Route, cells ...model.Cell) Ask {
	return Ask{Shift: &Shift{Cells: cells, To: to}}
}

func allOf(inv *model.Inventory) (cells []model.Cell) {
	for i := range inv.Cells {
		cells = append(cells, inv.Cells[i].Cell)
	}
	return cells
}

func steps(p *Plan) (names []string) {
	for i := range p.Steps {
		r := must(p.Steps[i].Order.Row())
		name := r.Name
		if d := cmpOr(p.Steps[i].Order.Push, p.Steps[i].Order.Effective); d != nil {
			name += " " + d.Director
		}
		if p.Steps[i].Spares {
			name += " (spared)"
		}
		names = append(names, name)
	}
	return names
}

func cmpOr(a, b *OnDirector) *OnDirector {
	if a != nil {
		return a
	}
	return b
}

func notHolding(p *Plan) (ids []string) {
	for _, g := range p.Guards {
		if g.Verdict != model.Holds {
			ids = append(ids, fmt.Sprintf("%s %s: %s", GuardWord(g), g.ID, g.Value))
		}
	}
	return ids
}

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
		{"settle back", always, always, routes.Blue, append([]string{"effective dir-blue", "effective dir-blue-2", "drained"}, greenSteps...), nil},
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

// TestWhatFileDaemonsSaid is what an overlap goes by where the cluster has not had them work yet, by cause, for as long as it is news.
func TestWhatFileDaemonsSaid(t *testing.T) {
	inv := wideInventory(3)
	some := allOf(inv)[:5]
	client := inv.Cells[0].Client
	const mute = "the Director does not reach its file daemon, or is not trusted by it"
	saidTo := func(through string, at time.Time, why string) func(World) {
		return func(w World) {
			green := model.Green
			var of []record.ReachedClient
			for i := range inv.Cells {
				r := record.ReachedClient{Client: inv.Cells[i].Client, At: at, Version: "9.6.7", Through: through}
				if r.Client == client {
					r.Why = why
				}
				if !slices.ContainsFunc(of, func(o record.ReachedClient) bool { return o.Client == r.Client }) {
					of = append(of, r)
				}
			}
			slices.SortFunc(of, func(a, b record.ReachedClient) int { return strings.Compare(a.Client, b.Client) })
			w.State.Evidence = append(w.State.Evidence, &record.Proved{Proof: record.Proof{Of: record.Subject{Cluster: &green},
				Claim: record.Proven{Reached: &record.Reached{Of: of}}, At: at}})
		}
	}
	said := func(at time.Time, why string) func(World) { return saidTo("dir-green", at, why) }
	both := func(a, b func(World)) func(World) { return func(w World) { a(w); b(w) } }
	tried := func(cell int, o model.Outcome, at time.Time) func(World) {
		return func(w World) {
			j := &model.Job{Outcome: o, End: at, Note: "Unable to authenticate with File daemon"}
			on := &w.Snapshot.Cells[cell].On[model.Green]
			if on.Last = j; o == model.OK {
				on.LastGood = j
			}
		}
	}
	day := 24 * time.Hour
	// Override: it was never asked. Block: it was, and whoever was can be asked again.
	for name, c := range map[string]struct {
		hurt    func(World)
		bar     model.Bar
		verdict model.Verdict
		says    string
	}{
		"nobody asked":       {func(World) {}, model.Override, model.Unknown, "5 of 5: its file daemon has done nothing for green yet, and was not asked"},
		"all answer":         {said(t0.Add(-time.Hour), ""), model.Block, model.Holds, "all 5 cells"},
		"one does not":       {said(t0.Add(-time.Hour), mute), model.Block, model.Fails, "4 of 5: asked through dir-green: " + mute},
		"another Director":   {saidTo("dir-green2", t0.Add(-time.Hour), ""), model.Override, model.Unknown, "5 of 5: its file daemon has done nothing"},
		"another cannot":     {saidTo("dir-green2", t0.Add(-time.Hour), mute), model.Override, model.Unknown, "5 of 5: its file daemon has done nothing"},
		"to whom is untold":  {saidTo("", t0.Add(-time.Hour), ""), model.Override, model.Unknown, "5 of 5: its file daemon has done nothing"},
		"that was long ago":  {said(t0.Add(-8*day), ""), model.Block, model.Unknown, "5 of 5: its file daemon was asked last on 15 Nov"},
		"a no, long ago":     {said(t0.Add(-8*day), mute), model.Block, model.Unknown, "5 of 5: its file daemon was asked last on 15 Nov"},
		"is still to come":   {said(t0.Add(day), ""), model.Override, model.Unknown, "5 of 5"},
		"a try went wrong":   {both(said(t0.Add(-time.Hour), ""), tried(0, model.Failed, t0.Add(-time.Minute))), model.Block, model.Fails, "4 of 5: its file daemon does not trust green"},
		"mended since":       {both(said(t0.Add(-time.Minute), ""), tried(0, model.Failed, t0.Add(-time.Hour))), model.Block, model.Holds, "all 5 cells"},
		"a try went well":    {both(said(t0.Add(-time.Hour), mute), tried(1, model.OK, t0.Add(-time.Minute))), model.Block, model.Holds, "all 5 cells"},
		"asked after that":   {both(said(t0.Add(-time.Minute), mute), tried(1, model.OK, t0.Add(-time.Hour))), model.Block, model.Fails, "4 of 5: asked through dir-green"},
		"unasked, one works": {tried(1, model.OK, t0.Add(-time.Hour)), model.Override, model.Unknown, "1 of 5: its file daemon has done nothing for green yet"},
		"unasked, it did":    {tried(1, model.OK, t0.Add(-9*day)), model.Override, model.Unknown, "4 of 5: its file daemon has done nothing for green since 14 Nov"},
		"unasked, not any more": {both(tried(1, model.OK, t0.Add(-2*day)), tried(2, model.Failed, t0.Add(-time.Hour))), model.Override, model.Fails,
			"4 of 5: its file daemon does not trust green"},
	} {
		w := wideWorld(inv, routesFor(inv, always, never))
		c.hurt(w)
		p := must(shiftOf(routes.Both, some...).Plan(w, "p1"))
		g, other := p.Guard("clients-answer"), p.Guard("clients-asked")
		if c.bar == model.Block {
			g, other = other, g
		}
		if g.Verdict != c.verdict || !strings.Contains(g.Value, c.says) || g.Bar != c.bar {
			t.Errorf("%s: %v %v, %s", name, g.Bar, g.Verdict, g.Value)
		}
		if other.Verdict != model.Holds {
			t.Errorf("%s: %s, too: %v %s", name, other.ID, other.Verdict, other.Value)
		}
	}
}

// TestWhatStoragesSaid is what an overlap goes by where the cluster has written nothing there yet; an immutable one is proven by a backup.
func TestWhatStoragesSaid(t *testing.T) {
	inv := wideInventory(3)
	for i := range inv.Cells {
		inv.Cells[i].Storage = "sd-" + inv.Cells[i].Cell.Kind.String()
	}
	some := allOf(inv)[:4] // two of each kind
	said := func(through string, at time.Time, why string) func(World) {
		return func(w World) {
			green := model.Green
			of := []record.ReachedClient{{Client: "sd-immutable", At: at, Through: through}, {Client: "sd-regular", At: at, Through: through, Why: why}}
			w.State.Evidence = append(w.State.Evidence, &record.Proved{Proof: record.Proof{
				Of: record.Subject{Cluster: &green}, Claim: record.Proven{Storages: &record.Reached{Of: of}}, At: at}})
		}
	}
	protected := func(is model.Verdict) func(World) {
		return func(w World) {
			for i := range w.Snapshot.Cells {
				if c := &w.Snapshot.Cells[i]; c.Cell.Kind == model.Immutable {
					c.On[model.Green].LastGood = &model.Job{Outcome: model.OK, End: t0.Add(-time.Hour), Protected: is}
				}
			}
		}
	}
	ago := t0.Add(-time.Hour)
	for name, c := range map[string]struct {
		hurt    []func(World)
		verdict model.Verdict
		says    string
	}{
		"nobody asked":        {nil, model.Unknown, "4 of 4: green has not written to its storage yet, and it was not asked"},
		"they answer":         {[]func(World){said("dir-green", ago, "")}, model.Unknown, "2 of 4: no immutable backup of green proves"},
		"and are proven":      {[]func(World){said("dir-green", ago, ""), protected(model.Holds)}, model.Holds, "all 4 cells"},
		"and are open":        {[]func(World){said("dir-green", ago, ""), protected(model.Fails)}, model.Fails, "2 of 4: its storage does not protect volumes"},
		"to another Director": {[]func(World){said("dir-green2", ago, ""), protected(model.Holds)}, model.Unknown, "2 of 4: green has not written"},
	} {
		w := wideWorld(inv, routesFor(inv, always, never))
		for _, hurt := range c.hurt {
			hurt(w)
		}
		g := must(shiftOf(routes.Both, some...).Plan(w, "p1")).Guard("storages-there")
		if g.Verdict != c.verdict || !strings.Contains(g.Value, c.says) || g.Bar != model.Override {
			t.Errorf("%s: %v %v, %s", name, g.Bar, g.Verdict, g.Value)
		}
	}
}

// TestAStorageThatWasAskedIsAskedAgain: its no, or what it said long ago, is overridden by nobody, unless there is a backup there.
func TestAStorageThatWasAskedIsAskedAgain(t *testing.T) {
	inv := wideInventory(3)
	for _, c := range []struct {
		at   time.Time
		why  string
		used bool
		is   model.Verdict
		says string
	}{
		{t0.Add(-time.Hour), "", false, model.Holds, "all 4 cells"},
		{t0.Add(-time.Hour), "no answer in 5s", false, model.Fails, "4 of 4: asked through dir-green: no answer in 5s"},
		{t0.Add(-8 * 24 * time.Hour), "", false, model.Unknown, "4 of 4: its storage was asked last on 15 Nov"},
		{t0.Add(-time.Hour), "no answer in 5s", true, model.Holds, "all 4 cells"},
	} {
		w := wideWorld(inv, routesFor(inv, always, never))
		green := model.Green
		w.State.Evidence = append(w.State.Evidence, &record.Proved{Proof: record.Proof{Of: record.Subject{Cluster: &green}, At: c.at,
			Claim: record.Proven{Storages: &record.Reached{Of: []record.ReachedClient{{Client: "sd1", At: c.at, Why: c.why, Through: "dir-green"}}}}}})
		if c.used {
			w.Snapshot.Cells[9].On[model.Green].LastGood = &model.Job{Outcome: model.OK, End: t0.Add(-time.Hour)}
		}
		p := must(shiftOf(routes.Both, allOf(inv)[:4]...).Plan(w, "p1"))
		if g := p.Guard("storages-asked"); g.Verdict != c.is || !strings.Contains(g.Value, c.says) || g.Bar != model.Block {
			t.Errorf("%+v", g)
		}
		if b := p.Blocked(); (b != nil) != (c.is != model.Holds) || b != nil && b.Do == "" {
			t.Errorf("%+v", b)
		}
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
		"no good backup": {func(w World) { first(w).LastGood = nil }, "proven-good", "1 of 160: green has no good backup of it (orders-eu-00001 region1 regular)", "block"},
		"an old one":     {func(w World) { w.Snapshot.Cells[0].Promise = time.Hour }, "proven-good", "older than its promise", "block"},
		"distrusted": {func(w World) {
			first(w).Last = &model.Job{Outcome: model.Failed, Note: `authenticate.c:123 Unable to authenticate with File daemon at "x:9102".`}
		}, "tried-well", "1 of 160: its file daemon does not trust green (orders-eu-00001 region1 regular)", "block"},
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
		"small":                 {func(w World) { j := *first(w).LastGood; j.Bytes = 1e9; first(w).LastGood = &j }, "proven-size", "less than 0.5 times blue's", "override"},
		"large":                 {func(w World) { j := *first(w).LastGood; j.Bytes = 1e10; first(w).LastGood = &j }, "proven-size", "more than 2 times blue's", "override"},
		"bad nights":            {func(w World) { w.Snapshot.Clusters[model.Green].Week.By[0].Backups.Failed = 9 }, "proven-rate", "40 of 160: region1 regular: 91.7 % of 109", "override"},
		"few nights":            {func(w World) { w.Snapshot.Clusters[model.Green].Week.By[0].Backups.OK = 9 }, "proven-rate", "only 9 in 7 d", "override?"},
		"no restore test":       {func(w World) { w.State.Evidence = nil }, "proven-restored", "none has passed", "override?"},
		"an old restore test":   {func(w World) { w.State.Evidence[0].At = t0.Add(-8 * 24 * time.Hour) }, "proven-restored", "40 of 160: region1 regular: the newest passed on 15 Nov 2026", "override"},
		"a failed restore test": {func(w World) { w.State.Evidence[0].Verdict = model.Fails }, "proven-restored", "its own newest restore test failed", "override"},
		"young":                 {func(w World) { first(w).Since = t0.Add(-3 * 24 * time.Hour) }, "proven-retention", "1 of 160: covered on 30 Nov 2026", "override"},
		"RDS reboots":           {func(w World) { w.Snapshot.RDS.Primary.AWS.Value.Status = "rebooting" }, "rds-healthy", "bacula is rebooting", "override"},
		"AWS is silent":         {func(w World) { w.seen("RDS primary").Why = "no answer" }, "rds-healthy", "no answer", "override?"},
		"no RDS":                {func(w World) { w.Snapshot.RDS = nil }, "rds-healthy", "no RDS instance", "override?"},
		"DR is not ready":       {func(w World) { w.Snapshot.RDS.Emergency.Can = model.Fails }, "dr-ready", "afterwards green alone has 160 of 160", "override"},
		"off on the passive":    {starts(1, model.Fails, board.IdleOff), "stay-effective", "dir-green-2 (passive): the job is switched off", "block"},
		"not on the passive":    {starts(1, model.Fails, board.IdleNoJob), "stay-effective", "dir-green-2 (passive): it has no job for it", "block"},
		"passive tells nothing": {starts(1, model.Unknown, board.IdleUntold), "stay-effective", "does not tell what is switched off", "block?"},
		"passive is silent":     {func(w World) { w.seen("green director dir-green-2").Why = "no answer" }, "stay-answers", "dir-green-2: no answer", "block?"},
		"active is silent":      {func(w World) { w.seen("green director dir-green").Why = "no answer" }, "stay-answers", "no answer", "block?"},
		"off on the active":     {starts(0, model.Fails, board.IdleOff), "stay-effective", "dir-green: the job is switched off", "block"},
		"no such client":        {starts(0, model.Fails, board.IdleClient), "stay-effective", "dir-green: the client is disabled", "block"},
		"not asked yet":         {starts(0, model.Unknown, board.IdleUnheard), "stay-effective", "dir-green: it does not tell which jobs it has", "block?"},
		"due too late":          {starts(0, model.Fails, board.IdleNotDue), "stay-effective", "it is not due within its promise", "block"},
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
	if lines := strings.Join(p.Costs, "\n"); !strings.Contains(lines, "of 16 of them blue has no good backup") || !strings.Contains(lines, "whether blue still reaches") {
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

// allOfBoth takes every chain, those that are added later too.
func allOfBoth() *routes.Document {
	const all = `{"region1":{"take_regular_backups":true,"take_immutable_backups":true},
		"region2":{"take_regular_backups":true,"take_immutable_backups":true}}`
	return must(routes.Parse("x", []byte(`{"bacula-blue":`+all+`,"bacula-green":`+all+`}`), routes.Options{}))
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
		"different ways":  {wideWorld(inv, routesFor(inv, half, func(c model.Cell) bool { return !half(c) })), shiftOf(routes.Both, all...), "they go to both from blue"},
		"all but some":    {plainly(wideWorld(inv, allOfBoth())), shiftOf(routes.Green, all[0], all[1]), "except_chains"},
		"no routes":       {func() World { w := mixed; w.State = &record.State{}; return w }(), shiftOf(routes.Both, all[0]), "has no routes yet"},
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
	if g.Verdict != model.Fails || !strings.Contains(g.Value, "40 first full backups, 92.0 GB") || !strings.Contains(g.Value, "a wave of the first 10 of these, up to orders-eu-00003 region1 immutable, would") {
		t.Errorf("%+v", g)
	}
	if p := must(shiftOf(routes.Both, allOf(inv)[:10]...).Plan(w, "p1")); p.Guard("first-night").Verdict != model.Holds {
		t.Errorf("the smaller wave: %+v", p.Guard("first-night"))
	}
	if room := p.Guard("storage-room"); !strings.Contains(room.Value, "nobody tells how much they have left; sd1 needs 120 GB") {
		t.Errorf("%+v", room)
	}
}

// TestStoragesHaveRoom for the first full backups and three tenths more: what nobody tells, and what is too little, asks for a reason.
func TestStoragesHaveRoom(t *testing.T) {
	inv := wideInventory(10)
	const needs = 120 * 1000 * 1000 * 1000 // about
	for _, c := range []struct {
		room model.Reading[map[string]uint64]
		is   model.Verdict
		says string
	}{
		{model.Reading[map[string]uint64]{Value: map[string]uint64{"sd1": needs}, At: t0.Add(-time.Minute)}, model.Holds, "enough on 1; sd1 needs 120 GB of 120 GB"},
		{model.Reading[map[string]uint64]{Value: map[string]uint64{"sd1": needs / 2}, At: t0}, model.Fails, "1 of 1 have too little; sd1 needs 120 GB of 60.0 GB"},
		{model.Reading[map[string]uint64]{Value: map[string]uint64{"sd1": needs}, At: t0.Add(-time.Hour)}, model.Unknown, "nobody tells"},
		{model.Reading[map[string]uint64]{Value: map[string]uint64{"sd2": needs}, At: t0}, model.Unknown, "nobody tells how much they have left; sd1 needs"},
		{model.Reading[map[string]uint64]{Why: "ssh: no route"}, model.Unknown, "ssh: no route; sd1 needs"},
	} {
		w := wideWorld(inv, routesFor(inv, always, never))
		view := *w.Snapshot.Clusters[model.Green]
		view.Room = c.room
		w.Snapshot.Clusters[model.Green] = &view
		g := must(shiftOf(routes.Both, allOf(inv)...).Plan(w, "p1")).Guard("storage-room")
		if g.Verdict != c.is || !strings.Contains(g.Value, c.says) || g.Bar != model.Override || g.Limit != "x 1.3" || c.is != model.Holds && g.Do == "" {
			t.Errorf("want %v, %q: %+v", c.is, c.says, g)
		}
	}
}
