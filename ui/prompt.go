package ui

import (
	"slices"
	"strings"
	"sync"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"switchyard/themes"
	"switchyard/ui/draw"
)

// prompt is the last line while something is typed there: a filter, a search or a command.
type prompt struct {
	sign    string // "/" or ":"
	line    typedLine
	changed func(a *App, text string)         // after every key
	enter   func(a *App, text string) tea.Cmd // nil: keep what changed did
	leave   func(a *App)                      // esc
	offers  []string                          // completions of the text, whole lines
	at      int                               // the offer in use, -1 for none
	take    func(offers []string)             // what is offered came later; nil: nothing does
	back    int                               // how far back in the history, 0 is now
	hint    string                            // what else can be typed, where there is room for it
}

// promptKeys are those of every prompt that are not of editing; their help is what they do to a filter.
var promptKeys = struct{ enter, leave, offer, offerBack, older, newer key.Binding }{
	enter:     key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "keeps it")),
	leave:     key.NewBinding(key.WithKeys("esc", "ctrl+c"), key.WithHelp("esc", "clears it")),
	offer:     key.NewBinding(key.WithKeys("tab")),
	offerBack: key.NewBinding(key.WithKeys("shift+tab")),
	older:     key.NewBinding(key.WithKeys("up", "ctrl+p")),
	newer:     key.NewBinding(key.WithKeys("down", "ctrl+n")),
}

// filterHelp is what stands behind a filter while it is typed. None of its keys can be dead there, which is why Bubbles may say it.
var filterHelp = sync.OnceValue(func() string {
	h := help.New()
	h.Styles, h.ShortSeparator = help.Styles{}, ", "
	inverts := key.NewBinding(key.WithKeys("!"), key.WithHelp("! in front", "inverts"))
	return h.ShortHelpView([]key.Binding{promptKeys.enter, promptKeys.leave, inverts})
})

func (a *App) promptKey(k tea.KeyPressMsg) tea.Cmd {
	p := a.prompt
	bound := &promptKeys
	switch {
	case key.Matches(k, bound.leave), p.line.text() == "" && key.Matches(k, editKeys.DeleteCharacterBackward):
		a.prompt = nil
		p.leave(a)
	case key.Matches(k, bound.enter):
		a.prompt = nil
		if p.enter != nil {
			return p.enter(a, p.line.text())
		}
	case key.Matches(k, bound.offer):
		p.offer(1)
	case key.Matches(k, bound.offerBack):
		p.offer(-1)
	case key.Matches(k, bound.older):
		a.recall(p, 1)
	case key.Matches(k, bound.newer):
		a.recall(p, -1)
	case p.line.key(k):
		p.edited(a)
	}
	return nil
}

func (p *prompt) set(a *App, text string) {
	p.line.set(text)
	p.edited(a)
}

// edited tells whoever asked what the line says now.
func (p *prompt) edited(a *App) {
	p.at, p.back = -1, 0
	p.changed(a, p.line.text())
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
	p.line.set(p.offers[p.at])
}

func (a *App) recall(p *prompt, dir int) {
	if p.sign != ":" {
		return
	}
	p.back = max(0, min(p.back+dir, len(a.history)))
	text := ""
	if p.back > 0 {
		text = a.history[len(a.history)-p.back]
	}
	p.line.set(text)
}

func (a *App) askFilter() {
	if g := a.pager; g != nil {
		was := g.find
		a.prompt = &prompt{sign: "/", line: newTypedLine(was.text), at: -1,
			changed: func(_ *App, text string) { g.search(newFilter(text)) },
			leave:   func(*App) { g.search(newFilter("")) }}
		return
	}
	rows := a.pane().lines()
	a.prompt = &prompt{sign: "/", line: newTypedLine(rows.filterText()), at: -1,
		changed: func(a *App, text string) { rows.setFilter(newFilter(text)); a.refresh() },
		leave:   func(a *App) { rows.setFilter(newFilter("")); a.refresh() }}
}

func (a *App) askCommand() {
	p := &prompt{sign: ":", line: newTypedLine(""), at: -1, leave: func(*App) {},
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

// draw is the prompt itself; col is where the cursor stands.
func (p *prompt) draw(st *draw.Style, w int) (line string, col int) {
	out := draw.NewPen(st, w)
	text, col := p.line.window(w - 2 - draw.Width(p.sign))
	out.Put(themes.Key, p.sign)
	out.Put(themes.Text, text)
	hint := p.hint
	if p.sign == "/" && out.Left() > 40 {
		hint = filterHelp()
	}
	if hint != "" && out.Left() > 3+draw.Width(hint) {
		out.Put(themes.Muted, "   "+hint)
	}
	return out.Done(), min(draw.Width(p.sign)+col, w-1)
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
	more := ""
	if n < len(p.offers) && n > 0 {
		more = draw.Count(len(p.offers)) + " in all, tab steps through them"
		widest = max(widest, draw.Width(more))
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
	if more != "" {
		out := draw.NewPen(st, min(w, max(24, widest+2)))
		out.Put(themes.Muted, " "+more)
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
