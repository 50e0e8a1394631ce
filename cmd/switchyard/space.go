package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/ui"
)

func spaceCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "space",
		Short: "how full the storages of both clusters are, by pool and volume, and when they are full at this rate",
		Long: "Space reads every volume of both catalogs once. Of each pool on each Storage it tells the volumes by status, what they hold, what of " +
			"that is still owed and what may be written anew, how much a day was written in the last week, and volumes that are in error or " +
			"have been recyclable for more than a day. Of each Storage it tells when it is full at this rate, as old volumes may be recycled " +
			"meanwhile: where storage_room says what is free; else nobody can tell.\n\nExit status: 0 nothing is to be done; 1 a Storage is full " +
			"within 14 days, or volumes are in error; 2 a catalog was not read, or the look was cut short.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := open(cmd)
			if err != nil {
				return err
			}
			snap, f, stop, err := look.at(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer stop()
			space := f.Space(cmd.Context(), snap)
			told := spaceTold{jsonVersion, space}
			if err := look.print(cmd, "the space", told, func(w io.Writer) error { return writeSpace(w, space) }); err != nil {
				return err
			}
			if len(space.Unread) > 0 {
				var says []string
				for _, u := range space.Unread {
					says = append(says, fmt.Sprintf("%s's catalog was not read: %s", u.Cluster, u.Why))
				}
				return errors.New("this is not all: " + strings.Join(says, "; "))
			}
			return errors.Join(look.whole(snap), found(len(space.Trouble()) > 0))
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	look.addWait(cmd)
	return cmd
}

// spaceTold is what space prints as JSON.
type spaceTold struct {
	Version int `json:"version"`
	*model.Space
}

// spacePage is the cockpit's page of it.
func spacePage(f *feed.Feed) ui.Command {
	return ui.Command{Name: "space", Says: "how full the storages are, by pool, and when at this rate; reads every volume of both catalogs",
		Run: func(ctx context.Context, _ string) (string, error) {
			snap, err := f.Next(ctx, 0)
			if err != nil {
				return "", err
			}
			var b bytes.Buffer
			err = writeSpace(&b, f.Space(ctx, snap))
			return b.String(), err
		}}
}

// withSpace adds it to what status prints as JSON.
func withSpace(value any, s *model.Space) any {
	switch v := value.(type) {
	case told:
		v.Space = s
		return v
	case brief:
		v.Space = s
		return v
	}
	return value
}

// writeSpace writes a name and a tab in front of each line.
func writeSpace(w io.Writer, s *model.Space) error {
	var b strings.Builder
	p := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	p("read", "%s UTC", s.At.UTC().Format("2006-01-02 15:04:05"))
	for _, u := range s.Unread {
		p("not read", "%s's catalog: %s", u.Cluster, u.Why)
	}
	for _, t := range s.Trouble() {
		p("to do", "%s", t)
	}
	for i := range s.Storage {
		t := &s.Storage[i]
		free := "free not known"
		if t.Free != nil {
			free = model.Size(*t.Free) + " free"
		}
		p(t.Cluster.String()+" "+orDash(t.Storage), "%s held, %s, %s written a day: %s", model.Size(t.Bytes), free, model.Size(t.PerDay), t.Says)
		for k := range s.Pools {
			if q := &s.Pools[k]; q.Cluster == t.Cluster && q.Storage == t.Storage {
				p("  "+orDash(q.Pool), "%s", poolLine(q))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func poolLine(q *model.PoolSpace) string {
	var says []string
	for _, status := range slices.Sorted(maps.Keys(q.Statuses)) {
		says = append(says, fmt.Sprintf("%d %s", q.Statuses[status], status))
	}
	line := fmt.Sprintf("%s; %s held, %s owed, %s reusable, %s written a day", strings.Join(says, ", "), model.Size(q.Bytes), model.Size(q.Owed),
		model.Size(q.Reusable), model.Size(q.PerDay))
	for _, x := range []struct {
		n    int
		says string
	}{{q.Bad, "IN ERROR"}, {q.Overdue, "overdue for recycling"}, {q.Off, "not enabled"}, {q.NoEnd, "kept for ever"}} {
		if x.n > 0 {
			line += fmt.Sprintf("; %d %s", x.n, x.says)
		}
	}
	return line
}
