package ui

import (
	"github.com/charmbracelet/colorprofile"

	"switchyard/model"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// background chooses dark or light when nobody chose a theme, and paints the ground of a chosen one that is made for the other.
func (a *App) background(dark bool) {
	if a.opt.Theme == "" && a.theme.Ground.Set {
		if name := map[bool]string{true: "dark", false: "light"}[dark]; name != a.theme.Name {
			a.load(name)
		}
		return
	}
	a.fill = a.theme.Dark != dark
	a.restyle()
}

func (a *App) profile(p colorprofile.Profile) {
	if p <= colorprofile.ASCII && p != colorprofile.Unknown {
		a.load("mono")
	}
}

// setTheme is a person's choice.
func (a *App) setTheme(name string) {
	if a.load(name) {
		a.opt.Theme = name
		a.say("theme " + name)
	}
}

func (a *App) load(name string) bool {
	t, err := themes.Load(name, a.opt.ThemeDir)
	if err != nil {
		a.say(model.Clean(err.Error()))
		return false
	}
	a.theme = t
	a.restyle()
	return true
}

func (a *App) restyle() {
	id := 1
	if a.style != nil {
		id = a.style.ID + 1
	}
	a.style = draw.NewStyle(id, a.theme, a.ascii, a.fill)
}
