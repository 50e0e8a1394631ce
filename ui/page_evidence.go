package ui

import (
	"cmp"
	"fmt"
	"slices"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// evidencePage lists what is proven, about what, by what, how old that is, and whether it still counts.
type evidencePage struct {
	general
	only filter
	snap *board.Snapshot // that the rest was made of
	all  []weighed
}

// weighed is a proof and whether it still counts.
type weighed struct {
	*record.Proved
	counts model.Verdict
	says   string
}

// shownEvidence bounds the proofs of a page: there may be one for each of 40,000 cells, on each cluster.
const shownEvidence = 500

// claims are the headings, in the order of what restores depend on.
var claims = []struct{ kind, head string }{
	{"restored", "restores that were tested"},
	{"parity", "the replica is what the primary is"},
	{"settings", "how the RDS instances are set"},
	{"files", "the Directors' files beside what is loaded"},
	{"tail", "the jobs that ended last"},
	{"said", "what somebody vouches for"},
}

func (p *evidencePage) which() any { return p.only.text }

func (p *evidencePage) title(sc *scene) []draw.Piece {
	title := []draw.Piece{draw.As(themes.Title, "EVIDENCE")}
	if p.only.on() {
		title = append(title, draw.As(themes.Match, " /"+p.only.text))
	}
	if st := sc.snap.State; st != nil {
		title = append(title, draw.As(themes.Muted, "  "+draw.Count(st.Proven)))
	}
	return title
}

// weigh judges all of it once for a snapshot, what needs somebody first.
func (p *evidencePage) weigh(snap *board.Snapshot) {
	if p.snap == snap {
		return
	}
	p.snap, p.all = snap, p.all[:0]
	for _, e := range snap.State.Evidence {
		if p.only.match(e.Claim.Kind(), e.Proof.String(), e.Who) {
			v, says := snap.Counts(&e.Proof)
			p.all = append(p.all, weighed{e, v, says})
		}
	}
	slices.SortStableFunc(p.all, func(a, b weighed) int { return cmp.Compare(a.urgency(), b.urgency()) })
}

func (e *weighed) urgency() int {
	switch {
	case e.Verdict == model.Fails:
		return 0
	case e.counts == model.Fails:
		return 1
	case e.Verdict == model.Unknown:
		return 2
	case e.counts == model.Unknown:
		return 3
	}
	return 4
}

func (p *evidencePage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	switch st := sc.snap.State; {
	case st == nil:
		s.prose(themes.Warn, "The journal was not read yet; :sources tells why.")
		return s.out
	case len(st.Evidence) == 0:
		s.prose(themes.Muted, "Nothing was proven yet. switchyard observe, on a timer, records what can be seen; switchyard evidence add what "+
			"others know.")
		return s.out
	}
	p.weigh(sc.snap)
	s.add(p.sum()...)
	left := shownEvidence
	for _, c := range claims {
		headed := false
		for i := range p.all {
			e := &p.all[i]
			if e.Claim.Kind() != c.kind || left == 0 {
				continue
			}
			if !headed {
				s.head(c.head)
				headed = true
			}
			e.write(s, sc)
			left--
		}
	}
	if more := len(p.all) - shownEvidence; more > 0 {
		s.gap()
		s.prose(themes.Muted, draw.Count(more)+" more: :evidence TEXT shows those with a text, switchyard evidence all.")
	}
	return s.out
}

// sum counts what is shown.
func (p *evidencePage) sum() []draw.Piece {
	var n [5]int
	for i := range p.all {
		n[p.all[i].urgency()]++
	}
	out := []draw.Piece{draw.As(themes.Good, fmt.Sprintf("%d count", n[4]))}
	for _, part := range []struct {
		n    int
		role themes.Role
		says string
	}{
		{n[0], themes.Fail, "fail"},
		{n[1], themes.Warn, "lapsed"},
		{n[2], themes.Warn, record.NotCarriedOut},
		{n[3], themes.Text, "not known to count"},
	} {
		if part.n > 0 {
			out = append(out, draw.As(themes.Muted, ", "), draw.As(part.role, fmt.Sprintf("%d %s", part.n, part.says)))
		}
	}
	return out
}

// look is the sign of a proof, its word and its role.
func (e *weighed) look() (sign, word string, role themes.Role) {
	switch e.urgency() {
	case 0:
		return "✗", e.Word(), themes.Fail
	case 1:
		return "!", "lapsed", themes.Warn
	case 2:
		return "○", e.Word(), themes.Warn
	case 3:
		return "?", "unknown", themes.Text
	}
	return "✓", e.Word(), themes.Good
}

func (e *weighed) write(s *story, sc *scene) {
	sign, word, role := e.look()
	of, claim := e.Of.String()+" ", e.Claim.String()
	line := []draw.Piece{
		draw.As(role, fmt.Sprintf("%s %-8s ", sign, word)),
		draw.As(themes.Muted, fmt.Sprintf("%6s  ", coarse(sc.minute, e.At))),
		draw.As(themes.Title, of),
	}
	if fits := s.w - 20; draw.Width(of)+draw.Width(claim) <= fits {
		s.add(append(line, draw.As(themes.Text, claim))...)
	} else {
		s.add(line...)
		s.proseBelow(themes.Text, claim)
	}
	if e.Why != "" {
		s.proseBelow(role, e.Why)
	}
	counts := map[model.Verdict]string{model.Holds: "counts ", model.Fails: "", model.Unknown: ""}[e.counts] + e.says
	s.proseBelow(themes.Muted, "by "+e.By.String()+", recorded by "+e.Who+"; "+counts)
	if t := e.Tried; t != nil {
		s.proseBelow(themes.Warn, fmt.Sprintf("%s %s ago, by %s: %s", record.NotCarriedOut, coarse(sc.minute, t.At), t.By, t.Why))
	}
}
