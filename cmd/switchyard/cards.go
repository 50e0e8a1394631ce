package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model"
)

func cardsCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "cards DIR",
		Short: "write for each chain what restores it with no catalog: a bootstrap, its volumes, its Storage Daemon; for a timer",
		Long: "Cards writes into DIR a card for each chain of the inventory, CHAIN.card for a person, and beside it a bootstrap for each " +
			"cell and " +
			"cluster that has a complete good point: the newest one, as bextract and Bacula's Directors read it. What a card should have and " +
			"has not is on it.\n\nEach card is replaced in one step, and its old bootstraps go after it: a card that is there is whole. One for " +
			"which nothing could be read stays as it was. How old the oldest one is, doctor tells where the configuration has cards: {dir: " +
			"DIR}.\n\n" +
			"DIR must not lie where these clusters back up this host: with them the cards would be lost.\n\n" +
			"Exit status: 0 every card is whole; 1 something is missing on one, which it names; 2 DIR is refused or cannot be written.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := open(cmd)
			if err != nil {
				return err
			}
			dir, err := cardsDir(args[0])
			if err != nil {
				return fmt.Errorf("writing cards: %w", err)
			}
			if err := cardsApart(cmd.Context(), s, dir); err != nil {
				return refusal{fmt.Errorf("writing cards: %w", err)}
			}
			told := cardsTold{Version: jsonVersion, At: model.Now(), Dir: dir, Cards: []cardTold{}}
			if err := told.writeAll(cmd, s); err != nil {
				return fmt.Errorf("writing cards: %w", err)
			}
			if err := look.print(cmd, "the cards", told, told.write); err != nil {
				return err
			}
			return found(slices.ContainsFunc(told.Cards, func(c cardTold) bool { return len(c.Lacks) > 0 }))
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	return cmd
}

// cardsDir is the directory, which must be there: a mount that is missing is no place for cards.
func cardsDir(name string) (string, error) {
	dir, err := filepath.Abs(name)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", errors.Join(err, fmt.Errorf("%s is no directory", model.Clean(dir)))
	}
	return dir, nil
}

// cardsTold is what cards prints.
type cardsTold struct {
	Version int        `json:"version"`
	At      time.Time  `json:"at"`
	Dir     string     `json:"dir"`
	Cards   []cardTold `json:"cards"`
}

type cardTold struct {
	Chain  string   `json:"chain"`
	File   string   `json:"file"`
	Points int      `json:"points"`
	Kept   bool     `json:"kept,omitempty"` // nothing could be read for it: the old one stays
	Lacks  []string `json:"lacks"`
}

// chainsAtOnce is of how many chains the points are read together: each reading asks both Directors once.
const chainsAtOnce = 20

func (t *cardsTold) writeAll(cmd *cobra.Command, s *site) error {
	return eachCard(cmd.Context(), s, func(card *model.Card) error {
		one := cardTold{Chain: card.Chain, File: card.File(), Points: len(card.Points), Lacks: card.Lacks}
		if one.Lacks == nil {
			one.Lacks = []string{}
		}
		if one.Kept = len(card.Points) == 0 && isThere(filepath.Join(t.Dir, card.File())); !one.Kept {
			if err := putCard(t.Dir, card, s.inv.Regions); err != nil {
				return err
			}
		}
		t.Cards = append(t.Cards, one)
		return nil
	})
}

// eachCard makes the card of each chain, in the inventory's order.
func eachCard(ctx context.Context, s *site, with func(*model.Card) error) error {
	f, stop := s.asked(ctx)
	defer stop()
	maker := feed.Cards{Feed: f}
	formats := map[model.Cell]model.Format{}
	var chains []string
	cells := map[string][]model.AskedCell{}
	for _, c := range s.inv.Cells {
		if cells[c.Cell.Chain] == nil {
			chains = append(chains, c.Cell.Chain)
		}
		cells[c.Cell.Chain] = append(cells[c.Cell.Chain], model.AskedCell{Cell: c.Cell, Promise: c.Promise})
		formats[c.Cell] = c.Format
	}
	var l *model.RestoreList
	for i, chain := range chains {
		if i%chainsAtOnce == 0 {
			ask := model.RestoreAsk{}
			for _, c := range chains[i:min(i+chainsAtOnce, len(chains))] {
				ask.Cells = append(ask.Cells, cells[c]...)
			}
			var err error
			if l, err = f.RestoreList(ctx, ask); err != nil {
				return err
			}
		}
		card, err := maker.Card(ctx, chain, cells[chain], l)
		if err != nil {
			return err
		}
		card.Environment, card.Keys = s.cfg.Environment, s.cfg.Cards.Keys
		for i := range card.Points {
			card.Points[i].Format = formats[card.Points[i].Point.Cell]
		}
		if err := with(card); err != nil {
			return err
		}
	}
	return nil
}

func isThere(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// putCard writes the bootstraps, then the card that names them, and removes those that it does not name.
func putCard(dir string, c *model.Card, regions []string) error {
	keep := map[string]bool{}
	for i := range c.Points {
		p := &c.Points[i]
		keep[p.File()] = true
		if err := putFile(dir, p.File(), p.Bootstrap()); err != nil {
			return err
		}
	}
	if err := putFile(dir, c.File(), c.Text()); err != nil {
		return err
	}
	all, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	cells := bootstrapsOf(c.Chain, regions)
	for _, e := range all {
		if cells(e.Name()) && !keep[e.Name()] && e.Type().IsRegular() {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return syncDir(dir)
}

// bootstrapsOf tells the names of bootstraps of a chain's cells from those of a chain whose name begins with this one's.
func bootstrapsOf(chain string, regions []string) func(name string) bool {
	return func(name string) bool {
		for _, region := range regions {
			rest, is := strings.CutPrefix(name, chain+"-"+region+"-")
			rest, ends := strings.CutSuffix(rest, ".bsr")
			parts := strings.Split(rest, "-") // kind, cluster, JobId
			if !is || !ends || len(parts) != 3 {
				continue
			}
			var k model.Kind
			var on model.Cluster
			if _, number := wholeID(parts[2]); number && k.UnmarshalText([]byte(parts[0])) == nil && on.UnmarshalText([]byte(parts[1])) == nil {
				return true
			}
		}
		return false
	}
}

func wholeID(s string) (n uint64, ok bool) {
	_, err := fmt.Sscanf(s, "%d", &n)
	return n, err == nil && fmt.Sprint(n) == s
}

// putFile puts a file in its place in one step.
func putFile(dir, name, text string) (err error) {
	f, err := os.CreateTemp(dir, ".card-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.WriteString(text)
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, name))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (t *cardsTold) write(w io.Writer) error {
	whole := 0
	for _, c := range t.Cards {
		if len(c.Lacks) == 0 {
			whole++
			continue
		}
		kept := ""
		if c.Kept {
			kept = "; the old card stays"
		}
		if err := printf(w, "%s: %d points%s\n", c.File, c.Points, kept); err != nil {
			return err
		}
		for _, says := range c.Lacks {
			if err := printf(w, "  ! %s\n", says); err != nil {
				return err
			}
		}
	}
	return printf(w, "%d cards in %s, %d of them whole\n", len(t.Cards), t.Dir, whole)
}
