package ui

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// driver sits before a screen like a person: it presses keys, and says what it sees and what must never be seen.
type driver struct {
	t     testing.TB
	app   *App
	clock time.Time
	log   logs
	cmd   tea.Cmd // what the last message returned
	deeds []Deed  // what the lever was pulled for
	plan  *plan.Plan
	fate  error // of every pull
	never []string
}

type logs struct {
	lines []string
	err   error
	asked []model.JobKey
	story []string
	list  *model.RestoreList
	asks  []model.RestoreAsk

	sights  []model.SightAsk
	sight   *model.RestoreSight
	clients []string
}

func (l *logs) RestoreList(_ context.Context, ask model.RestoreAsk) (*model.RestoreList, error) {
	l.asks = append(l.asks, ask)
	return l.list, l.err
}

func (l *logs) RestoreSight(_ context.Context, ask model.SightAsk) (*model.RestoreSight, error) {
	l.sights = append(l.sights, ask)
	if l.sight == nil {
		return nil, model.ErrUnreachable
	}
	s := *l.sight
	s.Ask = ask
	return &s, l.err
}

func (l *logs) Clients(context.Context, model.Cluster) ([]string, error) { return l.clients, l.err }

func (l *logs) ActionStory(context.Context, string) ([]string, error) { return l.story, l.err }

func (l *logs) JobLog(_ context.Context, k model.JobKey) ([]string, error) {
	l.asked = append(l.asked, k)
	return l.lines, l.err
}

// silent is a feed that never answers: tests hand snapshots over themselves.
type silent struct{}

