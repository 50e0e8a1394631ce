package main

import (
	"cmp"
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
	"switchyard/model/board"
	"switchyard/model/gate"
)

func spaceCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "space",
		Short: "how full the storages of both clusters are, by pool and volume, and when they are full at this rate",
		Long: "Space reads every volume of both catalogs once. Of each pool on each Storage it tells the volumes by status, what they hold, " +
			"what of " +
			"that is still owed and what may be written anew, how much a day was written in the last week, and volumes that are in error or " +
			"have been recyclable for more than a day. Of each Storage it tells when it is full at this rate, as old volumes may be recycled " +
			"meanwhile: where storage_room says what is free; else nobody can tell. Beside it stands what the migration takes of it: cells " +
			"that both " +
			"clusters take, cells that still come, and what is kept of cells that its cluster takes no more.\n\n" +
			"Exit status: 0 nothing is to be done; 1 a Storage is full within 14 days, or volumes are in error; 2 a catalog was not read, or " +
			"the look was cut short.",
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
			space := s.space(cmd.Context(), f, snap)
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
			if err := look.whole(snap); err != nil {
				return err
			}
			return found(len(space.Trouble()) > 0)
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

// space reads every volume, and weighs what the migration takes of each storage.
func (s *site) space(ctx context.Context, f *feed.Feed, snap *board.Snapshot) *model.Space {
	space := f.Space(ctx, snap)
	space.Weigh(gate.Needs(s.gates(snap)))
	return space
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

// spaceLines are names, each with a tab and what is told of it.
type spaceLines struct{ strings.Builder }

func (b *spaceLines) put(name, format string, args ...any) {
	fmt.Fprintf(b, "%s\t%s\n", name, fmt.Sprintf(format, args...))
}

// writeSpace writes a name and a tab in front of each line.
func writeSpace(w io.Writer, s *model.Space) error {
	var b spaceLines
	b.put("read", "%s UTC", s.At.UTC().Format("2006-01-02 15:04:05"))
	for _, u := range s.Unread {
		b.put("not read", "%s's catalog: %s", u.Cluster, u.Why)
	}
	b.trouble(s)
	b.first(s)
	for _, k := range model.Clusters {
		if !slices.ContainsFunc(s.Unread, func(u model.Unread) bool { return u.Cluster == k }) {
			b.cluster(s, k)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (b *spaceLines) trouble(s *model.Space) {
	for _, t := range s.Trouble() {
		b.put("to do", "%s", t)
	}
}

// fullFirst is how many storages are told by name that are full before others.
const fullFirst = 3

// first tells which storages are full first, of how many are not within the time that is looked ahead, and of how many nobody can tell.
func (b *spaceLines) first(s *model.Space) {
	var full, says []string
	var by []*model.StorageSpace
	late, untold := 0, 0
	for i := range s.Storage {
		t := &s.Storage[i]
		switch _, is := t.Soonest(); {
		case is:
			by = append(by, t)
		case t.Free == nil:
			untold++
		default:
			late++
		}
	}
	slices.SortStableFunc(by, func(x, y *model.StorageSpace) int {
		xs, _ := x.Soonest()
		ys, _ := y.Soonest()
		return cmp.Compare(xs, ys)
	})
	for _, t := range by[:min(len(by), fullFirst)] {
		days, _ := t.Soonest()
		full = append(full, fmt.Sprintf("%s %s in %.0f days", t.Cluster, orDash(t.Storage), days))
	}
	if len(full) > 0 {
		says = append(says, strings.Join(full, ", "))
	}
	if n := len(by) - len(full); n > 0 {
		says = append(says, fmt.Sprintf("%d more within %d days", n, model.SpaceAhead))
	}
	if late > 0 {
		says = append(says, fmt.Sprintf("%d not within %d days", late, model.SpaceAhead))
	}
	if untold > 0 {
		says = append(says, fmt.Sprintf("of %d nobody tells what is free", untold))
	}
	if len(says) > 0 {
		b.put("full first", "%s", strings.Join(says, "; "))
	}
}

// cluster tells of the storages of a cluster whose volumes were read, of those that hold none as far as the migration comes to them.
func (b *spaceLines) cluster(s *model.Space, k model.Cluster) {
	told := map[string]bool{}
	for i := range s.Storage {
		t := &s.Storage[i]
		if t.Cluster != k {
			continue
		}
		told[t.Storage] = true
		free := "free not known"
		if t.Free != nil {
			free = model.Size(*t.Free) + " free"
		}
		b.put(k.String()+" "+orDash(t.Storage), "%s held, %s, %s written a day: %s", model.Size(t.Bytes), free, model.Size(t.PerDay), t.Says)
		b.need(s.Need(k, t.Storage))
		for n := range s.Pools {
			if q := &s.Pools[n]; q.Cluster == k && q.Storage == t.Storage {
				b.put("  "+orDash(q.Pool), "%s", poolLine(q))
			}
		}
	}
	for i := range s.Needs {
		if n := &s.Needs[i]; n.Cluster == k && !told[n.Storage] {
			says := "no volume of it is in the catalog, free not known"
			if n.Storage == "" {
				says = "the inventory names no storage of these cells"
			}
			b.put(k.String()+" "+orDash(n.Storage), "%s", says)
			b.need(n)
		}
	}
}

// need tells what the migration takes of a storage.
func (b *spaceLines) need(n *model.StorageNeed) {
	if n == nil {
		return
	}
	if n.Cells > 0 {
		b.put("  overlap", "%s taken by both clusters: %s here", model.Plural(n.Cells, "cell"), aboutADay(n.Overlap))
	}
	if n.Coming > 0 {
		b.put("  to come", "%s only blue takes yet: %s more here", model.Plural(n.Coming, "cell"), aboutADay(n.Comes))
	}
	if n.Left > 0 {
		b.put(
			"  still kept",
			"of %s that %s takes no more: about %s, the last until %s",
			model.Plural(n.Left, "cell"),
			n.Cluster,
			model.Size(n.Owed),
			n.OwedUntil.UTC().Format("2 Jan 2006"),
		)
	}
	if n.Untold > 0 {
		b.put("  not known", "how much %s are", model.Plural(n.Untold, "cell"))
	}
}

func aboutADay(bytes float64) string {
	if bytes == 0 {
		return "nobody knows how much a day"
	}
	return "about " + model.Size(bytes) + " a day"
}

func poolLine(q *model.PoolSpace) string {
	var says []string
	for _, status := range slices.Sorted(maps.Keys(q.Statuses)) {
		says = append(says, fmt.Sprintf("%d %s", q.Statuses[status], status))
	}
	line := fmt.Sprintf(
		"%s; %s held, %s owed, %s reusable, %s written a day",
		strings.Join(says, ", "),
		model.Size(q.Bytes),
		model.Size(q.Owed),
		model.Size(q.Reusable),
		model.Size(q.PerDay),
	)
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
