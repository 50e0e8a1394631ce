package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/routes"
	"switchyard/ui/draw"
)

// routesTold is what the verbs of routes tell of a document.
type routesTold struct {
	Version  int              `json:"version"`
	From     routesFrom       `json:"from"`
	Document *routes.Document `json:"document"`
	Extended []string         `json:"extended,omitempty"`
	Says     []string         `json:"says,omitempty"`
	Counts   map[string]int   `json:"cell_counts"`
	Groups   []groupTold      `json:"groups"`
	Cells    []cellTold       `json:"cells"`
	Gaps     []model.Cell     `json:"gaps"`
	Drift    *driftTold       `json:"drift,omitempty"`
	Changes  *changesTold     `json:"changes,omitempty"`

	cover *routes.Coverage
}

// groupTold is a region and kind.
type groupTold struct {
	Region string     `json:"region"`
	Kind   model.Kind `json:"kind"`
	Blue   int        `json:"blue"`
	Both   int        `json:"both"`
	Green  int        `json:"green"`
	None   int        `json:"none"`
	Later  string     `json:"later"`
}

type cellTold struct {
	model.Cell
	Route     string `json:"route"`
	Effective string `json:"effective,omitempty"`
}

type driftTold struct {
	Says    string       `json:"says"`
	Cells   int          `json:"cells"` // that differ, or of which it is not known
	drift   routes.Drift // by name
	unknown bool
}

type changesTold struct {
	From  *routesFrom `json:"from,omitempty"`
	Says  string      `json:"says"`
	Lines []string    `json:"lines,omitempty"`
}

func tellRoutes(h *heldRoutes, inv *model.Inventory) *routesTold {
	t := &routesTold{Version: jsonVersion, From: h.From, Document: h.Document, Extended: h.Extended(), Says: h.Said(),
		Counts: map[string]int{"blue": 0, "both": 0, "green": 0, "none": 0}, cover: h.Cover(inv)}
	t.Gaps = append([]model.Cell{}, t.cover.Gaps()...)
	for i, r := range t.cover.Routes {
		t.Counts[r.String()]++
		t.Cells = append(t.Cells, cellTold{Cell: inv.Cells[i].Cell, Route: r.String()})
	}
	for _, g := range t.cover.Groups() {
		t.Groups = append(t.Groups, groupTold{g.Region, g.Kind, g.Blue, g.Both, g.Green, g.None, g.Later.String()})
	}
	return t
}

// compare adds what is effective.
func (t *routesTold) compare(s *board.Snapshot) {
	effective := make([]model.Route, len(s.Cells))
	differ := 0
	for i := range s.Cells {
		for c := range effective[i] {
			effective[i][c] = s.Cells[i].On[c].Against(t.cover.Routes[i][c])
		}
		t.Cells[i].Effective = effective[i].String()
		if effective[i] != t.cover.Routes[i] {
			differ++
		}
	}
	d := t.cover.Drift(effective)
	t.Drift = &driftTold{Says: d.Says(), Cells: differ, drift: d, unknown: len(d.Unknown[0])+len(d.Unknown[1]) > 0}
}

// drifted is the end of a verb that compared: unknown is no verdict.
func (t *routesTold) drifted() error {
	switch {
	case t.Drift.drift.Lacks[0] != nil, t.Drift.drift.Lacks[1] != nil, t.Drift.drift.Has[0] != nil, t.Drift.drift.Has[1] != nil:
		return errFinding
	case t.Drift.unknown:
		return errors.New("a Director did not tell which jobs it has: " + t.Drift.Says)
	}
	return nil
}

// against adds what a document changes for the cells when it takes the place of the one in force.
func (t *routesTold) against(now *heldRoutes, err error) {
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n")
		t.Changes = &changesTold{Says: "not known: " + line}
		return
	}
	d := routes.Diff(now.Document, t.Document, t.cover.Inventory)
	t.Changes = &changesTold{From: &now.From, Says: d.Says(), Lines: d.Lines()}
}

