package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"switchyard/model"
)

const pointTime = "2006-01-02 15:04"

func writePoints(out io.Writer, chain string, l *model.RestoreList) error {
	w := bufio.NewWriter(out)
	by := ""
	if !l.Before.IsZero() {
		by = " by " + l.Before.UTC().Format(time.DateTime)
	}
	fmt.Fprintf(w, "%s: %d points%s%s, the newest first; times are UTC\n", chain, len(l.Points), by, asRead(l))
	writeUnread(w, l)
	switch r := l.Recommended; {
	case r != nil:
		fmt.Fprintf(w, "recommended (>): %s on %s: %s\n", r.Key.Job, r.Key.Cluster, r.Says)
	case len(l.Unread) > 0:
		fmt.Fprintln(w, "recommended: not known, as not all was read")
	default:
		fmt.Fprintln(w, "recommended: nothing, no complete good point is known")
	}
	for i := range l.Points {
		writePoint(w, &l.Points[i], l)
	}
	if l.More {
		fmt.Fprintln(w, "there are older ones; --before shows them")
	}
	return w.Flush()
}

// asRead says of a count that it is not all.
func asRead(l *model.RestoreList) string {
	if len(l.Unread) > 0 {
		return " as far as it was read"
	}
	return ""
}

func writeUnread(w io.Writer, l *model.RestoreList) {
	for _, u := range l.Unread {
		fmt.Fprintf(w, "not read: %s's catalog: %s\n", u.Cluster, u.Why)
	}
}

func writePoint(w io.Writer, p *model.RestorePoint, l *model.RestoreList) {
	mark, on := " ", ""
	if r := l.Recommended; r != nil && r.Key == p.Key {
		mark, on = ">", onVolumes(p)
	}
	takes, until := fmt.Sprintf("%9s in %3d", model.Size(p.Bytes), len(p.Set)), untilWord(p.Until)
	if len(p.Set) == 0 { // what it takes is not there any more, or not known
		takes, until = fmt.Sprintf("%9s in %3s", "?", "?"), "-"
	}
	fmt.Fprintf(w, "%s %s  %-5s  %-10s %-9s  %-5s  job %-8d %s  %-8s  %s%s\n", mark, p.At.UTC().Format(pointTime), p.Key.Cluster,
		p.Cell.Region, p.Cell.Kind, p.Level, p.ID, takes, p.CompleteWord(), until, onlyWord(p))
	proven := ""
	if of := p.Proven; of != nil {
		proven = fmt.Sprintf("a restore test of it: %s, %s UTC, by %s", of.Verdict, of.At.UTC().Format(pointTime), of.By)
		if of.Lapsed != "" {
			proven += "; LAPSED: " + of.Lapsed
		}
	}
	for _, says := range append(p.Notes(), on, proven) {
		if says != "" {
			fmt.Fprintf(w, "      %s\n", says)
		}
	}
}

func onlyWord(p *model.RestorePoint) string {
	if w := p.OnlyWord(); w != "" {
		return ", " + w
	}
	return ""
}

func untilWord(t time.Time) string {
	if t.IsZero() {
		return "never expires"
	}
	return "until " + t.UTC().Format(pointTime)
}

// onVolumes names what a restore of the point reads.
func onVolumes(p *model.RestorePoint) string {
	names := make([]string, 0, len(p.Volumes))
	for i := range p.Volumes {
		names = append(names, p.Volumes[i].Name+" "+p.Volumes[i].Status)
	}
	const shown = 8
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if len(names) > shown {
		text += fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return "volumes: " + text
}

func writeObligations(out io.Writer, l *model.RestoreList) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%d cells have what only one cluster can restore%s; times are UTC\n", len(l.Obligations), asRead(l))
	writeUnread(w, l)
	for i := range l.Obligations {
		o := &l.Obligations[i]
		fmt.Fprintf(w, "%-5s  %-36s  points %4d, %s to %s, %s", o.Cluster, o.Cell, o.Points, o.Oldest.UTC().Format(pointTime),
			o.Newest.UTC().Format(pointTime), untilWord(o.Until))
		if o.Unsure > 0 {
			fmt.Fprintf(w, "; %d of them are not known to be complete, or to be only there", o.Unsure)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
