package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

func programmeCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "programme [NUMBER]",
		Short: "batches that are done in order, each a plan of its own when the one before has soaked",
		Long: "A programme is ordered batches with a soak between them and a stop rule. It acts on nothing by itself and holds nothing while " +
			"it waits: each batch is an ordinary plan, which somebody approves when it is due. Without a number it lists them.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			j, err := readJournal(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			st := j.State()
			if len(args) == 1 {
				p, err := findProgramme(st, args[0])
				if err != nil {
					return err
				}
				told := programmeJSON{p, st.Course(p)}
				return look.print(cmd, "the programme", told, func(w io.Writer) error { return told.write(w, st) })
			}
			all := []programmeJSON{}
			for _, p := range st.Programmes {
				all = append(all, programmeJSON{p, st.Course(p)})
			}
			return look.print(cmd, "the programmes", all, func(w io.Writer) error { return writeProgrammes(w, all) })
		},
	}
	look.addJSON(cmd, "print JSON")
	cmd.AddCommand(
		programmeBegin(),
		programmeShift(),
		programmeBatch(),
		programmeDecide("stop", "let no further batch be proposed until somebody lets it go on", false),
		programmeDecide("go-on", "let a programme go on that somebody, or its stop rule, has stopped", true),
	)
	return cmd
}

// programmeJSON is a programme and how far it is.
type programmeJSON struct {
	*record.Programme
	Course record.Course `json:"course"`
}

func findProgramme(s *record.State, text string) (*record.Programme, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	for _, p := range s.Programmes {
		if err == nil && p.Seq == n {
			return p, nil
		}
	}
	return nil, fmt.Errorf("there is no programme %q; switchyard programme lists them", model.Clean(text))
}

// stands is how far a programme is, in words.
func (p programmeJSON) stands(now time.Time) string {
	c := p.Course
	switch {
	case c.Over:
		return "done"
	case c.Halt != "":
		return "stands: " + c.Halt
	case c.Open:
		return fmt.Sprintf("batch %d is action %d: %s", c.Next(), c.Action.Seq, c.Action)
	case c.Action != nil && c.Action.Blocks(now):
		return fmt.Sprintf("batch %d is proposed: action %d %s", c.Next(), c.Action.Seq, c.Action)
	case c.Ready(now):
		return fmt.Sprintf("batch %d is due", c.Next())
	}
	return fmt.Sprintf("soaks: batch %d is due at %s UTC", c.Next(), c.Due.UTC().Format("2006-01-02 15:04:05"))
}

func writeProgrammes(w io.Writer, all []programmeJSON) error {
	if len(all) == 0 {
		return printf(w, "there is no programme\n")
	}
	for _, p := range all {
		if err := printf(
			w,
			"%5d  %s  %-12s  %d of %d  %s: %s\n",
			p.Seq,
			p.At.UTC().Format("2006-01-02 15:04"),
			p.By,
			p.Course.Done,
			len(p.Batches),
			p.Says,
			p.stands(model.Now()),
		); err != nil {
			return err
		}
	}
	return nil
}

func (p programmeJSON) write(w io.Writer, s *record.State) error {
	err := printf(
		w,
		"PROGRAMME %d   %s\n\n%s\nby %s, a soak of %s, stops at %d failed\n\n",
		p.Seq,
		p.stands(model.Now()),
		p.Says,
		p.By,
		model.Span(p.Soak),
		p.Failures,
	)
	for i, says := range p.Batches {
		mark := " "
		if i < p.Course.Done {
			mark = "✓"
		}
		err = errors.Join(err, printf(w, "  %s %d  %s\n", mark, i+1, says))
		for _, a := range s.Actions {
			if a.Programme == p.ID && a.Batch == i+1 {
				did := ""
				if a.Says != says {
					did = ": " + a.Says
				}
				err = errors.Join(err, printf(w, "       action %d by %s: %s%s\n", a.Seq, a.By, stateOf(a), did))
			}
		}
	}
	if ends := plan.Ends(p.Programme, p.Course, model.Now()); !ends.IsZero() {
		err = errors.Join(err, printf(w, "\nIt ends %s UTC at the earliest: when each batch is approved as soon as it is due\n",
			ends.UTC().Format("2006-01-02 15:04")))
	}
	switch {
	case p.Course.Halt != "":
		return errors.Join(err, printf(w, "\nLet it go on:  switchyard programme go-on %d --reason TEXT\n", p.Seq))
	case p.Course.Ready(model.Now()):
		return errors.Join(err, printf(w, "\nIts plan:  switchyard programme batch %d\n", p.Seq))
	}
	return err
}

