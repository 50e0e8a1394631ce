package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
)

func loopCommand() *cobra.Command {
	var look looking
	var without string
	cmd := &cobra.Command{
		Use:   "loop",
		Short: "what needs itself to be restored: every circle, such as a catalog on a chain that only its own Director can bring back",
		Long: "Loop draws what needs what to be brought back if all were lost: what needs: of the configuration declares, and what both " +
			"catalogs, the Directors and AWS tell. A chain needs one good backup of any of its cells, on either cluster; a cluster its " +
			"catalog and " +
			"one of its Directors; green's catalog one of its RDS instances, and the journal in which a takeover is recorded.\n\n" + needsPage +
			"\n\nWith --without it tells instead what is lost while one thing is gone: cells whose only good backups lie there, cells that nobody " +
			"can back up meanwhile, or before something else takes over, and the first promise that breaks.\n\n" +
			"Exit status: 0 there is no loop, or nothing depends on the thing; 1 there is one, or cells depend on it; 2 nobody can tell.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var of model.Node
			if without != "" {
				var err error
				if of, err = model.ParseNode(without); err != nil {
					return fmt.Errorf("--without: %w", err)
				}
			}
			return look.judge(cmd, func(s *site, snap *board.Snapshot) (outcome, error) {
				g := gate.Build(s.gates(snap))
				if without != "" {
					return blast(g, of)
				}
				told := loopTold{Version: jsonVersion, At: snap.At, Loops: g.Loops()}
				ends := found(told.Verdict == model.Fails)
				if told.Verdict == model.Unknown {
					ends = errors.New("nobody can tell: " + told.Why)
				}
				return outcome{"the loops", told, ends}, nil
			})
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	look.addWait(cmd)
	cmd.Flags().StringVar(&without, "without", "",
		`tell what is lost with a `+"`THING`"+`, such as "storage green sd-1" or "aws-region eu-west-1"`)
	return cmd
}

const needsPage = `    needs:
      catalog blue: [chain dbadb]                      # it lives there
      director dir-new: [[host a, host b], dns]        # one of the hosts, and DNS
      journal: [host control]
Things are: cluster, director, catalog, chain, storage (with its cluster: storage green sd-1), instance, key, aws-region, host,
credentials, dns, configuration-manager, journal, bundle.`

// loopTold is what loop prints.
type loopTold struct {
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	gate.Loops
}

func (t loopTold) write(w io.Writer) error {
	switch {
	case t.Verdict == model.Holds:
		return printf(w, "no loop: whatever is lost, there is an order in which all of it can be brought back\n")
	case len(t.Loops.Loops) == 0:
		return printf(w, "not known: %s\n", t.Why)
	}
	head := "LOOP"
	if t.Verdict == model.Unknown {
		head = "perhaps"
	}
	for _, l := range t.Loops.Loops {
		if err := printf(w, "%s  %s\n", head, l); err != nil {
			return err
		}
	}
	if t.Cut {
		if err := printf(w, "there are more\n"); err != nil {
			return err
		}
	}
	return printf(w, "each needs the next one to be brought back: nothing of a circle can be first\n")
}

// blastTold is what loop --without prints.
type blastTold struct {
	Version int `json:"version"`
	*gate.Blast
}

func blast(g *gate.Graph, of model.Node) (outcome, error) {
	b, is := g.Without(of)
	if !is {
		return outcome{}, fmt.Errorf("nothing is known of %s: neither needs: nor any source names it", of)
	}
	ends := found(len(b.Broken) > 0)
	if ends == nil && b.Unknown > 0 {
		ends = errors.New("nobody can tell: " + untoldOf(b.Unknown))
	}
	return outcome{"what is lost", blastTold{jsonVersion, b}, ends}, nil
}

// untoldOf is why what cells lose is not known.
func untoldOf(n int) string {
	return fmt.Sprintf("a catalog was not read, or a Director not asked, of %s", model.Plural(n, "cell"))
}

func (t blastTold) write(w io.Writer) error {
	if err := printf(w, "WITHOUT %s\n%d cells lose their only good backups\n%d cells can be restored from nowhere meanwhile\n"+
		"%d cells can be backed up by nobody meanwhile\n", t.Of, t.Gone, t.Closed, t.Stopped); err != nil {
		return err
	}
	if t.Waiting > 0 {
		var heirs []string
		for _, n := range t.Heirs {
			heirs = append(heirs, n.String())
		}
		if err := printf(w, "%d cells more are backed up by nobody until %s takes over\n", t.Waiting, strings.Join(heirs, " or ")); err != nil {
			return err
		}
	}
	if t.Unknown > 0 {
		if err := printf(w, "? not known: %s\n", untoldOf(t.Unknown)); err != nil {
			return err
		}
	}
	if t.First != nil {
		if err := printf(w, "the first promise breaks at %s UTC: %s\n", t.Blast.At.UTC().Format("2006-01-02 15:04"), t.First); err != nil {
			return err
		}
	}
	for _, of := range []struct {
		nodes []model.Node
		says  string
	}{{t.With, "goes with it"}, {t.Later, "goes on, and could not be brought back meanwhile"}} {
		for _, n := range of.nodes {
			if err := printf(w, "  %s %s\n", n, of.says); err != nil {
				return err
			}
		}
	}
	return nil
}
