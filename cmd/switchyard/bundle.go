package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/bundle"
	"switchyard/model"
)

// The files of a bundle. What Directors have lies below directors/CLUSTER/DIRECTOR, and cards below cards.
const (
	bundleConfig = "config.json" // config.Kept
	bundleRoutes = "routes.json" // the document in force, in its canonical form
	bundleCards  = "cards"       // CHAIN.json is a model.Card; beside it lies what switchyard cards writes
	bundleAlso   = "also"
	bundleOwn    = "bacula-dir.conf"
	bundleRouted = "routed.conf"
	bundleLogins = "clients.json" // the files with the passwords of Clients, by path
	bundleFiles  = "files"        // of each Director: what its own configuration includes and names, by path
)

func bundleCommand() *cobra.Command {
	var look looking
	var to string
	var lacking bool
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "write all that brings the backups back when on-premises is gone, into one encrypted file; for a timer",
		Long: "Bundle writes one file with what a recovery begins from: this configuration with its inventory, certificates and passwords, " +
			"the routes\n" +
			"in force, each Director's own configuration and what the routes come to in it, the passwords of the Clients, a restore card of each\n" +
			"chain, and the head of the journal. It is encrypted with age to the recipients in the configuration while it is written, so no " +
			"plain\n" +
			"copy is ever on a disk, and replaced in one step.\n\n" +
			"One that lacks what could not be read takes the place of none that is there, but with --lacking. What a chain has no backup of " +
			"is no\n" +
			"such lack. A file that lies where these clusters back up this host is refused.\n\n" +
			"Exit status: 0 it is whole; 1 it lacks something, which is named; 2 it was not written.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			told, err := writeBundle(cmd, to, lacking)
			if err != nil {
				return err
			}
			if err := look.print(cmd, "what is in the bundle", told, told.write); err != nil {
				return err
			}
			return found(len(told.Lacks)+len(told.Unread) > 0)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "write this `FILE` (default: bundle.file of the configuration)")
	cmd.Flags().BoolVar(&lacking, "lacking", false, "replace the one that is there also by one that lacks what could not be read")
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	return cmd
}

// bundleTold is what bundle prints.
type bundleTold struct {
	Version    int       `json:"version"`
	At         time.Time `json:"at"`
	File       string    `json:"file"`
	Bytes      int64     `json:"bytes"`
	Recipients int       `json:"recipients"`
	Cards      int       `json:"cards"`
	Directors  []string  `json:"directors"` // whose configuration is in it
	RoutesSeq  int64     `json:"routes_seq,omitempty"`
	Unread     []string  `json:"unread"` // what could not be read
	Lacks      []string  `json:"lacks"`  // what a chain has no backup of, and the like
}

func writeBundle(cmd *cobra.Command, to string, lacking bool) (*bundleTold, error) {
	s, err := open(cmd)
	if err != nil {
		return nil, err
	}
	return bundleOf(cmd.Context(), s, to, lacking)
}

func bundleOf(ctx context.Context, s *site, to string, lacking bool) (*bundleTold, error) {
	if to == "" {
		to = s.cfg.Bundle.File
	}
	switch {
	case len(s.cfg.Bundle.Recipients) == 0:
		return nil, errors.New("writing the bundle: nobody could read it: write bundle: {recipients: [age1...]} into the configuration")
	case to == "":
		return nil, errors.New("writing the bundle: say where with --to FILE, or with bundle.file of the configuration")
	}
	keys, err := bundle.Recipients(s.cfg.Bundle.Recipients...)
	if err != nil {
		return nil, fmt.Errorf("writing the bundle: bundle.recipients: %w", err)
	}
	dir, err := cardsDir(filepath.Dir(to))
	if err != nil {
		return nil, fmt.Errorf("writing the bundle: %w", err)
	}
	if err := cardsApart(ctx, s, dir); err != nil {
		return nil, refusal{fmt.Errorf("writing the bundle: %w", err)}
	}
	to = filepath.Join(dir, filepath.Base(to))
	b := &bundling{Bundle: bundle.New(model.Now()), site: s, unread: []string{}}
	if err := b.fill(ctx); err != nil {
		return nil, fmt.Errorf("writing the bundle: %w", err)
	}
	if len(b.unread) > 0 && isThere(to) && !lacking {
		return nil, refusal{fmt.Errorf("writing the bundle: the one that is there stays, as this one would lack what it may have: %s; "+
			"--lacking replaces it all the same", firstOf(b.unread))}
	}
	told := &bundleTold{Version: jsonVersion, At: b.At, File: to, Recipients: len(keys), Cards: b.made,
		Directors: b.directors, RoutesSeq: b.RoutesSeq, Unread: b.unread, Lacks: b.Lacks}
	b.Lacks = append(append([]string{}, b.unread...), b.Lacks...)
	told.Bytes, err = sealFile(to, func(w io.Writer) error { return b.Write(w, keys) })
	return told, err
}

