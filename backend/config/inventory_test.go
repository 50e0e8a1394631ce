package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"switchyard/model"
)

// said is what one level says, by key; a schedule is one line.
type said map[string]string

func drawSaid(t *rapid.T, label string, whole bool) said {
	s := said{}
	for key, values := range map[string][]string{
		"tier": {"1", "2", "9"}, "client": {"db1-fd", "db two-fd"}, "pool": {"p1", "p2"}, "storage": {"s1", "s2"},
		"schedule": {"daily at 02:10", "Full 1st sun at 3:00"}, "retention": {"7d", "2w", "90m"}, "promise": {"26h", "1d12h"},
		"full_promise": {"8d", "35d"},
		"format":       {"mysqldump", "mydumper", "xtrabackup", "files"},
	} {
		if whole || rapid.Bool().Draw(t, label+" "+key) {
			s[key] = rapid.SampledFrom(values).Draw(t, label+" value of "+key)
		}
	}
	return s
}

// drawnInventory is an inventory as YAML, as JSON, and as what it means.
func drawInventory(t *rapid.T) (yaml, asJSON string, want []model.Placement) {
	var y strings.Builder
	write := func(indent int, s said) {
		keys := make([]string, 0, len(s))
		for k := range s {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			v := s[k]
			if k != "tier" {
				v = fmt.Sprintf("%q", v)
			}
			if k == "schedule" && len(v)%2 == 0 {
				v = "[" + v + "]"
			}
			fmt.Fprintf(&y, "%s%s: %s\n", strings.Repeat(" ", indent), k, v)
		}
	}
	tree := func(s said) map[string]any {
		m := map[string]any{}
		for k, v := range s {
			m[k] = v
			if k == "tier" {
				m[k] = json.Number(v)
			}
		}
		return m
	}
	defaults := drawSaid(t, "defaults", true)
	y.WriteString("defaults:\n")
	write(2, defaults)
	y.WriteString("chains:\n")
	var chains []any
	for i := range rapid.IntRange(1, 3).Draw(t, "chains") {
		ofChain := drawSaid(t, "chain", false)
		name := fmt.Sprintf("chain%02d", i)
		fmt.Fprintf(&y, "- name: %s\n", name)
		write(2, ofChain)
		y.WriteString("  regions:\n")
		chain := tree(ofChain)
		regions := map[string]any{}
		chain["name"], chain["regions"] = name, regions
		chains = append(chains, chain)
		for r := range rapid.IntRange(1, 2).Draw(t, "regions") {
			ofRegion := drawSaid(t, "region", false)
			region := fmt.Sprintf("region%d", r)
			fmt.Fprintf(&y, "    %s:\n", region)
			write(6, ofRegion)
			y.WriteString("      kinds:\n")
			kinds := map[string]any{}
			m := tree(ofRegion)
			m["kinds"] = kinds
			regions[region] = m
			for _, kind := range rapid.SampledFrom([][]model.Kind{{model.Regular}, {model.Immutable}, {model.Regular, model.Immutable}}).Draw(t,
				"kinds") {
				ofKind := drawSaid(t, "kind", false)
				fmt.Fprintf(&y, "        %s:\n", kind)
				write(10, ofKind)
				kinds[kind.String()] = tree(ofKind)
				if len(ofKind) == 0 {
					kinds[kind.String()] = nil
				}
				want = append(want, meaning(t, model.Cell{Chain: name, Region: region, Kind: kind}, ofKind, ofRegion, ofChain, defaults))
			}
		}
	}
	b, err := json.Marshal(map[string]any{"defaults": tree(defaults), "chains": chains})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(want, func(a, b model.Placement) int { return a.Cell.Compare(b.Cell) })
	return y.String(), string(b), want
}

// meaning takes each value from the innermost level that says it.
func meaning(t *rapid.T, c model.Cell, levels ...said) model.Placement {
	get := func(key string) (value string) {
		for _, l := range levels {
			value = cmp.Or(value, l[key])
		}
		return value
	}
	schedule, err := model.ParseSchedule(get("schedule"))
	if err != nil {
		t.Fatal(err)
	}
	spans := map[string]time.Duration{
		"7d":    168 * time.Hour,
		"2w":    336 * time.Hour,
		"90m":   90 * time.Minute,
		"26h":   26 * time.Hour,
		"1d12h": 36 * time.Hour,
		"8d":    192 * time.Hour,
		"35d":   840 * time.Hour,
	}
	return model.Placement{Cell: c, Tier: int(get("tier")[0] - '0'), Client: get("client"), Pool: get("pool"), Storage: get("storage"),
		Schedule: schedule, Retention: spans[get("retention")], Promise: spans[get("promise")], FullPromise: spans[get("full_promise")],
		Format: model.Format(get("format"))}
}

func TestInventoryInherits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		yaml, asJSON, want := drawInventory(t)
		for name, source := range map[string]string{"inventory.yaml": yaml, "inventory.json": asJSON, "json.yaml": asJSON} {
			inv, err := readInventory(name, []byte(source), name == "inventory.json")
			if err != nil {
				t.Fatalf("%s:\n%s\n%v", name, source, err)
			}
			if diff := gocmp.Diff(want, inv.Cells, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s:\n%s\n(-want +got):\n%s", name, source, diff)
			}
		}
	})
}

// Cells whose schedules are written alike share one, so that what is computed of it can be kept by it.
func TestSchedulesAreShared(t *testing.T) {
	yaml, _ := sized(50)
	inv, err := readInventory("inventory.yaml", []byte(yaml), false)
	if err != nil {
		t.Fatal(err)
	}
	distinct := map[model.Schedule]bool{}
	for _, p := range inv.Cells {
		distinct[p.Schedule] = true
	}
	if len(distinct) != 2 {
		t.Errorf("%d schedules for 200 cells with two", len(distinct))
	}
}

func TestAFormatThatNobodyKnows(t *testing.T) {
	const text = "defaults: {format: tape}\nchains:\n  - name: a\n    regions: {r: {kinds: {regular: {schedule: daily at 02:10, " +
		"promise: 26h, " +
		"retention: 7d, client: c}}}}\n"
	if _, err := readInventory("inventory.yaml", []byte(text), false); err == nil ||
		!strings.Contains(err.Error(), `there is no format "tape"`) {
		t.Error(err)
	}
}

func TestJobsThatAreNoCells(t *testing.T) {
	const chains = "\nchains:\n  - name: a\n    regions: {r: {kinds: {regular: {schedule: daily at 02:10, promise: 26h, retention: 7d, " +
		"client: c}}}}\n"
	inv, err := readInventory("inventory.yaml", []byte("not_cells: [BackupCatalog, \"Admin job\"]"+chains), false)
	if err != nil {
		t.Fatal(err)
	}
	for job, want := range map[string]bool{"BackupCatalog": true, "Admin job": true, "Backup": false} {
		if inv.IsApart(job) != want {
			t.Errorf("%s is set apart: %v", job, !want)
		}
	}
	for says, want := range map[string]string{
		"not_cells: [A, A]":    "A is there twice",
		"not_cells: []":        "write not_cells:",
		"not_cells: A":         "write not_cells:",
		"not_cells: [\"a;b\"]": "a job's name",
		"not_cell: [A]":        "not_cells",
	} {
		if _, err := readInventory("inventory.yaml", []byte(says+chains), false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", says, err, want)
		}
	}
}
