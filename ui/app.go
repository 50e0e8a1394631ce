// Package ui is the cockpit: one Bubble Tea model that draws snapshots. The rules of the screen:
//
//  1. One model, on Bubble Tea's goroutine. Update never waits: what takes time is a command, and what came of it a message.
//  2. Snapshots are pulled, one at a time, and never changed; their parts are replaced whole, so that identity tells two versions apart.
//  3. Nothing acts on one key: a lever opens a plan, a dialog has it approved, and another process carries it out.
//  4. A dialog stands on cancel, takes nothing for 400 ms, no paste, no burst and no Enter alone, and turns stale by itself, never back.
//  5. A key that cannot act stays visible and says why. Keys, hints, help and the README come from one table.
//  6. What is selected is known by its identity, never by its row: when its row leaves, nothing is selected until somebody moves.
//  7. A pane is drawn from the scene and its own state, and cached by them (drawKey). Ages inside it move once a minute, others outside.
//  8. Every line is written by a pen: exactly as wide as its place, whatever the text holds; what does not fit is cut, and marked.
//  9. Text has a role, never a colour. A state is a word and a glyph before it is a role; BLUE and GREEN are names and mean no state.
//  10. What is not known says so: a value carries its age, a pane how far it can be trusted, and unknown never looks well.
package ui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// Options are what a session may choose. The zero Options are fine.
type Options struct {
	Theme    string           // empty: dark or light by the terminal's background, mono where there is no colour
	ThemeDir string           // a directory with themes of the user's own; may be empty or missing
	ASCII    bool             // only ASCII on the screen
	Now      func() time.Time // nil: time.Now
	Zone     *time.Location   // whose time stands beside UTC; nil: none
	Commands []Command        // added to the command line

	// Gates judges every gate, off the keys and off the beat: it may take its time. nil: nobody does
	Gates func(*board.Snapshot) *gate.Report
	// Graph is what needs what, made off the keys, too. nil: nobody can tell
	Graph    func(*board.Snapshot) *gate.Graph
	Attached func() []model.Session // the other sessions of the environment that can be seen; nil: nobody can tell
}

// Command is one that the program adds to the command line. Run may take its time: no key waits for it. It must not act on a real
// environment.
type Command struct {
	Name, Args, Says string                                                         // Args in [] may be left out
	Offers           []string                                                       // what tab offers after the name
	Run              func(ctx context.Context, arg string) (says string, err error) // several lines are shown as a page
	Limit            time.Duration                                                  // how long Run may take; 0: 15 s

	// Follow, where there is one, is asked instead of Run as long as the page that it tells is open: it answers with the page and its number
	// once that is another one than the number that was seen, which is 0 at first.
	Follow func(ctx context.Context, arg string, seen uint64) (says string, now uint64, err error)
}

// App is the Bubble Tea model. Its methods run on Bubble Tea's goroutine only.
type App struct {
	given
	followed
	laidOut
	opened
	hushed
	painted
}

// given is what a session begins with.
type given struct {
	ctx      context.Context
	feed     Feed
	asker    Asker
	lever    *Lever // nil: this session only watches
	opt      Options
	mode     mode
	keys     []binding
	commands []command
}

// followed is what the feed told, and how the session keeps up with it.
type followed struct {
	snap, shown *board.Snapshot // the newest, and the one in the panes: they differ while frozen
	sum         *summary        // of shown
	sumOf       any
	beat        uint64
	ended       string        // why the feed ended
	pause       time.Duration // before the next snapshot is asked for
	frozen      time.Time     // zero: not frozen
	waiting     int           // changes that arrived meanwhile
	others      []model.Session
	gates       judgement
	gone        *missing  // what the screen is looked at as if it were gone; nil: nothing
	asked       time.Time // for the others, last
}

// laidOut is how it looks, and what is where.
type laidOut struct {
	stale  bool // the size changed since the whole screen was drawn at rest
	style  *draw.Style
	theme  themes.Theme
	ascii  bool
	fill   bool
	now    time.Time
	w, h   int
	lay    layout
	panes  map[paneID]pane
	cells  *cellsPane
	focus  paneID
	zoomed bool
}

// opened is what stands over the panes and below them, and what a person was told last.
type opened struct {
	pager   *pager
	alertAt int // which alert ! opened last
	dialog  *dialog
	acting  *record.Action    // what the strip shows; nil: there is no strip
	batches *record.Programme // the newest that is not over; nil: none
	going   string            // how far the job of it is
	sight   *model.RestoreSight
	tests   testQueue // of marked cells
	handed  []*handed // to the process that acts; what became of it is not told yet
	prompt  *prompt
	history []string
	note    string
	noteAt  time.Time
	leaving time.Time // of the first ctrl+c
}

