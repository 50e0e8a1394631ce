package ui

import (
	"strings"

	"switchyard/model"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// toldPage is what an added command answered in more than one line: names, each with what it is behind a tab, and sentences without one.
type toldPage struct {
	general
	name string
	rows []helpRow
}

func newToldPage(name, says string) *toldPage {
	p := &toldPage{name: name}
	for line := range strings.Lines(says) {
		label, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			label, text = "", label
		}
		p.rows = append(p.rows, helpRow{label: model.Clean(label), says: model.Clean(text)})
	}
	return p
}

func (p *toldPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, strings.ToUpper(p.name))}
}

func (p *toldPage) lines(_ *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	for _, r := range p.rows {
		if r.label == "" {
			s.prose(themes.Text, r.says)
			continue
		}
		s.row(r.label, r.says)
	}
	return s.out
}
