package ui

import (
	"reflect"
	"slices"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// page is what opens over the panes, or beside them on a wide screen: the whole story of one thing.
type page interface {
	title(sc *scene) []draw.Piece
	lines(sc *scene, w int) [][]draw.Piece // at most w columns each; longer ones are cut
	about(snap *board.Snapshot) subject    // what a key acts on while it is open or selected
	which() any                            // of the pages of its type, which one: it compares with ==; nil of a type that has but one
}

// subject is what a page, or the row that would open it, is about; the zero value is about nothing that can be acted on.
type subject struct {
	cell   *model.Cell
	on     *model.Cluster // the cluster it speaks of, when it speaks of one
	job    *model.JobKey
	action string // its plan's id
}

// general is a page about nothing that can be acted on, and the only one of its type.
type general struct{}

func (general) about(*board.Snapshot) subject { return subject{} }
func (general) which() any                    { return nil }

// samePage tells whether two pages show the same thing.
func samePage(a, b page) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && a.which() == b.which()
}

// pager shows a page, scrolls it and searches it.
type pager struct {
	shows  page
	under  *pager // what esc goes back to
	links  []link // as last drawn
	sel    string // the key of the link that a person chose; empty: none
	chose  bool   // the page chose one
	top    int
	height int
	all    [][]draw.Piece // as last drawn
	find   filter
	hits   []int // lines that the search found
}

func (g *pager) scroll(n int)    { g.top = max(0, min(g.top+n, len(g.all)-g.height)) }
func (g *pager) page(n int)      { g.scroll(n * max(1, g.height/2)) }
func (g *pager) edge(end bool)   { g.top, g.sel = 0, ""; g.scroll(map[bool]int{true: len(g.all)}[end]) }
func (g *pager) search(f filter) { g.find = f; g.rehit(); g.next(0) }

func (g *pager) rehit() {
	g.hits = g.hits[:0]
	if !g.find.on() {
		return
	}
	for i, l := range g.all {
		if g.find.match(draw.PiecesText(l)) {
			g.hits = append(g.hits, i)
		}
	}
}

// next brings the following (1), preceding (-1) or nearest (0) hit to the top of the page.
func (g *pager) next(dir int) {
	if len(g.hits) == 0 {
		return
	}
	i := 0
	for i < len(g.hits) && g.hits[i] < g.top {
		i++
	}
	switch {
	case dir > 0 && i < len(g.hits) && g.hits[i] == g.top, dir > 0 && g.top >= len(g.all)-g.height:
		i++
	case dir < 0:
		i--
	}
	i = (i + len(g.hits)) % len(g.hits)
	g.top = 0
	g.scroll(g.hits[i])
}