// painted is what was drawn and need not be drawn again.
type painted struct {
	cache    map[paneID]drawn
	parts    [][]string // of the lines of the last frame
	hints    []hint     // that fit
	hintsFor hintsFor
	dirty    bool
	last     tea.View
	viewCost time.Duration // of the last drawing
	pace     pace
}

// paneNames are what panes are called on the command line.
var paneNames = map[paneID]string{paneBlue: "blue", paneGreen: "green", paneCells: "routes", paneRDS: "rds", paneEvents: "events",
	paneAlerts: "alerts", paneGates: "gates"}

// Watch is a session that only watches: its key table holds nothing that could act. The asker may be nil. The error is a theme's.
func Watch(ctx context.Context, feed Feed, asker Asker, opt Options) (*App, error) {
	return newApp(ctx, feed, asker, opt, mode{"WATCHING", themes.Muted}, watchKeys())
}

// Cockpit is a session with levers in its key table. The asker may be nil. The error is a theme's.
func Cockpit(ctx context.Context, feed Feed, asker Asker, lever Lever, opt Options) (*App, error) {
	a, err := newApp(ctx, feed, asker, opt, mode{"COCKPIT", themes.Text}, append(leverKeys(), watchKeys()...))
	if err != nil {
		return nil, err
	}
	a.lever, a.cells.acts = &lever, true
	a.commands = append(a.commands, leverCommands()...)
	if lever.Recovery != nil {
		a.mode = mode{"RECOVERY", themes.Alarm}
		a.commands = append(a.commands, recoveryCommands()...)
	}
	return a, nil
}

func newApp(ctx context.Context, feed Feed, asker Asker, opt Options, m mode, keys []binding) (*App, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	name := opt.Theme
	if name == "" {
		name = "dark"
	}
	t, err := themes.Load(name, opt.ThemeDir)
	if err != nil {
		return nil, err
	}
	a := &App{
		given: given{ctx: ctx, feed: feed, asker: asker, opt: opt, mode: m, keys: keys,
			commands: append(commandTable(), added(opt.Commands)...)},
		laidOut: laidOut{theme: t, ascii: opt.ASCII, now: opt.Now(), focus: paneBlue, cells: newCellsPane()},
		opened:  opened{alertAt: -1},
		painted: painted{cache: map[paneID]drawn{}},
	}
	a.panes = map[paneID]pane{paneBlue: newClusterPane(model.Blue), paneGreen: newClusterPane(model.Green), paneCells: a.cells,
		paneRDS: newRDSPane(), paneEvents: newEventsPane(), paneAlerts: newAlertsPane(), paneGates: newGatesPane()}
	a.snap = &board.Snapshot{}
	a.restyle()
	a.present(a.snap)
	return a, nil
}

// Run shows the session on the terminal until it is left. It returns nil when a person left it or ctx ended.
func (a *App) Run(opts ...tea.ProgramOption) error {
	// Signals end ctx, and the end of ctx is a message like any other: Bubble Tea's own handler of signals may wait for ever, and
	// its way of ending with a context does not wait for whoever reads the keys.
	rate := fixedRate
	if paced() {
		rate = firstRate
	}
	p := tea.NewProgram(a, append([]tea.ProgramOption{tea.WithoutSignalHandler(), tea.WithFPS(rate), tea.WithFilter(a.filter)},
		opts...)...)
	if paced() {
		a.pace.start(p)
	}
	_, err := p.Run()
	a.pace.stop()
	if a.ctx.Err() != nil {
		return nil
	}
	return err
}

// filter drops a size that is the one at hand: the size is asked for every second, because a change while the program starts may
// be told late or never, and the renderer would draw everything again.
func (a *App) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	msg = plausible(msg)
	switch m := msg.(type) {
	case tea.WindowSizeMsg:
		if m.Width == a.w && m.Height == a.h {
			return nil
		}
		a.pace.hasten(fastFrames)
	case tickMsg: // what it changes is seen when it is drawn
	case nil: // a command came to nothing
	case snapshotMsg:
		if m.snap != nil && (a.snap == nil || m.snap.Rev != a.snap.Rev) { // more than ages
			a.pace.hasten(fastFrames)
		}
	case tea.KeyPressMsg, tea.PasteMsg:
		a.pace.hasten(keyFrames)
	default:
		a.pace.hasten(fastFrames)
	}
	return msg
}

// plausible bounds what a confused terminal says its size is, before anything allocates by it.
func plausible(msg tea.Msg) tea.Msg {
	if m, ok := msg.(tea.WindowSizeMsg); ok {
		return tea.WindowSizeMsg{Width: max(0, min(m.Width, 1000)), Height: max(0, min(m.Height, 500))}
	}
	return msg
}

