package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/bundle"
	"switchyard/backend/config"
	"switchyard/model"
	"switchyard/model/routes"
)

func recoverCommand() *cobra.Command {
	var look looking
	r := &recovery{}
	cmd := &cobra.Command{
		Use:   "recover --bundle FILE --identity FILE",
		Short: "on a machine that has nothing else: what can come back, chain by chain, when on-premises is gone",
		Long: "Recover decrypts a bundle in memory, reads the catalogs that can be reached, takes the bundle's restore cards for those that cannot,\n" +
			"and greets every Storage Daemon in the Director's name, which starts nothing there. Then it prints for each chain, in the order of a\n" +
			"recovery, the newest point that can be read, where it lies, what is lost with it, and about how long its restore takes.\n\n" +
			"A chain whose only copies lie on Storage Daemons that are dead is LOST. One of which nobody can tell, such as on a Storage Daemon that\n" +
			"hangs or does not let the Director in, is told with ?, and never counts as one that comes back.\n\n" +
			"It changes nothing, and needs no file of the hosts that are gone: no configuration, inventory, password or certificate.\n\n" +
			"Exit status: 0 every chain comes back; 1 some do not, or nobody knows; 2 the bundle cannot be read.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			told, err := r.survivors(cmd)
			if err != nil {
				return err
			}
			if err := look.print(cmd, "what can come back", told, told.write); err != nil {
				return err
			}
			return found(told.Back < len(told.Chains))
		},
	}
	cmd.Flags().StringVar(&r.file, "bundle", "", "the `FILE` that switchyard bundle wrote")
	cmd.Flags().StringVar(&r.identity, "identity", "", "the `FILE` with the private key of age; - is standard input")
	cmd.Flags().BoolVar(&r.cards, "cards", false, "go by the restore cards alone; no catalog is asked")
	cmd.Flags().IntVar(&r.atOnce, "at-once", 6, "how many restores run at once, for the forecast")
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	return cmd
}

// recovery is what recover is asked for, and what it has read.
type recovery struct {
	file, identity string
	cards          bool
	atOnce         int

	*bundle.Bundle
	site *site
}

// maxIdentity bounds a file of private keys.
const maxIdentity = 1 << 20

// open decrypts the bundle, and makes a site of what it holds.
func (r *recovery) open(cmd *cobra.Command) error {
	if r.file == "" || r.identity == "" {
		return errors.New("recovering: say with --bundle FILE what from, and with --identity FILE where the private key is")
	}
	if r.atOnce < 1 || r.atOnce > 1000 {
		return errors.New("recovering: --at-once: want 1 to 1000")
	}
	from := cmd.InOrStdin()
	if r.identity != "-" {
		f, err := os.Open(r.identity)
		if err != nil {
			return fmt.Errorf("reading the private key: %w", err)
		}
		defer f.Close()
		from = f
	}
	raw, err := io.ReadAll(io.LimitReader(from, maxIdentity))
	if err != nil {
		return fmt.Errorf("reading the private key: %w", err)
	}
	with, err := bundle.Identities(raw)
	if err != nil {
		return fmt.Errorf("reading the private key: %s: %w", model.Clean(r.identity), err)
	}
	f, err := os.Open(r.file)
	if err != nil {
		return fmt.Errorf("reading the bundle: %w", err)
	}
	defer f.Close()
	if r.Bundle, err = bundle.Read(bufio.NewReaderSize(f, 1<<16), with); err != nil {
		return err
	}
	return r.siteOf(cmd.Context())
}

func (r *recovery) siteOf(ctx context.Context) error {
	var kept config.Kept
	if err := r.JSON(bundleConfig, &kept); err != nil {
		return fmt.Errorf("recovering: %w", err)
	}
	cfg, err := config.LoadKept(r.Config, &kept)
	if err != nil {
		return fmt.Errorf("recovering: the configuration in the bundle: %w", err)
	}
	live(cfg, filepath.Join(kept.Dir, filepath.Base(r.Config)))
	r.site, err = siteOf(ctx, cfg)
	return err
}

