package ui

import (
	"slices"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/routes"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// apartPage are the cells that a shift was refused for, by cause, each with what mends it.
type apartPage struct {
	general
	ways
	asked  *plan.Shift
	batch  *plan.Batch // that it is, of a programme; nil: none
	causes []routes.Cause
}

// apartCells is how many cells of a cause are named.
const apartCells = 6

func (p *apartPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Fail, "REFUSED"),
		draw.As(themes.Title, "  shift of "+plural(len(p.asked.Cells), "cell")+" to "+p.asked.To.String())}
}

func (p *apartPage) lines(_ *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	out, rest := len(p.refused()), len(p.rest())
	s.prose(themes.Title, "Nothing was done. "+plural(out, "cell")+" cannot be shifted to "+p.asked.To.String()+", and no plan shifts some "+
		"of what was asked for.")
	if rest > 0 {
		s.prose(themes.Text, "→ - leaves them out: unmarks them, and plans the shift of "+plural(rest, "other cell"))
	}
	for _, c := range p.causes {
		s.gap()
		s.prose(themes.Fail, "✗ "+plural(len(c.Cells), "cell")+": "+model.Clean(c.Says))
		if c.Do != "" {
			s.prose(themes.Text, "→ "+model.Clean(c.Do))
		}
		for _, cell := range c.Cells[:min(len(c.Cells), apartCells)] {
			s.leadsToCell(cell)
			s.add(draw.As(themes.Text, "  "+cell.String()))
		}
		if more := len(c.Cells) - apartCells; more > 0 {
			s.add(draw.As(themes.Muted, "  and "+draw.Count(more)+" more"))
		}
	}
	p.links = s.links
	return s.out
}

// refused are the cells of all causes, in order.
func (p *apartPage) refused() (out []model.Cell) {
	for _, c := range p.causes {
		out = append(out, c.Cells...)
	}
	slices.SortFunc(out, model.Cell.Compare)
	return slices.Compact(out)
}

// rest are the cells that were asked for and not refused.
func (p *apartPage) rest() []model.Cell {
	out := p.refused()
	return slices.DeleteFunc(slices.Clone(p.asked.Cells), func(c model.Cell) bool {
		_, refused := slices.BinarySearchFunc(out, c, model.Cell.Compare)
		return refused
	})
}