// text is the whole page for the clipboard.
func (g *pager) text() string {
	var b strings.Builder
	for _, l := range g.all {
		b.WriteString(strings.TrimRight(draw.PiecesText(l), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// draw lays the page out again and returns its box. The box is only as high as the page needs.
func (g *pager) draw(sc *scene, w, h int) []string {
	g.all, g.links = g.shows.lines(sc, w-4), nil
	if l, ok := g.shows.(leading); ok {
		g.links = l.leads()
	}
	h = min(h, len(g.all)+2)
	g.height = h - 2
	g.rehit()
	g.scroll(0)
	g.choose()
	selected := -1
	if i := g.at(); i >= 0 {
		selected = g.links[i].line
	}
	body := make([]string, 0, g.height)
	p := draw.NewPen(sc.st, w-2)
	hit := map[int]bool{}
	for _, i := range g.hits {
		hit[i] = true
	}
	for i := g.top; i < min(len(g.all), g.top+g.height); i++ {
		p.Start(w - 2)
		switch {
		case i == selected:
			p.Wear(themes.Select)
			p.Put(themes.Select, ">")
		case hit[i]:
			p.Pad(1)
			p.Wear(themes.Match)
		default:
			p.Pad(1)
		}
		p.Pieces(g.all[i])
		body = append(body, p.Done())
	}
	foot := ""
	if len(g.all) > g.height {
		foot = draw.Count(g.top+1) + "-" + draw.Count(min(len(g.all), g.top+g.height)) + " of " + draw.Count(len(g.all))
	}
	right := []draw.Piece{draw.As(themes.Muted, "esc back")}
	if selected >= 0 {
		right[0].Text = "enter opens, esc back"
	}
	if g.find.text != "" {
		right = []draw.Piece{draw.As(themes.Match, " /"+g.find.text+" "), draw.As(themes.Muted, " "+draw.Count(len(g.hits))+" found")}
	}
	return draw.Frame(sc.st, w, h, true, g.shows.title(sc), right, foot, body)
}

// detail is a page beside the panes, as it is told: from its beginning, without keys of its own.
type detail struct {
	none  bool
	title []draw.Piece
	all   [][]draw.Piece
}

// detailOf tells a page, nil when no row is selected, for a frame of w columns.
func detailOf(sc *scene, pg page, w int) detail {
	if pg == nil {
		return detail{none: true, title: []draw.Piece{draw.As(themes.Muted, "DETAIL")}}
	}
	all := pg.lines(sc, w-4) // a title may name what they found
	return detail{title: pg.title(sc), all: all}
}

func (d detail) equal(o detail) bool {
	return d.none == o.none && slices.Equal(d.title, o.title) && slices.EqualFunc(d.all, o.all, slices.Equal[[]draw.Piece])
}

func (d detail) draw(sc *scene, w, h int) []string {
	if d.none {
		return draw.Frame(sc.st, w, h, false, d.title, nil, "", nil)
	}
	p := draw.NewPen(sc.st, w-2)
	var body []string
	for i := 0; i < min(len(d.all), h-2); i++ {
		p.Start(w - 2)
		p.Pad(1)
		p.Pieces(d.all[i])
		body = append(body, p.Done())
	}
	foot := "enter opens"
	if len(d.all) > h-2 {
		foot = draw.Count(len(d.all)-h+2) + " lines more, enter opens"
	}
	return draw.Frame(sc.st, w, h, false, d.title, nil, foot, body)
}

// story collects the lines of a page.
type story struct {
	w     int
	out   [][]draw.Piece
	links []link
}

func (s *story) add(ps ...draw.Piece) { s.out = append(s.out, ps) }
func (s *story) gap()                 { s.out = append(s.out, nil) }
func (s *story) head(text string) {
	if len(s.out) > 0 {
		s.gap()
	}
	s.add(draw.As(themes.Title, text))
}

const labelWidth = 12

// fact writes a label and a value, the value wrapped beside it.
func (s *story) fact(label, value string) { s.factIn(themes.Text, label, value) }

// factLines bounds one fact: a hostile name must not push everything else off the page.
const factLines = 6

func (s *story) factIn(r themes.Role, label, value string) {
	if value == "" {
		return
	}
	lines := draw.Wrap(value, max(8, s.w-labelWidth))
	for i, line := range lines[:min(len(lines), factLines)] {
		if i > 0 {
			label = ""
		}
		if i == factLines-1 && len(lines) > factLines {
			line = "~ " + draw.Count(len(lines)-i) + " lines more"
		}
		s.add(draw.As(themes.Muted, label+strings.Repeat(" ", max(1, labelWidth-draw.Width(label)))), draw.As(r, line))
	}
}

// barWidth is the most columns that a bar takes: more would tell no more.
const barWidth = 40

// bar draws how much is done of all there is, where values stand, and says it behind.
func (s *story) bar(label string, done, of int, says string) {
	w := min(barWidth, s.w-labelWidth-draw.Width(says))
	s.add(draw.As(themes.Muted, label+strings.Repeat(" ", max(1, labelWidth-draw.Width(label)))),
		draw.As(themes.Graph, draw.Bar(w, done, of)), draw.As(themes.Text, says))
}

// prose writes wrapped text.
func (s *story) prose(r themes.Role, text string) {
	for _, line := range draw.Wrap(text, s.w) {
		s.add(draw.As(r, line))
	}
}
