package model

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustBind(t testing.TB, inv *Inventory, backup, restore string) *Names {
	t.Helper()
	b, err := ParseNameTemplate(backup)
	if err != nil {
		t.Fatal(err)
	}
	var r NameTemplate
	if restore != "" {
		if r, err = ParseRestoreTemplate(restore); err != nil {
			t.Fatal(err)
		}
	}
	n, err := BindNames(inv, b, r)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func inventoryOf(t testing.TB, cells ...Cell) *Inventory {
	t.Helper()
	ps := make([]Placement, len(cells))
	for i, c := range cells {
		ps[i].Cell = c
	}
	inv, err := NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func TestNames(t *testing.T) {
	cell := Cell{"chain01", "region1", Immutable}
	inv := inventoryOf(t, cell, Cell{"chain01", "region1", Regular}, Cell{"chain02", "region2", Regular})
	n := mustBind(t, inv, "backup-{chain}-{region}-{kind}", "restore-{region}-{kind}")
	if got := n.Name(cell); got != "backup-chain01-region1-immutable" {
		t.Errorf("Name = %q", got)
	}
	if got, ok := n.RestoreName(cell); got != "restore-region1-immutable" || !ok {
		t.Errorf("RestoreName = %q, %v", got, ok)
	}
	if got, ok := n.Told("restore-region1-immutable"); !ok || got != (Told{Region: "region1", Kind: Immutable, HasKind: true}) {
		t.Errorf("Told = %+v, %v", got, ok)
	}
	for _, stray := range []string{"", "backup-chain03-region1-regular", "backup-chain01-region1-immutable ", "restore-region1-immutable",
		"BackupCatalog"} {
		if c, ok := n.Cell(stray); ok {
			t.Errorf("Cell(%q) = %v, want none", stray, c)
		}
	}
	if _, ok := n.Told("backup-chain01-region1-immutable"); ok {
		t.Error("a backup's name is taken for a restore's")
	}
	any := mustBind(t, inv, "{kind}.{region}.{chain}", "RestoreFiles")
	if got, ok := any.Told("RestoreFiles"); !ok || got != (Told{}) {
		t.Errorf("Told = %+v, %v", got, ok)
	}
}

func TestNameTemplateRefused(t *testing.T) {
	for _, c := range []struct {
		text, says string
		column     int
	}{
		{"", "empty", 1},
		{"backup", "{chain} is missing", 7},
		{"{chain}-{region}", "{kind} is missing", 17},
		{"{chain}{region}-{kind}", "nothing separates {chain} from {region}", 8},
		{"{chain}-{region}{kind}", "nothing separates {region} from {kind}", 17},
		{"{chain}-{region}-{chain}", "{chain} is there twice", 18},
		{"{chain}-{regoin}-{kind}", "{regoin} is not a placeholder", 9},
		{"{chain}-{region}-{kind", "not closed", 18},
		{"{chain} {region}-{kind}", `" " cannot stand`, 8},
		{"{chain}\"-{region}-{kind}", `"\"" cannot stand`, 8},
		{"{chain}-é{region}-{kind}", `"é" cannot stand`, 9},
		{".{chain}-{region}-{kind}", `"." cannot stand`, 1},
		{"{chain}-}{region}-{kind}", `"}" cannot stand`, 9},
		{"{chain}-{region}-{kind}" + strings.Repeat("x", 120), "143 bytes", 128},
	} {
		_, err := ParseNameTemplate(c.text)
		var m *Mistake
		if !errors.As(err, &m) || !errors.Is(err, ErrTemplate) || !strings.Contains(m.Says, c.says) || m.Column != c.column || m.Do == "" {
			t.Errorf("%q: %v, column %d; want %q at %d", c.text, err, m.Column, c.says, c.column)
		}
	}
}

func TestBindRefuses(t *testing.T) {
	long := strings.Repeat("n", 100)
	for _, c := range []struct {
		cells           []Cell
		backup, restore string
		says            string
	}{
		{[]Cell{{"a-b", "c", Regular}, {"a", "b-c", Regular}}, "{chain}-{region}-{kind}", "", "a-b-c-regular would name a b-c regular and a-b " +
			"c regular"},
		{[]Cell{{"a", "b", Regular}}, "{chain}-{region}-{kind}", "{chain}-{region}-regular", "the backup of a b regular and a restore"},
		{[]Cell{{"a-b", "c", Regular}, {"a", "b-c", Regular}}, "{chain}:{region}:{kind}", "r-{chain}-{region}", "r-a-b-c would name"},
		{[]Cell{{long, "c", Regular}}, "{chain}-{region}-{kind}", "", "110 bytes"},
		{[]Cell{{long, "c", Regular}}, "{chain}:{region}:x{kind}", "restore-{chain}", "111 bytes"},
	} {
		b, err := ParseNameTemplate(c.backup)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ParseRestoreTemplate(c.restore)
		if c.restore != "" && err != nil {
			t.Fatal(err)
		}
		if _, err := BindNames(inventoryOf(t, c.cells...), b, r); !errors.Is(err, ErrTemplate) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s over %v: %v; want %q", c.backup, c.cells, err, c.says)
		}
	}
}

// Names hold the separators, so that many templates are ambiguous for many inventories.
func drawNames(t *rapid.T) (*Inventory, NameTemplate, NameTemplate) {
	name := rapid.StringMatching(`[ab][-ab.]{0,3}`)
	cells := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Cell {
		return Cell{name.Draw(t, "chain"), name.Draw(t, "region"), rapid.SampledFrom(Kinds[:]).Draw(t, "kind")}
	}), 1, 12, rapid.ID).Draw(t, "cells")
	ps := make([]Placement, len(cells))
	for i, c := range cells {
		ps[i].Cell = c
	}
	inv, err := NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	sep := rapid.SampledFrom([]string{"-", ".", "a", "-a", "b."})
	text := func(holders []string) string {
		s := rapid.SampledFrom([]string{"", "a", "r-"}).Draw(t, "lead")
		for i, h := range holders {
			if i > 0 {
				s += sep.Draw(t, "separator")
			}
			s += "{" + h + "}"
		}
		return s + rapid.SampledFrom([]string{"", "b", "-r"}).Draw(t, "tail")
	}
	holders := rapid.Permutation([]string{"chain", "region", "kind"})
	backup, err := ParseNameTemplate(text(holders.Draw(t, "backup")))
	if err != nil {
		t.Fatal(err)
	}
	restore, err := ParseRestoreTemplate("x" + text(holders.Draw(t, "restore")[:rapid.IntRange(0, 3).Draw(t, "holders")]))
	if err != nil {
		t.Fatal(err)
	}
	return inv, backup, restore
}

func TestNamesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv, backup, restore := drawNames(t)
		byName := map[string]Cell{}
		told := map[string]Told{}
		clash := false
		for _, p := range inv.Cells {
			if _, taken := byName[backup.Name(p.Cell)]; taken {
				clash = true
			}
			byName[backup.Name(p.Cell)] = p.Cell
			name := restore.Name(p.Cell)
			if was, taken := told[name]; taken && was != restore.tells(p.Cell) {
				clash = true
			}
			told[name] = restore.tells(p.Cell)
		}
		for name := range told {
			if _, taken := byName[name]; taken {
				clash = true
			}
		}
		n, err := BindNames(inv, backup, restore)
		if clash != (err != nil) {
			t.Fatalf("names clash: %v, but %v", clash, err)
		}
		if err != nil {
			return
		}
		for _, p := range inv.Cells {
			if c, ok := n.Cell(n.Name(p.Cell)); !ok || c != p.Cell {
				t.Fatalf("%v → %s → %v, %v", p.Cell, n.Name(p.Cell), c, ok)
			}
			name, _ := n.RestoreName(p.Cell)
			if _, ok := n.Told(name); !ok {
				t.Fatalf("%s tells nothing", name)
			}
		}
		other := rapid.StringMatching(`[-ab.r]{0,8}(regular|immutable)?`).Draw(t, "other")
		if c, ok := n.Cell(other); ok && n.Name(c) != other {
			t.Fatalf("%q is taken for %v, which is named %q", other, c, n.Name(c))
		}
	})
}