// ASCIIOnly tells whether the locale of this environment cannot show more than ASCII.
func ASCIIOnly(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return true
}

// Init asks for the first snapshot and the terminal's background.
func (a *App) Init() tea.Cmd {
	return tea.Batch(a.next(), a.tick(), a.attached(), tea.RequestBackgroundColor)
}

// Update takes one message.
func (a *App) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	start := time.Now()
	var cmd tea.Cmd
	a.dirty = true
	switch msg := plausible(msg).(type) {
	case tea.WindowSizeMsg:
		a.resize(msg.Width, msg.Height)
	case snapshotMsg:
		cmd = a.take(msg)
		a.pause = max(shortestPause, min(longestPause, pausePerCost*(time.Since(start)+a.viewCost)))
	case tickMsg:
		a.now = a.opt.Now()
		if a.note != "" && a.now.Sub(a.noteAt) > 6*time.Second {
			a.note = ""
		}
		a.recheck() // a plan expires by itself
		a.restrip()
		cmd = tea.Batch(a.tick(), tea.RequestWindowSize, a.redraw(), a.attached(), a.judge(), a.lookAgain())
	case answerMsg:
		msg.answered()
	case gatesMsg:
		a.judged(msg)
	case missingMsg:
		a.missed(msg)
	case againMsg:
		if a.gone == msg.was {
			a.missed(msg.is)
		}
	case attachedMsg:
		a.others = msg
	case pulledMsg:
		cmd = a.pulled(msg)
	case brokenMsg:
		a.broke(msg)
	case clientsMsg:
		a.clients(msg)
	case testedMsg:
		cmd = a.tested(msg)
	case sightedMsg:
		cmd = a.sighted(msg)
	case surveyedMsg:
		cmd = a.surveyed(msg)
	case plannedMsg:
		a.planned(msg)
	case wayBackMsg:
		cmd = a.goesBack(msg)
	case saidMsg:
		cmd = a.said(msg)
	case followedMsg:
		cmd = a.goesOn(msg)
	case tea.KeyPressMsg:
		cmd = a.key(msg)
	case tea.PasteMsg:
		a.paste(msg.Content)
	case tea.BackgroundColorMsg:
		a.background(msg.IsDark())
	case tea.ColorProfileMsg:
		a.profile(msg.Profile)
	case tea.ResumeMsg:
		a.resize(a.w, a.h)
		cmd = tea.Batch(tea.ClearScreen, tea.RequestWindowSize)
	default:
		a.dirty = false
	}
	return a, cmd
}

// key gives a key to whoever has the keyboard: the dialog, the prompt, or the table.
func (a *App) key(k tea.KeyPressMsg) tea.Cmd {
	a.now = a.opt.Now()
	a.note = ""
	if k.String() != "ctrl+c" {
		a.leaving = time.Time{}
	}
	switch {
	case k.String() == "ctrl+z": // whoever leaves has approved nothing
		a.dialog, a.prompt = nil, nil
		return tea.Suspend
	case a.dialog != nil:
		return a.dialogKey(k)
	case a.prompt != nil:
		return a.promptKey(k)
	}
	return a.press(keyName(k.String()))
}

// paste types into a prompt; a dialog refuses it, and elsewhere it is nothing: pasted text is never keys.
func (a *App) paste(text string) {
	switch {
	case a.dialog != nil:
		a.dialog.paste()
	case a.prompt != nil:
		a.prompt.line.paste(text)
		a.prompt.edited(a)
	default:
		a.say("pasted text is not taken for keys; / or : first")
	}
}

// redraw draws the whole screen once more after its size has changed: a terminal may show what was drawn for its old size after that.
func (a *App) redraw() tea.Cmd {
	if !a.stale {
		return nil
	}
	a.stale = false
	return tea.ClearScreen
}

func (a *App) resize(w, h int) {
	a.stale = a.stale || a.w > 0 && (a.w != w || a.h != h)
	a.w, a.h, a.now = w, h, a.opt.Now()
	if a.dialog != nil {
		a.dialog.quiet = a.now.Add(grace)
	}
	a.arrange()
}

// arrange lays the screen out again. A pane that has no room is shown alone while it has the keys.
func (a *App) arrange() {
	zoom := paneNone
	rds := a.shown != nil && a.shown.RDS != nil
	if a.zoomed {
		zoom = a.focus
	}
	a.lay = arrange(a.w, a.h, rds, a.strips(), zoom)
	if !a.lay.small && !a.lay.has(a.focus) {
		a.lay = arrange(a.w, a.h, rds, a.strips(), a.focus)
	}
}

// say answers a key in the last line until the next key, or for some seconds.
func (a *App) say(text string) { a.note, a.noteAt = text, a.opt.Now() }
