package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// Moments are written in UTC: where a line stands alone, with its date and the zone's name.
const (
	clock = "15:04:05"
	dated = "2006-01-02T15:04:05Z"
)

// writeStatus prints a snapshot for a person who has no screen: what needs somebody first.
func writeStatus(out io.Writer, s *board.Snapshot) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s  %s UTC\n%s\n", title(s), s.At.UTC().Format("2006-01-02 15:04:05"), summary(s))
	if late := unheard(s); len(late) > 0 {
		fmt.Fprintf(w, "CUT SHORT: %s did not answer yet; what depends on it is not here\n", strings.Join(late, ", "))
	}
	if len(s.Alerts) > 0 {
		fmt.Fprintf(w, "\nALERTS\n")
		for i := range s.Alerts {
			a := &s.Alerts[i]
			fmt.Fprintf(w, "  %-4s %s\n       -> %s\n", a.Severity, a.Says, a.Do)
			if k := a.Acked; k != nil {
				fmt.Fprintf(w, "       acknowledged by %s until %s: %s\n", k.By, k.Until.UTC().Format(dated), k.Reason)
			}
		}
	}
	writeMissed(w, s.Cells)
	for _, v := range s.Clusters {
		writeCluster(w, v)
	}
	fmt.Fprintf(w, "\nSOURCES\n")
	for i := range s.Seen {
		fmt.Fprintf(w, "  %s\n", sourceLine(&s.Seen[i], s.At))
	}
	return w.Flush()
}

// writeMissed lists the due times of 7 days that no job answered, by cell.
func writeMissed(w io.Writer, cells []board.CellView) {
	n := 0
	for i := range cells {
		for _, c := range model.Clusters {
			st := &cells[i].On[c]
			if st.Missed == 0 {
				continue
			}
			if n++; n == 1 {
				fmt.Fprintf(w, "\nMISSED\n")
			}
			if n <= mostMissed {
				fmt.Fprintf(
					w,
					"  %s on %s: %d in 24 h, %d in 7 d, the newest %s\n",
					cells[i].Cell,
					c,
					st.MissedDay,
					st.Missed,
					st.MissedAt.UTC().Format(dated),
				)
			}
		}
	}
	if n > mostMissed {
		fmt.Fprintf(w, "  and %d more\n", n-mostMissed)
	}
}

// mostMissed bounds the list of what was missed.
const mostMissed = 20

// title names the environment; a rehearsal says that it is one.
func title(s *board.Snapshot) string {
	if s.Rehearsal != "" {
		return s.Environment + "  REHEARSAL " + s.Rehearsal
	}
	return s.Environment
}

func writeCluster(w io.Writer, v *board.ClusterView) {
	fmt.Fprintf(w, "\n%s", map[model.Cluster]string{model.Blue: "BLUE", model.Green: "GREEN"}[v.Cluster])
	for _, d := range v.Directors {
		role := "active"
		if !d.Active {
			role = "passive"
		}
		version := "not seen"
		if d.Version != "" {
			version = "Bacula " + d.Version
		}
		switch {
		case d.Works && d.Acts:
			version += ", runs jobs and schedules"
		case d.Works:
			version += ", runs jobs"
		case d.Acts && !d.Active:
			version += ", schedules"
		}
		fmt.Fprintf(w, "  %s %s, %s", role, d.Name, version)
	}
	if v.Catalog.Version > 0 {
		fmt.Fprintf(
			w,
			"; catalog %d on %s (%s), %d jobs since %s",
			v.Catalog.Version,
			v.Catalog.Host,
			v.Catalog.Server,
			v.Catalog.Jobs,
			v.Catalog.From.UTC().Format("2 Jan"),
		)
	}
	fmt.Fprintf(w, "\n  24 h: %s\n  7 d:  %s\n", tallyLine(v.Day), tallyLine(v.Week))
	for i := range v.Open {
		fmt.Fprintf(w, "  %s\n", v.Open[i].Line())
	}
	for i := range v.Recent[:min(5, len(v.Recent))] {
		end := "--:--:--" // nobody knows
		if j := &v.Recent[i]; !j.End.IsZero() {
			end = j.End.UTC().Format(clock)
		}
		fmt.Fprintf(w, "  %s  %s\n", end, v.Recent[i].Line())
	}
	for _, st := range v.Strays {
		fmt.Fprintf(w, "  no cell: %s, jobs: %d\n", st.Name, st.Jobs)
	}
}

func tallyLine(t board.Tallies) string {
	if !t.Read {
		return "? (the catalog was not read yet)"
	}
	b := t.Backups
	line := fmt.Sprintf("%d ok, %d warned, %d failed, %d canceled, %d lost, %d missed", b.OK, b.Warned, b.Failed, b.Canceled, b.Lost, b.Missed)
	if r, ok := b.Rate(); ok {
		line += fmt.Sprintf(", %.1f %% good", 100*r)
	}
	if n := t.Restores.Total(); n > 0 {
		line += fmt.Sprintf("; restores %d of %d ok", t.Restores.Good(), n)
	}
	return line
}

// summary says in one line how many cells are how, and whether the sources answer.
func summary(s *board.Snapshot) string {
	count := map[board.CellHealth]int{}
	for i := range s.Cells {
		count[s.Cells[i].Health]++
	}
	line := fmt.Sprintf("%d cells:", len(s.Cells))
	for _, h := range []board.CellHealth{board.CellGap, board.CellBroken, board.CellUnknown,
		board.CellDiverged, board.CellWarned, board.CellOK} {
		if count[h] > 0 {
			line += fmt.Sprintf(" %d %s", count[h], h)
		}
	}
	live := 0
	for i := range s.Seen {
		if s.Seen[i].Why == "" && s.Seen[i].Freshness(s.At) == board.Live {
			live++
		}
	}
	return fmt.Sprintf("%s; sources %d/%d answer", line, live, len(s.Seen))
}

func sourceLine(s *board.Sighting, now time.Time) string {
	line := fmt.Sprintf("%-24s %-5s", s.Source, s.Freshness(now))
	if !s.At.IsZero() {
		line += fmt.Sprintf("  %s old", model.Age(now.Sub(s.At)))
	}
	if s.Detail != "" {
		line += "  " + s.Detail
	}
	if s.Took > 0 && s.Why == "" {
		line += fmt.Sprintf("  in %d ms", s.Took.Milliseconds())
	}
	if s.Why != "" {
		line += "  " + s.Why
	}
	return line
}

// eventLine is a change as a line of a log that holds days. Lines follow time: what is heard of later than of something newer is told with
// the moment it was heard, and says of when it is.
func eventLine(e *board.Event, told time.Time) string {
	line := fmt.Sprintf("%s %-6s %-4s %s", told.UTC().Format(dated), e.Who, e.Severity, e.Says)
	if told.Sub(e.At) >= time.Second {
		line += " (of " + e.At.UTC().Format(dated) + ")"
	}
	return line
}
