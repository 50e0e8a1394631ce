package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/mysql/schema"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

const splitPage = `Split leaves blue's schema, rung by rung, once green alone carries everything: observe proves that nobody uses it,
freeze takes the right to change it away, archive keeps it in two places, verify restores the archive and compares it table by table, lock
keeps its accounts out, rename moves its tables into a schema that holds them, and drop drops them, one by one. Each rung but the first is
a plan of its own, with the rung before it among its guards; it acts only with --apply. All but the last are undone by --undo, the newest
first.`

func splitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "split",
		Short: "leave blue's schema rung by rung: prints each rung's plan; acts only with --apply",
		Long:  splitPage,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		splitObserve(),
		splitRung(plan.RungFreeze, "take the right to change blue's schema away"),
		splitRung(
			plan.RungArchive,
			"archive blue's schema in two places",
		),
		splitRung(plan.RungVerify, "restore the archive elsewhere and compare it"),
		splitRung(plan.RungLock, "lock the accounts of blue's schema, to hear who still needs it"),
		splitRung(
			plan.RungRename,
			"rename its tables into a schema that holds them",
		),
		splitRung(plan.RungDrop, "drop its tables for good, one by one"),
	)
	return cmd
}

// sighted is what split observe prints.
type sighted struct {
	Version  int            `json:"version"`
	At       time.Time      `json:"at"`
	Recorded []record.Proof `json:"recorded"`
	Unseen   []string       `json:"not_seen"`
	Remedies []string       `json:"what_to_switch_on"`
}

func splitObserve() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "observe",
		Short: "one look at who uses blue's schema, which is recorded; for a timer",
		Long: "Observe asks every server of blue's catalog, and the replicas that act.split names, how often each table of the schema was " +
			"read or " +
			"written, who\nhas a session in it or a right to it, and which views, routines, events, triggers, keys and replication filters " +
			"name it. " +
			"The time that nobody uses it\ncounts on from look to look, whatever lies between; it begins anew when somebody did, when a " +
			"counter was set " +
			"back, or when the server was started.\nWhat this program's own accounts read is left out by the server itself. A server that " +
			"does not " +
			"count (Performance Schema is off on MariaDB unless\nsomebody switched it on) proves nothing: it is named, with what to switch on.\n\n" +
			"It is run as the account that acts, and changes nothing but the journal.\n\n" +
			"Exit status: 0 nobody uses it; 1 somebody does or may, or a server does not tell; 2 it could not look or record.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return observeSplit(cmd, &look) },
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	return cmd
}

func observeSplit(cmd *cobra.Command, look *looking) error {
	s, err := open(cmd)
	if err != nil {
		return err
	}
	for _, of := range []func(*config.Config) error{records, acts} {
		if err := of(s.cfg); err != nil {
			return err
		}
	}
	at, err := leaving(s.cfg)
	if err != nil {
		return err
	}
	j, err := openJournal(cmd.Context(), s.cfg)
	if err != nil {
		return err
	}
	defer j.Close()
	told := sighted{Version: jsonVersion, At: model.Now(), Recorded: []record.Proof{}, Unseen: []string{}, Remedies: []string{}}
	looks, failed := told.looks(cmd.Context(), at, s.cfg.Policy.Answer)
	r := &runner.Runner{Journal: j, Policy: s.cfg.Policy, Actor: operator(), Now: model.Now}
	recorded, err := r.Observe(cmd.Context(), func(st *record.State) (proofs []record.Proof) {
		for i := range looks {
			if p, tells := st.UnusedBy(&looks[i], at[0].Name, len(s.cfg.Act.Split.Replicas)); tells {
				proofs = append(proofs, p)
			}
		}
		return proofs
	})
	if err != nil {
		return verdictOf(err)
	}
	told.Recorded = append(told.Recorded, recorded...)
	if err := look.print(cmd, "who uses blue's schema", told, told.write); err != nil {
		return err
	}
	if len(looks) == 0 && failed != nil {
		return failed
	}
	used := len(told.Unseen) > 0
	for i := range recorded {
		used = used || recorded[i].Verdict != model.Holds
	}
	return found(used)
}

// looks asks each server; one that cannot be asked, or does not count, is told.
func (o *sighted) looks(ctx context.Context, at []schema.Schema, answer time.Duration) (out []model.SchemaLook, failed error) {
	for i := range at {
		limited, cancel := context.WithTimeout(ctx, 4*answer)
		l, err := at[i].Look(limited)
		cancel()
		switch {
		case err != nil:
			failed = errors.Join(failed, err)
			o.Unseen = append(o.Unseen, model.Clean(err.Error()))
			continue
		case l.Blind != "":
			o.Unseen = append(o.Unseen, model.Clean(fmt.Sprintf("%s: %s", l.Host, l.Blind)))
			o.Remedies = append(o.Remedies, model.Clean(fmt.Sprintf("%s: %s", l.Host, l.Remedy)))
		}
		out = append(out, l)
	}
	return out, failed
}

func (o *sighted) write(w io.Writer) error {
	for i := range o.Recorded {
		u := o.Recorded[i].Claim.Unused
		says := fmt.Sprintf("recorded: %s", &o.Recorded[i])
		if u != nil && u.Anew != "" {
			says += "; it counts from there: " + u.Anew
		}
		if err := printf(w, "%s\n", model.Clean(says)); err != nil {
			return err
		}
	}
	for _, says := range o.Unseen {
		if err := printf(w, "not seen, not recorded: %s\n", says); err != nil {
			return err
		}
	}
	for _, says := range o.Remedies {
		if err := printf(w, "  what makes it tell: %s\n", says); err != nil {
			return err
		}
	}
	return nil
}
