package main

import (
	"context"
	"fmt"

	"switchyard/backend/bacula/push"
	"switchyard/backend/config"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// withFiles reads the files of all Directors that are pushed to, which nobody who only watches may read.
func withFiles(ctx context.Context, cfg *config.Config, r *runner.Runner, snap *board.Snapshot) *board.Snapshot {
	for _, c := range model.Clusters {
		if !cfg.Clusters[c].Push.Rendered() || snap.Clusters[c] == nil {
			continue
		}
		var of []record.FileOf
		why := ""
		for place := range snap.Clusters[c].Directors {
			f, err := fileOf(ctx, cfg, r, snap, c, place)
			switch {
			case err != nil:
				why = model.Clean(err.Error())
			case f != nil:
				of = append(of, *f)
			}
		}
		snap = snap.WithFiles(c, of, why)
	}
	return snap
}

// fileOf reads that of one Director; nil where nobody says how it is reached.
func fileOf(
	ctx context.Context, cfg *config.Config, r *runner.Runner, snap *board.Snapshot, c model.Cluster, place int,
) (*record.FileOf, error) {
	at := []config.Director{cfg.Clusters[c].Active, cfg.Clusters[c].Passive}
	all := snap.Clusters[c].Directors
	if place >= len(at) || at[place].Name == "" || !cfg.Clusters[c].Push.On[place].Set {
		return nil, nil
	}
	d, name := &all[place], all[place].Name
	if place > 0 {
		name = model.PassiveOf(c, name, all[0].Name).Name
	}
	its := record.TouchesOf(record.Touch(c.String(), "director", name))
	if s := r.Journal.State(); s != nil {
		for _, a := range s.Actions {
			if a.State == record.ActionRunning && a.Touches.Meets(its) {
				return nil, fmt.Errorf("%s: action %d changes it", name, a.Seq)
			}
		}
	}
	if d.Jobs == nil || board.ReadAt(d).IsZero() {
		return nil, fmt.Errorf("%s: it does not tell what it has loaded", name)
	}
	limited, cancel := context.WithTimeout(ctx, 2*cfg.Policy.Answer)
	defer cancel()
	to := pushedTo(cfg, r, c, place, at[place])
	text, err := to.Files.Read(limited, to.File)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	seen := push.Seen{Loaded: *d, File: to.File, Text: text}
	is := record.FileOf{Director: name, Read: board.ReadAt(d).UTC(), SHA256: push.SHA256(text), Differs: seen.Unloaded()}
	if is.Differs == "" && push.Pushed(text) { // whatever was seen in its place before
		is.First = is.SHA256
	}
	return &is, nil
}
