package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// pointsFlags choose what points tells of.
type pointsFlags struct {
	looking
	region, kind, cluster, before string
	limit                         int
	obligations                   bool
}

// pointsPage is how many points a page has.
const pointsPage = 200

func pointsCommand() *cobra.Command {
	var flags pointsFlags
	cmd := &cobra.Command{
		Use:   "points CHAIN",
		Short: "to which moments a chain can be restored, from either cluster, and which to choose",
		Long: "Points reads both catalogs for the backups of a chain and lists the moments to which it can be restored, the newest first: what " +
			"a restore to each takes, whether that is complete and its volumes can be read, until when, and what only one cluster has. The " +
			"recommended one is marked.\n\nWith --obligations it tells what only one cluster can restore and until when, of every chain where " +
			"none is named; that reads all that both catalogs hold of them.\n\nExit status 1 when nothing of the chain can be restored, 2 when a " +
			"catalog was not read: what it holds is not known then.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && !flags.obligations {
				return errors.New("points wants the name of a chain; --obligations goes without")
			}
			return flags.tell(cmd, strings.Join(args, ""))
		},
	}
	cmd.Flags().StringVar(&flags.region, "region", "", "only backups taken in `REGION`")
	cmd.Flags().StringVar(&flags.kind, "kind", "", "only regular or immutable ones")
	cmd.Flags().StringVar(&flags.cluster, "cluster", "", "only what blue or green has")
	cmd.Flags().StringVar(&flags.before, "before", "", "only what ended by `TIME`, UTC: 01:30, 2026-11-28 01:30, or 3h or 2d ago")
	cmd.Flags().IntVar(&flags.limit, "limit", pointsPage, fmt.Sprintf("the newest `N`, %d at most", pointsPage))
	cmd.Flags().BoolVar(&flags.obligations, "obligations", false, "what only one cluster can restore, until when; without CHAIN of all chains")
	offers(cmd, "kind", model.Regular.String(), model.Immutable.String())
	offers(cmd, "cluster", model.Blue.String(), model.Green.String())
	flags.addJSON(cmd, "print JSON, described by switchyard help json")
	return cmd
}

// pointsJSON is what points prints as JSON.
type pointsJSON struct {
	Version int    `json:"version"`
	Chain   string `json:"chain,omitempty"`
	*model.RestoreList
}

func (p *pointsFlags) tell(cmd *cobra.Command, chain string) error {
	s, err := open(cmd)
	if err != nil {
		return err
	}
	ask, err := p.ask(s, chain)
	if err != nil {
		return err
	}
	s.past = nil // it is read for itself
	f, stop := s.asked(cmd.Context())
	defer stop()
	l, err := f.RestoreList(cmd.Context(), ask)
	if err != nil {
		return err
	}
	if len(l.Points) > p.limit { // the recommended one is that of the page, shown or not
		l.Points, l.More = l.Points[:p.limit], true
	}
	if j, err := readJournal(cmd.Context(), s.cfg); err == nil {
		defer j.Close()
		if err := proveds(cmd.Context(), s, f, l, j.State()); err != nil {
			return err
		}
	}
	if p.obligations {
		l.Obligations = slices.DeleteFunc(l.Obligations, func(o model.Obligation) bool {
			return p.cluster != "" && o.Cluster.String() != p.cluster
		})
		if chain == "" { // they would be every backup that there is
			l.Points, l.Recommended, l.More = []model.RestorePoint{}, nil, false
		}
	}
	if err := p.print(cmd, "the points", pointsJSON{jsonVersion, chain, l}, func(w io.Writer) error {
		if p.obligations {
			return writeObligations(w, l)
		}
		return writePoints(w, chain, l)
	}); err != nil {
		return err
	}
	return pointsVerdict(l, p.obligations)
}

// proveds adds to the points of a list how each was proven last, and whether that still counts.
func proveds(ctx context.Context, s *site, f *feed.Feed, l *model.RestoreList, st *record.State) error {
	cells := map[model.Cell]bool{}
	for i := range l.Points {
		cells[l.Points[i].Cell] = true
	}
	proofs := slices.DeleteFunc(slices.Clone(st.Evidence), func(p *record.Proved) bool { return p.Of.Cell == nil || !cells[*p.Of.Cell] })
	if len(proofs) == 0 {
		return nil
	}
	catalogs := []model.Source{model.CatalogOf(model.Blue), model.CatalogOf(model.Green)}
	snap, err := f.Fresh(ctx, catalogs, nil, feed.Wait{Must: 2 * s.cfg.Policy.Answer})
	if err != nil {
		return err
	}
	lastProven(l, st, f.Proven(ctx, snap, proofs))
	return nil
}