// recoveryTold is what recover prints before anything is done.
type recoveryTold struct {
	Version     int             `json:"version"`
	At          time.Time       `json:"at"`
	Environment string          `json:"environment"`
	Made        time.Time       `json:"bundle_made"`
	Age         float64         `json:"bundle_age_s"`
	Lacks       []string        `json:"bundle_lacks"`
	Routes      string          `json:"routes"`
	Unread      []model.Unread  `json:"unread"` // catalogs; their chains go by the cards of the bundle
	Storages    []model.Reached `json:"storages"`
	Places      int             `json:"storage_daemons"` // one that serves both clusters counts once
	Answer      int             `json:"storage_daemons_that_answer"`
	Chains      []chainTold     `json:"chains"`
	Back        int             `json:"chains_that_come_back"`
	Lost        int             `json:"chains_lost"`
	Unknown     int             `json:"chains_unknown"`
	AtOnce      int             `json:"at_once"`
	Tiers       map[int]float64 `json:"tiers_back_in_s"`
	All         float64         `json:"all_back_in_s"`

	rehearsal string
}

type chainTold struct {
	model.Survivor
	Lost  float64 `json:"lost_s,omitempty"`  // since its point
	About float64 `json:"about_s,omitempty"` // absent: not known
}

func (r *recovery) survivors(cmd *cobra.Command) (*recoveryTold, error) {
	if err := r.open(cmd); err != nil {
		return nil, err
	}
	ctx := cmd.Context()
	points, unread, err := r.points(ctx)
	if err != nil {
		return nil, fmt.Errorf("recovering: %w", err)
	}
	storages, reach := r.reach(ctx, points)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("recovering: %w", err)
	}
	now := model.Now()
	all := model.Survivors(r.site.inv, points, reach, r.homes(), now)
	told := &recoveryTold{Version: jsonVersion, At: now, Environment: r.Environment, Made: r.At, Age: now.Sub(r.At).Seconds(), Lacks: r.Lacks,
		Routes: r.routesTold(ctx), Unread: unread, Storages: storages, AtOnce: r.atOnce, Tiers: map[int]float64{}, rehearsal: r.Rehearsal}
	told.Places, told.Answer = daemonsOf(storages)
	for i := range all {
		s := &all[i]
		told.Chains = append(told.Chains, chainTold{*s, s.Lost.Seconds(), s.About.Seconds()})
		switch s.Back {
		case model.Answer(model.Holds):
			told.Back++
		case model.Answer(model.Fails):
			told.Lost++
		default:
			told.Unknown++
		}
	}
	tiers, last := model.Finish(all, r.atOnce)
	for t, d := range tiers {
		told.Tiers[t] = d.Seconds()
	}
	told.All = last.Seconds()
	return told, nil
}

