package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/bundle"
	"switchyard/backend/config"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/routes"
)

func recoverCommand() *cobra.Command {
	r := &recoverFlags{}
	cmd := &cobra.Command{
		Use: "recover --bundle FILE --identity FILE",
		Short: "on a machine that has nothing else: what can come back, chain by chain, when on-premises is gone; with --apply it is " +
			"brought back",
		Long: "Recover decrypts a bundle in memory, reads the catalogs that can be reached, takes the bundle's restore cards for those that " +
			"cannot,\n" +
			"and greets every Storage Daemon in the Director's name, which starts nothing there. Then it prints for each chain, in the order " +
			"of a\n" +
			"recovery, the newest point that can be read, where it lies, what is lost with it, and about how long its restore takes.\n\n" +
			"A chain whose only copies lie on Storage Daemons that are dead is LOST. One of which nobody can tell, such as on a Storage Daemon " +
			"that\n" +
			"hangs or does not let the Director in, is told with ?, and never counts as one that comes back.\n\n" +
			"Without --apply it changes nothing. With it, the next part is planned and carried out: first the Directors from before are " +
			"fenced, the\n" +
			"one that the section recover of the configuration names (or --director FILE) comes up, and what others need is restored; then a " +
			"tier\n" +
			"at a time, each part approved by itself. The journal lies beside the bundle, unless it is in a bucket; switchyard act ACTION with " +
			"the\n" +
			"same bundle goes on with a part that ended half way. switchyard --bundle FILE --identity FILE is the cockpit of it.\n\n" +
			"It needs no file of the hosts that are gone: no configuration, inventory, password or certificate.\n\n" +
			"Exit status: 0 every chain comes back, or the part was done; 1 some do not, or nobody knows, or it was not done; 2 the bundle " +
			"cannot\n" +
			"be read.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd) },
	}
	cmd.Flags().BoolVar(&r.cards, "cards", false, "go by the restore cards alone; no catalog is asked")
	cmd.Flags().IntVar(&r.atOnce, "at-once", 0, "how many restores run at once (default: recover.at_once of the configuration, else 6)")
	cmd.Flags().StringArrayVar(
		&r.clients,
		"client",
		nil,
		"restore to `CLIENT`, or with CHAIN=CLIENT one chain to it (default: recover.client)",
	)
	cmd.Flags().BoolVar(
		&r.begin,
		"begin",
		false,
		"begin the journal of this recovery beside the bundle, for the cockpit; --apply does it by itself",
	)
	cmd.Flags().BoolVar(
		&r.anew,
		"anew",
		false,
		"another disaster followed by the same bundle: bring the Director up and every chain back once more",
	)
	cmd.Flags().StringVar(
		&r.extract,
		"extract",
		"",
		"print the configuration of the Directors of `CLUSTER`, with its passwords, as a tar archive",
	)
	r.add(cmd)
	return cmd
}

// recoverFlags are what a person says of a recovery, and how it is carried out.
type recoverFlags struct {
	recovery
	applyFlags
	begin   bool
	anew    bool
	extract string // a cluster
}

func (r *recoverFlags) run(cmd *cobra.Command) error {
	if r.extract != "" || r.begin {
		if err := r.open(cmd); err != nil {
			return err
		}
		if r.begin {
			return r.beginJournal(cmd)
		}
		return r.unpack(cmd.Context(), cmd.OutOrStdout())
	}
	told, err := r.survivors(cmd)
	if err != nil {
		return err
	}
	if r.apply != "" {
		return r.recover(cmd, told)
	}
	if err := r.print(cmd, "what can come back", told, told.write); err != nil {
		return err
	}
	return found(told.Back < len(told.Chains))
}

// recovery is what recover is asked for, and what it has read.
type recovery struct {
	cards   bool
	atOnce  int
	clients []string

	*bundle.Bundle
	site *site
}

// open decrypts the bundle, and makes a site of what it holds.
func (r *recovery) open(cmd *cobra.Command) (err error) {
	if r.atOnce < 0 || r.atOnce > 100 {
		return errors.New("recovering: --at-once: want 1 to 100")
	}
	from, err := bundleFlags(cmd)
	if err != nil {
		return err
	}
	if from == nil {
		return errors.New("recovering: say with --bundle FILE what from, and with --identity FILE where the private key is")
	}
	var cfg *config.Config
	if r.Bundle, cfg, err = from.open(cmd.InOrStdin()); err != nil {
		return err
	}
	if r.atOnce == 0 {
		r.atOnce = cfg.Recover.AtOnce
	}
	r.site, err = siteOf(cmd.Context(), cfg)
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
	return r.surviving(cmd.Context())
}

// surviving asks what is left of what the bundle tells of.
func (r *recovery) surviving(ctx context.Context) (*recoveryTold, error) {
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
func (r *recovery) homes() []string {
	return homesOf(r.site.cfg)
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
	before := *r.site.cfg
	before.Journal = before.Origin.Journal
	now, err := currentRoutes(ctx, &site{cfg: &before, inv: r.site.inv, names: r.site.names})
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
	if err := printf(w, "\n  %-5s%-16s %-30s %-24s %-8s %-8s state\n", "tier", "chain", "newest that can be read "+
		"(UTC)", "on", "lost", "about"); err != nil {
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
	if scan := plan.ScanOf(&c.Survivor); scan != "" && c.Back == model.Answer(model.Holds) && c.Point.Card {
		state = strings.TrimPrefix(state+"; "+scan, "; ")
	}
	if c.Newer != "" {
		state = strings.TrimPrefix(state+"; a newer one is "+c.Newer, "; ")
	}
	if c.Scan != nil {
		state += "; " + plan.Scanning(c.Scan)
	}
	return fmt.Sprintf(
		"%s %-5d%-16s %-30s %-24s %-8s %-8s %s",
		mark,
		c.Tier,
		model.Clean(c.Chain),
		newest,
		model.Clean(on),
		lost,
		about,
		state,
	)
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
