package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"github.com/gdamore/tcell/v3/vt"

	"switchyard/backend/rehearsal"
)

// terminal is a program in a pseudo-terminal, read through a terminal emulator. Tests look at its screen as a person does: they press
// keys, see what must come, and say what must never be seen. A byte stream would lie: only changed cells are written.
type terminal struct {
	testing.TB
	cmd           *exec.Cmd
	tty, slave    *os.File    // the side of whoever sits at it, and the program's
	before, after *term.State // the modes of the program's side, before it began and when it had ended
	done          chan struct{}
	exit          error         // of the program, once done is closed
	patience      time.Duration // how long it waits for something to be seen

	mu     sync.Mutex // guards the rest
	emu    vt.MockTerm
	w, h   int
	drew   time.Time
	whole  string        // the newest screen that is no half of a frame, of which the last byte came at drew
	news   chan struct{} // closed when there is another
	tape   []reel        // everything that was written, by size
	banned []string
	needed []string
	wrong  string // the first screen that held something banned or lacked something needed
}

// reel is what was written while the terminal had one size.
type reel struct {
	w, h  int
	bytes []byte
	whole string // the last screen of it
}

// attach starts a verb of the program on a world.
func attach(t testing.TB, w *rehearsal.World, cols, rows int, args ...string) *terminal {
	t.Helper()
	return sit(t, cols, rows, program(t, append(args, "--config", w.ConfigPath())...))
}

// sit starts a program in a terminal of its own.
func sit(t testing.TB, cols, rows int, cmd *exec.Cmd) *terminal {
	t.Helper()
	s := &terminal{TB: t, cmd: cmd, w: cols, h: rows, patience: patience, done: make(chan struct{}), news: make(chan struct{}),
		emu: vt.NewMockTerm(vt.MockOptSize{X: vt.Col(cols), Y: vt.Row(rows)})}
	err := s.emu.Start()
	if err != nil {
		t.Fatal(err)
	}
	if s.tty, s.slave, err = pty.Open(); err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(s.tty, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		t.Fatal(err)
	}
	if s.before, err = term.GetState(s.slave.Fd()); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.slave, s.slave, s.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.answer()
	go s.watch()
	t.Cleanup(func() {
		s.mu.Lock()
		wrong := s.wrong
		s.mu.Unlock()
		if wrong != "" {
			t.Error(wrong)
		}
		_ = cmd.Process.Kill() // it may have ended
		<-s.done
		_ = s.tty.Close()
		_ = s.emu.Stop()
	})
	return s
}

// watch paints what the program writes until it ends.
func (s *terminal) watch() {
	defer close(s.done)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.exit = s.cmd.Wait()
		s.after, _ = term.GetState(s.slave.Fd()) // nil when the line was dropped
		_ = s.slave.Close()                      // lets the reader come to the end
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := s.tty.Read(buf)
		s.paint(time.Now(), buf[:n])
		if err != nil {
			break
		}
	}
	<-ended
}

func (s *terminal) paint(at time.Time, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.emu.Write(b)
	if n := len(s.tape); n == 0 || s.tape[n-1].w != s.w || s.tape[n-1].h != s.h {
		s.tape = append(s.tape, reel{w: s.w, h: s.h})
	}
	r := &s.tape[len(s.tape)-1]
	r.bytes = append(r.bytes, b...)
	if s.emu.Backend().GetPrivateMode(vt.PmSyncOutput) == vt.ModeOn {
		return // the middle of a frame
	}
	s.whole, s.drew = s.text(), at
	r.whole = s.whole
	close(s.news)
	s.news = make(chan struct{})
	if s.wrong != "" {
		return
	}
	for _, n := range s.banned {
		if strings.Contains(s.whole, n) {
			s.wrong = fmt.Sprintf("%q must never be seen:\n%s", n, s.whole)
		}
	}
	for _, n := range s.needed {
		if !strings.Contains(s.whole, n) {
			s.wrong = fmt.Sprintf("%q must always be seen:\n%s", n, s.whole)
		}
	}
}

