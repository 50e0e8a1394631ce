package ui

import (
	"strings"
	"testing"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/record"
	"switchyard/ui/draw"
)

// edits are what a person does to a line, and what is left of it. Every line must come to the same.
var edits = []struct {
	keys []string
	left string
}{
	{[]string{"'cell 7'", "left", "'x'"}, "cell x7"},
	{[]string{"'bc'", "home", "'a'", "end", "'d'"}, "abcd"},
	{[]string{"'bc'", "ctrl+a", "'a'", "ctrl+e", "'d'"}, "abcd"},
	{[]string{"'abc'", "backspace", "ctrl+h"}, "a"},
	{[]string{"'abc'", "left", "left", "backspace"}, "bc"},
	{[]string{"'abc'", "ctrl+b", "ctrl+b", "ctrl+f", "delete"}, "ab"},
	{[]string{"'abc'", "home", "ctrl+d"}, "bc"},
	{[]string{"'one two three'", "ctrl+w", "ctrl+w"}, "one "},
	{[]string{"'one two three'", "alt+backspace"}, "one two "},
	{[]string{"'one two'", "alt+b", "'and '"}, "one and two"},
	{[]string{"'one two'", "home", "alt+f", "'s'"}, "ones two"},
	{[]string{"'one two'", "home", "alt+d"}, " two"},
	{[]string{"'abc'", "left", "alt+d"}, "ab"},
	{[]string{"'abc'", "left", "ctrl+k"}, "ab"},
	{[]string{"'abc'", "left", "ctrl+u"}, "c"},
	{[]string{"'abc'", "ctrl+u", "'d'"}, "d"},
	{[]string{"'chainé漢'", "left", "left", "'z'"}, "chainzé漢"},
}

func TestEveryLineEditsAlike(t *testing.T) {
	lines := map[string]struct {
		open func() *driver
		line func(a *App) *typedLine
	}{
		"filter": {func() *driver {
			d := watch(t, 120, 40, trouble(20).Snapshot)
			d.press("3", "/")
			return d
		}, func(a *App) *typedLine { return &a.prompt.line }},
		"search": {func() *driver {
			d := watch(t, 120, 40, trouble(20).Snapshot)
			d.press("?", "/")
			return d
		}, func(a *App) *typedLine { return &a.prompt.line }},
		"command": {func() *driver {
			d := watch(t, 120, 40, trouble(20).Snapshot)
			d.press(":")
			return d
		}, func(a *App) *typedLine { return &a.prompt.line }},
		"phrase": {func() *driver {
			d, _ := asked(t, 120, 40, 4)
			d.afterGrace()
			return d
		}, func(a *App) *typedLine { return &a.dialog.typed }},
		"reason": {func() *driver {
			d := levered(t, model.DefaultPolicy(), 120, 40, able(250).acting(41, record.ActionRunning, nil).Snapshot)
			d.press("A")
			d.afterGrace()
			d.press("tab")
			return d
		}, func(a *App) *typedLine { return &a.dialog.asks[0].line }},
	}
	for name, l := range lines {
		t.Run(name, func(t *testing.T) {
			for _, e := range edits {
				d := l.open()
				d.press(e.keys...)
				if got := l.line(d.app).text(); got != e.left {
					t.Errorf("%q leave %q, want %q", e.keys, got, e.left)
				}
				d.see(e.left)
			}
		})
	}
}

// A filter follows every edit, not only what is typed at its end.
func TestFilterFollowsEdits(t *testing.T) {
	d := watch(t, 120, 40, trouble(20).Snapshot)
	d.press("3", "/", "'chain00'", "left", "'1'")
	d.see("/chain010  ")
	d.press("ctrl+e", "backspace", "left", "left", "ctrl+k")
	d.see("/chain  ")
	d.press("home", "delete", "'x'", "ctrl+k")
	if got := d.app.cells.filterText(); got != "x" {
		t.Fatalf("the filter is %q", got)
	}
	d.press("ctrl+u", "ctrl+h")
	if d.app.prompt != nil || d.app.cells.filterText() != "" {
		t.Fatal("erasing an empty line does not leave it")
	}
}