// lastProven says of each point when a restore of its cell from its Storage Daemon was last proven.
func lastProven(l *model.RestoreList, st *record.State, snap *board.Snapshot) {
	for i := range l.Points {
		p := &l.Points[i]
		for _, name := range append(p.Storages(), "") {
			if of := st.RestoreProven(p.Cell, p.Key.Cluster, name); of != nil {
				p.Proven = &model.LastProven{At: of.At, Verdict: of.Word(), By: of.By.String()}
				if v, says := snap.Counts(&of.Proof); v != model.Holds {
					p.Proven.Lapsed = says
				}
				break
			}
		}
	}
}

// restoreList reads once what is asked for.
func restoreList(ctx context.Context, s *site, ask model.RestoreAsk) (*model.RestoreList, error) {
	f, stop := s.asked(ctx)
	defer stop()
	return f.RestoreList(ctx, ask)
}

// pointsVerdict is no verdict where a catalog was not read.
func pointsVerdict(l *model.RestoreList, obligations bool) error {
	if len(l.Unread) > 0 {
		return notAll(l.Unread)
	}
	return found(!obligations && l.Recommended == nil)
}

// ask is what the flags ask for, of the inventory's cells.
func (p *pointsFlags) ask(s *site, chain string) (ask model.RestoreAsk, err error) {
	ask = model.RestoreAsk{Limit: pointsPage, Deep: p.obligations}
	if p.limit < 1 || p.limit > pointsPage {
		return ask, fmt.Errorf("--limit %d: want 1 to %d", p.limit, pointsPage)
	}
	if p.before != "" {
		if ask.Before, err = model.ParseMoment(p.before, model.Now()); err != nil {
			return ask, fmt.Errorf("--before: %w", err)
		}
	}
	if p.cluster != "" {
		var k model.Cluster
		if err := k.UnmarshalText([]byte(p.cluster)); err != nil {
			return ask, fmt.Errorf("--cluster: %w", err)
		}
		if ask.Clusters = []model.Cluster{k}; p.obligations { // what the other has decides what only this one has
			ask.Clusters = nil
		}
	}
	if p.obligations {
		ask.Limit, ask.Before = 0, time.Time{}
	}
	if p.obligations && p.before != "" {
		return ask, errors.New("--before goes with points, not with --obligations: what is owed now is asked for")
	}
	ask.Cells, err = p.cells(s, chain)
	return ask, err
}

// cells are those of the inventory that are asked for; what is not there at all is named.
func (p *pointsFlags) cells(s *site, chain string) (cells []model.AskedCell, err error) {
	var kind model.Kind
	if p.kind != "" {
		if err := kind.UnmarshalText([]byte(p.kind)); err != nil {
			return nil, fmt.Errorf("--kind: %w", err)
		}
	}
	if p.region != "" && !slices.Contains(s.inv.Regions, p.region) {
		return nil, fmt.Errorf("--region: the inventory has no region %q; it has %s", model.Clean(p.region), strings.Join(s.inv.Regions, ", "))
	}
	known := chain == ""
	for _, c := range s.inv.Cells {
		if chain != "" && c.Cell.Chain != chain {
			continue
		}
		known = true
		if (p.region == "" || c.Cell.Region == p.region) && (p.kind == "" || c.Cell.Kind == kind) {
			cells = append(cells, model.AskedCell{Cell: c.Cell, Promise: c.Promise})
		}
	}
	switch {
	case !known:
		return nil, fmt.Errorf("the inventory has no chain %q; it has %d, such as %s", model.Clean(chain), s.inv.Chains(),
			s.inv.Cells[0].Cell.Chain)
	case len(cells) == 0:
		return nil, fmt.Errorf("the inventory has nothing of %s with --region %q and --kind %q", orDash(chain), p.region, p.kind)
	}
	return cells, nil
}
