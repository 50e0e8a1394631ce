package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

func evidenceCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "what is proven, about what, by what, how old it is, and whether it still counts",
		Long: "Evidence lists the newest proof of each claim about each thing, and looks once at every source to tell whether what it is bound " +
			"to is still the same.\nWhat nobody can tell is unknown, and does not count.\n\n" +
			"Exit status: 0 all of it holds and none has lapsed; 1 something fails or has lapsed; 2 the journal could not be read, or the look " +
			"was cut short by --wait.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := open(cmd)
			if err != nil {
				return err
			}
			j, err := readJournal(cmd.Context(), s.cfg)
			if err != nil {
				return err
			}
			defer j.Close()
			s.past = nil // it was read
			snap, f, stop, err := look.at(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer stop()
			snap = f.Proven(cmd.Context(), snap, j.State().Evidence)
			told := proven{Version: jsonVersion, At: snap.At, Evidence: judged(j.State(), snap)}
			if err := look.print(cmd, "the evidence", told, told.write); err != nil {
				return err
			}
			if err := look.whole(snap); err != nil {
				return err
			}
			return found(told.finds())
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	look.addWait(cmd)
	return cmd
}

// proven is what evidence prints.
type proven struct {
	Version  int           `json:"version"`
	At       time.Time     `json:"at"`
	Evidence []judgedProof `json:"evidence"`
}

// judgedProof is a proof and whether it still counts.
type judgedProof struct {
	*record.Proved
	Counts model.Answer `json:"counts"`
	Says   string       `json:"counts_says"`
}

func judged(st *record.State, snap *board.Snapshot) []judgedProof {
	out := []judgedProof{}
	for _, p := range st.Evidence {
		v, says := snap.Counts(&p.Proof)
		out = append(out, judgedProof{p, model.Answer(v), says})
	}
	return out
}

func (p proven) finds() bool {
	for _, e := range p.Evidence {
		if e.Verdict == model.Fails || e.Counts == model.Answer(model.Fails) {
			return true
		}
	}
	return false
}

func (p proven) write(w io.Writer) error {
	if len(p.Evidence) == 0 {
		return printf(w, "nothing was proven yet; switchyard observe records what can be seen, evidence add what others know\n")
	}
	for _, e := range p.Evidence {
		lines := e.lines(p.At)
		if err := printf(w, "%-16s %5s  %s\n", e.Word(), model.Age(p.At.Sub(e.At)), lines[0]); err != nil {
			return err
		}
		for _, line := range lines[1:] {
			if err := printf(w, "%24s%s\n", "", line); err != nil {
				return err
			}
		}
	}
	return nil
}

// lines say what is proven, by what, and whether it counts.
func (e judgedProof) lines(now time.Time) []string {
	lines := []string{fmt.Sprintf("%s: %s", &e.Of, &e.Claim)}
	if e.Why != "" {
		lines = append(lines, e.Why)
	}
	counts := map[model.Verdict]string{model.Holds: "counts ", model.Fails: "LAPSED: ", model.Unknown: "not known whether it counts: "}
	lines = append(lines, fmt.Sprintf("by %s, recorded by %s; %s%s", e.By, e.Who, counts[model.Verdict(e.Counts)], e.Says))
	if t := e.Tried; t != nil {
		lines = append(lines, fmt.Sprintf("%s %s ago, by %s: %s", record.NotCarriedOut, model.Age(now.Sub(t.At)), t.By, t.Why))
	}
	return lines
}