func (silent) Next(ctx context.Context, _ uint64) (*board.Snapshot, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func watch(t testing.TB, w, h int, s *board.Snapshot) *driver {
	return session(t, Watch, Options{Theme: "dark"}, w, h, s)
}

type opener func(context.Context, Feed, Asker, Options) (*App, error)

// cockpit is a session whose lever is not connected to anything.
func cockpit(ctx context.Context, f Feed, a Asker, o Options) (*App, error) {
	return Cockpit(ctx, f, a, Lever{Names: anyNames(), Policy: model.DefaultPolicy(), NewID: func() string { return "7c1f" },
		Plan: func(context.Context, string) (*plan.Plan, error) { return nil, model.ErrNone },
		Pull: func(context.Context, Deed) error { return record.ErrHeld }}, o)
}

// levered is a cockpit whose lever writes down what it is pulled for.
func levered(t testing.TB, policy model.Policy, w, h int, s *board.Snapshot) *driver {
	t.Helper()
	var d *driver
	n := 0
	lever := Lever{Names: anyNames(), Policy: policy, By: "alice",
		NewID: func() string { n++; return fmt.Sprintf("7c1f%d", n) },
		Plan:  func(context.Context, string) (*plan.Plan, error) { return d.plan, d.fate },
		Pull:  func(_ context.Context, x Deed) error { d.deeds = append(d.deeds, x); return d.fate }}
	d = session(t, func(ctx context.Context, f Feed, a Asker, o Options) (*App, error) {
		return Cockpit(ctx, f, a, lever, o)
	}, Options{Theme: "dark"}, w, h, s)
	return d
}

// anyNames are those of the cells of every scene.
var anyNames = sync.OnceValue(func() *model.Names {
	var all []model.Placement
	for i := range calm(250).Cells {
		all = append(all, model.Placement{Cell: cellNo(i), Promise: 26 * time.Hour})
	}
	inv, err := model.NewInventory(all)
	if err != nil {
		panic(err)
	}
	name, err := model.ParseNameTemplate("backup-{chain}-{region}-{kind}")
	if err != nil {
		panic(err)
	}
	restore, err := model.ParseRestoreTemplate("restore-{region}")
	if err != nil {
		panic(err)
	}
	names, err := model.BindNames(inv, name, restore)
	if err != nil {
		panic(err)
	}
	return names
})

func session(t testing.TB, open opener, opt Options, w, h int, s *board.Snapshot) *driver {
	t.Helper()
	d := &driver{t: t, clock: noon}
	opt.Now = func() time.Time { return d.clock }
	app, err := open(t.Context(), silent{}, &d.log, opt)
	if err != nil {
		t.Fatal(err)
	}
	d.app = app
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	if s != nil {
		d.take(s)
	}
	return d
}

func (d *driver) send(m tea.Msg) {
	_, d.cmd = d.app.Update(m)
	d.screen()
}

func (d *driver) take(s *board.Snapshot) { d.send(snapshotMsg{snap: s}) }

// wait lets the clock of the program go on.
func (d *driver) wait(by time.Duration) {
	d.clock = d.clock.Add(by)
	d.send(tickMsg(d.clock))
}

func keyMsg(k string) tea.KeyPressMsg {
	special := map[string]tea.Key{"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
		"backspace": {Code: tea.KeyBackspace},
		"space":     {Code: tea.KeySpace, Text: " "}, "up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft},
		"right": {Code: tea.KeyRight},
		"home":  {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
		"delete":    {Code: tea.KeyDelete},
		"shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}}
	if s, ok := special[k]; ok {
		return tea.KeyPressMsg(s)
	}
	for name, mod := range map[string]tea.KeyMod{"ctrl+": tea.ModCtrl, "alt+": tea.ModAlt} {
		if c, ok := strings.CutPrefix(k, name); ok {
			if s, ok := special[c]; ok {
				return tea.KeyPressMsg{Code: s.Code, Mod: mod}
			}
			return tea.KeyPressMsg{Code: rune(c[0]), Mod: mod}
		}
	}
	return tea.KeyPressMsg{Code: []rune(k)[0], Text: k}
}

// typist is how long a person takes from key to key in a dialog.
const typist = burstGap

// press presses keys one after the other; a word in quotes is typed letter by letter. In a dialog that takes time.
func (d *driver) press(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		if word, ok := strings.CutPrefix(k, "'"); ok {
			for _, r := range strings.TrimSuffix(word, "'") {
				d.types()
				d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
			continue
		}
		d.types()
		d.send(keyMsg(k))
	}
}

func (d *driver) types() {
	if d.app.dialog != nil && !d.clock.Before(d.app.dialog.quiet) {
		d.clock = d.clock.Add(typist)
	}
}

// burst hands keys over as they come when a terminal pastes them without saying so.
func (d *driver) burst(text string) {
	d.t.Helper()
	for _, r := range text {
		switch r {
		case '\t':
			d.send(keyMsg("tab"))
		case '\r':
			d.send(keyMsg("enter"))
		default:
			d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
}

// obey runs the command of the last message, as Bubble Tea would, and hands its message over. It is for commands that end.
func (d *driver) obey() tea.Msg {
	d.t.Helper()
	if d.cmd == nil {
		d.t.Fatal("the last key asked for nothing")
	}
	m := d.cmd()
	d.send(m)
	return m
}

// screen is what a person sees; every look checks the frame and what must never be seen.
func (d *driver) screen() string {
	d.t.Helper()
	plain := checkFrame(d.t, d.app.View().Content, d.app.w, d.app.h)
	for _, n := range d.never {
		if strings.Contains(plain, n) {
			d.t.Fatalf("%q must never be seen:\n%s", n, plain)
		}
	}
	return plain
}

func (d *driver) see(texts ...string) {
	d.t.Helper()
	s := d.screen()
	for _, want := range texts {
		if !strings.Contains(s, want) {
			d.t.Fatalf("%q is not on the screen:\n%s", want, s)
		}
	}
}

func (d *driver) gone(texts ...string) {
	d.t.Helper()
	s := d.screen()
	for _, not := range texts {
		if strings.Contains(s, not) {
			d.t.Fatalf("%q is on the screen:\n%s", not, s)
		}
	}
}

// row is the line of the screen that holds a text.
func (d *driver) row(text string) string {
	d.t.Helper()
	for line := range strings.Lines(d.screen()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	d.t.Fatalf("%q is not on the screen:\n%s", text, d.screen())
	return ""
}

// checkFrame holds what is true of every screen: as many lines as rows, each exactly as wide as the terminal by either way of
// counting, and no control characters but our own colours. It returns the text.
func checkFrame(t testing.TB, s string, w, h int) (plain string) {
	t.Helper()
	if w < 1 || h < 1 {
		if s != "" {
			t.Fatalf("a screen without a size shows %q", s)
		}
		return ""
	}
	lines := strings.Split(s, "\n")
	if len(lines) != h {
		t.Fatalf("%d lines on a screen of %d:\n%s", len(lines), h, ansi.Strip(s))
	}
	for i, l := range lines {
		of := checkedLine{l, w}
		was, known := checkedLines.Load(of)
		if !known {
			plain := sgrOnly(t, l)
			if a, b := ansi.StringWidth(plain), ansi.StringWidthWc(plain); a != w || b != w {
				t.Fatalf("line %d is %d or %d wide, want %d: %q", i, a, b, w, plain)
			}
			checkedLines.Store(of, plain)
			was = plain
		}
		lines[i] = was.(string)
	}
	return strings.Join(lines, "\n")
}

// checkedLine is a line of a screen and how wide it is to be.
type checkedLine struct {
	line string
	w    int
}

// checkedLines are the lines that hold, without their colours: most of a frame was on the one before.
var checkedLines sync.Map

// sgrOnly strips our colours and fails on every other control character.
func sgrOnly(t testing.TB, l string) string {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(l); {
		if strings.HasPrefix(l[i:], "\x1b[") {
			n := i + 2
			for n < len(l) && (l[n] == ';' || l[n] >= '0' && l[n] <= '9') {
				n++
			}
			if n >= len(l) || l[n] != 'm' {
				t.Fatalf("an escape sequence that is no colour: %q", l)
			}
			i = n + 1
			continue
		}
		b.WriteByte(l[i])
		i++
	}
	for _, r := range b.String() {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r == 0xfffd {
			t.Fatalf("control character %U in %q", r, l)
		}
	}
	return b.String()
}
