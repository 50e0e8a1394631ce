package ui

import (
	"fmt"
	"io"

	"switchyard/model"
)

// Plain tells snapshots as append-only lines, for a screen reader or a log: first where things stand, then one line per change.
// Severities are words, and no line holds a control character. The zero Plain is ready.
type Plain struct {
	begun bool
	told  uint64 // Seq of the last event told
}

// Tell writes what is new in a snapshot.
func (p *Plain) Tell(w io.Writer, s *model.Snapshot) error {
	if !p.begun {
		p.begun = true
		if err := p.begin(w, s); err != nil {
			return err
		}
	}
	for i := range s.Events {
		e := &s.Events[i]
		if e.Seq <= p.told {
			continue
		}
		if gap := e.Seq - p.told - 1; gap > 0 && p.told > 0 {
			if err := line(w, s, "switchyard", model.Warn, fmt.Sprintf("%d changes came too fast to be told", gap)); err != nil {
				return err
			}
		}
		p.told = e.Seq
		at := *s
		at.At = e.At
		if err := line(w, &at, e.Who, e.Severity, e.Says); err != nil {
			return err
		}
	}
	return nil
}

// begin says where things stand: the environment, each source, each alert.
func (p *Plain) begin(w io.Writer, s *model.Snapshot) error {
	env := s.Environment
	if s.Rehearsal != "" {
		env += ", REHEARSAL " + s.Rehearsal
	}
	sum := summarize(s.Cells)
	h := sum.all.health
	says := fmt.Sprintf("watching %s: %d cells, %d ok, %d warned, %d diverged, %d broken, %d gaps, %d unknown", env, sum.all.total(),
		h[model.CellOK], h[model.CellWarned], h[model.CellDiverged], h[model.CellBroken], h[model.CellGap], h[model.CellUnknown])
	if err := line(w, s, "switchyard", model.Info, says); err != nil {
		return err
	}
	for i := range s.Seen {
		v := &s.Seen[i]
		severity, says := model.Info, "source "+v.Source+" is live"
		switch v.Freshness(s.At) {
		case model.Old:
			severity, says = model.Fail, "source "+v.Source+" is OLD, last answer "+age(s.At, v.At)+" ago: "+v.Why
		case model.Never:
			severity, says = model.Warn, "source "+v.Source+" has not answered yet"
			if v.Why != "" {
				says += ": " + v.Why
			}
		case model.Live:
		}
		if err := line(w, s, "switchyard", severity, says); err != nil {
			return err
		}
	}
	for i := range s.Alerts {
		a := &s.Alerts[i]
		says := "alert: " + a.Says
		if a.Do != "" {
			says += ". " + a.Do
		}
		if err := line(w, s, "switchyard", a.Severity, says); err != nil {
			return err
		}
	}
	return nil
}

func line(w io.Writer, s *model.Snapshot, who string, severity model.Severity, says string) error {
	_, err := fmt.Fprintf(w, "%s %s %s %s\n", s.At.UTC().Format("2006-01-02T15:04:05Z"), model.Clean(who), severity, model.Clean(says))
	return err
}
