package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"switchyard/backend/bacula/push/check"
	"switchyard/backend/config"
	runner "switchyard/backend/run"
	"switchyard/model"
)

// managerOf is how the configuration manager of a cluster's Directors is held; nil: it is not.
func managerOf(cfg *config.Config, c model.Cluster) *runner.Manager {
	h := &cfg.Clusters[c].Push.Hold
	if h.Life == 0 {
		return nil
	}
	return &runner.Manager{
		Take: func(ctx context.Context, name string, until time.Time) error {
			_, err := holding(ctx, cfg, h.Take, "{lease}", name, "{until}", until.UTC().Format(time.RFC3339))
			return err
		},
		Release: func(ctx context.Context, name string) error {
			_, err := holding(ctx, cfg, h.Release, "{lease}", name)
			return err
		},
		Holder: func(ctx context.Context) (string, time.Time, error) { return holderOf(ctx, cfg, c) },
	}
}

// holderOf asks who holds the configuration manager of a cluster's Directors, and until when, and changes nothing; empty: nobody does.
func holderOf(ctx context.Context, cfg *config.Config, c model.Cluster) (string, time.Time, error) {
	out, err := holding(ctx, cfg, cfg.Clusters[c].Push.Hold.Look)
	if err != nil {
		return "", time.Time{}, err
	}
	return readHolder(out)
}

// holding runs one of the commands by which a configuration manager is held, and gives what it prints. ErrNotDone: it said no.
func holding(ctx context.Context, cfg *config.Config, argv []string, of ...string) (string, error) {
	filled := make([]string, len(argv))
	for i, a := range argv {
		filled[i] = strings.NewReplacer(of...).Replace(a)
	}
	t := check.Tool{Argv: filled, Dir: filepath.Dir(cfg.Path), Timeout: check.QuickLimit}
	out, said, exit, err := t.Run(ctx, "")
	switch {
	case err != nil:
		return "", err
	case exit != 0:
		return "", fmt.Errorf("%w: running %s: it ended with status %d: %s", model.ErrNotDone, model.Clean(argv[0]), exit, said)
	}
	return out, nil
}

// readHolder reads who holds a configuration manager: a name and until when, or nothing.
func readHolder(out string) (string, time.Time, error) {
	words := strings.Fields(out)
	switch {
	case len(words) == 0:
		return "", time.Time{}, nil
	case len(words) != 2:
		return "", time.Time{}, errors.New("what tells who holds the configuration manager prints something else than a name and a time")
	}
	until, err := time.Parse(time.RFC3339, words[1])
	if err != nil {
		return "", time.Time{}, fmt.Errorf(
			"what tells who holds the configuration manager prints %q for a time: write it as 2026-11-28T01:30:00Z",
			model.Clean(words[1]),
		)
	}
	return model.Clean(words[0]), until, nil
}

// leases asks who holds each configuration manager, and takes none.
func (d *doctor) leases(ctx context.Context) {
	cfg := d.site.cfg
	if !cfg.MayAct {
		return
	}
	for _, c := range model.Clusters {
		of := "act " + c.String() + " hold"
		if cfg.Clusters[c].Push.Hold.Life == 0 {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, 4*cfg.Policy.Answer)
		name, until, err := holderOf(limited, cfg, c)
		cancel()
		do := fmt.Sprintf("clusters.%s.push.hold.look prints a name and a time such as 2026-11-28T01:30:00Z, or nothing", c)
		now := model.Now()
		switch {
		case d.failed(of, err, do):
		case name == "":
			d.note(
				of,
				model.Holds,
				"",
				"nobody holds its configuration manager; a push would, for %s at most",
				model.Span(cfg.Clusters[c].Push.Hold.Life),
			)
		case !now.Before(until):
			d.note(of, model.Fails, fmt.Sprintf("release it, and see to it that what takes it ends it at {until}: clusters.%s.push.hold.take", c),
				"%s still holds its configuration manager, whose lease was over %s ago", name, model.Age(now.Sub(until)))
		default:
			d.note(of, model.Holds, "", "%s holds its configuration manager for %s more", name, model.Age(until.Sub(now)))
		}
	}
}
