package themes

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEmbeddedThemesAreCompleteAndReadable(t *testing.T) {
	names := Names("")
	if want := []string{"dark", "high-contrast", "light", "mono"}; !slices.Equal(names, want) {
		t.Fatalf("embedded themes are %v, want %v", names, want)
	}
	for _, name := range names {
		th, err := Load(name, "")
		if err != nil {
			t.Fatal(err)
		}
		for r := range RoleCount {
			if name == "mono" {
				if p := th.Roles[r]; p.Fg.Set || p.Bg.Set {
					t.Errorf("mono: %s has a colour", r)
				}
				continue
			}
			limit := 4.5
			switch r {
			case Warn, Fail, Old, Blue, Green, Graph, Border:
				limit = 3
			}
			p := th.Roles[r]
			ground, ink := th.Ground, th.Ink
			if p.Bg.Set {
				ground = p.Bg
			}
			if p.Fg.Set {
				ink = p.Fg
			}
			if c := contrast(ink, ground); c < limit {
				t.Errorf("%s: %s has contrast %.1f, want %.1f", name, r, c, limit)
			}
		}
	}
}

// Severities must differ from text, from one another, and from the names of the clusters in every theme.
func TestSeveritiesAreTheirOwn(t *testing.T) {
	for _, name := range Names("") {
		th, err := Load(name, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range [][2]Role{{Warn, Fail}, {Warn, Text}, {Fail, Text}, {Fail, Alarm}, {Select, Text}, {Focus, Border}, {Old, Text}} {
			if th.Roles[pair[0]] == th.Roles[pair[1]] {
				t.Errorf("%s: %s looks like %s", name, pair[0], pair[1])
			}
		}
		if name != "mono" &&
			(th.Roles[Warn].Fg == th.Roles[Green].Fg || th.Roles[Good].Fg == th.Roles[Green].Fg || th.Roles[Good].Fg == th.Roles[Blue].Fg) {
			t.Errorf("%s: a state looks like a cluster's name", name)
		}
	}
}

func TestUserThemeWinsAndIsStrict(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name+".toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base, err := embedded.ReadFile("dark.toml")
	if err != nil {
		t.Fatal(err)
	}
	mine := strings.Replace(string(base), `text = ""`, `text = "#00ff00 on #000000 underline"`, 1)
	write("dark", mine)
	write("night", mine)
	th, err := Load("dark", dir)
	if err != nil || !th.Roles[Text].Underline || th.Roles[Text].Bg != (Color{Set: true}) {
		t.Fatalf("the user's dark did not win: %+v, %v", th.Roles[Text], err)
	}
	if !slices.Contains(Names(dir), "night") {
		t.Fatalf("night is not among %v", Names(dir))
	}
	for text, want := range map[string]string{
		"dark = 3":           "incompatible types",
		"colour = true":      "colour is not a setting",
		"dark = true\n[rol]": "rol is not a setting",
		strings.Replace(mine, "warn =", "wran =", 1):                           "role warn is missing",
		mine + "\nblink = \"#ffffff\"":                                         "role blink is not known",
		strings.Replace(mine, `graph = "#87afd7"`, `graph = "blue"`, 1):        `graph: "blue": want #rrggbb`,
		strings.Replace(mine, `graph = "#87afd7"`, `graph = "#fff on"`, 1):     `"#fff": want #rrggbb`,
		strings.Replace(mine, `graph = "#87afd7"`, `graph = "#87afd7 on"`, 1):  `must follow`,
		strings.Replace(mine, `ground = "#121212"`, `ground = "#12121212"`, 1): "ground",
		strings.Replace(string(base), `ink = "#dadada"`, ``, 1):                `ink is missing`,
		strings.Replace(mine, `ink = "#dadada"`, `ink = "white"`, 1):           `ink: "white": want #rrggbb`,
	} {
		write("bad", text)
		if _, err := Load("bad", dir); !errors.Is(err, ErrTheme) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for _, name := range []string{"", "../dark", "nothing", ".dark"} {
		if _, err := Load(name, dir); !errors.Is(err, ErrTheme) {
			t.Errorf("theme %q: got %v", name, err)
		}
	}
}

// contrast is the ratio of WCAG 2.1.
func contrast(a, b Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c Color) float64 {
	lin := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}