// firstOf is the first of some sentences, and how many more there are.
func firstOf(says []string) string {
	if len(says) == 1 {
		return says[0]
	}
	return fmt.Sprintf("%s, and %d more", says[0], len(says)-1)
}

// sealFile puts a file in its place in one step, for nobody but its owner.
func sealFile(name string, write func(io.Writer) error) (size int64, err error) {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return 0, fmt.Errorf("writing the bundle: %s is no file: %w", model.Clean(name), fs.ErrInvalid)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".bundle-*")
	if err != nil {
		return 0, fmt.Errorf("writing the bundle: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("writing the bundle: %w", err)
		}
	}()
	err = write(f)
	if err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return 0, err
	}
	return size, syncDir(filepath.Dir(name))
}

func (t *bundleTold) write(w io.Writer) error {
	for _, says := range append(append([]string{}, t.Unread...), t.Lacks...) {
		if err := printf(w, "! %s\n", says); err != nil {
			return err
		}
	}
	word := "whole"
	if n := len(t.Unread) + len(t.Lacks); n > 0 {
		word = fmt.Sprintf("it lacks %d things", n)
	}
	return printf(w, "%s: %s, %d cards, %d Directors, for %d recipients: %s\n", t.File, model.Size(uint64(t.Bytes)), t.Cards, len(t.Directors),
		t.Recipients, word)
}

// bundling fills a bundle.
type bundling struct {
	*bundle.Bundle
	site      *site
	unread    []string // what could not be read, a sentence each
	directors []string
	made      int // cards
}

// miss says that something could not be read.
func (b *bundling) miss(format string, args ...any) {
	b.unread = append(b.unread, model.Clean(fmt.Sprintf(format, args...)))
}

// fill reads all of it. An error is the end of ctx, or that there is nothing to begin with.
func (b *bundling) fill(ctx context.Context) error {
	cfg := b.site.cfg
	kept, lacks, err := cfg.Keep(ctx)
	if err != nil {
		return err
	}
	b.unread = append(b.unread, lacks...)
	b.Environment, b.Rehearsal, b.Program, b.Config, b.ConfigDir = cfg.Environment, cfg.Rehearsal, version(), cfg.Path, kept.Dir
	if err := b.PutJSON(bundleConfig, kept); err != nil {
		return err
	}
	if j, err := readJournal(ctx, cfg); err == nil {
		b.Journal = j.State().Head
		j.Close()
	} else {
		b.miss("the journal was not read: %v", err)
	}
	if doc, err := currentRoutes(ctx, b.site); err == nil {
		b.RoutesSeq = doc.From.Record
		b.Put(bundleRoutes, []byte(doc.Text()))
		b.ofDirectors(ctx, doc.Route)
	} else {
		b.miss("the routes were not read: %v", err)
	}
	b.also(ctx)
	if err := b.cards(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

func (b *bundling) cards(ctx context.Context) error {
	return eachCard(ctx, b.site, func(c *model.Card) error {
		for i := range c.Points {
			p := &c.Points[i]
			b.Put(bundleCards+"/"+p.File(), []byte(p.Bootstrap()))
		}
		b.Put(bundleCards+"/"+c.File(), []byte(c.Text()))
		b.made++
		lacks := &b.Lacks
		if c.Unread {
			lacks = &b.unread
		}
		for _, says := range c.Lacks {
			*lacks = append(*lacks, c.Chain+": "+model.Clean(says))
		}
		return b.PutJSON(bundleCards+"/"+c.Chain+".json", c)
	})
}