// answer passes on what the terminal itself says when it is asked for its colours and modes.
func (s *terminal) answer() {
	buf := make([]byte, 1024)
	for {
		n, err := s.emu.Read(buf)
		if n > 0 {
			_, _ = s.tty.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// text is the screen, a line each, without the blanks at the ends. The caller holds mu.
func (s *terminal) text() string {
	var b strings.Builder
	for y := range s.h {
		var line strings.Builder
		for x := 0; x < s.w; x++ {
			c := s.emu.GetCell(vt.Coord{X: vt.Col(x), Y: vt.Row(y)})
			if c.C == "" {
				c.C = " "
			}
			line.WriteString(c.C)
			if c.W == 2 {
				x++
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// screen is what a person sees now.
func (s *terminal) screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole
}

// title is what the program calls its window.
func (s *terminal) title() string { return s.emu.GetTitle() }

// clipboard is what the program has put there.
func (s *terminal) clipboard() string { return string(s.emu.Backend().GetClipboard()) }

// keyBytes are what a terminal sends for keys that have no character. A bare escape is left to the tests of it: it could be the
// beginning of another key.
var keyBytes = map[string]string{
	"enter":     "\r",
	"esc":       "\x1b[27u",
	"bare esc":  "\x1b",
	"tab":       "\t",
	"shift+tab": "\x1b[Z",
	"space":     " ",
	"backspace": "\x7f",
	"ctrl+h":    "\x08",
	"up":        "\x1b[A",
	"down":      "\x1b[B",
	"right":     "\x1b[C",
	"left":      "\x1b[D",
	"home":      "\x1b[H",
	"end":       "\x1b[F",
	"pgup":      "\x1b[5~",
	"pgdown":    "\x1b[6~",
	"delete":    "\x1b[3~",
	"insert":    "\x1b[2~",
	"f1":        "\x1bOP",
	"f5":        "\x1b[15~",
	"f12":       "\x1b[24~",
}

// keysOf turns names of keys into bytes; what is no name is typed letter by letter.
func keysOf(keys ...string) string {
	var b strings.Builder
	for _, k := range keys {
		if known, ok := keyBytes[k]; ok {
			k = known
		} else if c, ok := strings.CutPrefix(k, "ctrl+"); ok && len(c) == 1 {
			k = string(c[0] & 0x1f)
		} else if c, ok := strings.CutPrefix(k, "alt+"); ok {
			k = "\x1b" + c
		}
		b.WriteString(k)
	}
	return b.String()
}

// press presses keys one after the other: "2", "enter", "/", "chain007", "ctrl+c".
func (s *terminal) press(keys ...string) {
	s.Helper()
	if _, err := s.tty.WriteString(keysOf(keys...)); err != nil {
		s.Fatalf("pressing %q: %v\n%s", keys, err, s.screen())
	}
}

// until waits for something to be so on the screen.
func (s *terminal) until(what string, is func(screen string) bool) {
	s.Helper()
	late := time.NewTimer(s.patience)
	defer late.Stop()
	for {
		s.mu.Lock()
		text, news := s.whole, s.news
		s.mu.Unlock()
		if is(text) {
			return
		}
		select {
		case <-news:
		case <-time.After(time.Second): // what is waited for may be a matter of time
		case <-s.done:
			if text = s.screen(); !is(text) {
				s.Fatalf("waiting for %s: the program ended: %v\n%s", what, s.exit, text)
			}
			return
		case <-late.C:
			s.Fatalf("waiting for %s: not on the screen of %dx%d after %v:\n%s", what, s.w, s.h, s.patience, text)
		}
	}
}

// see waits until all of the texts are on the screen at once.
func (s *terminal) see(texts ...string) {
	s.Helper()
	s.until(fmt.Sprintf("%q", texts), func(screen string) bool { return containsAll(screen, texts) })
}

// seeIn waits until all of the texts are in one pane: "1 BLUE", "JOB".
func (s *terminal) seeIn(pane string, texts ...string) {
	s.Helper()
	s.until(fmt.Sprintf("%q in %s", texts, pane), func(screen string) bool { return containsAll(paneOf(screen, pane), texts) })
}

// seeRow waits until one row of the screen, or of a pane, holds all of the texts.
func (s *terminal) seeRow(pane string, texts ...string) {
	s.Helper()
	s.until(fmt.Sprintf("%q in a row of %s", texts, pane), func(screen string) bool {
		return slices.ContainsFunc(strings.Split(paneOf(screen, pane), "\n"), func(row string) bool { return containsAll(row, texts) })
	})
}

// gone waits until none of the texts is on the screen.
func (s *terminal) gone(texts ...string) {
	s.Helper()
	s.until(fmt.Sprintf("%q to go", texts), func(screen string) bool {
		return !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(screen, t) })
	})
}

// never fails the test when a text is on the screen at any moment from now on.
func (s *terminal) never(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.banned = append(s.banned, texts...)
}

// always fails the test when a text is not on every screen while f runs.
func (s *terminal) always(text string, f func()) {
	s.Helper()
	s.see(text)
	need := func(texts ...string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.needed = texts
	}
	need(text)
	f()
	need()
}

// shiftIn has the emulator forget the cell that it wrote last, and does nothing else: with the next letter it would look at that cell in a
// screen of another size (tcell 3.6.0, which panics).
const shiftIn = 0x0f

// amid tells that what a program wrote so far ends within a sequence or a letter: then nothing may come between, and the cell is forgotten.
func amid(b []byte) bool {
	b = b[max(0, len(b)-32):]
	if r, n := utf8.DecodeLastRune(b); r == utf8.RuneError && n == 1 {
		return true
	}
	esc := bytes.LastIndexByte(b, 0x1b)
	if esc < 0 {
		return false
	}
	after := bytes.TrimPrefix(b[esc+1:], []byte("["))
	return !bytes.ContainsFunc(after, func(r rune) bool { return r >= '@' && r <= '~' })
}

// TestASmallerScreenForgetsItsLastCell: a letter after a change of size ends no test, and nothing comes into the middle of a sequence.
func TestASmallerScreenForgetsItsLastCell(t *testing.T) {
	t.Parallel()
	emu := vt.NewMockTerm(vt.MockOptSize{X: 120, Y: 40})
	if err := emu.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = emu.Stop() }()
	_, _ = emu.Write([]byte("\x1b[?2027h\x1b[39;100Hé"))
	emu.SetSize(vt.Coord{X: 58, Y: 24})
	if _, err := emu.Write([]byte{shiftIn, 'a'}); err != nil {
		t.Error(err)
	}
	for says, want := range map[string]bool{
		"": false, "text": false, "\x1b[2J": false, "\x1b[39;100Hé": false,
		"\x1b": true, "\x1b[": true, "text\x1b[39;10": true, "\xc3": true,
	} {
		if amid([]byte(says)) != want {
			t.Errorf("%q is the middle of something: %v", says, !want)
		}
	}
}

// resize changes the size of the terminal, and tells the program as a terminal does.
func (s *terminal) resize(cols, rows int) {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.w, s.h = cols, rows
	s.emu.SetSize(vt.Coord{X: vt.Col(cols), Y: vt.Row(rows)})
	if n := len(s.tape); n > 0 && !amid(s.tape[n-1].bytes) {
		_, _ = s.emu.Write([]byte{shiftIn})
	}
	if err := pty.Setsize(s.tty, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		s.Fatal(err)
	}
}

// ended waits for the program to end, and gives its exit status.
func (s *terminal) ended() int {
	s.Helper()
	select {
	case <-s.done:
	case <-time.After(patience):
		s.Fatalf("the program did not end:\n%s", s.screen())
	}
	var failed *exec.ExitError
	switch {
	case s.exit == nil:
		return 0
	case errors.As(s.exit, &failed):
		return failed.ExitCode()
	}
	s.Fatal(s.exit)
	return -1
}

func containsAll(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return len(text) > 0
}

// paneOf cuts the frame whose title begins with a text out of a screen; an empty title is the whole screen. It is empty when there is no
// such pane.
func paneOf(screen, title string) string {
	if title == "" {
		return screen
	}
	rows := strings.Split(screen, "\n")
	for y, row := range rows {
		left, _, ok := strings.Cut(row, "┌─"+title)
		if !ok {
			continue
		}
		from := len([]rune(left))
		width := slices.Index([]rune(row)[from:], '┐') + 1
		var out []string
		for _, r := range rows[y:] {
			line := []rune(r)
			if width == 0 || len(line) < from+width {
				break
			}
			out = append(out, string(line[from:from+width]))
			if line[from] == '└' {
				return strings.Join(out, "\n")
			}
		}
	}
	return ""
}

// intact fails the test when a frame of the screen stays open: something overlaps it, or was cut off. A program that does not know yet what
// its terminal can do is seen in the middle of its first frames.
func (s *terminal) intact() {
	s.Helper()
	s.until("all frames to be closed", func(screen string) bool { return brokenFrame(screen) == "" })
}

// brokenFrame says which frame of a screen is not closed, or nothing.
func brokenFrame(screen string) string {
	var grid [][]rune
	for row := range strings.SplitSeq(screen, "\n") {
		grid = append(grid, []rune(row))
	}
	at := func(x, y int) rune {
		if y >= len(grid) || x >= len(grid[y]) {
			return ' '
		}
		return grid[y][x]
	}
	for y := range grid {
		for x := range grid[y] {
			if at(x, y) != '┌' {
				continue
			}
			right := x + 1
			for right < len(grid[y]) && at(right, y) != '┐' {
				right++
			}
			bottom := y + 1
			for at(x, bottom) == '│' && at(right, bottom) == '│' {
				bottom++
			}
			if at(x, bottom) != '└' || at(right, bottom) != '┘' {
				return fmt.Sprintf("the frame at column %d of line %d is not closed in line %d", x+1, y+1, bottom+1)
			}
		}
	}
	return ""
}
