package gate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
)

func loopsOf(w World) (out []string) {
	for _, l := range Build(w).Loops().Loops {
		out = append(out, l.String())
	}
	return out
}

func TestLoops(t *testing.T) {
	t.Parallel()
	blueOnly := func(w World, chain int) {
		for i := range 4 {
			on := &w.Snapshot.Cells[4*chain+i].On
			on[model.Blue].LastGood, on[model.Green].LastGood = on[model.Green].LastGood, nil
		}
	}
	seed := "catalog blue -> chain chain00001 -> cluster blue -> catalog blue"
	for name, x := range map[string]struct {
		do   func(World) []model.Need
		want []string
	}{
		"green has a backup of it": {func(World) []model.Need { return nil }, nil},
		"the seed's":               {func(w World) []model.Need { blueOnly(w, 0); return nil }, []string{seed}},
		"three things": {func(World) []model.Need {
			return []model.Need{needs("host a", "dns"), needs("dns", "credentials vault"), needs("credentials vault", "host a"),
				needs("host b", "host a")}
		}, []string{"credentials vault -> host a -> dns -> credentials vault"}},
		"a way around it": {func(World) []model.Need {
			return []model.Need{needs("host a", "dns", "host c"), needs("dns", "credentials vault"), needs("credentials vault", "host a")}
		}, nil},
		"itself": {func(World) []model.Need { return []model.Need{needs("dns", "dns")} }, []string{"dns -> dns"}},
		"the journal on a chain": {func(World) []model.Need { return []model.Need{needs("journal", "chain chain00002")} },
			[]string{"catalog green -> journal -> chain chain00002 -> cluster green -> catalog green"}},
		"two of them": {func(w World) []model.Need {
			blueOnly(w, 0)
			return []model.Need{needs("host a", "host b"), needs("host b", "host a")}
		}, []string{"host a -> host b -> host a", seed}},
	} {
		w := finished(t, 3)
		w.Needs = append(w.Needs, x.do(w)...)
		if got := loopsOf(w); !slices.Equal(got, x.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(x.want, "\n"))
		}
	}
}

// TestALoopThatNobodyCanTell is one that hangs on a catalog which was not read, or on what nobody declared.
func TestALoopThatNobodyCanTell(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	for i := range 4 {
		on := &w.Snapshot.Cells[i].On
		on[model.Blue].LastGood, on[model.Green] = on[model.Green].LastGood, board.Standing{}
	}
	g := Build(w)
	if l := g.Loops(); l.Verdict != model.Unknown || len(l.Loops) != 1 || l.Why == "" {
		t.Errorf("%+v", l)
	}
	if v := g.Restorable(model.Node{Kind: model.NodeCluster, Name: "blue"}); v != model.Unknown {
		t.Errorf("blue can be restored: %s", v)
	}
	// Nobody has read the very catalog that may have them: that it has is what would make the loop.
	w = finished(t, 3)
	for i := range w.Snapshot.Cells {
		w.Snapshot.Cells[i].On[model.Blue] = board.Standing{}
		if i < 4 {
			w.Snapshot.Cells[i].On[model.Green] = board.Standing{Read: true}
		}
	}
	g = Build(w)
	if l := g.Loops(); l.Verdict != model.Unknown || len(l.Loops) != 1 || l.Why == "" {
		t.Errorf("blue's catalog was not read: %+v", l)
	}
	b, is := g.Without(model.Node{Kind: model.NodeCluster, Name: "blue"})
	if !is || b.Unknown != len(w.Snapshot.Cells) || !strings.Contains(b.Says(w.Snapshot.At), "not known of 12 cells") {
		t.Errorf("without blue, whose catalog was not read: %+v, %s", b, b.Says(w.Snapshot.At))
	}
	w = finished(t, 3)
	w.Needs = w.Needs[1:]
	if l := Build(w).Loops(); l.Verdict != model.Unknown || !strings.Contains(l.Why, "catalog blue") {
		t.Errorf("%+v", l)
	}
}

// drawn is a random graph of hosts, some of whose needs have alternatives.
func drawn(t *rapid.T) (*Graph, int) {
	n := rapid.IntRange(1, 8).Draw(t, "nodes")
	g := &Graph{index: map[model.Node]int{}}
	host := func(i int) model.Node { return model.Node{Kind: model.NodeHost, Name: fmt.Sprint(i)} }
	for i := range n {
		g.node(host(i))
	}
	for range rapid.IntRange(0, 12).Draw(t, "needs") {
		var any []model.Node
		for range rapid.IntRange(1, 3).Draw(t, "any") {
			any = append(any, host(rapid.IntRange(0, n-1).Draw(t, "one")))
		}
		g.need(host(rapid.IntRange(0, n-1).Draw(t, "of")), any...)
	}
	return g, n
}