// The clipboard of the host that the cockpit runs on is nobody's paste.
func TestNoLineReadsAClipboard(t *testing.T) {
	d := watch(t, 120, 40, trouble(20).Snapshot)
	for _, open := range []string{"/", ":"} {
		d.press("3", open, "ctrl+v")
		if d.cmd != nil {
			t.Errorf("ctrl+v after %s asks for something", open)
		}
		d.press("esc")
	}
	d, approved := asked(t, 120, 40, 4)
	d.afterGrace()
	d.press("'shift '", "ctrl+v")
	d.send(tea.PasteMsg{Content: "12"})
	d.press("enter")
	if d.cmd != nil || *approved != 0 || d.app.dialog.typed.text() != "shift " {
		t.Fatalf("approved %d times, with %q", *approved, d.app.dialog.typed.text())
	}
}

// A phrase may be mended, but only the whole of it approves.
func TestAPhraseIsMended(t *testing.T) {
	d, approved := asked(t, 120, 40, 4)
	d.afterGrace()
	d.press("'hift 12'", "home", "'s'", "enter")
	if *approved != 1 {
		t.Fatal("a mended phrase does not approve")
	}
	d, approved = asked(t, 120, 40, 4)
	d.afterGrace()
	d.press("'shift 12'", "ctrl+b", "ctrl+k", "enter")
	d.see("Enter alone does nothing: type shift 12")
	if *approved != 0 {
		t.Fatal("half a phrase approved")
	}
}

// What is longer than its place is shown around the cursor.
func TestLongLinesAreSeenAtTheirCursor(t *testing.T) {
	d := levered(t, model.DefaultPolicy(), 80, 24, able(250).acting(41, record.ActionRunning, nil).Snapshot)
	d.press("A")
	d.afterGrace()
	d.press("'"+strings.Repeat("why ", 24)+"the end'", "home")
	d.gone("the end")
	d.press("end")
	d.see("why the end")
	if c := d.app.View().Cursor; c == nil || c.Position.X != strings.Index(ascii(d.row("why the end")), "the end")+len("the end") {
		t.Fatalf("the cursor stands at %v of %q", c, d.row("why the end"))
	}
}

// ascii makes bytes of columns.
func ascii(row string) string {
	return strings.Map(func(r rune) rune { return min(r, '~') }, row)
}

func TestTypedLineHoldsWhateverIsDone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newTypedLine(rapid.StringN(0, 300, -1).Draw(rt, "at first"))
		for range rapid.IntRange(0, 30).Draw(rt, "steps") {
			if rapid.IntRange(0, 9).Draw(rt, "paste") == 0 {
				l.paste(rapid.String().Draw(rt, "pasted"))
			} else {
				l.key(keyMsg(rapid.SampledFrom(editing).Draw(rt, "key")))
			}
			if n := utf8.RuneCountInString(l.text()); n > maxTyped || strings.ContainsFunc(l.text(), isControl) {
				rt.Fatalf("it holds %q, %d characters", l.text(), n)
			}
			w := rapid.IntRange(0, 40).Draw(rt, "w")
			if text, col := l.window(w); col > w || col > draw.Width(text) {
				rt.Fatalf("in %d columns the cursor stands at %d of %q", w, col, text)
			}
		}
	})
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

var editing = []string{"a", "漢", "é", "space", "left", "right", "home", "end", "backspace", "delete", "ctrl+a", "ctrl+b", "ctrl+d",
	"ctrl+e", "ctrl+f", "ctrl+h",
	"ctrl+k", "ctrl+n", "ctrl+p", "ctrl+u", "ctrl+v", "ctrl+w", "alt+b", "alt+d", "alt+f", "alt+backspace", "alt+delete", "ctrl+delete",
	"ctrl+left", "ctrl+right", "tab", "up"}
