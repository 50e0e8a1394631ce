package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
)

// again is the site with readers of its own, to be followed and closed without those it was made with.
func (s *site) again(ctx context.Context) (*site, error) {
	now := *s
	now.past = nil
	var err error
	for _, c := range model.Clusters {
		if now.clusters[c], err = s.cluster(c, &s.cfg.Watch.Clusters[c]); err != nil {
			return nil, err
		}
	}
	if s.cfg.RDS != nil {
		if now.pair, err = now.rds(ctx); err != nil {
			return nil, err
		}
	}
	return &now, nil
}

// targets tells of every source whether it is the one that it is configured as, judged as the cockpit does.
func (d *doctor) targets(ctx context.Context) {
	now, err := d.site.again(ctx)
	if d.failed("identity", err, "see the configuration") {
		return
	}
	f, stop := now.follow(ctx)
	snap, err := firstLook(ctx, f, 2*d.site.cfg.Policy.Answer)
	stop()
	if d.failed("identity", err, "ask again when a source answers") {
		return
	}
	for _, c := range model.Clusters {
		for n := range now.clusters[c].Directors {
			d.greets(snap, c, now.clusters[c].Source(c, n))
		}
		d.catalogIs(snap, c)
	}
	if snap.RDS != nil {
		d.pairIs(snap)
	}
}

const seeAddress = "correct the configuration, or what stands under that address"

func (d *doctor) greets(snap *board.Snapshot, c model.Cluster, source model.Source) {
	of := "identity " + source.String()
	alike := snap.Namesakes(c) && source.Name == snap.Clusters[c].Directors[0].Name
	switch s := snap.Source(source); {
	case s != nil && s.Wrong:
		d.note(of, model.Fails, fmt.Sprintf("correct watch.%s.consoles, or the bconsole.conf that it names", c), "%s", wrongTarget(s.Why))
	case s == nil || s.Why != "" || s.At.IsZero():
		d.note(of, model.Unknown, "ask again when it answers", "who answers cannot be told")
	case alike && snap.Clusters[c].Catalog.Target != model.Holds:
		d.note(
			of,
			model.Unknown,
			"let the Console ask show catalogs, by an address that is no loopback one; until then nothing acts on "+c.String(),
			"it greets as %s, and so does %s's Director: only the catalog that it uses would tell them apart",
			source.Name,
			model.Clusters[1-c],
		)
	case alike:
		d.note(
			of,
			model.Holds,
			"",
			"it greets as %s, as %s's does, and the catalog that it uses tells them apart",
			source.Name,
			model.Clusters[1-c],
		)
	default:
		d.note(of, model.Holds, "", "it greets as %s", source.Name)
	}
}

func (d *doctor) catalogIs(snap *board.Snapshot, c model.Cluster) {
	of := fmt.Sprintf("identity %s catalog", c)
	at := snap.Clusters[c].Catalog
	s := snap.Source(model.CatalogOf(c))
	switch {
	case s != nil && s.Wrong:
		d.note(of, model.Fails, fmt.Sprintf("%s: see clusters.%s.catalog", seeAddress, c), "%s", s.Why)
	case at.Target == model.Holds:
		d.note(of, model.Holds, "", "it is the one that its Director uses: %s", at.TargetSays)
	default:
		d.note(
			of,
			model.Unknown,
			fmt.Sprintf("ask again when a job has ended; or name it in clusters.%s.catalog.hosts as the Director's Catalog resource does", c),
			"whether its Director uses it cannot be told: %s",
			at.TargetSays,
		)
	}
}

func (d *doctor) pairIs(snap *board.Snapshot) {
	if want := d.site.cfg.AWS.Account; want != "" {
		d.inAccount(snap, want)
	}
	if d.site.pair.Primary.Server == nil {
		return
	}
	if two := snap.RDS.TwoWriters; two != "" {
		d.note(
			"identity rds",
			model.Fails,
			"quarantine the one that green's Director must not use; delete nothing before what it took is looked through",
			"%s",
			two,
		)
	} else if r := snap.RDS; r.Replica != nil {
		if heard(&r.Primary.Server) && heard(&r.Replica.Server) {
			d.note("identity rds", model.Holds, "", "not both servers of the pair take writes")
		} else {
			d.note(
				"identity rds",
				model.Unknown,
				"ask again when both servers answer",
				"whether both servers of the pair take writes cannot be told",
			)
		}
	}
	for _, c := range board.WhoThePairIs(*snap.RDS, snap.At, d.site.cfg.Policy) {
		do := "see rds in the configuration, and ask again when both answer"
		if c.Verdict == model.Fails {
			do = seeAddress + ": see rds"
		}
		d.note("identity rds "+c.ID, c.Verdict, do, "%s: %s", c.Says, cmp.Or(c.Value, "not told"))
	}
}

// heard tells whether a server answered when it was last asked.
func heard(s *model.Reading[model.Server]) bool { return s.Seen() && s.Why == "" }

// inAccount tells whether both instances are in the AWS account that is configured.
func (d *doctor) inAccount(snap *board.Snapshot, want string) {
	for _, name := range []string{"primary", "replica"} {
		s := snap.Source(model.Source{Kind: model.SourceInstance, Name: name})
		of := "identity rds " + name + " account"
		switch {
		case s == nil:
		case s.Wrong:
			d.note(of, model.Fails, "correct aws.account or aws.profile, or use the credentials of that account", "wrong target: %s", s.Why)
		case s.At.IsZero():
			d.note(of, model.Unknown, "ask again when AWS answers", "its AWS account cannot be told")
		default:
			d.note(of, model.Holds, "", "it is in the AWS account %s", want)
		}
	}
}

func wrongTarget(why string) string {
	return "wrong target: " + strings.TrimPrefix(why, "wrong target: ")
}
