package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// incoherent says where a snapshot's numbers do not add up, or where it does not follow the one before; nil when they do.
func incoherent(before, s *board.Snapshot, inv *model.Inventory) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if before != nil && (s.Beat <= before.Beat || s.Rev < before.Rev || s.At.Before(before.At)) {
		say("beat %d, revision %d at %v follow %d, %d at %v", s.Beat, s.Rev, s.At, before.Beat, before.Rev, before.At)
	}
	if len(s.Cells) > 0 && !slices.EqualFunc(s.Cells, inv.Cells, func(c board.CellView, p model.Placement) bool { return c.Cell == p.Cell }) {
		say("%d cells are not those of the inventory", len(s.Cells))
	}
	counted := 0
	for _, word := range strings.Split(strings.SplitN(summary(s), ";", 2)[0], " ")[2:] {
		var n int
		if _, err := fmt.Sscan(word, &n); err == nil {
			counted += n
		}
	}
	if counted != len(s.Cells) {
		say("%d cells by health, %d in all: %s", counted, len(s.Cells), summary(s))
	}
	for _, c := range model.Clusters {
		if v := s.Clusters[c]; v != nil {
			wrong = append(wrong, incoherentCluster(s, v)...)
		}
	}
	alerts := map[string]bool{}
	for _, a := range s.Alerts {
		if alerts[a.ID] || a.Says == "" || a.ID == "" {
			say("alert %q %q is there twice or says nothing", a.ID, a.Says)
		}
		alerts[a.ID] = true
	}
	for i := 1; i < len(s.Events); i++ {
		if s.Events[i].Seq != s.Events[i-1].Seq+1 {
			say("event %d follows %d", s.Events[i].Seq, s.Events[i-1].Seq)
		}
	}
	if len(s.Events) > 2048 {
		say("%d events are kept", len(s.Events))
	}
	for _, o := range s.Seen {
		if strings.Contains(o.Why, "reading "+o.Source.String()+": internal error") {
			say("%s: %s", o.Source, o.Why)
		}
		if o.At.After(s.At.Add(time.Second)) || o.Tried.Before(o.At) {
			say("%s: answered at %v, tried at %v, now %v", o.Source, o.At, o.Tried, s.At)
		}
	}
	return wrong
}

func incoherentCluster(s *board.Snapshot, v *board.ClusterView) (wrong []string) {
	say := func(format string, args ...any) {
		wrong = append(wrong, v.Cluster.String()+": "+fmt.Sprintf(format, args...))
	}
	var missedDay, missedWeek int
	for i := range s.Cells {
		missedDay += s.Cells[i].On[v.Cluster].MissedDay
		missedWeek += s.Cells[i].On[v.Cluster].Missed
	}
	for _, w := range []struct {
		name   string
		t      board.Tallies
		missed int
	}{{"day", v.Day, missedDay}, {"week", v.Week, missedWeek}} {
		var backups, restores board.Tally
		for _, p := range w.t.By {
			backups, restores = sum(backups, p.Backups), sum(restores, p.Restores)
		}
		if backups != w.t.Backups || restores != w.t.Restores {
			say("the %s's parts are %v and %v, the whole %v and %v", w.name, backups, restores, w.t.Backups, w.t.Restores)
		}
		if w.t.Backups.Missed != w.missed {
			say("%d missed in the %s, by cell %d", w.t.Backups.Missed, w.name, w.missed)
		}
	}
	if d, w := v.Day.Backups, v.Week.Backups; d.OK > w.OK || d.Warned > w.Warned || d.Failed > w.Failed || d.Canceled > w.Canceled ||
		d.Lost > w.Lost ||
		d.Missed > w.Missed {
		say("the day %v is more than the week %v", d, w)
	}
	seen := map[string]bool{}
	for i := range v.Open {
		if j := &v.Open[i]; !j.Outcome.Open() && j.Outcome != model.Lost || seen[j.Key.Job] {
			say("%s is %v and among the open, or there twice", j.Key.Job, j.Outcome)
		}
		seen[v.Open[i].Key.Job] = true
	}
	for i := range v.Recent {
		if j := &v.Recent[i]; j.Outcome.Open() || seen[j.Key.Job] {
			say("%s is %v and among the ended, or there twice", j.Key.Job, j.Outcome)
		}
		if i > 0 && v.Recent[i].When().After(v.Recent[i-1].When()) {
			say("%s ended after the one before it", v.Recent[i].Key.Job)
		}
		seen[v.Recent[i].Key.Job] = true
	}
	return wrong
}

func sum(a, b board.Tally) board.Tally {
	return board.Tally{
		OK:       a.OK + b.OK,
		Warned:   a.Warned + b.Warned,
		Failed:   a.Failed + b.Failed,
		Canceled: a.Canceled + b.Canceled,
		Lost:     a.Lost + b.Lost,
		Missed:   a.Missed + b.Missed,
	}
}

// dead are the sources that do not answer now, and why. A Storage Daemon that was silent is left alone for a quarter of an hour, whatever
// happens to it meanwhile.
func dead(s *board.Snapshot) (out []string) {
	for _, o := range s.Seen {
		if o.Source.Kind == model.SourceStorages && strings.Contains(o.Why, "is asked again in") {
			continue
		}
		if o.Why != "" || o.Freshness(s.At) != board.Live {
			out = append(out, fmt.Sprintf("%s (%s, %s)", o.Source, o.Freshness(s.At), o.Why))
		}
	}
	if len(s.Seen) == 0 {
		out = append(out, "everything")
	}
	return out
}
