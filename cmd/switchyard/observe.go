package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

func observeCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "observe",
		Short: "one look at every source, which records what later has to be proven; for a timer",
		Long: "Observe looks once at every source and appends to the journal what can be seen now and must be known when it cannot: how both " +
			"RDS instances are\nset, whether the replica is what the primary is, whether the Directors have loaded the files that they have, " +
			"who lives on the server of blue's catalog (with the login of act.split) and what that counts, " +
			"which file daemons and storages they can have work\n(of those that nobody knows of), and the jobs of both clusters that ended " +
			"since. What is as it was is recorded again only once in a while (evidence_every of the " +
			"policy), ended jobs only so often (tail_every), so that it\nmay run every minute. What was not seen is not recorded.\n\n" +
			"It is run as the account that acts, with its configuration, and changes nothing but the journal.\n\n" +
			"Exit status: 0 all was seen; 1 something was not seen, which it names; 2 no source answered, the look was cut short by --wait, or " +
			"the journal\ncould not be written.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := open(cmd)
			if err != nil {
				return err
			}
			if err := records(s.cfg); err != nil {
				return err
			}
			if err := acts(s.cfg); err != nil {
				return err
			}
			j, err := openJournal(cmd.Context(), s.cfg)
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
			if err := reached(snap); err != nil {
				return err
			}
			if snap, err = withVolumes(cmd.Context(), s, f, snap, j.State()); err != nil {
				return err
			}
			snap = tenants(cmd.Context(), s.cfg, s.withNumbers(cmd.Context(), snap))
			r := &runner.Runner{Journal: j, Policy: s.cfg.Policy, Actor: operator(), Now: model.Now}
			snap = withFiles(cmd.Context(), s.cfg, r, snap)
			if snap, err = withReached(cmd.Context(), s, snap, j.State()); err != nil {
				return err
			}
			if snap, err = withStorages(cmd.Context(), s, snap, j.State()); err != nil {
				return err
			}
			told := observation{Version: jsonVersion, At: snap.At}
			told.Recorded, err = r.Observe(cmd.Context(), func(st *record.State) (proofs []record.Proof) {
				proofs, told.Unseen = board.Observed(snap, st, s.cfg.Policy)
				return proofs
			})
			if err != nil {
				return verdictOf(err)
			}
			if err := look.print(cmd, "what was observed", told.listed(), told.write); err != nil {
				return err
			}
			if err := look.whole(snap); err != nil {
				return err
			}
			return found(len(told.Unseen) > 0)
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	look.addWait(cmd)
	return cmd
}

// withVolumes asks on which volumes those jobs are that would be recorded.
func withVolumes(ctx context.Context, s *site, f *feed.Feed, snap *board.Snapshot, st *record.State) (*board.Snapshot, error) {
	for _, c := range model.Clusters {
		ids := snap.Unrecorded(c, st)
		if len(ids) == 0 {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, 2*s.cfg.Policy.Answer)
		on, err := f.VolumeNames(limited, c, ids)
		cancel()
		why := ""
		if err != nil {
			why = model.Clean(err.Error())
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("asking for volumes: %w", err)
		}
		snap = snap.WithVolumes(c, on, why)
	}
	return snap, nil
}

// withNumbers asks what green's catalog numbers its next rows by, where its server takes writes.
func (s *site) withNumbers(ctx context.Context, snap *board.Snapshot) *board.Snapshot {
	if s.pair == nil {
		return snap
	}
	in, at := s.pair.Primary.Server, (*model.Instance)(nil)
	if r := snap.RDS; r != nil {
		if at = r.Primary; at != nil && at.AWS.Value.IsReplica() {
			in, at = s.pair.Replica.Server, r.Replica
		}
	}
	switch {
	case in == nil || at == nil:
		return snap
	case at.Server.Why != "":
		return snap.WithNumbers(model.Green, nil, at.Server.Why)
	}
	limited, cancel := context.WithTimeout(ctx, s.cfg.Policy.Answer)
	defer cancel()
	next, err := in.Numbers(limited)
	why := ""
	if err != nil {
		why = model.Clean(err.Error())
	}
	return snap.WithNumbers(model.Green, next, why)
}

// observation is what observe prints.
type observation struct {
	Version  int            `json:"version"`
	At       time.Time      `json:"at"`
	Recorded []record.Proof `json:"recorded"`
	Unseen   []string       `json:"not_seen"`
}

func (o observation) listed() observation {
	if o.Recorded == nil {
		o.Recorded = []record.Proof{}
	}
	if o.Unseen == nil {
		o.Unseen = []string{}
	}
	return o
}

func (o *observation) write(w io.Writer) error {
	if len(o.Recorded) == 0 {
		if err := printf(w, "nothing is new: nothing was recorded\n"); err != nil {
			return err
		}
	}
	for i := range o.Recorded {
		if err := printf(w, "recorded: %s\n", &o.Recorded[i]); err != nil {
			return err
		}
	}
	for _, says := range o.Unseen {
		if _, err := fmt.Fprintf(w, "not seen, not recorded: %s\n", says); err != nil {
			return err
		}
	}
	return nil
}
