package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/model"
)

func rdsCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "rds",
		Short: "the RDS primary and its replica, and whether the replica could take over now",
		Long: "Rds looks once at the RDS pair. Exit status 1 when the replica could not take over in an emergency, or nobody can tell; 2 " +
			"when nothing answered or the look was cut short.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := open(cmd)
			if err != nil {
				return err
			}
			if s.pair == nil {
				return fmt.Errorf("%s has no rds section: no RDS instance is watched", s.cfg.Path)
			}
			snap, _, stop, err := look.at(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer stop()
			text := func(w io.Writer) error { return writeRDS(w, snap.RDS, snap.At) }
			if err := look.print(cmd, "the RDS pair", pairJSON{jsonVersion, snap.RDS}, text); err != nil {
				return err
			}
			if err := look.whole(snap); err != nil {
				return err
			}
			return rdsVerdict(snap.RDS)
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	look.addWait(cmd)
	return cmd
}

func rdsVerdict(r *model.RDS) error {
	seen := false
	for _, i := range []*model.Instance{r.Primary, r.Replica} {
		seen = seen || i != nil && (i.AWS.Seen() || i.Server.Seen())
	}
	switch {
	case !seen:
		return errors.New("neither AWS nor the instances' servers could be read")
	case r.Emergency.Can != model.Holds:
		return errFinding
	}
	return found(r.Emergency.Can != model.Holds)
}

func writeRDS(out io.Writer, r *model.RDS, now time.Time) error {
	w := bufio.NewWriter(out)
	for _, i := range []*model.Instance{r.Primary, r.Replica} {
		if i != nil {
			writeInstance(w, i, now)
		}
	}
	distance := "unknown: " + r.Distance.Why
	if r.Distance.Known {
		distance = fmt.Sprintf("%d transactions", r.Distance.Missing)
	}
	fmt.Fprintf(w, "distance            %s\n", distance)
	if e := r.Distance.Errant; !e.Empty() {
		fmt.Fprintf(w, "errant              %d transactions that the primary never had: %s\n", e.Count(), e)
	}
	fmt.Fprintf(w, "switch over now     %s\n", r.Switchover.Says)
	fmt.Fprintf(w, "in an emergency     %s\n", r.Emergency.Says)
	if r.Emergency.Can != model.Holds {
		fmt.Fprintf(w, "it would lose       %s\n", r.Emergency.Loss.Says)
	}
	for _, d := range r.Parity {
		fmt.Fprintf(w, "  differs: %s: primary %s, replica %s\n", d.What, d.Primary, d.Replica)
	}
	for _, t := range []struct {
		name   string
		checks []model.Check
	}{{"switchover", r.Switchover.Checks}, {"emergency", r.Emergency.Checks}} {
		for _, c := range t.checks {
			if c.Verdict != model.Holds {
				fmt.Fprintf(w, "  %-10s %s %s: %s (limit %s)\n", t.name, c.Verdict, c.Says, c.Value, orDash(c.Limit))
			}
		}
	}
	for _, e := range r.Events[max(0, len(r.Events)-5):] {
		fmt.Fprintf(w, "%s  %s: %s\n", e.At.UTC().Format("2 Jan 15:04:05"), e.Instance, e.Says)
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func writeInstance(w io.Writer, i *model.Instance, now time.Time) {
	writeDescription(w, i)
	for _, m := range i.Upkeep.Value {
		fmt.Fprintf(w, "  maintenance       %s: %s\n", m.Action, m.Says)
	}
	if i.Key.Seen() {
		fmt.Fprintf(w, "  key               %s, multi-region %v\n", i.Key.Value.State, i.Key.Value.MultiRegion)
	}
	fmt.Fprintf(w, "  measured          cpu %s %%, iops %s read %s write, free storage %s\n",
		last(i.Metrics.Value.CPU), last(i.Metrics.Value.ReadIOPS), last(i.Metrics.Value.WriteIOPS), lastSize(i.Metrics.Value.FreeStorage))
	writeServer(w, i, now)
}

// writeDescription is what AWS says of it.
func writeDescription(w io.Writer, i *model.Instance) {
	d := i.AWS.Value
	switch {
	case !i.Missing.IsZero():
		fmt.Fprintf(w, "%s (%s)  AWS says that there is none: %s\n", i.ID, i.Region, i.AWS.Why)
	case !i.AWS.Seen():
		fmt.Fprintf(w, "%s (%s)  AWS: %s\n", i.ID, i.Region, i.AWS.Why)
	default:
		az := "Single-AZ"
		if d.MultiAZ {
			az = "Multi-AZ, standby in " + d.SecondaryAZ
		}
		fmt.Fprintf(w, "%s  %s %s  %s, %s  %s %s  %s\n", strings.ToUpper(d.Role()), i.ID, d.AZ, d.Class, az, d.Engine, d.Version, d.Status)
		fmt.Fprintf(w, "  storage           %s %d GiB, %d IOPS; retention %d d; deletion protection %v\n",
			d.Storage.Type, d.Storage.GiB, d.Storage.IOPS, d.Retention, d.Protected)
		if d.Recreated != "" {
			fmt.Fprintf(w, "  ANOTHER INSTANCE  it was %s and is %s\n", d.Recreated, d.ResourceID)
		}
		for _, p := range d.Pending {
			fmt.Fprintf(w, "  pending           %s -> %s\n", p.What, p.To)
		}
		until := "?"
		if !d.CertUntil.IsZero() {
			until = d.CertUntil.UTC().Format("2 Jan 2006")
		}
		fmt.Fprintf(w, "  certificate       %s, until %s; maintenance %s\n", d.CA, until, d.Window)
	}
}

// writeServer is what its own server says, stream by stream.
func writeServer(w io.Writer, i *model.Instance, now time.Time) {
	s := i.Server.Value
	if !i.Server.Seen() {
		fmt.Fprintf(w, "  server            %s\n", orDash(i.Server.Why))
		return
	}
	fmt.Fprintf(w, "  server            %d of %d connections, read_only %v, gtid_mode %s\n",
		s.Connections, s.MaxConnections, s.ReadOnly, s.GTIDMode)
	for _, p := range s.Streams() {
		name := "lag"
		if len(s.Channels) > 1 {
			name = "lag of " + orDash(p.Channel)
		}
		fmt.Fprintf(w, "  %-17s %s by itself (%s old)", name, p.Lag, model.Age(now.Sub(i.Server.At)))
		switch {
		case i.Overtaken():
			fmt.Fprintf(w, "; CloudWatch not replicating then (%s old)", model.Age(now.Sub(i.Lag.At)))
		case i.Lag.Seen():
			fmt.Fprintf(w, "; CloudWatch %s (%s old)", i.Lag.Value, model.Age(now.Sub(i.Lag.At)))
		default:
			fmt.Fprintf(w, "; CloudWatch %s", i.Lag.Value)
		}
		fmt.Fprintln(w)
		if p.Delay > 0 {
			fmt.Fprintf(w, "  %-17s %s on purpose\n", "delayed", model.Span(p.Delay))
		}
		for _, e := range p.Workers {
			fmt.Fprintf(w, "  %-17s %s\n", "applier", e)
		}
	}
}

func last(s model.Series) string {
	if p, ok := s.Last(); ok {
		return fmt.Sprintf("%.0f", p.Value)
	}
	return "?"
}

func lastSize(s model.Series) string {
	if p, ok := s.Last(); ok {
		return model.Size(p.Value)
	}
	return "?"
}
