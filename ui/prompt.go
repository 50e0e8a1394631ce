package ui

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"switchyard/themes"
	"switchyard/ui/draw"
)

// prompt is the last line while something is typed there: a filter, a search or a command.
type prompt struct {
	sign    string // "/" or ":"
	text    string
	changed func(a *App, text string)         // after every key
	enter   func(a *App, text string) tea.Cmd // nil: keep what changed did
	leave   func(a *App)                      // esc
	offers  []string                          // completions of the text, whole lines
	at      int                               // the offer in use, -1 for none
	typed   string                            // what offers complete
	back    int                               // how far back in the history, 0 is now
}

// maxTyped bounds a line: nobody types more, and a paste may hold anything.
const maxTyped = 200

func (a *App) promptKey(k tea.KeyPressMsg) tea.Cmd {
	p := a.prompt
	switch key := k.String(); key {
	case "esc", "ctrl+c":
		a.prompt = nil
		p.leave(a)
		return nil
	case "enter":
		a.prompt = nil
		if p.enter != nil {
			return p.enter(a, p.text)
		}
		return nil
	case "backspace", "ctrl+h":
		if p.text == "" {
			a.prompt = nil
			p.leave(a)
			return nil
		}
		p.set(a, lastRune(p.text))
	case "ctrl+u":
		p.set(a, "")
	case "ctrl+w":
		cut := strings.TrimRight(p.text, " ")
		p.set(a, cut[:strings.LastIndexByte(cut, ' ')+1])
	case "tab":
		p.offer(1)
	case "shift+tab":
		p.offer(-1)
	case "up", "ctrl+p":
		a.recall(p, 1)
	case "down", "ctrl+n":
		a.recall(p, -1)
	default:
		if k.Text != "" {
			p.set(a, p.text+k.Text)
		}
	}
	return nil
}

func (p *prompt) set(a *App, text string) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
	for len(text) > maxTyped {
		text = lastRune(text)
	}
	p.text, p.typed, p.at, p.back = text, text, -1, 0
	p.changed(a, text)
}

// offer steps through the completions.
func (p *prompt) offer(dir int) {
	if len(p.offers) == 0 {
		return
	}
	p.at += dir
	if p.at < 0 {
		p.at = len(p.offers) - 1
	}
	p.at %= len(p.offers)
	p.text = p.offers[p.at]
}

func (a *App) recall(p *prompt, dir int) {
	if p.sign != ":" {
		return
	}
	p.back = max(0, min(p.back+dir, len(a.history)))
	p.text = ""
	if p.back > 0 {
		p.text = a.history[len(a.history)-p.back]
	}
}

func (a *App) askFilter() {
	if g := a.pager; g != nil {
		was := g.find
		a.prompt = &prompt{sign: "/", text: was.text, at: -1,
			changed: func(_ *App, text string) { g.search(newFilter(text)) },
			leave:   func(*App) { g.search(newFilter("")) }}
		return
	}
	rows := a.pane().lines()
	a.prompt = &prompt{sign: "/", text: rows.filterText(), at: -1,
		changed: func(a *App, text string) { rows.setFilter(newFilter(text)); a.refresh() },
		leave:   func(a *App) { rows.setFilter(newFilter("")); a.refresh() }}
}

func (a *App) askCommand() {
	p := &prompt{sign: ":", at: -1, leave: func(*App) {},
		enter: func(a *App, text string) tea.Cmd {
			if text != "" && (len(a.history) == 0 || a.history[len(a.history)-1] != text) {
				a.history = append(a.history, text)
			}
			return a.command(text)
		}}
	p.changed = func(a *App, text string) { p.offers = a.complete(text) }
	p.offers = a.complete("")
	a.prompt = p
}

// line is the prompt itself; col is where the cursor stands.
func (p *prompt) line(st *draw.Style, w int) (line string, col int) {
	out := draw.NewPen(st, w)
	text := p.text
	for text != "" && draw.Width(text) > w-3 {
		_, text = draw.SplitAt(text, 1) // the end is what is being typed
	}
	out.Put(themes.Key, p.sign)
	out.Put(themes.Text, text)
	col = w - out.Left()
	if p.sign == "/" && out.Left() > 40 {
		out.Put(themes.Muted, "   enter keeps it, esc clears it, ! in front inverts")
	}
	return out.Done(), min(col, w-1)
}

// offerLines are the completions, drawn above the prompt.
func (p *prompt) offerLines(st *draw.Style, w, h int) []string {
	const most = 8
	n := min(len(p.offers), most, h)
	first := max(0, min(p.at-most/2, len(p.offers)-n))
	widest := 0
	for _, o := range p.offers[first : first+n] {
		widest = max(widest, draw.Width(o))
	}
	var lines []string
	for i := first; i < first+n; i++ {
		out := draw.NewPen(st, min(w, max(24, widest+2)))
		if i == p.at {
			out.Wear(themes.Select)
		}
		out.Put(themes.Text, " "+p.offers[i])
		lines = append(lines, out.Done())
	}
	if n < len(p.offers) && n > 0 {
		out := draw.NewPen(st, min(w, max(24, widest+2)))
		out.Put(themes.Muted, " "+draw.Count(len(p.offers))+" in all, tab steps through them")
		lines[len(lines)-1] = out.Done()
	}
	return lines
}

// withPrefix keeps the offers that begin with what was typed, sorted.
func withPrefix(all []string, typed string) []string {
	var out []string
	for _, s := range all {
		if strings.HasPrefix(strings.ToLower(s), strings.ToLower(typed)) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lastRune drops the last rune of s.
func lastRune(s string) string {
	_, n := utf8.DecodeLastRuneInString(s)
	return s[:len(s)-n]
}