func TestJobName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9_.:+-]{0,30}`).Draw(t, "name")
		seq := rapid.IntRange(0, 120).Draw(t, "seq")
		unique := fmt.Sprintf("%s.2026-11-22_06.06.37_%02d", name, seq)
		if got, ok := JobName(unique); got != name || !ok {
			t.Fatalf("JobName(%q) = %q, %v", unique, got, ok)
		}
	})
	for _, s := range []string{"", "_", "backup-a-b-regular", "a.2026-11-22_06.06.37", "a.2026-11-22_06.06.37_", "a.2026-11-22_06.06.37_x1",
		"a.2026-11-22_06.06.3x_01", "a-2026-11-22_06.06.37_01", ".2026-11-22_06.06.37_01", "a.2026-11-22_06.06.37_1"} {
		if got, ok := JobName(s); ok || got != s {
			t.Errorf("JobName(%q) = %q, %v; want it whole", s, got, ok)
		}
	}
}

func TestInventoryNames(t *testing.T) {
	for _, c := range []struct {
		p    Placement
		says string
	}{
		{Placement{Cell: Cell{Chain: "a b", Region: "r"}}, `a chain's name cannot hold " "`},
		{Placement{Cell: Cell{Chain: "-a", Region: "r"}}, `a chain's name cannot start with "-"`},
		{Placement{Cell: Cell{Chain: "a", Region: "r\n"}}, `a region's name cannot hold "\n"`},
		{Placement{Cell: Cell{Chain: "a", Region: "r"}, Client: "@x"}, `a client's name cannot hold "@"`},
		{Placement{Cell: Cell{Chain: "a", Region: "r"}, Pool: strings.Repeat("p", 128)}, "a pool's name has 128 bytes"},
		{Placement{Cell: Cell{Chain: "a", Region: "r"}, Storage: "sd;"}, `a storage's name cannot hold ";"`},
	} {
		if _, err := NewInventory([]Placement{c.p}); !errors.Is(err, ErrInventory) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v; want %q", c.p, err, c.says)
		}
	}
	if _, err := NewInventory([]Placement{{Cell: Cell{Chain: "a", Region: "r"}, Client: "db one-fd"}}); err != nil {
		t.Error(err)
	}
}

func FuzzNameTemplate(f *testing.F) {
	for _, s := range []string{"backup-{chain}-{region}-{kind}", "{chain}{region}{kind}", "{", "}", "{}", "{chain", "é{chain}",
		"\u0598{chain}", "restore-{region}", "{kind}.{chain}_{region}:x"} {
		f.Add(s)
	}
	inv := inventoryOf(
		f,
		Cell{"chain01", "region1", Regular},
		Cell{"chain01", "region1", Immutable},
		Cell{"c", "r-", Regular},
		Cell{"c-r", "r", Regular},
	)
	f.Fuzz(func(t *testing.T, text string) {
		tpl, err := ParseNameTemplate(text)
		if err != nil {
			var m *Mistake
			if !errors.As(err, &m) || m.Column < 1 || m.Column > len(text)+1 || m.Says == "" || m.Do == "" || err.Error() != Clean(err.Error()) {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		n, err := BindNames(inv, tpl, NameTemplate{})
		if err != nil {
			return
		}
		for _, p := range inv.Cells {
			if c, ok := n.Cell(n.Name(p.Cell)); !ok || c != p.Cell || CheckName("a job's name", n.Name(p.Cell), "") != nil {
				t.Fatalf("%q: %v → %q → %v, %v", text, p.Cell, n.Name(p.Cell), c, ok)
			}
		}
	})
}

func BenchmarkNamesCell(b *testing.B) {
	var cells []Cell
	for i := range 10000 {
		for _, r := range []string{"region1", "region2"} {
			cells = append(cells, Cell{fmt.Sprintf("chain%05d", i), r, Regular}, Cell{fmt.Sprintf("chain%05d", i), r, Immutable})
		}
	}
	inv := inventoryOf(b, cells...)
	n := mustBind(b, inv, "backup-{chain}-{region}-{kind}", "restore-{region}-{kind}")
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = n.Name(c)
	}
	b.Run("bind", func(b *testing.B) {
		for b.Loop() {
			mustBind(b, inv, "backup-{chain}-{region}-{kind}", "restore-{region}-{kind}")
		}
	})
	b.Run("cell", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if _, ok := n.Cell(names[i%len(names)]); !ok {
				b.Fatal(names[i%len(names)])
			}
			i++
		}
	})
}
