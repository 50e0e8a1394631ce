package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/rds"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// eventsListed is for how long AWS lists the events of an instance, and less by what its clock and ours may be apart: it refuses to be
// asked for more.
const eventsListed = 13 * 24 * time.Hour

// sizeFlags are what a person knows and nothing tells.
type sizeFlags struct {
	class, poolSince, classSince string
	catchUps                     []string
	dataGiB, mbps                float64
	classes                      bool
}

func sizeCommand() *cobra.Command {
	var flags sizeFlags
	var acts applyFlags
	look := &acts.looking
	cmd := &cobra.Command{
		Use:   "size",
		Short: "which instance class green's catalog needs, by all that its load needs; refused where too little of it is known",
		Long: "Size reads what CloudWatch kept of the instance that takes writes, in points of five minutes over two months, and what its " +
			"server " +
			"says of its settings, and compares what that needs with what each class of its family gives for as long as it is asked: vCPU, with " +
			"the highest quarter of an hour of catching up; memory; operations and throughput, of the class and of the volume; network; " +
			"connections. It says which of them binds, never goes down by more than one size, never to a class that lends its CPU, and prints " +
			"the change for whoever owns the instances: nothing is changed.\n\nWith --apply it makes the plan of that change and carries it out, " +
			"where the policy's size_calls lets a call to AWS do so: the replica grows first and shrinks last, and the second instance is touched " +
			"only once the first one has its class, is available and answers.\n\nThe figures of classes are a dated file, which --classes prints " +
			"and rds.classes replaces.\n\nExit status: 0 it has the class that it needs, and its replica none smaller; 1 one of them should have " +
			"another one, or it is refused; 2 nothing answered, which instance takes writes is not known, or the look was cut short.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.classes {
				_, err := io.WriteString(cmd.OutOrStdout(), model.OwnClassesText())
				return err
			}
			if acts.apply != "" {
				return changeClass(cmd, &flags, &acts)
			}
			return look.judge(cmd, func(s *site, snap *board.Snapshot) (outcome, error) { return s.size(cmd.Context(), snap, &flags) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.class, "class", "", "judge this `CLASS` instead of choosing one")
	f.StringSliceVar(
		&flags.catchUps,
		"catch-up",
		nil,
		"a `TIME` at which jobs that had been held back were let go, UTC: 2026-11-28 01:30, or 2d "+
			"ago; failovers to the standby that the journal tells of need not be said",
	)
	f.StringVar(
		&flags.classSince,
		"class-since",
		"",
		"since which `TIME` it has its class: only what was measured from then on counts; a later "+
			"change that AWS lists wins",
	)
	f.StringVar(&flags.poolSince, "pool-since", "", "since which `TIME` its innodb_buffer_pool_size is what it is now")
	f.Float64Var(&flags.dataGiB, "data-gib", 0, "how much its tables and indexes hold, in `GiB`; without it, all that is used of its storage")
	f.Float64Var(&flags.mbps, "volume-mbps", 0, "what its volume gives in `MiB` a second, where AWS does not say")
	f.BoolVar(&flags.classes, "classes", false, "print the file of classes that the program brings along, to be copied and changed")
	acts.add(cmd)
	return cmd
}

// changeClass tells the size, and makes the plan of what it comes to.
func changeClass(cmd *cobra.Command, flags *sizeFlags, acts *applyFlags) error {
	s, err := open(cmd)
	if err != nil {
		return err
	}
	snap, _, stop, err := acts.at(cmd.Context(), s)
	if err != nil {
		return err
	}
	sized, err := s.size(cmd.Context(), snap, flags)
	stop()
	if err != nil {
		return err
	}
	told, _ := sized.told.(sizeTold)
	if !acts.json {
		if err := told.write(cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	if len(told.Changes) == 0 {
		return errors.Join(printf(cmd.ErrOrStderr(), "switchyard: there is no class to be changed: %s\n", told.Says), sized.ends)
	}
	return acts.plan(cmd, func(*board.Snapshot) (plan.Ask, error) {
		return plan.Ask{ChangeClass: &plan.ChangeClass{Changes: told.Changes, Says: told.Says}}, nil
	})
}

// size judges the class of the instance that takes writes.
func (s *site) size(ctx context.Context, snap *board.Snapshot, flags *sizeFlags) (outcome, error) {
	if s.pair == nil {
		return outcome{}, fmt.Errorf("%s has no rds section: no RDS instance is watched", s.cfg.Path)
	}
	classes, err := s.cfg.InstanceClasses()
	if err != nil {
		return outcome{}, err
	}
	writer, replica, err := plan.Writer(snap.RDS)
	if err != nil {
		return outcome{}, err
	}
	now := model.Now()
	events, err := s.pair.Reader.Events(ctx, rds.Target{ID: writer.ID, Region: writer.Region}, now.Add(-eventsListed))
	if err != nil {
		return outcome{}, err
	}
	facts, err := flags.facts(writer, snap.State, classes, events)
	if err != nil {
		return outcome{}, err
	}
	load, err := s.pair.Reader.Load(ctx, writer.Region, writer.ID, now.Add(-s.cfg.Policy.SizeWindow), now)
	if err != nil {
		return outcome{}, err
	}
	need := plan.NeedOf(load, facts, &s.cfg.Policy.Sizing)
	if snap.State == nil {
		need.Blind = append(need.Blind, "the journal was not read, so since when it takes writes is not known: see switchyard journal")
	}
	if replica != nil && replica.AWS.Value.Class != need.Class && classes.Of(replica.AWS.Value.Class) == nil {
		need.Blind = append(
			need.Blind,
			fmt.Sprintf("%s of its replica is not in %s: add a row for it to a copy of that file, and name the copy as "+
				"rds.classes", model.Clean(cmp.Or(replica.AWS.Value.Class, "the class")), model.Clean(classes.Name)),
		)
	}
	if g := gate.Evaluate(s.gates(snap)).Find("full-load"); g != nil && !g.Passes() {
		need.Blind = append(
			need.Blind,
			fmt.Sprintf("%s (%s, want %s), so its load is not what it will be%s", g.Not(), g.Value, g.Limit, g.ThenDo()),
		)
	}
	sized := plan.Size(need, classes, flags.class, &s.cfg.Policy.Sizing)
	told := sizeTold{
		Version: jsonVersion, At: now, Instance: writer.ID, Region: writer.Region, Class: need.Class, From: need.From, To: load.To, Sized: sized,
		Figures: need.Figures(), Changes: sized.Resizes(writer, replica, classes), Classes: classes.Name, Dated: classes.Date(),
	}
	if replica != nil {
		told.Replica = replica.AWS.Value.Class
	}
	if sized.Verdict == plan.SizeStay && len(told.Changes) > 0 {
		sized.Says += fmt.Sprintf("; its replica is smaller (%s), and could not carry it after a takeover", model.Clean(told.Replica))
	}
	return outcome{"the size", told, found(sized.Verdict != plan.SizeStay || len(told.Changes) > 0)}, nil
}

// facts are what is known beside the load.
func (f *sizeFlags) facts(i *model.Instance, st *record.State, classes *model.Classes, events []model.RDSEvent) (plan.SizeFacts, error) {
	out := plan.SizeFacts{Instance: i, Class: classes.Of(i.AWS.Value.Class), Data: f.dataGiB * (1 << 30), MBps: f.mbps}
	for _, n := range []float64{f.dataGiB, f.mbps} {
		if !(n >= 0 && n < 1e9) { // NaN is neither: nothing compares with it, and everything would fit
			return out, errors.New("--data-gib and --volume-mbps: want numbers above 0")
		}
	}
	for _, text := range f.catchUps {
		at, err := model.ParseMoment(text, model.Now())
		if err != nil {
			return out, fmt.Errorf("--catch-up: %w", err)
		}
		out.CatchUps = append(out.CatchUps, at)
	}
	for _, x := range []struct {
		flag, text string
		at         *time.Time
	}{{"--pool-since", f.poolSince, &out.PoolSince}, {"--class-since", f.classSince, &out.ClassSince}} {
		if x.text == "" {
			continue
		}
		at, err := model.ParseMoment(x.text, model.Now())
		if err != nil {
			return out, fmt.Errorf("%s: %w", x.flag, err)
		}
		*x.at = at
	}
	out.ClassSince = latterOf(out.ClassSince, plan.ClassSince(events, i.ID))
	out.WriterSince = plan.ReplicaUntil(events, i.ID)
	if st != nil {
		out.CatchUps = append(out.CatchUps, plan.CatchUps(st)...)
		out.WriterSince = latterOf(out.WriterSince, plan.WriterSince(st))
	}
	return out, nil
}

func latterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// sizeTold is what size prints.
type sizeTold struct {
	Version  int       `json:"version"`
	At       time.Time `json:"at"`
	Instance string    `json:"instance"`
	Region   string    `json:"aws_region"`
	Class    string    `json:"class"`
	Replica  string    `json:"replica_class,omitempty"`
	From     time.Time `json:"from"`
	To       time.Time `json:"until"`
	*plan.Sized
	Figures []plan.SizeFigure `json:"measured"`
	Changes []plan.Resize     `json:"changes,omitempty"`
	Classes string            `json:"classes"`
	Dated   time.Time         `json:"classes_dated"`
}

func (t sizeTold) write(out io.Writer) error {
	w := bufio.NewWriter(out)
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	p("%s (%s), %s: %s", t.Instance, t.Region, cmp.Or(t.Class, "?"), strings.TrimSpace(strings.ToUpper(string(t.Verdict))+" "+t.Sized.To))
	if t.Verdict == plan.SizeRefused {
		p("too little is known to choose a class:")
		for _, m := range t.Missing {
			p("  - %s", m)
		}
	} else {
		p("%s", t.Says)
	}
	for _, line := range [][2]string{{"binds", t.Binds}, {"costs", t.Cost}} {
		if line[1] != "" {
			p("%-8s %s", line[0], line[1])
		}
	}
	p("measured %s to %s UTC", t.From.UTC().Format(pointTime), t.To.UTC().Format(pointTime))
	for _, f := range t.Figures {
		p("  %-42s %s", f.What, f)
	}
	for i := range t.Volume {
		writeSizeCheck(w, &t.Volume[i])
	}
	for i := range t.Candidates {
		c := &t.Candidates[i]
		p(
			"%s: %s",
			c.Class.Name,
			map[model.Verdict]string{model.Holds: "enough"}[c.Fits]+map[bool]string{true: "not enough"}[c.Fits != model.Holds],
		)
		for k := range c.Checks {
			writeSizeCheck(w, &c.Checks[k])
		}
	}
	p("classes  %s, %s at the oldest", t.Classes, t.Dated.Format("2 Jan 2006"))
	t.writeChanges(p)
	return w.Flush()
}

func writeSizeCheck(w io.Writer, c *plan.SizeCheck) {
	word := "ok"
	if c.Fits != model.Holds {
		word = "NO"
	}
	fmt.Fprintf(w, "  %-2s %-26s %s\n", word, c.What, c.Told())
}

// writeChanges says what the owner of the instances changes, in its order, and how it is seen to be done.
func (t sizeTold) writeChanges(p func(string, ...any)) {
	if len(t.Changes) == 0 {
		return
	}
	p("\nThe change, one after the other; each is an outage of its instance, to be planned as a failover. Where code owns the instance:")
	for i := range t.Changes {
		c := &t.Changes[i]
		p("\n  # %s in %s\n-   instance_class = %q\n+   instance_class = %q\n  # or: %s", c.ID, c.Region, c.From, c.To, c.Call())
	}
	p("\nThen look: switchyard rds tells its class, and nothing as pending; let its buffer pool fill before it is judged.")
}
