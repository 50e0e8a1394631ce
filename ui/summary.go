package ui

import (
	"cmp"
	"slices"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
)

// group counts the cells of one region and kind by who has them and how they are.
type group struct {
	region                           string
	kind                             model.Kind
	blue, both, green, none, unknown int
	health                           [board.CellGap + 1]int
	drift                            int
}

func (g *group) total() int { return g.blue + g.both + g.green + g.none + g.unknown }

// summary is what is counted over the cells once per snapshot.
type summary struct {
	all    group
	groups []group         // by region and kind
	drift  int             // cells that are elsewhere than the routes say
	maybe  int             // cells that may be gaps: nobody has them who was asked, and not everybody was
	breaks *board.CellView // whose promise breaks next, of those that still hold
	short  map[string]string
}

func summarize(cells []board.CellView) *summary {
	s := &summary{}
	at := map[string]*[2]group{}
	for i := range cells {
		c := &cells[i]
		pair := at[c.Cell.Region]
		if pair == nil {
			pair = &[2]group{{region: c.Cell.Region}, {region: c.Cell.Region, kind: model.Immutable}}
			at[c.Cell.Region] = pair
		}
		g := &pair[min(c.Cell.Kind, model.Immutable)]
		if blue, green := c.On[model.Blue].Has, c.On[model.Green].Has; blue != model.Holds && green != model.Holds &&
			(blue == model.Unknown || green == model.Unknown) {
			s.maybe++
		}
		h, adrift := min(c.Health, board.CellGap), c.IsAdrift()
		if adrift {
			s.drift++
		}
		for _, g := range []*group{g, &s.all} {
			g.health[h]++
			if adrift {
				g.drift++
			}
			switch c.Route().String() {
			case "both":
				g.both++
			case "blue":
				g.blue++
			case "green":
				g.green++
			case "none":
				g.none++
			default:
				g.unknown++
			}
		}
		if h != board.CellBroken && h != board.CellGap && h != board.CellUnknown {
			if b := c.Breaks(); !b.IsZero() && (s.breaks == nil || b.Before(s.breaks.Breaks())) {
				s.breaks = c
			}
		}
	}
	for _, pair := range at {
		for _, g := range pair {
			if g.total() > 0 {
				s.groups = append(s.groups, g)
			}
		}
	}
	slices.SortFunc(s.groups, func(a, b group) int { return cmp.Or(cmp.Compare(a.region, b.region), cmp.Compare(a.kind, b.kind)) })
	s.short = shortRegions(s.groups)
	return s
}

// shortRegions abbreviates regions for narrow panes: "region1" is "r1" as long as no two come out the same.
func shortRegions(groups []group) map[string]string {
	short, taken := map[string]string{}, map[string]string{}
	for _, g := range groups {
		s := g.region
		if word := strings.TrimRight(s, "0123456789"); word != "" && word != s && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" {
			s = word[:1] + s[len(word):]
		}
		if other, twice := taken[s]; twice && other != g.region {
			return map[string]string{}
		}
		taken[s], short[g.region] = g.region, s
	}
	return short
}

func (s *summary) region(r string, narrow bool) string {
	if short, ok := s.short[r]; ok && narrow {
		return short
	}
	return r
}

// cellName is a cell in one column: chain, region, kind.
func (s *summary) cellName(c model.Cell, narrow bool) string {
	return c.Chain + " " + s.region(c.Region, narrow) + " " + kindWord(c.Kind)
}

func kindWord(k model.Kind) string {
	if k == model.Immutable {
		return "imm"
	}
	return "reg"
}
