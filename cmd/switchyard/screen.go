package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"switchyard/backend/attached"
	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/themes"
	"switchyard/ui"
)

// screenFlags are those of every verb that takes the screen.
type screenFlags struct {
	theme string
	ascii bool
	plain bool
	json  bool
	alone bool // what it shows, and what acts on it, ends with it
	watch bool // it shows a session that only watches
}

func (s *screenFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.theme, "theme", "",
		"dark, light, high-contrast, mono, or the `NAME` of a file in switchyard/themes of the XDG configuration (default: by the terminal)")
	offers(cmd, "theme", themes.Names(themeDir())...)
	cmd.Flags().BoolVar(&s.ascii, "ascii", false, "only ASCII on the screen (default: when the locale has no UTF-8)")
	cmd.Flags().BoolVar(&s.plain, "plain", false,
		"no screen: a line for every change with its date and time in UTC, for a screen reader or a log")
	cmd.Flags().BoolVar(&s.json, "json", false, "with --plain, or when stdout is no terminal: one JSON object a line")
}

// sessionOf makes what is shown of a site and its feed.
type sessionOf func(context.Context, *site, *feed.Feed, ui.Options) (*ui.App, error)

// show runs a session on the terminal, or tells changes in lines where there is none.
func show(cmd *cobra.Command, flags *screenFlags, session sessionOf) (left error) {
	collectEarly()
	lines := flags.plain || !isTerminal(cmd.OutOrStdout())
	if !lines && os.Getenv("TERM") == "dumb" {
		return errors.New("opening the screen: TERM is dumb, which cannot place text; use --plain")
	}
	s, err := open(cmd)
	if err != nil {
		return err
	}
	if !lines {
		back, err := aside(cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		defer func() { back(left) }()
	}
	f := s.feed().Paced()
	defer s.start(cmd.Context(), f.Run)()
	defer s.keepsEnded(cmd.Context(), f)()
	if lines {
		return tellChanges(cmd.Context(), f, cmd.OutOrStdout(), flags.json)
	}
	if !flags.alone { // else the whole world is in this process
		defer settle(len(s.inv.Cells))()
	}
	here := attached.Hold(s.cfg.Identity(), model.Session{User: operator(), Cockpit: !flags.watch})
	defer here.Leave()
	app, err := session(cmd.Context(), s, f, ui.Options{Theme: flags.theme, ThemeDir: themeDir(),
		ASCII: flags.ascii ||
			ui.ASCIIOnly(os.Getenv), Zone: time.Local, Attached: here.Others, Now: model.Now, Commands: []ui.Command{spacePage(s, f)},
		Gates: func(snap *board.Snapshot) *gate.Report { return gate.Evaluate(s.gates(snap)) },
		Graph: func(snap *board.Snapshot) *gate.Graph { return gate.Build(s.gates(snap)) }})
	if err != nil {
		return err
	}
	err = untilLeft(cmd.Context(), app)
	if err == nil && cmd.Context().Err() == nil { // a person left, and their terminal takes words
		fmt.Fprint(cmd.OutOrStdout(), lastWords(app.Leaving(), flags.alone))
	}
	return err
}

// lastWords are what a person who leaves is told of what was under way: a world that lives in the cockpit's own process ends with it.
func lastWords(leaving string, alone bool) string {
	if alone && leaving != "" {
		return "the rehearsal has ended, and with it what was under way there; rehearse --serve DIR keeps a world that others leave\n"
	}
	return leaving
}

// errStalled ends a session whose terminal takes nothing any more, not even an error.
var errStalled = errors.New("leaving the screen: the terminal takes nothing any more")

// parting is how long a session that was told to end may take for its last words.
const parting = 3 * time.Second

// untilLeft shows a session until it is left. A terminal that takes nothing any more, such as that of a stalled link, does not
// keep a program that was told to end.
func untilLeft(ctx context.Context, app *ui.App) error {
	tty := os.Stdin.Fd()
	before, _ := term.GetState(tty) // nil when it is no terminal
	left := make(chan error, 1)
	go func() { left <- app.Run() }()
	select {
	case err := <-left:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-left:
		return err
	case <-time.After(parting):
	}
	if before != nil {
		_ = term.Restore(tty, before)
	}
	return errStalled
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

// themeDir is where a person's own themes are; empty when there is no such place.
func themeDir() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "switchyard", "themes")
}
