package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"switchyard/ui/draw"
)

// maxTyped bounds a line, in characters: nobody types more, and a paste may hold anything.
const maxTyped = 200

// editKeys are those of every line. Bubbles would read the clipboard of the host that the cockpit runs on at ctrl+v, which is not where
// the person sits and no paste that a dialog could refuse; and completions are ours, because its own know nothing of an empty line.
var editKeys = func() textinput.KeyMap {
	keys := textinput.DefaultKeyMap()
	for _, b := range []*key.Binding{&keys.Paste, &keys.AcceptSuggestion, &keys.NextSuggestion, &keys.PrevSuggestion} {
		b.SetEnabled(false)
	}
	return keys
}()

// typedLine is a line that a person types. Bubbles edits it, and the pen draws it, because what is typed may be anything.
type typedLine struct{ input textinput.Model }

func newTypedLine(text string) typedLine {
	l := typedLine{textinput.New()}
	l.input.KeyMap, l.input.CharLimit = editKeys, maxTyped
	l.input.SetVirtualCursor(false)
	l.input.Focus()
	l.set(text)
	return l
}

func (l *typedLine) text() string { return l.input.Value() }

// set replaces the text; the cursor stands behind it.
func (l *typedLine) set(text string) {
	l.input.SetValue(text)
	l.input.CursorEnd()
}

// key edits the line, and tells whether its text is another now.
func (l *typedLine) key(k tea.KeyPressMsg) bool {
	was := l.text()
	if key.Matches(k, editKeys.DeleteWordForward) && l.input.Position() == len([]rune(was))-1 {
		k = tea.KeyPressMsg{Code: tea.KeyDelete} // of a last character Bubbles looks for the rest of its word behind the line, and panics
	}
	l.input, _ = l.input.Update(k)
	return l.text() != was
}

// paste puts text where the cursor stands. Its line ends are blanks but for those at its own end, which nobody means.
func (l *typedLine) paste(text string) {
	l.input, _ = l.input.Update(tea.PasteMsg{Content: strings.TrimRight(text, "\r\n")})
}

// window is the part of the line from which its cursor is seen in w columns, and the cursor's column in it. What stands behind
// the cursor may be longer than w.
func (l *typedLine) window(w int) (text string, col int) {
	all := []rune(l.text())
	at := l.input.Position()
	from := 0
	for from < at && draw.Width(string(all[from:at])) > max(w, 0) {
		from++
	}
	return string(all[from:]), draw.Width(string(all[from:at]))
}
