package draw

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"charm.land/bubbles/v2/table"
	"charm.land/bubbles/v2/viewport"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"switchyard/themes"
)

// These are the parts that are ours beside the same parts made with the library: the figures in the package comment come from here.

// cell is a piece of a row, in a column.
type cell struct {
	role  themes.Role
	text  string
	w     int
	right bool
}

// jobRows are jobs as a pane shows them, 100 columns wide.
var jobRows = func() (rows [200][]cell) {
	for i := range rows {
		rows[i] = []cell{{themes.Text, fmt.Sprint(" ", 18200+i), 7, false},
			{themes.Text, fmt.Sprintf(" chain%03d region1 immutable", i), 30, false},
			{themes.Muted, "incremental", 12, false}, {themes.Text, fmt.Sprint(i, " %"), 6, true}, {themes.Text, "8 min", 8, true},
			{themes.Warn, "12.4 MB/s", 12, true}, {themes.Muted, "14 Mar 11:56", 14, true}, {themes.Muted, " sd-17", 11, false}}
	}
	return rows
}()

func ownRow(p *Pen, i int) string {
	p.Start(100)
	for _, c := range jobRows[i] {
		if c.right {
			p.ColumnRight(c.role, c.text, c.w)
		} else {
			p.Column(c.role, c.text, c.w)
		}
	}
	return p.Done()
}

// looks are the roles as Lip Gloss writes them.
func looks(tb testing.TB) (l [themes.RoleCount]lipgloss.Style) {
	tb.Helper()
	th, err := themes.Load("dark", "")
	if err != nil {
		tb.Fatal(err)
	}
	for r, p := range th.Roles {
		l[r] = look(p)
	}
	return l
}

func libraryRow(l *[themes.RoleCount]lipgloss.Style, i int) string {
	var b strings.Builder
	for _, c := range jobRows[i] {
		s := l[c.role].Inline(true).Width(c.w).MaxWidth(c.w)
		if c.right {
			s = s.AlignHorizontal(lipgloss.Right)
		}
		b.WriteString(s.Render(c.text))
	}
	return b.String()
}

// beside runs both after it has seen that they show the same.
func beside(b *testing.B, own, library func(i int) string) {
	b.Helper()
	if o, l := ansi.Strip(own(3)), ansi.Strip(library(3)); o != l {
		b.Fatalf("they do not show the same:\n%s\n\n%s", o, l)
	}
	for _, x := range []struct {
		by   string
		draw func(i int) string
	}{{"own", own}, {"library", library}} {
		b.Run(x.by, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				x.draw(i % 100)
			}
		})
	}
}

func BenchmarkStyle(b *testing.B) {
	th, err := themes.Load("dark", "")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		NewStyle(1, th, false, false)
	}
}

func BenchmarkRow(b *testing.B) {
	p, l := NewPen(testStyle(b, false), 100), looks(b)
	beside(b, func(i int) string { return ownRow(p, i) }, func(i int) string { return libraryRow(&l, i) })
}

func BenchmarkFrame(b *testing.B) {
	st, l := testStyle(b, false), looks(b)
	p := NewPen(st, 100)
	var body []string
	for i := range 22 {
		body = append(body, ownRow(p, i))
	}
	box := lipgloss.NewStyle().Border(lipgloss.NormalBorder()).BorderForeground(l[themes.Border].GetForeground()).Width(102).Height(24)
	beside(b, func(int) string {
		lines := Frame(st, 102, 24, false, nil, nil, "", body)
		lines[0] = strings.Replace(lines[0], " ", "─", 1) // where a title would begin
		return strings.Join(lines, "\n")
	}, func(int) string { return box.Render(strings.Join(body, "\n")) })
}

// BenchmarkDialog lays a box of 90x20 over a screen of 200x60.
func BenchmarkOverlay(b *testing.B) {
	st := testStyle(b, false)
	p, wide := NewPen(st, 100), NewPen(st, 200)
	var under, body []string
	for i := range 60 {
		wide.Start(200)
		for _, c := range slices.Concat(jobRows[i], jobRows[i+60]) {
			wide.Column(c.role, c.text, c.w)
		}
		under = append(under, wide.Done())
	}
	for i := range 18 {
		body = append(body, ansi.Truncate(ownRow(p, i), 88, ""))
	}
	box := Frame(st, 90, 20, true, nil, nil, "", body)
	screen, over := strings.Join(under, "\n"), strings.Join(box, "\n")
	lines := make([]string, len(under))
	beside(b, func(int) string {
		copy(lines, under)
		Splice(lines, box, 55, 20, 90, 200)
		return strings.Join(lines, "\n")
	}, func(int) string {
		return lipgloss.NewCompositor(lipgloss.NewLayer(screen), lipgloss.NewLayer(over).X(55).Y(20).Z(1)).Render()
	})
}

// BenchmarkPage shows 36 of 400 lines of prose, 100 wide.
func BenchmarkPage(b *testing.B) {
	st := testStyle(b, false)
	p := NewPen(st, 100)
	var pieces [][]Piece
	var styled []string
	l := looks(b)
	for i := range 400 {
		line := []Piece{As(themes.Muted, fmt.Sprintf("%-12d", i)),
			As(themes.Text, "12:01:58 dir-old: Start Backup JobId 18244, Job=backup-chain003")}
		pieces = append(pieces, line)
		styled = append(styled, l[themes.Muted].Render(line[0].Text)+l[themes.Text].Render(line[1].Text))
	}
	view := viewport.New(viewport.WithWidth(100), viewport.WithHeight(36))
	view.SetContentLines(styled)
	beside(b, func(i int) string {
		lines := make([]string, 0, 36)
		for _, line := range pieces[i : i+36] {
			p.Start(100)
			p.Pieces(line)
			lines = append(lines, p.Done())
		}
		return strings.Join(lines, "\n")
	}, func(i int) string {
		view.SetYOffset(i)
		return view.View()
	})
}

// BenchmarkTable is 30 rows that are new, as those of live data are.
func BenchmarkTable(b *testing.B) {
	p := NewPen(testStyle(b, false), 100)
	var cols []table.Column
	for _, c := range jobRows[0] {
		cols = append(cols, table.Column{Width: c.w})
	}
	plain := table.Styles{Header: lipgloss.NewStyle(), Cell: lipgloss.NewStyle(), Selected: lipgloss.NewStyle()}
	tb := table.New(table.WithColumns(cols), table.WithWidth(100), table.WithHeight(31), table.WithStyles(plain))
	beside(b, func(i int) string {
		lines := make([]string, 0, 30)
		for n := range 30 {
			p.Start(100)
			for _, c := range jobRows[i+n] {
				p.Column(c.role, c.text, c.w) // the library's columns all begin at their left
			}
			lines = append(lines, p.Done())
		}
		return strings.Join(lines, "\n")
	}, func(i int) string {
		rows := make([]table.Row, 30)
		for n := range rows {
			for _, c := range jobRows[i+n] {
				rows[n] = append(rows[n], c.text)
			}
		}
		tb.SetRows(rows)
		_, below, _ := strings.Cut(tb.View(), "\n")
		return below
	})
}

func BenchmarkBar(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		Bar(40, i%100, 100)
	}
}
