package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"switchyard/backend/bundle"
	"switchyard/backend/config"
	"switchyard/model"
)

// addBundleFlags lets every verb go by a bundle in place of a configuration's file, for who recovers.
func addBundleFlags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.String("bundle", "", "go by what switchyard bundle wrote to `FILE` in place of a configuration: on a machine that has nothing else")
	f.String("identity", "", "with --bundle: the `FILE` with the private key of age; - is standard input, for recover alone")
	f.Bool(
		"drill",
		false,
		"with --bundle: go by it while everything is there: recover restores a few chains to scratch clients, and removes them",
	)
	f.String(
		"director",
		"",
		"with --bundle: the `FILE` that says who comes up, as recover: of the configuration does (default: what the bundle says)",
	)
}

// fromBundle are the files that a recovery begins from.
type fromBundle struct{ config.Origin }

// bundleFlags are what the flags say; nil: a configuration's file is meant.
func bundleFlags(cmd *cobra.Command) (*fromBundle, error) {
	f := &fromBundle{}
	for _, v := range []struct {
		name string
		to   *string
	}{{"bundle", &f.Bundle}, {"identity", &f.Identity}, {"director", &f.Director}} {
		f := cmd.Root().PersistentFlags().Lookup(v.name) // a verb may have a flag of that name for something else
		if f == nil {                                    // a command by itself, without the program's
			continue
		}
		if *v.to = f.Value.String(); *v.to == "" || *v.to == stdinName {
			continue
		}
		var err error
		if *v.to, err = filepath.Abs(*v.to); err != nil {
			return nil, fmt.Errorf("recovering: --%s: %w", v.name, err)
		}
	}
	if drill := cmd.Flags().Lookup("drill"); drill != nil { // nor has it this one
		f.Drill = drill.Value.String() == "true"
	}
	switch {
	case f.Bundle == "" && f.Identity == "" && f.Director == "" && !f.Drill:
		return nil, nil
	case f.Bundle == "":
		return nil, errors.New("recovering: say with --bundle FILE what from")
	case f.Identity == "":
		return nil, errors.New("recovering: say with --identity FILE where the private key is")
	}
	return f, nil
}

// kept is the configuration that a bundle kept. What acts reads the key again: it must lie in a file.
func kept(cmd *cobra.Command, from *fromBundle, err error) (*config.Config, error) {
	if err != nil {
		return nil, err
	}
	if from.Identity == stdinName {
		return nil, errors.New("recovering: --identity -: the process that acts reads the key for itself; name a file that only you can read")
	}
	_, cfg, err := from.open(cmd.InOrStdin())
	return cfg, err
}

const stdinName = "-"

// maxIdentity bounds a file of private keys.
const maxIdentity = 1 << 20

// open decrypts the bundle in memory, and gives the configuration of what is left.
func (f *fromBundle) open(stdin io.Reader) (*bundle.Bundle, *config.Config, error) {
	from := stdin
	if f.Identity != stdinName {
		key, err := os.Open(f.Identity)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the private key: %w", err)
		}
		defer key.Close()
		from = key
	}
	raw, err := io.ReadAll(io.LimitReader(from, maxIdentity))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the private key: %w", err)
	}
	with, err := bundle.Identities(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the private key: %s: %w", model.Clean(f.Identity), err)
	}
	sealed, err := os.Open(f.Bundle)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the bundle: %w", err)
	}
	defer sealed.Close()
	b, err := bundle.Read(bufio.NewReaderSize(sealed, 1<<16), with)
	if err != nil {
		return nil, nil, err
	}
	cfg, err := f.config(b)
	return b, cfg, err
}

func (f *fromBundle) config(b *bundle.Bundle) (*config.Config, error) {
	var kept config.Kept
	if err := b.JSON(bundleConfig, &kept); err != nil {
		return nil, fmt.Errorf("recovering: %w", err)
	}
	cfg, err := config.LoadKept(b.Config, &kept)
	if err != nil {
		return nil, fmt.Errorf("recovering: the configuration in the bundle: %w", err)
	}
	live(cfg, filepath.Join(kept.Dir, filepath.Base(b.Config)))
	if f.Director != "" {
		if cfg.Recover, err = config.LoadRecover(f.Director); err != nil {
			return nil, fmt.Errorf("recovering: %w", err)
		}
	}
	o := f.Origin
	o.Made = b.At
	cfg.Recovering(o)
	return cfg, nil
}

// homesOf are the chains on which a catalog lives, as a configuration declares them: others wait for those.
func homesOf(cfg *config.Config) (chains []string) {
	for _, n := range cfg.Needs {
		if n.Of.Kind != model.NodeCatalog {
			continue
		}
		for _, on := range n.Any {
			if on.Kind == model.NodeChain {
				chains = append(chains, on.Name)
			}
		}
	}
	return chains
}