// TestLoopsAreLoops holds for random graphs that what cannot be brought back, as tried in every round until nothing is added, is what some
// loop stands before, and that each loop that is told is one.
func TestLoopsAreLoops(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, n := drawn(t)
		back := make([]bool, n)
		for again := true; again; {
			again = false
			for i := range n {
				all := !back[i]
				for _, group := range g.groups[i] {
					all = all && slices.ContainsFunc(group, func(m int) bool { return back[m] })
				}
				if all {
					back[i], again = true, true
				}
			}
		}
		if got := g.back(false); !slices.Equal(got, back) {
			t.Fatalf("brought back: %v, want %v", got, back)
		}
		loops, cut := g.loops(false)
		if cut {
			t.Fatal("so small a graph is cut")
		}
		if (len(loops) > 0) == !slices.Contains(back, false) {
			t.Fatalf("%d loops, brought back: %v", len(loops), back)
		}
		for _, l := range loops {
			for i, n := range l {
				at, next := g.index[n], g.index[l[(i+1)%len(l)]]
				if back[at] || !slices.ContainsFunc(g.groups[at], func(group []int) bool { return slices.Contains(group, next) }) {
					t.Fatalf("%s is none at %s", l, n)
				}
			}
		}
	})
}

// TestWhatGoesWithIt compares what is dead with trying again until nothing is added.
func TestWhatGoesWithIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, n := drawn(t)
		lost := rapid.IntRange(0, n-1).Draw(t, "lost")
		dead := make([]bool, n)
		dead[lost] = true
		for again := true; again; {
			again = false
			for i := range n {
				for _, group := range g.groups[i] {
					if !dead[i] && !slices.ContainsFunc(group, func(m int) bool { return !dead[m] }) {
						dead[i], again = true, true
					}
				}
			}
		}
		users, _, met := g.users()
		if got := g.without(lost, users, len(met), running); !slices.Equal(got, dead) {
			t.Fatalf("%v, want %v", got, dead)
		}
	})
}

func TestBlast(t *testing.T) {
	t.Parallel()
	w := finished(t, 20) // of 19 storages a region; the first chain and the last share one
	g := Build(w)
	look := func(of string) *Blast {
		n, err := model.ParseNode(of)
		if err != nil {
			t.Fatal(err)
		}
		b, is := g.Without(n)
		if !is {
			t.Fatalf("there is no %s", of)
		}
		return b
	}
	b := look("storage green sd-1-0")
	if b.Gone != 4 || b.Closed != 4 || b.Stopped != 4 || !b.At.Equal(noon.Add(21*time.Hour)) || b.First == nil {
		t.Errorf("%+v", b)
	}
	if b := look("director dir-new2"); b.Gone+b.Closed+b.Stopped+b.Waiting+len(b.With)+len(b.Heirs)+len(b.Broken) != 0 {
		t.Errorf("the passive one of two Directors: %+v", b)
	}
	// What another one can take over stands still until it does: the promises do not wait for that.
	for of, heir := range map[string]string{"director dir-new": "director dir-new2", "aws-region eu-west-1": "instance bacula-replica",
		"instance bacula": "instance bacula-replica", "key arn:aws:kms:eu-west-1:1:key/mrk-1": "instance bacula-replica"} {
		b := look(of)
		if b.Stopped != 0 || b.Waiting != 80 || len(b.Broken) != 80 || len(b.Heirs) != 1 || b.Heirs[0].String() != heir ||
			b.First == nil || !b.At.Equal(noon.Add(21*time.Hour)) {
			t.Errorf("%s: %+v", of, b)
		}
		_, name, _ := strings.Cut(heir, " ")
		if says := b.Says(noon); !strings.Contains(says, "no backups of 80 cells until "+name+" takes over; first breaks in 21 h") {
			t.Errorf("%s: %s", of, says)
		}
	}
	for _, of := range []string{"aws-region eu-central-1", "instance bacula-replica"} {
		if b := look(of); b.Stopped+b.Waiting+len(b.Heirs)+len(b.Broken) != 0 {
			t.Errorf("what nothing rests on now, %s: %+v", of, b)
		}
	}
	// Green goes on without the journal: only a takeover needs it, and so does what lives on a chain that green alone has backups of.
	if b := look("journal"); b.Gone+b.Closed+b.Stopped+b.Waiting+len(b.With)+len(b.Broken) != 0 || len(b.Later) != 4 ||
		!strings.Contains(b.Says(noon), "no cell loses anything; but ") {
		t.Errorf("the journal: %+v, %s", b, b.Says(noon))
	}
	w.Snapshot.Clusters[model.Green].Both = true // nobody can tell which of them schedules
	if b, _ := Build(w).Without(model.Node{Kind: model.NodeDirector, Name: "dir-new"}); b.Stopped+b.Waiting != 0 {
		t.Errorf("two that schedule: %+v", b)
	}
	if b := look("aws-region eu-west-1"); b.Stopped != 0 || len(b.With) != 2 { // its instance and its key: the replica is elsewhere
		t.Errorf("%+v", b)
	}
	if b := look("catalog green"); b.Gone != 0 || b.Closed != 80 || b.Stopped != 80 {
		t.Errorf("%+v", b)
	}
	if _, is := g.Without(model.Node{Kind: model.NodeHost, Name: "moon"}); is {
		t.Error("nobody named the moon")
	}
}
