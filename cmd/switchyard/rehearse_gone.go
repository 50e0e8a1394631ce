package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"switchyard/backend/bundle"
	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
)

// The files that a recovery of a world begins from, in its directory.
const (
	worldBundle = "recovery"
	worldKey    = "recovery.key"
)

// destroys lets a world keep its bundle, and then lose a site. Unless others attach to it, what follows in this process goes by the bundle.
func destroys(cmd *cobra.Command, w *rehearsal.World, served bool) error {
	secret, public, err := bundle.NewKey()
	if err != nil {
		return err
	}
	file, key := filepath.Join(w.Dir(), worldBundle), filepath.Join(w.Dir(), worldKey)
	if err := os.WriteFile(key, []byte(secret+"\n"), 0o600); err != nil {
		return fmt.Errorf("keeping the world's bundle: %w", err)
	}
	cfg, err := config.Load(w.ConfigPath())
	if err != nil {
		return err
	}
	live(cfg, w.ConfigPath())
	cfg.Bundle.Recipients = []string{public}
	s, err := siteOf(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	if _, err := bundleOf(cmd.Context(), s, file, true); err != nil {
		return err
	}
	if err := w.Fault("site-gone", w.Scenario().Gone); err != nil {
		return err
	}
	if served {
		return tellGone(cmd.OutOrStdout(), file, key)
	}
	for name, path := range map[string]string{"bundle": file, "identity": key} {
		if err := cmd.Flags().Set(name, path); err != nil {
			return err
		}
	}
	from, err := bundleFlags(cmd)
	if err != nil {
		return err
	}
	b, kept, err := from.open(cmd.InOrStdin())
	if err != nil {
		return err
	}
	return beginRecovery(cmd.Context(), kept, b)
}

func tellGone(out io.Writer, file, key string) error {
	return printf(out, "The site is gone. What is left begins with:\n  switchyard recover --bundle %s --identity %s\n"+
		"  switchyard recover --bundle %[1]s --identity %[2]s --begin\n  switchyard --bundle %[1]s --identity %[2]s\n", file, key)
}