// homes are the chains on which a catalog lives, as the configuration declares them: others wait for those.
func (r *recovery) homes() (chains []string) {
	for _, n := range r.site.needs() {
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

// routesTold says whether the routes are still those of the bundle.
func (r *recovery) routesTold(ctx context.Context) string {
	raw, there := r.Contents[bundleRoutes]
	if !there {
		return "the bundle has no routes"
	}
	was, err := routes.Parse("the routes of the bundle", raw, routes.Options{Extensions: true})
	if err != nil {
		return model.Clean(err.Error())
	}
	now, err := currentRoutes(ctx, r.site)
	switch {
	case err != nil:
		return "whether the routes have changed since is not known: " + model.Clean(err.Error())
	case now.Equal(was):
		return "the routes are unchanged since"
	}
	return fmt.Sprintf("the routes have CHANGED since: record %d, and the bundle has record %d", now.From.Record, r.RoutesSeq)
}

func (t *recoveryTold) write(w io.Writer) error {
	head := ""
	if t.rehearsal != "" {
		head = "REHEARSAL "
	}
	if err := printf(w, "%s%s   RECOVERY   bundle of %s UTC, %s old, %s   %d of %d Storage Daemons answer\n", head, model.Clean(t.Environment),
		t.Made.UTC().Format("2 Jan 15:04"), model.Age(max(0, t.At.Sub(t.Made))), t.Routes, t.Answer, t.Places); err != nil {
		return err
	}
	for _, u := range t.Unread {
		if err := printf(w, "! %s's catalog is not read: %s. Its points are those of the bundle's cards\n", u.Cluster, u.Why); err != nil {
			return err
		}
	}
	for _, says := range t.Lacks {
		if err := printf(w, "! the bundle lacks: %s\n", model.Clean(says)); err != nil {
			return err
		}
	}
	for _, says := range t.silent() {
		if err := printf(w, "! %s\n", says); err != nil {
			return err
		}
	}
	if err := printf(w, "\n  %-5s%-16s %-30s %-24s %-8s %-8s state\n", "tier", "chain", "newest that can be read (UTC)", "on", "lost", "about"); err != nil {
		return err
	}
	for i := range t.Chains {
		if err := printf(w, "%s\n", t.Chains[i].line()); err != nil {
			return err
		}
	}
	return t.foot(w)
}

// daemonsOf counts Storage Daemons by where they are, and those that let a Director in.
func daemonsOf(storages []model.Reached) (all, answer int) {
	known := map[string]bool{}
	for i := range storages {
		s := &storages[i]
		at := cmp.Or(s.Address, s.Cluster.String()+" "+s.Storage)
		known[at] = known[at] || s.Answers == model.Answer(model.Holds) && s.Lets == model.Answer(model.Holds)
	}
	for _, in := range known {
		if all++; in {
			answer++
		}
	}
	return all, answer
}

// silent tells the Storage Daemons that do not answer, or let nobody in, a sentence for each reason.
func (t *recoveryTold) silent() (says []string) {
	var whys []string
	of := map[string][]string{}
	for i := range t.Storages {
		s := &t.Storages[i]
		if s.Why == "" {
			continue
		}
		if of[s.Why] == nil {
			whys = append(whys, s.Why)
		}
		if !slices.Contains(of[s.Why], s.Storage) {
			of[s.Why] = append(of[s.Why], s.Storage)
		}
	}
	for _, why := range whys {
		says = append(says, fmt.Sprintf("%s: %s", strings.Join(of[why], ", "), why))
	}
	return says
}

func (c *chainTold) line() string {
	newest, on, lost, about, state := "-", "-", "all", "-", ""
	mark := " "
	if p := c.Point; p != nil {
		newest = fmt.Sprintf("%s %s %s", p.At.UTC().Format("2 Jan 15:04"), p.Key.Cluster, setWord(&p.RestorePoint))
		on, lost = strings.Join(p.Storages(), ","), model.Age(c.Survivor.Lost)
		if c.Survivor.About > 0 {
			about = model.Age(c.Survivor.About)
		}
		if p.Card {
			newest += " card"
		}
	}
	switch {
	case c.Back == model.Answer(model.Fails):
		mark, state = "✗", "LOST: "+c.Why
	case c.Back == model.Answer(model.Unknown):
		mark, state = "?", "not known: "+c.Why
	case c.First:
		state = "first: others wait for it"
	}
	if c.Newer != "" {
		state = strings.TrimPrefix(state+"; a newer one is "+c.Newer, "; ")
	}
	return fmt.Sprintf("%s %-5d%-16s %-30s %-24s %-8s %-8s %s", mark, c.Tier, model.Clean(c.Chain), newest, model.Clean(on), lost, about, state)
}

// setWord says of how many jobs a point's set is: F+6.
func setWord(p *model.RestorePoint) string {
	if n := len(p.Set); n > 1 {
		return fmt.Sprintf("F+%d", n-1)
	}
	return "F"
}

func (t *recoveryTold) foot(w io.Writer) error {
	var ends []string
	for tier := range 100 {
		if s, there := t.Tiers[tier]; there && s > 0 {
			ends = append(ends, fmt.Sprintf("all that comes back of tier %d in %s", tier, model.Age(time.Duration(s*float64(time.Second)))))
		}
	}
	forecast := "how long it takes is not known"
	if len(ends) > 0 {
		forecast = fmt.Sprintf("%s (%d at once, as fast as it was written)", strings.Join(ends, ", "), t.AtOnce)
	}
	return printf(w, "\n%d chains: %d come back, %d lost, %d not known. %s\n", len(t.Chains), t.Back, t.Lost, t.Unknown, forecast)
}
