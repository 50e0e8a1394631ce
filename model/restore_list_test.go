package model

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pair are the histories of one cell on both clusters at an hour.
func pair(now int, blue, green []Saved) []History {
	b, g := historyOf(now, blue...), historyOf(now, green...)
	g.Cluster = Green
	for i := range g.Saved {
		g.Saved[i].Job.Key.Cluster = Green
	}
	return []History{*b, *g}
}

func askFor(all []History) RestoreAsk {
	return RestoreAsk{Cells: []AskedCell{{all[0].Cell, 26 * time.Hour}}, Deep: true}
}

var bothRead = [2]bool{true, true}

func listOf(all []History) *RestoreList {
	return NewRestoreList(askFor(all), all, bothRead, all[0].Now)
}

// overlap is a cell that blue backed up for five days, and green from the fourth on, two hours later.
func overlap() (blue, green []Saved) {
	for day := range 5 {
		blue = append(blue, saved(uint32(10+day), 'F', 24*day))
		if day >= 3 {
			green = append(green, saved(uint32(1+day), 'F', 24*day+2))
		}
	}
	return blue, green
}

// TestWhatOnlyBlueCanRestore: everything that ended before green's first, and until the last of that expires.
func TestWhatOnlyBlueCanRestore(t *testing.T) {
	blue, green := overlap()
	l := listOf(pair(24*5, blue, green))
	want := map[uint32]Answer{10: Answer(Holds), 11: Answer(Holds), 12: Answer(Holds), 13: Answer(Holds), 14: Answer(Fails)}
	for _, p := range l.Points {
		if w, ok := want[p.ID]; ok && p.Key.Cluster == Blue && p.Only != w {
			t.Errorf("job %d is only there: %s, %s", p.ID, p.Only, p.OnlyWhy)
		}
	}
	i := slices.IndexFunc(l.Obligations, func(o Obligation) bool { return o.Cluster == Blue })
	if i < 0 {
		t.Fatal("blue owes nothing")
	}
	o := l.Obligations[i]
	if o.Points != 4 || o.Unsure != 0 || !o.Newest.Equal(blue[3].Job.End) || !o.Oldest.Equal(blue[0].Job.End) ||
		!o.Until.Equal(blue[3].Volumes[0].Until) {
		t.Errorf("%+v", o)
	}
}

// TestUnknownIsOwed: what the other catalog does not tell, or does not tell well, takes no obligation away.
func TestUnknownIsOwed(t *testing.T) {
	blue, green := overlap()
	all := pair(24*5, blue, green)
	l := NewRestoreList(askFor(all), all[:1], [2]bool{true, false}, all[0].Now)
	if len(l.Obligations) != 1 || l.Obligations[0].Points != 5 || l.Obligations[0].Unsure != 5 {
		t.Errorf("with green unread: %+v", l.Obligations)
	}
	for i := range green {
		green[i].Told, green[i].Volumes = false, nil
	}
	l = listOf(pair(24*5, blue, green))
	o := l.Obligations[slices.IndexFunc(l.Obligations, func(o Obligation) bool { return o.Cluster == Blue })]
	if o.Points != 5 || o.Unsure != 1 {
		t.Errorf("with green's volumes unread: %+v", o)
	}
}

func TestNothingIsOwedOfWhatIsGone(t *testing.T) {
	blue, green := overlap()
	l := listOf(pair(24*60, blue, green))
	if len(l.Obligations) != 0 || l.Recommended != nil {
		t.Errorf("%+v %+v", l.Obligations, l.Recommended)
	}
}

func TestWhatHasNoRetentionIsOwedForEver(t *testing.T) {
	blue, _ := overlap()
	blue[1].Volumes[0].Until = time.Time{}
	if o := listOf(pair(24*5, blue, nil)).Obligations[0]; !o.Until.IsZero() || o.UntilWhy == "" {
		t.Errorf("%+v", o)
	}
}

// TestTheRecommendedPointMovesBack where the volume of the newest incremental one is in error, and says so.
func TestTheRecommendedPointMovesBack(t *testing.T) {
	blue := []Saved{saved(1, 'F', 0), saved(2, 'I', 10), saved(3, 'I', 20)}
	green := []Saved{saved(7, 'F', 12)}
	all := pair(40, blue, green)
	l := listOf(all)
	if l.Recommended == nil || l.Recommended.Key != blue[2].Job.Key ||
		l.Recommended.Says != "the newest complete good point of either cluster, on sd1" {
		t.Errorf("%+v", l.Recommended)
	}
	all[0].Saved[0].Volumes[0].Status = "Error"
	l = listOf(all)
	if l.Recommended == nil || l.Recommended.Key.Cluster != Green || !strings.HasSuffix(l.Recommended.Says,
		"; job 3 on blue is newer, but not good: volume v3 is in status Error") {
		t.Errorf("%+v", l.Recommended)
	}
	all[1].Saved[0].Pruned = true
	l = listOf(all)
	if l.Recommended == nil || l.Recommended.Key != blue[1].Job.Key ||
		!strings.Contains(l.Recommended.Says, "2 are newer and not; the newest, job 3 on blue") {
		t.Errorf("%+v", l.Recommended)
	}
	l = NewRestoreList(askFor(all), all[:1], [2]bool{true, false}, hour(40))
	l.Miss(Unread{Green, "gone"})
	if !strings.HasSuffix(l.Recommended.Says, "; green's catalog was not read and may hold a newer one") {
		t.Errorf("%+v", l.Recommended)
	}
}

