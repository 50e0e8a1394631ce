package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/ui/draw"
)

func gatesCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "gates [GATE]",
		Short: "where the migration is: the phases, the gates at their exits, and which of them block",
		Long: "Gates looks once at every source and judges every phase by the gates at its exit, from that look, the journal's evidence " +
			"and the " +
			"inventory alone. What nobody can tell is unknown, and lets nothing out. What nothing can be asked about is marked as manual: a " +
			"person vouches for it with gates attest.\n\nWith GATE it tells one, and the ways to mend it where there are several.\n\n" +
			"Exit status: 0 every phase that has begun is passed; 1 a gate blocks one, or GATE does not hold; 2 no source answered, or the " +
			"look was " +
			"cut short by --wait.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return look.judge(cmd, func(s *site, snap *board.Snapshot) (outcome, error) {
				told := gatesTold{Version: jsonVersion, Report: gate.Evaluate(s.gates(snap)), Next: []string{}, all: true}
				for _, g := range told.Report.Next(3) {
					told.Next = append(told.Next, g.ID)
				}
				told.Gates = told.Report.Gates
				if len(args) == 1 {
					g := told.Find(args[0])
					if g == nil {
						return outcome{}, noGate(told.Report, args[0])
					}
					told.all, told.Gates, told.ways = false, []gate.Gate{*g}, waysOf(g, snap)
				}
				return outcome{"the gates", told, found(told.all && len(told.Next) > 0 || !told.all && !told.Gates[0].Passes())}, nil
			})
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	look.addWait(cmd)
	return cmd
}

// gates is what gates are judged by.
func (s *site) gates(snap *board.Snapshot) gate.World {
	return gate.World{Snapshot: snap, Inventory: s.inv, Policy: s.cfg.Policy, Needs: s.needs(),
		NotOffered: s.cfg.NotOffered, Accounted: accounted(s.cfg)}
}

// accounted are the accounts of blue's server that people account for; none where nobody has said which are Bacula's.
func accounted(cfg *config.Config) []string {
	if len(cfg.Act.Split.Known) == 0 {
		return nil
	}
	return append(ownAccounts(cfg), cfg.Act.Split.Known...)
}

// needs are those that are declared, and where the configuration says that the journal is.
func (s *site) needs() []model.Need {
	needs := s.cfg.Needs
	if b := s.cfg.Journal.S3; b.Bucket != "" {
		needs = append(needs[:len(needs):len(needs)], model.Need{
			Of:  model.Node{Kind: model.NodeJournal},
			Any: []model.Node{{Kind: model.NodeAWSRegion, Name: b.AWSRegion}},
		})
	}
	return needs
}

func waysOf(g *gate.Gate, snap *board.Snapshot) []string {
	if g.Passes() || snap.RDS == nil {
		return nil
	}
	return gate.Ways(g.ID, *snap.RDS)
}

func noGate(r *gate.Report, id string) error {
	var ids []string
	for i := range r.Gates {
		ids = append(ids, r.Gates[i].ID)
	}
	says := fmt.Sprintf("there is no gate %q; switchyard gates lists them", model.Clean(id))
	if best := model.Meant(id, ids); best != "" {
		says = fmt.Sprintf("there is no gate %q: did you mean %s?", model.Clean(id), best)
	}
	return errors.New(says)
}

// gatesTold is what gates prints.
type gatesTold struct {
	Version int `json:"version"`
	*gate.Report
	Next  []string    `json:"next"`  // IDs of the first that block
	Gates []gate.Gate `json:"gates"` // the report's, or the one that was asked for
	all   bool
	ways  []string
}

func (t gatesTold) write(out io.Writer) error {
	w := bufio.NewWriter(out)
	if !t.all {
		writeGate(w, &t.Gates[0], t.At, true)
		if len(t.ways) > 0 {
			fmt.Fprintf(w, "\n%s\n", strings.Join(t.ways, "\n"))
		}
		return w.Flush()
	}
	fmt.Fprintf(w, "PHASES  %s\n", t.Line())
	for _, p := range t.Phases {
		waived := ""
		if p.Waived > 0 {
			waived = fmt.Sprintf(", %d waived", p.Waived)
		}
		fmt.Fprintf(w, "\n%d %s: %s, %d of %d gates%s\n", p.Phase, strings.ToUpper(p.Name), p.Stands, p.Passes, p.Of, waived)
		for i := range t.Report.Gates {
			if g := &t.Report.Gates[i]; g.Phase == p.Phase {
				writeGate(w, g, t.At, p.Stands == gate.Open)
			}
		}
	}
	fmt.Fprintf(w, "\nundo       %s\nno return  %s\n", t.Undo, t.NoReturn)
	for i, id := range t.Next {
		head := "next"
		if i > 0 {
			head = ""
		}
		g := t.Find(id)
		fmt.Fprintf(w, "%-9s  %s: %s\n", head, id, cmp.Or(g.Do, g.Wait, g.Says))
	}
	return w.Flush()
}

// gateSigns are those of a gate's words.
var gateSigns = map[string]string{"holds": "ok", "fails": "NO", "unknown": "?", "waived": "waived", "not available": "-"}

// writeGate tells a gate; at length with what is to be done where it does not hold.
func writeGate(w io.Writer, g *gate.Gate, now time.Time, long bool) {
	age := ""
	if !g.At.IsZero() {
		age = model.Age(now.Sub(g.At))
	}
	fmt.Fprintf(w, "  %-6s %-20s %6s  %s\n", gateSigns[g.Word()], g.ID, age, g.Says)
	below := func(text string) {
		for _, line := range draw.Wrap(text, 100) {
			fmt.Fprintf(w, "%38s%s\n", "", line)
		}
	}
	value := cmp.Or(g.Absent, g.Value)
	if g.Limit != "" && g.Absent == "" {
		value += " (limit " + g.Limit + ")"
	}
	if g.Source != "" && g.Absent == "" && g.Verdict != model.Unknown {
		value += ", by " + g.Source
	}
	below(value)
	if g.Waived != nil {
		below(fmt.Sprintf("waived by %s on %s: %s", g.Waived.By, g.Waived.At.UTC().Format("2 Jan 2006"), g.Waived.Why))
	}
	if g.Passes() || !long {
		return
	}
	if says := whenSays(g); says != "" {
		below("passes " + says)
	}
	if g.Do != "" {
		below("do: " + g.Do)
	}
}

// whenSays tells when a gate passes.
func whenSays(g *gate.Gate) string {
	if g.When.IsZero() {
		return g.Wait
	}
	return strings.TrimSuffix(g.When.UTC().Format("2 Jan 15:04")+" UTC, "+g.Wait, ", ")
}
