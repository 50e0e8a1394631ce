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
	name  string
	rows  []helpRow
	newer []helpRow // that came while the screen was frozen
}

func newToldPage(name, says string) *toldPage {
	return &toldPage{name: name, rows: toldRows(says)}
}

func toldRows(says string) (rows []helpRow) {
	for line := range strings.Lines(says) {
		label, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			label, text = "", label
		}
		rows = append(rows, helpRow{label: model.Clean(label), says: model.Clean(text)})
	}
	return rows
}

func (p *toldPage) which() any { return p.name }

func (p *toldPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, strings.ToUpper(p.name))}
}

func (p *toldPage) lines(sc *scene, w int) [][]draw.Piece {
	if p.newer != nil && !sc.frozen {
		p.rows, p.newer = p.newer, nil
	}
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
