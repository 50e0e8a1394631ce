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

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/record"
)

func reportCommand() *cobra.Command {
	var look looking
	var daily bool
	cmd := &cobra.Command{
		Use:   "report [--daily -- COMMAND...]",
		Short: "whether the promises are kept: what one shift tells the next, and what an auditor asks, as Markdown",
		Long: "Report looks once at every source and tells, in Markdown, the backups of the last 24 hours against those that were due, " +
			"the error " +
			"budget (0.5 % of the hours of all cells in 30 days, in hours that cells are past their promises), how fast it is used up, " +
			"which cells " +
			"are past their promise or will be within 12 hours, where the migration is, what needs somebody and what was done in 12 hours.\n\n" +
			"What is late is known as far as both catalogs were read, which is the policy's window at most.\n\nExit status: 0 every " +
			"promise is kept; " +
			"1 a cell is past its promise or will be, or a budget is overspent or used up fast; 2 a catalog was not read, or the look was " +
			"cut short.\n\nWith --daily a command gets the report on its standard input, whatever it says, also when it could not be made: " +
			"for a timer. 2 is then also that the command failed.",
		Args: func(cmd *cobra.Command, args []string) error {
			if daily {
				return nil
			}
			return cobra.NoArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, argv []string) error {
			report := func() error { return look.judge(cmd, reported) }
			if daily {
				return handed(cmd, argv, report)
			}
			return report()
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	look.addWait(cmd)
	cmd.Flags().BoolVar(&daily, "daily", false, "give the report to the command behind --, on its standard input, whatever it says")
	return cmd
}

// reported makes the report.
func reported(s *site, snap *board.Snapshot) (outcome, error) {
	told := reportTold{Version: jsonVersion, Environment: record.EnvironmentName(snap.Environment, snap.Rehearsal),
		Compliance: gate.Comply(snap, s.cfg.Policy), Gates: gate.Evaluate(s.gates(snap)), snap: snap}
	ends := found(!told.Kept())
	if told.From.IsZero() {
		ends = errors.New("what is late is not known: " + told.Why)
	}
	return outcome{"the report", told, ends}, nil
}

// reportTold is what report prints.
type reportTold struct {
	Version     int    `json:"version"`
	Environment string `json:"environment"`
	*gate.Compliance
	Gates *gate.Report `json:"phases_and_gates"`
	snap  *board.Snapshot
}

// toldCells bounds how many cells a table of the report has.
const toldCells = 20

// shiftOf is how far back the report tells what was done.
const shiftOf = 12 * time.Hour

func (t reportTold) write(out io.Writer) error {
	w := bufio.NewWriter(out)
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	p("# %s, %s UTC\n", t.Environment, t.At.UTC().Format("2006-01-02 15:04"))
	p("%s\n", t.verdict())
	p("## Backups of the last 24 hours\n")
	p("| cluster | region | kind | due | good | missed | share |\n|---|---|---|--:|--:|--:|--:|")
	for _, d := range t.Days {
		if d.Unread || d.Due == 0 {
			p("| %s | %s | %s | | | | not known |", d.Cluster, d.Region, d.Kind)
			continue
		}
		p("| %s | %s | %s | %d | %d | %d | %.1f %% |", d.Cluster, d.Region, d.Kind, d.Due, d.Good, d.Missed, 100*float64(d.Good)/float64(d.Due))
	}
	p("\n## Error budget\n")
	if t.From.IsZero() {
		p("Not known: %s.", t.Why)
	} else {
		t.budget(p)
	}
	none := "none"
	if t.Blind > 0 {
		none = fmt.Sprintf("none that is known; of %d cells nobody can tell", t.Blind)
	}
	t.cells(p, "Past their promise", t.Past, none)
	t.cells(p, "Will be within 12 hours, before a backup of them is due", t.Soon, none)
	if t.Hang > 0 {
		p("\n%d more would be if the next backup that is due of each went wrong.", t.Hang)
	}
	p("\n## Where the migration is\n\n%s.\n", t.Gates.Line())
	for _, g := range t.Gates.Next(3) {
		p("- next: %s, %s: %s", g.ID, g.Says, g.Value)
	}
	p("- going back: %s", t.Gates.Undo)
	for i := range t.Gates.Gates {
		if g := &t.Gates.Gates[i]; g.Waived != nil {
			p("- waived: %s, by %s on %s: %s", g.ID, g.Waived.By, g.Waived.At.UTC().Format("2006-01-02"), g.Waived.Why)
		}
	}
	t.handover(p)
	return w.Flush()
}

// verdict is the report in a sentence.
func (t reportTold) verdict() string {
	switch {
	case t.From.IsZero():
		return "Whether every promise was kept is not known: " + t.Why + "."
	case t.Kept() && t.Blind == 0:
		return "Every promise is kept."
	case t.Kept():
		return fmt.Sprintf("Every promise that is known is kept; of %d cells nobody can tell.", t.Blind)
	}
	says := fmt.Sprintf("%d cells are past their promise, %d will be within 12 hours.", len(t.Past), len(t.Soon))
	if of := t.parts(func(b *gate.BudgetPart) bool { return b.Left < 0 }); of != "" {
		says += " The error budget is overspent: " + of + "."
	}
	if of := t.parts(func(b *gate.BudgetPart) bool { return b.Fast }); of != "" {
		says += " The error budget is used up fast: " + of + "."
	}
	if t.Blind > 0 {
		says += fmt.Sprintf(" Of %d cells nobody can tell.", t.Blind)
	}
	return says
}

// parts names those of the budget that are so, the first of them.
func (t reportTold) parts(are func(*gate.BudgetPart) bool) string {
	var names []string
	for i := range t.Parts {
		b := &t.Parts[i]
		name := strings.TrimSpace(b.Route + " " + b.Region + " " + b.Kind)
		if are(b) {
			names = append(names, cmp.Or(name, "of all cells"))
		}
	}
	return model.Few(names, 3)
}

func (t reportTold) budget(p func(string, ...any)) {
	p("Hours that cells were past their promise since %s UTC, of what 30 days allow.\n", t.From.UTC().Format("2006-01-02 15:04"))
	p("| cells of | region | kind | cells | late | allowed | left | burn 1 h | burn 6 h |\n|---|---|---|--:|--:|--:|--:|--:|--:|")
	for i, b := range t.Parts {
		of, mark := b.Route, ""
		if i == 0 {
			of = "all"
		}
		if b.Left < 0 || b.Fast {
			mark = " !"
		}
		p("| %s | %s | %s | %d | %.1f h | %.1f h | %.0f %%%s | %.1f | %.1f |", of, b.Region, b.Kind, b.Cells, b.Late, b.Allowed, 100*b.Left, mark,
			b.Burn[0], b.Burn[1])
	}
	if t.Blind > 0 {
		p("\nOf %d cells nobody can tell.", t.Blind)
	}
}

func (t reportTold) cells(p func(string, ...any), head string, all []gate.Breaking, none string) {
	p("\n## %s\n", head)
	if len(all) == 0 {
		p("%s", none)
	}
	for i, b := range all {
		if i == toldCells {
			p("- and %d more", len(all)-i)
			break
		}
		if b.At.IsZero() {
			p("- %s: it has no good backup", b.Cell)
			continue
		}
		p("- %s: %s UTC", b.Cell, b.At.UTC().Format("2006-01-02 15:04"))
	}
}

// handover tells what needs somebody, and what was done.
func (t reportTold) handover(p func(string, ...any)) {
	p("\n## What needs somebody\n")
	n := 0
	for i := range t.snap.Alerts {
		a := &t.snap.Alerts[i]
		if a.Severity == model.Info {
			continue
		}
		if n++; n > toldCells {
			continue
		}
		let := ""
		if a.Acked != nil {
			let = fmt.Sprintf(" (let be by %s: %s)", a.Acked.By, a.Acked.Reason)
		}
		p("- %s: %s%s", a.Severity, model.Clean(a.Says), let)
	}
	if n > toldCells {
		p("- and %d more", n-toldCells)
	}
	if n == 0 {
		p("nothing")
	}
	p("\n## What was done in 12 hours, and what is not over\n")
	st := t.snap.State
	if st == nil {
		p("not known: the journal was not read")
		return
	}
	none := true
	for _, a := range st.Actions {
		if a.Blocks(t.At) || t.At.Sub(a.LastAt) <= shiftOf {
			none = false
			p("- action %d, %s by %s: %s, %s UTC: %s", a.Seq, a.Verb, a.By, a, a.LastAt.UTC().Format("2006-01-02 15:04"), model.Clean(a.Says))
		}
	}
	if none {
		p("nothing")
	}
}
