package ui

import (
	"testing"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// These are the parts that the library carries, and its help beside the page that is ours.

// BenchmarkTypedLine is a key in a line of 60 characters, and the part of it that is seen.
func BenchmarkTypedLine(b *testing.B) {
	l := newTypedLine("cell chain003 region1 immutable, because its client was moved")
	keys := []tea.KeyPressMsg{keyMsg("x"), keyMsg("left"), keyMsg("right"), keyMsg("backspace")}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.key(keys[i%len(keys)])
		l.window(40)
	}
}

// BenchmarkPress finds the last key of the table.
func BenchmarkPress(b *testing.B) {
	table := append(leverKeys(), watchKeys()...)
	name := keyName(table[len(table)-1].Keys()[0])
	b.ReportAllocs()
	for b.Loop() {
		for i := range table {
			if key.Matches(name, table[i].Binding) && i < len(table)-1 {
				b.Fatal("another key answers to it")
			}
		}
	}
}

// BenchmarkHelp is every key: on our page, which says why one is dead, and as the library says it.
func BenchmarkHelp(b *testing.B) {
	d := session(b, cockpit, Options{Theme: "dark"}, 200, 60, trouble(20).Snapshot)
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			newHelpPage(d.app).lines(nil, 126)
		}
	})
	b.Run("library", func(b *testing.B) {
		var groups [][]key.Binding
		for _, g := range []string{groupSee, groupMove, groupFind, groupAct, groupSession} {
			var group []key.Binding
			for _, k := range d.app.keys {
				if k.group == g {
					group = append(group, k.Binding)
				}
			}
			groups = append(groups, group)
		}
		h := help.New()
		b.ReportAllocs()
		for b.Loop() {
			h.FullHelpView(groups)
		}
	})
}

// BenchmarkSuggestions is a key of a command about one of 40,000 cells: as the command line completes it, and as the library would.
func BenchmarkSuggestions(b *testing.B) {
	d := watch(b, 120, 40, trouble(10_000).Snapshot)
	b.Run("own", func(b *testing.B) {
		d.press(":", "'cell chain0'")
		for i := 0; b.Loop(); i++ {
			d.app.Update([]tea.Msg{keyMsg("0"), keyMsg("backspace")}[i%2])
		}
	})
	b.Run("library", func(b *testing.B) {
		l := newTypedLine("cell chain0")
		l.input.ShowSuggestions = true
		l.input.SetSuggestions(d.app.complete("cell "))
		for i := 0; b.Loop(); i++ {
			l.key([]tea.KeyPressMsg{keyMsg("0"), keyMsg("backspace")}[i%2])
		}
	})
}
