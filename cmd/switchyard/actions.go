package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

func actionsCommand() *cobra.Command {
	var look looking
	var all bool
	var glass string
	cmd := &cobra.Command{
		Use:   "actions [ACTION]",
		Short: "what was done, what is running, what is unfinished; one action as a story",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			j, err := readAt(cmd.Context(), cfg, glass)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				a, err := findAction(j.State(), args[0])
				if err != nil {
					return err
				}
				return look.story(cmd, j, a)
			}
			shown := shownActions(j.State(), all)
			return look.print(cmd, "the actions", shown, func(w io.Writer) error { return writeActions(w, shown) })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all of them, not only the last 20 and what is not over")
	cmd.Flags().StringVar(&glass, "break-glass", "", "those of the break-glass journal in `DIR`")
	look.addJSON(cmd, "print JSON")
	return cmd
}

// findAction finds an action by its number, or by the start of its plan's id. In a break-glass journal a number may be that of two.
func findAction(s *record.State, text string) (*record.Action, error) {
	var found []*record.Action
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		for _, a := range s.Actions {
			if a.Seq == n {
				found = append(found, a)
			}
		}
		if len(found) > 1 {
			return nil, fmt.Errorf("%d actions have the number %d, one of them begun on the shared journal: name %s or %s",
				len(found), n, found[0].ID, found[1].ID)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	for _, a := range s.Actions {
		if len(text) >= 4 && strings.HasPrefix(a.ID, text) {
			found = append(found, a)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return nil, fmt.Errorf("there is no action %q; switchyard actions lists them", model.Clean(text))
}

const lastActions = 20

// shownActions are the last ones and those that are not over, or all.
func shownActions(s *record.State, all bool) []*record.Action {
	shown := []*record.Action{}
	for i, a := range s.Actions {
		if all || i >= len(s.Actions)-lastActions || a.Blocks(model.Now()) {
			shown = append(shown, a)
		}
	}
	return shown
}

func writeActions(w io.Writer, shown []*record.Action) error {
	if len(shown) == 0 {
		return printf(w, "nothing was done yet\n")
	}
	for _, a := range shown {
		says := a.Says
		if a.Batch > 0 {
			says += fmt.Sprintf(" (batch %d of a programme)", a.Batch)
		}
		if err := printf(w, "%5d  %s  %-12s  %-22s  %s\n", a.Seq, a.At.UTC().Format("2006-01-02 15:04"), a.By, stateOf(a), says); err != nil {
			return err
		}
	}
	return nil
}

// stateOf is the state and what it asks of a person.
func stateOf(a *record.Action) string {
	says := a.String()
	switch {
	case a.Acked != nil:
		says += ", acknowledged"
	case a.State != record.ActionRunning && a.Unfinished():
		says += ", UNFINISHED"
	}
	return says
}

// story is one action from its plan to its end.
type story struct {
	Action  *record.Action  `json:"action"`
	Plan    *plan.Plan      `json:"plan"`
	Records []record.Record `json:"records"`
}

func (l *looking) story(cmd *cobra.Command, j *journal.Journal, a *record.Action) error {
	b, rs, err := j.Story(cmd.Context(), a.ID)
	if err != nil {
		return err
	}
	p, err := plan.Of(b)
	if err != nil {
		return err
	}
	told := story{a, p.Plain(), rs}
	return l.print(cmd, "the action", told, func(w io.Writer) error { return told.write(w, j.State()) })
}

func (s story) write(w io.Writer, now *record.State) error {
	a := s.Action
	if err := printf(
		w,
		"ACTION %d   %s\n\n%s\n\nWhat was done\n",
		a.Seq,
		stateOf(a),
		strings.Join(s.Plan.Lines(s.Plan.Made), "\n"),
	); err != nil {
		return err
	}
	for _, r := range s.Records {
		if err := printf(w, "  %s  %-12s  %s\n", r.At.UTC().Format("2006-01-02 15:04:05"), r.Actor, r.Line(now)); err != nil {
			return err
		}
	}
	if l := a.Loss(); l != nil {
		if err := printf(w, "\nWhat was lost\n  %s\n", strings.Join(l.Lines(), "\n  ")); err != nil {
			return err
		}
	}
	if a.State == record.ActionDone && len(a.Config) > 0 {
		if err := printf(w, "\nWhat the configuration must say now\n  %s\n", strings.Join(a.Config, "\n  ")); err != nil {
			return err
		}
	}
	if a.Word && a.Resumable() {
		if err := printf(w, "\nIt wants of a person:  %s\nSay so:  switchyard act %d --attest TEXT\n", a.Asks, a.Seq); err != nil {
			return err
		}
	}
	if a.Owes() {
		err := printf(w, "\nIt was an emergency, and its review is owed.\nSay what you have seen:  switchyard act %d --review TEXT\n", a.Seq)
		if err != nil {
			return err
		}
	}
	if a.Review != nil {
		if err := printf(w, "\nReviewed by %s:  %s\n", a.Review.By, a.Review.Says); err != nil {
			return err
		}
	}
	if a.State != record.ActionRunning && a.Unfinished() {
		return printf(
			w,
			"\nIt is unfinished and blocks: %s\nGo on with it:  switchyard act %d\nOr let it be:   switchyard act %d --acknowledge --reason TEXT\n",
			a.Touches,
			a.Seq,
			a.Seq,
		)
	}
	return nil
}
