package routes

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"switchyard/model"
)

func TestADecisionAboutLaterChainsIsOnlyAboutThose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, inv := drawDocument(t, true), drawInventory(t)
		to := rapid.SampledFrom(notches).Draw(t, "to")
		name := rapid.SampledFrom(inv.Regions).Draw(t, "region")
		out, err := d.DecideLater(inv, name, to, true)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := d.DecideLater(inv, name, to, false)
		extended := slices.ContainsFunc(out.Extended(), func(at string) bool { return strings.HasSuffix(at, "."+name) })
		if (err == nil) == extended || err == nil && !plain.Equal(out) || err != nil && !errors.Is(err, model.ErrRoutes) {
			t.Fatalf("without extensions: %v; with them %v", err, out.Extended())
		}
		for _, k := range model.Kinds {
			if is := out.Later(name, k); is != to {
				t.Fatalf("%s %s: later ones are %s's, want %s", name, k, is, to)
			}
		}
		known := chainsOf(inv, name)
		for _, c := range everyCell() {
			if c.Region == name && !slices.Contains(known, c.Chain) {
				continue // it is later than all that is known, unless a rule names it
			}
			if was, is := d.Route(c), out.Route(c); was != is {
				t.Fatalf("%s was %s and is %s", c, was, is)
			}
		}
		for c := range model.Clusters {
			for k, was := range d.takes[c][name] {
				for _, n := range was.names {
					if is := out.takes[c][name][k]; was.has(n) != is.has(n) {
						t.Fatalf("%s is named, and its fate changes", n)
					}
				}
			}
		}
	})
}

// TestAMigrationNeedsNoExtensions goes from all on blue to all on green in the plain form, with one decision about later chains on the way.
func TestAMigrationNeedsNoExtensions(t *testing.T) {
	inv := manyCells(250)
	all := func(cluster string) *Document {
		const rule = `{"take_regular_backups": true, "take_immutable_backups": true}`
		return parsed(t, `{"bacula-`+cluster+`": {"region1": `+rule+`, "region2": `+rule+`}}`, Options{})
	}
	d := all("blue")
	step := func(next *Document, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if gaps := next.Cover(inv).Gaps(); len(gaps) > 0 || len(next.Extended()) > 0 {
			t.Fatalf("%d gaps, extensions for %v", len(gaps), next.Extended())
		}
		d = next
	}
	shift := func(cells []model.Cell, to model.Route) {
		t.Helper()
		s, err := d.Shift(inv, cells, to, false)
		if err != nil {
			t.Fatal(err)
		}
		step(s.Document, nil)
	}
	cells := cellsOf(inv)
	for wave := range slices.Chunk(cells, 48) {
		shift(wave, Both)
	}
	for _, name := range inv.Regions {
		if _, err := all("blue").DecideLater(inv, name, Both, false); err == nil {
			t.Error("green would take later chains and none of those that are there, in a plain document")
		}
		step(d.DecideLater(inv, name, Green, false))
	}
	for wave := range slices.Chunk(cells, 48) {
		shift(wave, Green)
	}
	if !d.Equal(all("green")) {
		t.Errorf("in the end it is\n%s", d.Text())
	}
}

func TestWhatIsNotDecidedAboutLaterChains(t *testing.T) {
	const one = `{"bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": true, "chains": ["chain1"]}}}`
	d := parsed(t, one, Options{})
	for _, c := range []struct {
		region string
		to     model.Route
		want   string
	}{
		{"region1", None, "would be nobody's; let blue, both or green take them"},
		{"region7", Blue, "the inventory has no region region7"},
		{"region1", Green, "bacula-green.region1 would take the chains that are added later beside some of those that are there, which only"},
	} {
		_, err := d.DecideLater(small, c.region, c.to, false)
		if !errors.Is(err, model.ErrRoutes) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s to %s: %v, want %s", c.region, c.to, err, c.want)
		}
	}
}
