package main

import (
	"cmp"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v3/color"
	"github.com/gdamore/tcell/v3/vt"

	"switchyard/themes"
)

var pictureFile = flag.String("picture", "", "where TestThePicture draws the cockpit on the rehearsal, for the README")

// The committed picture, and the size of one of its cells.
const (
	picturePath           = "../../.picture/screen.svg"
	cellWidth, cellHeight = 8, 17
)

// painted is one cell of a screen as a terminal with the theme's own colours shows it.
type painted struct {
	text   string
	wide   int
	fg, bg string // "#rrggbb"; bg is empty where it is the ground
	bold   bool
}

// paintedCells are the rows of the screen as it is now.
func (s *terminal) paintedCells(theme *themes.Theme) [][]painted {
	s.mu.Lock()
	defer s.mu.Unlock()
	ink, ground := css(theme.Ink), css(theme.Ground)
	rows := make([][]painted, s.h)
	for y := range rows {
		for x := 0; x < s.w; {
			c := s.emu.GetCell(vt.Coord{X: vt.Col(x), Y: vt.Row(y)})
			p := painted{text: cmp.Or(c.C, " "), wide: max(1, c.W), fg: ink}
			if c.S != nil {
				attr := c.S.Attr()
				fg, bg := cmp.Or(ownColour(c.S.Fg()), ink), ownColour(c.S.Bg())
				if attr&vt.Reverse != 0 {
					fg, bg = cmp.Or(bg, ground), fg
				}
				p.fg, p.bg, p.bold = fg, bg, attr&vt.Bold != 0
			}
			rows[y] = append(rows[y], p)
			x += p.wide
		}
	}
	return rows
}

func css(c themes.Color) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// ownColour is empty for the terminal's own colour.
func ownColour(c color.Color) string {
	if c.Hex() < 0 {
		return ""
	}
	return strings.ToLower(c.CSS())
}

// arms are the directions in which a line of a frame leaves the middle of its cell: up, right, down, left.
var arms = map[string]string{
	"─": "rl",
	"│": "ud",
	"┌": "rd",
	"┐": "dl",
	"└": "ur",
	"┘": "ul",
	"├": "urd",
	"┤": "udl",
	"┬": "rdl",
	"┴": "url",
	"┼": "urdl",
}

const blocks = "▁▂▃▄▅▆▇█"

// svg draws a screen. Lines and blocks are drawn as shapes, so that they meet whatever the viewer's font is, and each run of text is held
// to its columns.
func svg(rows [][]painted, ground string) string {
	wide := 0
	for _, c := range rows[0] {
		wide += c.wide
	}
	w, h := wide*cellWidth, len(rows)*cellHeight
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', "+
			"monospace\" font-size=\"13\">\n",
		w,
		h,
	)
	fmt.Fprintf(&b, "<rect width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", w, h, ground)
	for y, row := range rows {
		drawRow(&b, y, row)
	}
	return b.String() + "</svg>\n"
}

func drawRow(b *strings.Builder, y int, row []painted) {
	x := 0
	for i := 0; i < len(row); {
		c, from, text := row[i], x, ""
		drawn := shape(c.text)
		for ; i < len(row) && row[i].fg == c.fg && row[i].bg == c.bg && row[i].bold == c.bold && shape(row[i].text) == drawn; i++ {
			text += row[i].text
			x += row[i].wide
		}
		left, top, width := from*cellWidth, y*cellHeight, (x-from)*cellWidth
		if c.bg != "" {
			fmt.Fprintf(b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", left, top, width, cellHeight, c.bg)
		}
		switch {
		case strings.TrimSpace(text) == "":
		case drawn == "line":
			fmt.Fprintf(b, "<path d=\"%s\" stroke=\"%s\"/>\n", lines(text, left, top), c.fg)
		case drawn == "block":
			fmt.Fprintf(b, "<path d=\"%s\" fill=\"%s\"/>\n", bars(text, left, top), c.fg)
		default:
			bold := ""
			if c.bold {
				bold = ` font-weight="bold"`
			}
			fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" xml:space=\"preserve\" fill=\"%s\"%s>", left, top+13, width, c.fg, bold)
			_ = xml.EscapeText(b, []byte(text)) // a Builder takes everything
			b.WriteString("</text>\n")
		}
	}
}

func shape(text string) string {
	switch {
	case arms[text] != "":
		return "line"
	case text != "" && strings.Contains(blocks, text):
		return "block"
	}
	return ""
}

