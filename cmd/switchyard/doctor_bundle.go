package main

import (
	"errors"
	"io/fs"
	"os"

	"switchyard/backend/bundle"
	"switchyard/model"
)

// bundle tells how old the recovery bundle says that it is, where the configuration says where it is, and whether anybody could read one.
func (d *doctor) bundle() {
	cfg := &d.site.cfg.Bundle
	if cfg.File == "" && len(cfg.Recipients) == 0 {
		return
	}
	const of, do = "recovery bundle", "let a timer run switchyard bundle, and see what it says"
	if _, err := bundle.Recipients(cfg.Recipients...); err != nil {
		d.note(of, model.Fails, "see bundle.recipients in the configuration", "%s", model.Clean(err.Error()))
	}
	if cfg.File == "" {
		return
	}
	f, err := os.Open(cfg.File)
	if err != nil {
		verdict := model.Unknown
		if errors.Is(err, fs.ErrNotExist) {
			verdict = model.Fails
		}
		d.note(of, verdict, do, "%s", model.Clean(err.Error()))
		return
	}
	defer f.Close()
	made, err := bundle.Made(f)
	age := model.Now().Sub(made)
	switch most := d.site.cfg.Policy.BundleAge; {
	case err != nil:
		d.note(of, model.Fails, do, "%s: %s", model.Clean(cfg.File), model.Clean(err.Error()))
	case age < -model.ClockSlack:
		d.note(of, model.Unknown, "see the clock of who writes it", "it says that it was made at %s, which is to come", made.UTC().Format("2006-01-02 15:04"))
	case age > most:
		d.note(of, model.Fails, do, "it says that it is %s old, older than %s", model.Age(age), model.Span(most))
	default:
		d.note(of, model.Holds, "", "it says that it is %s old", model.Age(max(0, age)))
	}
}