// programmeOf is the programme of a number, with the state that it was read from.
func programmeOf(cmd *cobra.Command, number string) (*config.Config, *record.State, *record.Programme, error) {
	cfg, err := load(cmd)
	if err != nil {
		return nil, nil, nil, err
	}
	j, err := readJournal(cmd.Context(), cfg)
	if err != nil {
		return nil, nil, nil, err
	}
	defer j.Close()
	p, err := findProgramme(j.State(), number)
	return cfg, j.State(), p, err
}

func programmeBegin() *cobra.Command {
	var apply bool
	var wait looking
	cmd := &cobra.Command{
		Use:   "begin FILE",
		Short: "a new programme from a file of JSON, or - for standard input; acts only with --apply",
		Long: "Begin reads a programme: {\"says\": \"what it is for\", \"soak\": \"24h\", \"failures\": 1, \"batches\": [{\"backup\": " +
			"{\"cell\": {\"chain\": \"chain001\", \"region\": \"region1\", " +
			"\"kind\": \"regular\"}, \"cluster\": \"green\", \"level\": \"Full\"}}]}. It prints it, and with --apply records it: no batch is " +
			"done by that.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			raw, err := readFile(cmd, args[0])
			if err != nil {
				return err
			}
			p, err := plan.DecodeProgramme(raw)
			if err != nil {
				return err
			}
			return begunWith(cmd, cfg, &p, apply)
		},
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "record it; else it is printed and nothing is done")
	wait.addWait(cmd)
	return cmd
}

func readFile(cmd *cobra.Command, name string) ([]byte, error) {
	from := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("reading the programme: %w", err)
		}
		defer f.Close()
		from = f
	}
	b, err := io.ReadAll(io.LimitReader(from, maxRequest))
	if err != nil {
		return nil, fmt.Errorf("reading the programme: %w", err)
	}
	return b, nil
}

func programmeDecide(use, short string, goes bool) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   use + " NUMBER",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, _, p, err := programmeOf(cmd, args[0])
			if err != nil {
				return err
			}
			if reason, err = typed(cmd, reason); err != nil {
				return fmt.Errorf("reading the reason: %w", err)
			}
			ask := request{Do: doHalt, Action: p.ID, Reason: reason}
			if goes {
				ask.Do = doGoOn
			}
			return obeys(cmd, cfg, ask)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; - reads it from standard input")
	_ = cmd.MarkFlagRequired("reason")
	return cmd
}

// obeys lets the process that acts do it, and prints what it says.
func obeys(cmd *cobra.Command, cfg *config.Config, ask request) error {
	s, err := launchAct(cfg, ask)
	if err != nil {
		return err
	}
	if err := s.copyTo(cmd.OutOrStdout(), cmd.Context().Done()); err != nil {
		return err
	}
	select {
	case <-s.done:
	case <-cmd.Context().Done():
		return fmt.Errorf("process %d goes on without this one", s.pid)
	}
	return s.ended()
}

// aboutProgramme does what a request wants of a programme; is tells whether it wants anything of one.
func aboutProgramme(ctx context.Context, r *runner.Runner, ask *request) (says string, is bool, err error) {
	switch {
	case ask.Do == doBegin && ask.Programme == nil:
		err = errors.New("reading what to do: it names no programme to begin")
	case ask.Do == doBegin:
		err = r.Begin(ctx, ask.Programme, ask.Action)
	case ask.Do == doHalt, ask.Do == doGoOn:
		err = r.Decide(ctx, ask.Action, ask.Do == doGoOn, ask.Reason)
	default:
		return "", false, nil
	}
	st := r.Journal.State()
	if p := st.Programme(ask.Action); err == nil && p != nil {
		says = programmeJSON{p, st.Course(p)}.told()
	}
	return says, true, err
}

// told says what became of a programme that was begun or decided about.
func (p programmeJSON) told() string {
	return fmt.Sprintf("programme %d: %s", p.Seq, p.stands(model.Now()))
}
