package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
	"switchyard/model/routes"
)

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
		"nobody asked": {func(World) {}, model.Override, model.Unknown,
			"5 of 5: its file daemon has done nothing for green yet, and was not asked"},
		"all answer":   {said(t0.Add(-time.Hour), ""), model.Block, model.Holds, "all 5 cells"},
		"one does not": {said(t0.Add(-time.Hour), mute), model.Block, model.Fails, "4 of 5: asked through dir-green: " + mute},
		"another Director": {saidTo("dir-green2", t0.Add(-time.Hour), ""), model.Override, model.Unknown,
			"5 of 5: its file daemon has done nothing"},
		"another cannot": {saidTo("dir-green2", t0.Add(-time.Hour), mute), model.Override, model.Unknown,
			"5 of 5: its file daemon has done nothing"},
		"to whom is untold": {saidTo("", t0.Add(-time.Hour), ""), model.Override, model.Unknown, "5 of 5: its file daemon has done nothing"},
		"that was long ago": {said(t0.Add(-8*day), ""), model.Block, model.Unknown, "5 of 5: its file daemon was asked last on 15 Nov"},
		"a no, long ago":    {said(t0.Add(-8*day), mute), model.Block, model.Unknown, "5 of 5: its file daemon was asked last on 15 Nov"},
		"is still to come":  {said(t0.Add(day), ""), model.Override, model.Unknown, "5 of 5"},
		"a try went wrong": {both(said(t0.Add(-time.Hour), ""), tried(0, model.Failed, t0.Add(-time.Minute))), model.Block, model.Fails,
			"4 of 5: its file daemon does not trust green"},
		"mended since": {both(said(t0.Add(-time.Minute), ""), tried(0, model.Failed, t0.Add(-time.Hour))), model.Block, model.Holds,
			"all 5 cells"},
		"a try went well": {both(said(t0.Add(-time.Hour), mute), tried(1, model.OK, t0.Add(-time.Minute))), model.Block, model.Holds,
			"all 5 cells"},
		"asked after that": {both(said(t0.Add(-time.Minute), mute), tried(1, model.OK, t0.Add(-time.Hour))), model.Block, model.Fails,
			"4 of 5: asked through dir-green"},
		"unasked, one works": {tried(1, model.OK, t0.Add(-time.Hour)), model.Override, model.Unknown,
			"1 of 5: its file daemon has done nothing for green yet"},
		"unasked, it did": {tried(1, model.OK, t0.Add(-9*day)), model.Override, model.Unknown,
			"4 of 5: its file daemon has done nothing for green since 14 Nov"},
		"unasked, not any more": {both(tried(1, model.OK, t0.Add(-2*day)), tried(2, model.Failed, t0.Add(-time.Hour))), model.Override,
			model.Fails,
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
			of := []record.ReachedClient{
				{Client: "sd-immutable", At: at, Through: through},
				{Client: "sd-regular", At: at, Through: through, Why: why},
			}
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
		"nobody asked":   {nil, model.Unknown, "4 of 4: green has not written to its storage yet, and it was not asked"},
		"they answer":    {[]func(World){said("dir-green", ago, "")}, model.Unknown, "2 of 4: no immutable backup of green proves"},
		"and are proven": {[]func(World){said("dir-green", ago, ""), protected(model.Holds)}, model.Holds, "all 4 cells"},
		"and are open": {[]func(World){said("dir-green", ago, ""), protected(model.Fails)}, model.Fails,
			"2 of 4: its storage does not protect volumes"},
		"to another Director": {[]func(World){said("dir-green2", ago, ""), protected(model.Holds)}, model.Unknown,
			"2 of 4: green has not written"},
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
			Claim: record.Proven{
				Storages: &record.Reached{Of: []record.ReachedClient{{Client: "sd1", At: c.at, Why: c.why, Through: "dir-green"}}},
			}}})
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