// TestAListIsCut to a moment and a number, and what is not shown is still in the place of something.
func TestAListIsCut(t *testing.T) {
	blue, green := overlap()
	all := pair(24*5, blue, green)
	ask := askFor(all)
	ask.Before, ask.Limit = blue[3].Job.End, 2
	l := NewRestoreList(ask, all, bothRead, all[0].Now)
	if len(l.Points) != 2 || !l.More || l.Points[0].ID != 13 || l.Points[1].ID != 12 || l.Recommended.Key != blue[3].Job.Key {
		t.Errorf("%+v", l)
	}
	ask.Before, ask.Limit = time.Time{}, 2
	ids := VolumesFor(ask, all, bothRead, all[0].Now)
	if !slices.Equal(ids[Blue], []uint32{14}) || !slices.Equal(ids[Green], []uint32{4, 5}) {
		t.Errorf("volumes are read for %v", ids)
	}
}

// TestRecommendedIsAlwaysGood, newest first, and never newer than what was asked for.
func TestRecommendedIsAlwaysGood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(k string) (all []Saved) {
			for id := range rapid.IntRange(0, 12).Draw(t, k) {
				s := saved(uint32(id+1), rapid.SampledFrom([]Level{'F', 'D', 'I'}).Draw(t, "level"), rapid.IntRange(0, 100).Draw(t, "from"))
				s.Pruned = rapid.IntRange(0, 5).Draw(t, "pruned") == 0
				s.Told = rapid.IntRange(0, 5).Draw(t, "told") > 0
				s.Volumes[0].Status = rapid.SampledFrom([]string{"Used", "Full", "Error", "?"}).Draw(t, "status")
				s.Volumes[0].Until = hour(rapid.IntRange(0, 300).Draw(t, "until"))
				all = append(all, s)
			}
			return all
		}
		all := pair(120, draw("blue"), draw("green"))
		ask := askFor(all)
		ask.Before = hour(rapid.IntRange(0, 130).Draw(t, "before"))
		l := NewRestoreList(ask, all, bothRead, hour(120))
		best := -1
		for i := range l.Points {
			p := &l.Points[i]
			if i > 0 && l.Points[i-1].At.Before(p.At) || p.At.After(ask.Before) {
				t.Fatal("not in order, or too new")
			}
			if p.Complete == Answer(Holds) && p.Why != "" || p.Complete != Answer(Holds) && p.Why == "" {
				t.Fatalf("it is complete %s because %q", p.Complete, p.Why)
			}
			if best < 0 && p.Good() {
				best = i
			}
			if p.Lacks() == "" != p.Good() {
				t.Fatalf("good %v and lacks %q", p.Good(), p.Lacks())
			}
		}
		if (l.Recommended == nil) != (best < 0) || best >= 0 && l.Recommended.Key != l.Points[best].Key {
			t.Fatalf("recommended %+v, best is %d", l.Recommended, best)
		}
	})
}

// TestKindsOfOneSecondAreNotMixed: a regular and an immutable backup of one chain that begin and end at once are of sets of their own.
func TestKindsOfOneSecondAreNotMixed(t *testing.T) {
	blue := []Saved{saved(1, 'F', 0), saved(3, 'I', 10), saved(5, 'I', 20)}
	all := pair(40, blue, nil)[:1]
	other := all[0]
	other.Cell.Kind = Immutable
	other.Saved = []Saved{saved(2, 'F', 0), saved(4, 'I', 10), saved(6, 'I', 20)}
	for i := range other.Saved {
		other.Saved[i].Job.Cell = other.Cell
	}
	slices.Reverse(other.Saved) // the highest JobId first
	all = append(all, other)
	l := NewRestoreList(RestoreAsk{Cells: []AskedCell{{Cell: all[0].Cell}, {Cell: other.Cell}}}, all, [2]bool{true, false}, hour(40))
	if len(l.Points) != 6 {
		t.Fatalf("%d points", len(l.Points))
	}
	for _, p := range l.Points {
		for _, part := range p.Set {
			if (part.ID%2 == 0) != (p.Cell.Kind == Immutable) {
				t.Errorf("job %d of %s is in the set of job %d", part.ID, p.Cell, p.ID)
			}
		}
	}
	if p := l.Points[0]; len(p.Set) != 3 {
		t.Errorf("the newest has a set of %d", len(p.Set))
	}
}