// head tells what every text begins with.
func (t *routesTold) head(w io.Writer) {
	fmt.Fprintf(w, "ROUTES  %s\n", t.From)
	n := t.Counts
	fmt.Fprintf(w, "%d cells: blue %d, both %d, green %d, none %d\n", len(t.Cells), n["blue"], n["both"], n["green"], n["none"])
}

// notes tell what the counts do not.
func (t *routesTold) notes(w io.Writer) {
	for _, s := range t.Says {
		fmt.Fprintf(w, "note  %s\n", s)
	}
	if len(t.Extended) > 0 {
		fmt.Fprintf(w, "note  only extensions say %s\n", strings.Join(t.Extended, ", "))
	}
	for _, g := range t.Groups {
		if g.Later == routes.None.String() {
			fmt.Fprintf(w, "note  %s %s: a chain that is added later is nobody's\n", g.Region, g.Kind)
		}
	}
}

func (t *routesTold) show(out io.Writer) error {
	w := bufio.NewWriter(out)
	t.head(w)
	table := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	fmt.Fprintln(table, "\nREGION\tKIND\tBLUE\tBOTH\tGREEN\tNONE\tADDED LATER")
	for _, g := range t.Groups {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%s\n", g.Region, g.Kind, g.Blue, g.Both, g.Green, g.None, g.Later)
	}
	_ = table.Flush() // into a buffer that keeps its error
	fmt.Fprintln(w)
	t.notes(w)
	if t.Drift != nil {
		t.writeDrift(w)
	}
	fmt.Fprint(w, t.Document.Text())
	return w.Flush()
}

func (t *routesTold) writeDrift(w io.Writer) {
	d := t.Drift
	if d.drift.None() {
		fmt.Fprintf(w, "effective  %s\n", d.Says)
		return
	}
	fmt.Fprintf(w, "DRIFT  %s\n", d.Says)
	for _, c := range model.Clusters {
		for _, of := range []struct {
			says  string
			cells []model.Cell
		}{
			{"%s does not start, and should", d.drift.Lacks[c]},
			{"%s starts, and should not", d.drift.Has[c]},
			{"%s does not tell", d.drift.Unknown[c]},
		} {
			if len(of.cells) > 0 {
				fmt.Fprintf(w, "  "+of.says+"\n", c)
				whole, rest := t.whole(of.cells)
				writeNamed(w, append(whole, routes.Named(rest)...))
			}
		}
	}
}

// whole takes those out of cells that are all of a region and kind, and says so in a line for each.
func (t *routesTold) whole(cells []model.Cell) (lines []string, rest []model.Cell) {
	type place struct {
		region string
		kind   model.Kind
	}
	of := map[place]int{}
	for _, c := range cells {
		of[place{c.Region, c.Kind}]++
	}
	all := map[place]bool{}
	for _, g := range t.Groups {
		at := place{g.Region, g.Kind}
		if n := g.Blue + g.Both + g.Green + g.None; n > 3 && of[at] == n {
			all[at], lines = true, append(lines, fmt.Sprintf("%s %s: all %d chains", g.Region, g.Kind, n))
		}
	}
	return lines, slices.DeleteFunc(slices.Clone(cells), func(c model.Cell) bool { return all[place{c.Region, c.Kind}] })
}

func (t *routesTold) check(out io.Writer) error {
	w := bufio.NewWriter(out)
	t.head(w)
	if len(t.Gaps) > 0 {
		fmt.Fprintf(w, "GAP  %s\n", gapsSay(len(t.Gaps)))
		writeNamed(w, routes.Named(t.Gaps))
	} else {
		fmt.Fprintln(w, "every cell has a cluster that takes it")
	}
	t.notes(w)
	if c := t.Changes; c != nil {
		fmt.Fprintf(w, "changes  %s\n", c.Says)
		writeNamed(w, c.Lines)
	}
	return w.Flush()
}

// writeNamed writes lines of names, each as many as it takes.
func writeNamed(w io.Writer, lines []string) {
	const wide = 110
	for _, line := range lines {
		for i, part := range draw.Wrap(line, wide) {
			fmt.Fprintf(w, "    %s%s\n", strings.Repeat("  ", min(i, 1)), part)
		}
	}
}
