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
	const of, do = "recovery bundle", model.FreshenBundle
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
	kept := model.BundleKept{File: cfg.File, Made: made}
	if err != nil {
		kept.Why = err.Error()
	}
	c, way := kept.Judge(model.Now(), d.site.cfg.Policy.BundleAge), ""
	if c.Verdict != model.Holds {
		way = do
	}
	d.note(of, c.Verdict, way, "%s", c.Value)
}