// TestStoragesHaveRoom for the first full backups and three tenths more: what nobody tells, and what is too little, asks for a reason.
func TestStoragesHaveRoom(t *testing.T) {
	inv := wideInventory(10)
	const needs = 120 * 1000 * 1000 * 1000 // about
	for _, c := range []struct {
		room model.Reading[map[string]uint64]
		is   model.Verdict
		says string
	}{
		{model.Reading[map[string]uint64]{Value: map[string]uint64{"sd1": needs}, At: t0.Add(-time.Minute)}, model.Holds,
			"enough on 1; sd1 needs 120 GB of 120 GB"},
		{model.Reading[map[string]uint64]{Value: map[string]uint64{"sd1": needs / 2}, At: t0}, model.Fails,
			"1 of 1 have too little; sd1 needs 120 GB of 60.0 GB"},
		{model.Reading[map[string]uint64]{Value: map[string]uint64{"sd1": needs}, At: t0.Add(-time.Hour)}, model.Unknown, "nobody tells"},
		{model.Reading[map[string]uint64]{Value: map[string]uint64{"sd2": needs}, At: t0}, model.Unknown,
			"nobody tells how much they have left; sd1 needs"},
		{model.Reading[map[string]uint64]{Why: "ssh: no route"}, model.Unknown, "ssh: no route; sd1 needs"},
	} {
		w := wideWorld(inv, routesFor(inv, always, never))
		view := *w.Snapshot.Clusters[model.Green]
		view.Room = c.room
		w.Snapshot.Clusters[model.Green] = &view
		g := must(shiftOf(routes.Both, allOf(inv)...).Plan(w, "p1")).Guard("storage-room")
		if g.Verdict != c.is || !strings.Contains(g.Value, c.says) || g.Bar != model.Override || g.Limit != "x 1.3" ||
			c.is != model.Holds && g.Do == "" {
			t.Errorf("want %v, %q: %+v", c.is, c.says, g)
		}
	}
}

// TestAClientThatNobodyAsked is taken to both with a reason that names its cells, as only the Director that a push gives it can ask it; but
// it keeps them, and no others, from being settled, which no reason overrides, until a backup has shown that it lets the cluster work.
func TestAClientThatNobodyAsked(t *testing.T) {
	inv := wideInventory(3)
	some := allOf(inv)[:6]
	w := wideWorld(inv, routesFor(inv, always, never))
	g := must(shiftOf(routes.Both, some...).Plan(w, "p1")).Guard("clients-answer")
	if g.Bar != model.Override || g.Verdict != model.Unknown || !strings.Contains(g.Value, "6 of 6: ") ||
		!strings.Contains(g.Value, some[0].String()) {
		t.Errorf("%v %v %s", g.Bar, g.Verdict, g.Value)
	}
	if causes := must((&Shift{Cells: some, To: routes.Both}).NeedReason(w)); !slices.ContainsFunc(causes, func(c routes.Cause) bool {
		return slices.Equal(c.Cells, some) && strings.Contains(c.Says, "was not asked through it")
	}) {
		t.Errorf("%+v", causes)
	}
	w = wideWorld(inv, routesFor(inv, always, always))
	for i := range w.Snapshot.Cells[:2] {
		on := &w.Snapshot.Cells[i].On[model.Green]
		on.LastGood, on.LastFull, on.Last = nil, nil, nil
	}
	settle := &Shift{Cells: some, To: routes.Green}
	p := must(Ask{Shift: settle}.Plan(w, "p2"))
	if b := p.Guard("proven-good"); b.Bar != model.Block || b.Verdict == model.Holds || p.Blocked() == nil ||
		!strings.Contains(b.Value, "2 of 6: ") {
		t.Errorf("%v %v %s", b.Bar, b.Verdict, b.Value)
	}
	for _, c := range must(settle.Refused(w)) {
		if slices.ContainsFunc(c.Cells, func(is model.Cell) bool { return !slices.Contains(some[:2], is) }) {
			t.Errorf("%s: %v", c.Says, c.Cells)
		}
	}
	if p := must(shiftOf(routes.Green, some[2:]...).Plan(w, "p3")); p.Blocked() != nil {
		t.Errorf("the others: %+v", p.Blocked())
	}
}
