package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/model"
)

// acts refuses to act by a configuration that somebody else decides.
func acts(cfg *config.Config) error {
	if err := cfg.Pinned(operator()); err != nil {
		return err
	}
	return cfg.Trusted()
}

// records refuses to record evidence by a configuration of those who only watch.
func records(cfg *config.Config) error {
	if !cfg.MayAct {
		return fmt.Errorf("recording evidence: %s has no act section, so it is for watching: only what may act writes to the journal; "+
			"give --config the configuration that the acting account uses", model.Clean(cfg.Path))
	}
	return nil
}

// recording is the configuration of a verb that records what somebody says.
func recording(cmd *cobra.Command) (*config.Config, error) {
	cfg, err := load(cmd)
	if err == nil {
		err = records(cfg)
	}
	return cfg, err
}

// trusted tells whether what acts would take this configuration, as far as who asks can tell: it runs as another account behind a launcher.
func (d *doctor) trusted() {
	const of = "configuration for acting"
	if d.failed(
		of,
		acts(d.site.cfg),
		"let root own it and all directories on the way, and nobody else write there: until then only acting is refused",
	) {
		return
	}
	beyond := ""
	if len(d.site.cfg.Launcher) > 0 {
		beyond = "; behind the launcher only what is root's or that account's own is taken"
	}
	d.note(of, model.Holds, "", "nobody but root and %s can change it, its inventory or what it runs%s", operator(), beyond)
}