// lines is the path of the lines of a frame, from the middle of each cell to its edges.
func lines(text string, left, top int) string {
	var b strings.Builder
	for i, r := range []rune(text) {
		x, y := left+i*cellWidth, top
		for _, arm := range arms[string(r)] {
			to := map[rune]string{'u': "v-9", 'd': "v8", 'l': "h-4", 'r': "h4"}[arm]
			fmt.Fprintf(&b, "M%d %d%s", x+cellWidth/2, y+9, to)
		}
	}
	return b.String()
}

// bars is the path of the columns of a graph.
func bars(text string, left, top int) string {
	var b strings.Builder
	for i, r := range []rune(text) {
		high := (slices.Index([]rune(blocks), r) + 1) * cellHeight / 8
		fmt.Fprintf(&b, "M%d %dh%dv-%dh-%dz", left+i*cellWidth, top+cellHeight, cellWidth, high, cellWidth)
	}
	return b.String()
}

// wordsOf puts the text of a picture back where it stands; shapes are blanks.
func wordsOf(t *testing.T, picture string) string {
	t.Helper()
	grid := map[int][]rune{}
	most := 0
	for dec := xml.NewDecoder(strings.NewReader(picture)); ; {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		el, ok := tok.(xml.StartElement)
		if !ok || el.Name.Local != "text" {
			continue
		}
		at := map[string]int{}
		for _, a := range el.Attr {
			at[a.Name.Local], _ = strconv.Atoi(a.Value)
		}
		var says string
		if err := dec.DecodeElement(&says, &el); err != nil {
			t.Fatal(err)
		}
		x, y := at["x"]/cellWidth, at["y"]/cellHeight
		most = max(most, y)
		for len(grid[y]) < x+len([]rune(says)) {
			grid[y] = append(grid[y], ' ')
		}
		copy(grid[y][x:], []rune(says))
	}
	var b strings.Builder
	for y := range most + 1 {
		b.WriteString(strings.TrimRight(string(grid[y]), " ") + "\n")
	}
	return b.String()
}

// TestThePicture draws a session as it is seen, and finds every word of it where it stood. With -picture it draws the README's: the cockpit
// on the rehearsal as it opens.
func TestThePicture(t *testing.T) {
	t.Parallel()
	theme, err := themes.Load("dark", "")
	if err != nil {
		t.Fatal(err)
	}
	s := attach(t, calm.world(t), 120, 40, "watch", "--theme", "dark")
	s.live()
	s.press("p") // so that it stands still
	s.see("FROZEN")
	rows := s.paintedCells(&theme)
	var want strings.Builder
	for _, row := range rows {
		line := ""
		for _, c := range row {
			if shape(c.text) != "" {
				c.text = " "
			}
			line += c.text
		}
		want.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	picture := svg(rows, css(theme.Ground))
	if got := wordsOf(t, picture); got != want.String() {
		t.Errorf("the picture says\n%s\nthe screen\n%s", got, &want)
	}
	for role, colour := range map[themes.Role]string{themes.Muted: css(theme.Roles[themes.Muted].Fg),
		themes.Rehearsal: css(theme.Roles[themes.Rehearsal].Bg)} {
		if !strings.Contains(picture, `fill="`+colour+`"`) {
			t.Errorf("%s, %s, is not in the picture", role, colour)
		}
	}
	if *pictureFile == "" {
		return
	}
	d := sit(t, 120, 40, program(t, "rehearse", "--theme", "dark"))
	d.see("1,000 cells", "21/21 live", "4 RDS", "≤")
	if err := os.WriteFile(*pictureFile, []byte(svg(d.paintedCells(&theme), css(theme.Ground))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTheReadmesPicture shows the panes that there are: else make picture draws it again.
func TestTheReadmesPicture(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(picturePath)
	if err != nil {
		t.Fatal(err)
	}
	words := wordsOf(t, string(text))
	s := attach(t, calm.world(t), 120, 40)
	s.live()
	for _, pane := range []string{"1 BLUE", "2 GREEN", "3 ROUTES", "4 RDS", "5 EVENTS", "6 ALERTS"} {
		if !strings.Contains(words, pane) {
			t.Errorf("%s is not in the picture", pane)
		}
		s.see(pane)
	}
	for _, want := range []string{"REHEARSAL overlap", "COCKPIT", "1,000 cells", "≤"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in the picture", want)
		}
	}
}
