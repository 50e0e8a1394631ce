package model

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSurvivors draws points on Storage Daemons that are there, dead, or of which nobody can tell, and compares with the answer by hand.
func TestSurvivors(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC)
	states := map[string]Reached{
		"up": {Answers: Answer(Holds), Lets: Answer(Holds)}, "dead": {Answers: Answer(Fails), Why: "connection refused"},
		"hung": {Why: "no answer in time"}, "locked": {Answers: Answer(Holds), Lets: Answer(Fails), Why: "it lets this Director not in"},
	}
	reach := func(_ Cluster, name string) Reached { return states[name] }
	rapid.Check(t, func(t *rapid.T) {
		var cells []Placement
		var points []SurvivingPoint
		chains := rapid.IntRange(1, 6).Draw(t, "chains")
		for i := range chains {
			name := fmt.Sprintf("chain%d", i)
			cells = append(cells, Placement{Cell: Cell{Chain: name, Region: "r"}, Tier: rapid.IntRange(1, 3).Draw(t, "tier"), Promise: time.Hour})
			for n := range rapid.IntRange(0, 4).Draw(t, "points") {
				at := now.Add(-time.Duration(rapid.IntRange(1, 500).Draw(t, "age")) * time.Hour)
				p := RestorePoint{Key: JobKey{Job: "j", Cluster: Cluster(n % 2)}, ID: uint32(n), Cell: cells[i].Cell, Start: at.Add(-time.Hour), At: at,
					Complete: rapid.SampledFrom([]Answer{Answer(Holds), Answer(Holds), Answer(Unknown), Answer(Fails)}).Draw(t, "complete"),
					Bytes:    1 << 30, Set: []Part{{Bytes: 1 << 30}}}
				for range rapid.IntRange(0, 2).Draw(t, "volumes") {
					p.Volumes = append(
						p.Volumes,
						Volume{Name: "v", Storage: rapid.SampledFrom([]string{"up", "up", "dead", "hung", "locked", ""}).Draw(t, "on")},
					)
				}
				points = append(points, SurvivingPoint{RestorePoint: p})
			}
		}
		inv, err := NewInventory(cells)
		if err != nil {
			t.Fatal(err)
		}
		all := Survivors(inv, points, reach, []string{"chain0"}, now)
		if len(all) != chains || all[0].Chain != "chain0" || !all[0].First {
			t.Fatalf("%d of %d, the first %s", len(all), chains, all[0].Chain)
		}
		for _, s := range all {
			want := byHand(points, s.Chain)
			if s.Back != want.back || (s.Back == Answer(Holds)) != (s.Why == "") || s.Back == Answer(Holds) && !s.Point.At.Equal(want.at) {
				t.Fatalf("%s: %v %q, by hand %+v", s.Chain, s.Back, s.Why, want)
			}
			if s.Back == Answer(Fails) && s.Point != nil {
				t.Fatalf("%s is lost and has a point", s.Chain)
			}
		}
		tiers, last := Finish(all, 2)
		for _, d := range tiers {
			if d > last {
				t.Fatalf("a tier ends at %v, all at %v", d, last)
			}
		}
	})
}

type handResult struct {
	back Answer
	at   time.Time
}

func byHand(points []SurvivingPoint, chain string) (r handResult) {
	r.back = Answer(Fails)
	for _, p := range points {
		if p.Cell.Chain != chain || p.Complete == Answer(Fails) {
			continue
		}
		on := map[string]bool{}
		for _, v := range p.Volumes {
			on[v.Storage] = true
		}
		switch {
		case on["dead"]:
		case len(on) == 0 || on[""] || on["hung"] || on["locked"] || p.Complete != Answer(Holds):
			if r.back == Answer(Fails) {
				r.back = Answer(Unknown)
			}
		default:
			if r.back != Answer(Holds) || p.At.After(r.at) {
				r.back, r.at = Answer(Holds), p.At
			}
		}
	}
	return r
}

