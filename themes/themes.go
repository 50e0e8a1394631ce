// Package themes holds the colours of the cockpit: roles with meanings, embedded themes, and themes by file.
package themes

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

//go:embed *.toml
var embedded embed.FS

// Role is what a piece of text means; panes name roles and never colours.
type Role uint8

// The roles. BLUE and GREEN are names of clusters: they colour a name and never a state, and OK is plain text.
const (
	Text      Role = iota // what is read
	Muted                 // what is there when looked for: labels, units, keys' words
	Border                // the frame of a pane
	Focus                 // the frame of the pane that has the keys
	Select                // the selected row
	Key                   // a key that can be pressed
	Title                 // headings, the environment
	Rehearsal             // the mark of a world that is not real
	Blue                  // the name of the blue cluster
	Green                 // the name of the green cluster
	Good                  // proven well; as plain as text in most themes
	Warn                  // somebody should look
	Fail                  // somebody must act
	Alarm                 // the most urgent line of the screen
	Old                   // data that is older than it should be
	Graph                 // history graphs
	Match                 // what a filter or search found
	RoleCount
)

var roleNames = [RoleCount]string{"text", "muted", "border", "focus", "select", "key", "title", "rehearsal", "blue", "green",
	"good", "warn", "fail", "alarm", "old", "graph", "match"}

func (r Role) String() string { return roleNames[min(r, RoleCount-1)] }

// Color is a 24-bit colour; the zero Color leaves the terminal's own.
type Color struct {
	R, G, B uint8
	Set     bool
}

// Paint is how one role looks.
type Paint struct {
	Fg, Bg                         Color
	Bold, Dim, Underline, Reversed bool
}

// Theme is one look: a paint for every role, made for a background.
type Theme struct {
	Name   string
	Dark   bool  // made for a dark background
	Fill   bool  // paints Ground itself instead of trusting the terminal's background
	Ground Color // the background it is made for; unset in a theme without colour
	Ink    Color // of text without a colour of its own where Ground is painted; elsewhere it has the terminal's
	Roles  [RoleCount]Paint
}

// ErrTheme is the kind of every theme that cannot be used.
var ErrTheme = errors.New("theme")

type file struct {
	Dark   bool              `toml:"dark"`
	Fill   bool              `toml:"fill"`
	Ground string            `toml:"ground"`
	Ink    string            `toml:"ink"`
	Roles  map[string]string `toml:"roles"`
}

// Names lists the embedded themes and those of dir (which may be empty or missing), sorted.
func Names(dir string) []string {
	seen := map[string]bool{}
	for _, fsys := range sources(dir) {
		found, err := fs.Glob(fsys, "*.toml")
		if err != nil {
			continue
		}
		for _, f := range found {
			seen[strings.TrimSuffix(f, ".toml")] = true
		}
	}
	names := make([]string, 0, len(seen))
	for n := range seen {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Load reads the theme of that name: from dir when it is there, so that a user's file wins, else the embedded one.
func Load(name, dir string) (Theme, error) {
	if name == "" || strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") {
		return Theme{}, fmt.Errorf("%w %q: want one of %s", ErrTheme, name, strings.Join(Names(dir), ", "))
	}
	for _, fsys := range sources(dir) {
		text, err := fs.ReadFile(fsys, name+".toml")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Theme{}, fmt.Errorf("%w %q: %w", ErrTheme, name, err)
		}
		return parse(name, string(text))
	}
	return Theme{}, fmt.Errorf("%w %q: want one of %s", ErrTheme, name, strings.Join(Names(dir), ", "))
}

func sources(dir string) []fs.FS {
	if dir == "" {
		return []fs.FS{embedded}
	}
	return []fs.FS{os.DirFS(filepath.Clean(dir)), embedded}
}

func parse(name, text string) (Theme, error) {
	var f file
	md, err := toml.Decode(text, &f)
	if err != nil {
		return Theme{}, fmt.Errorf("%w %q: %w", ErrTheme, name, err)
	}
	if un := md.Undecoded(); len(un) > 0 {
		return Theme{}, fmt.Errorf("%w %q: %s is not a setting; want dark, fill, ground, ink and [roles]", ErrTheme, name, un[0])
	}
	t := Theme{Name: name, Dark: f.Dark, Fill: f.Fill}
	for _, c := range []struct {
		name, is string
		to       *Color
	}{{"ground", f.Ground, &t.Ground}, {"ink", f.Ink, &t.Ink}} {
		if c.is == "" {
			continue
		}
		if *c.to, err = parseColor(c.is); err != nil {
			return Theme{}, fmt.Errorf("%w %q: %s: %w", ErrTheme, name, c.name, err)
		}
	}
	for r, role := range roleNames {
		paint, ok := f.Roles[role]
		if !ok {
			return Theme{}, fmt.Errorf("%w %q: role %s is missing", ErrTheme, name, role)
		}
		if t.Roles[r], err = parsePaint(paint); err != nil {
			return Theme{}, fmt.Errorf("%w %q: role %s: %w", ErrTheme, name, role, err)
		}
		delete(f.Roles, role)
	}
	for role := range f.Roles {
		return Theme{}, fmt.Errorf("%w %q: role %s is not known; want %s", ErrTheme, name, role, strings.Join(roleNames[:], ", "))
	}
	if t.Ground.Set && !t.Ink.Set {
		if t.Ink = t.Roles[Text].Fg; !t.Ink.Set {
			return Theme{}, fmt.Errorf("%w %q: ink is missing: want #rrggbb, the colour of plain text where the ground is painted", ErrTheme, name)
		}
	}
	return t, nil
}

// parsePaint reads "#rrggbb on #rrggbb bold dim underline reverse", every part optional.
func parsePaint(s string) (Paint, error) {
	var p Paint
	on := false
	for _, word := range strings.Fields(s) {
		switch word {
		case "on":
			on = true
		case "bold":
			p.Bold = true
		case "dim":
			p.Dim = true
		case "underline":
			p.Underline = true
		case "reverse":
			p.Reversed = true
		default:
			c, err := parseColor(word)
			if err != nil {
				return p, err
			}
			if on {
				p.Bg = c
			} else {
				p.Fg = c
			}
		}
	}
	if on && !p.Bg.Set {
		return p, errors.New("a colour must follow \"on\"")
	}
	return p, nil
}

func parseColor(s string) (Color, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return Color{}, fmt.Errorf("%q: want #rrggbb, on, bold, dim, underline or reverse", s)
	}
	return Color{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), Set: true}, nil
}