// TestADeadStorageIsNoWait: a chain whose only copy is on a dead Storage Daemon is lost, one on a locked one is not known, and the newest
// one that is taken says why a newer one is not.
func TestADeadStorageIsNoWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC)
	cell := Cell{Chain: "a", Region: "r"}
	inv, err := NewInventory([]Placement{{Cell: cell, Tier: 1, Promise: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	point := func(hours int, on string) SurvivingPoint {
		return SurvivingPoint{RestorePoint: RestorePoint{Cell: cell, At: now.Add(-time.Duration(hours) * time.Hour), Complete: Answer(Holds),
			Volumes: []Volume{{Name: "v", Storage: on}}}}
	}
	reach := func(_ Cluster, name string) Reached {
		switch name {
		case "sd-1":
			return Reached{Answers: Answer(Holds), Lets: Answer(Holds)}
		case "sd-2":
			return Reached{Answers: Answer(Fails), Why: "connection refused"}
		}
		return Reached{Answers: Answer(Holds), Lets: Answer(Fails), Why: "the password is another"}
	}
	for _, c := range []struct {
		points     []SurvivingPoint
		back       Answer
		why, newer string
	}{
		{[]SurvivingPoint{point(9, "sd-2")}, Answer(Fails), "every copy is lost, the newest on sd-2: connection refused", ""},
		{[]SurvivingPoint{point(9, "sd-2"), point(40, "sd-1")}, Answer(Holds), "", "on sd-2: connection refused"},
		{[]SurvivingPoint{point(9, "sd-2"), point(40, "sd-3")}, Answer(Unknown), "on sd-3: the password is another", ""},
		{nil, Answer(Fails), "no good backup of it is known", ""},
	} {
		s := Survivors(inv, slices.Clone(c.points), reach, nil, now)[0]
		if s.Back != c.back || s.Why != c.why || s.Newer != c.newer {
			t.Errorf("%v, %q, newer %q; want %v, %q, %q", s.Back, s.Why, s.Newer, c.back, c.why, c.newer)
		}
	}
}

// TestWhatNoCatalogKnows is of a card alone: a point that is newer than all that the catalog has is told with the volumes to be read into
// it, never counts as one that comes back, and takes the place of none that does. What is older may have been pruned since, and is
// nobody's.
func TestWhatNoCatalogKnows(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC)
	cell := Cell{Chain: "a", Region: "r"}
	inv, err := NewInventory([]Placement{{Cell: cell, Tier: 1, Promise: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	point := func(hours int, on string, volumes ...string) SurvivingPoint {
		p := SurvivingPoint{RestorePoint: RestorePoint{Cell: cell, At: now.Add(-time.Duration(hours) * time.Hour), Complete: Answer(Holds),
			Key: JobKey{Cluster: Green, Job: fmt.Sprint(hours)}}}
		for _, v := range volumes {
			p.Volumes = append(p.Volumes, Volume{Name: v, Storage: on})
		}
		return p
	}
	reach := func(_ Cluster, name string) Reached {
		if name == "up" {
			return Reached{Answers: Answer(Holds), Lets: Answer(Holds)}
		}
		return Reached{Answers: Answer(Fails), Why: "refused"}
	}
	read := []SurvivingPoint{point(9, "up", "v1", "v2")}
	for _, c := range []struct {
		what        string
		read, cards []SurvivingPoint
		back        Answer
		at          int // hours ago; 0: no point
		missing     []string
		scan        bool
	}{
		{"known", read, read, Answer(Holds), 9, nil, false},
		{"newer", read, []SurvivingPoint{point(2, "up", "v1", "v3")}, Answer(Holds), 9, []string{"v3"}, true},
		{"on a volume that is known", read, []SurvivingPoint{point(2, "up", "v2")}, Answer(Holds), 9, []string{"v2"}, true},
		{"older", read, []SurvivingPoint{point(30, "up", "v0")}, Answer(Holds), 9, nil, false},
		{"all there is", nil, []SurvivingPoint{point(2, "up", "v3")}, Answer(Unknown), 2, []string{"v3"}, true},
		{"on a dead one", read, []SurvivingPoint{point(2, "dead", "v3")}, Answer(Holds), 9, []string{"v3"}, false},
	} {
		beyond := Beyond(c.read, c.cards)
		if (len(beyond) > 0) != (c.missing != nil) || c.missing != nil && !slices.Equal(beyond[0].Missing, c.missing) {
			t.Errorf("%s: %+v", c.what, beyond)
		}
		s := Survivors(inv, slices.Concat(c.read, beyond), reach, nil, now)[0]
		if s.Back != c.back || int(s.Lost.Hours()) != c.at || (s.Scan != nil) != c.scan || c.missing != nil && s.Newer+s.Why == "" {
			t.Errorf("%s: %+v", c.what, s)
		}
	}
}

// TestAVolumeThatWasReadIn: bscan does not write on which Storage Daemon a volume lies. The card tells it, and then its point comes back.
func TestAVolumeThatWasReadIn(t *testing.T) {
	t.Parallel()
	point := func(of Cluster, name, on string) SurvivingPoint {
		return SurvivingPoint{RestorePoint: RestorePoint{Key: JobKey{Cluster: of}, Volumes: []Volume{{Name: name, Storage: on}}}}
	}
	read := []SurvivingPoint{point(Green, "v1", ""), point(Green, "v2", "sd-2"), point(Green, "v3", "")}
	Placed(read, []SurvivingPoint{point(Green, "v1", "sd-1"), point(Green, "v2", "sd-9"), point(Blue, "v3", "sd-3")})
	for i, want := range []string{"sd-1", "sd-2", ""} {
		if got := read[i].Volumes[0].Storage; got != want {
			t.Errorf("%s lies on %q, want %q", read[i].Volumes[0].Name, got, want)
		}
	}
}
