package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// rdsPane is the pair of instances that carries green's catalog: is it well, is the replica behind, could it take over.
type rdsPane struct{ rows[string] }

func newRDSPane() *rdsPane { return &rdsPane{} }

func (r *rdsPane) name() string   { return "rds" }
func (r *rdsPane) lines() rower   { return r }
func (r *rdsPane) refresh(*scene) {}

func (r *rdsPane) title(sc *scene) []draw.Piece {
	ps := []draw.Piece{draw.As(themes.Key, "4"), draw.As(themes.Title, " RDS")}
	if p := sc.snap.RDS; p != nil && p.Primary != nil {
		ps = append(ps, draw.As(themes.Text, "  "+p.Primary.ID))
	}
	return ps
}

// fresh is the worst of what is asked every few seconds; what is asked rarely is told as a trouble when it fails.
func (r *rdsPane) fresh(sc *scene) freshness {
	return freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Source.OfPair() && s.Every < time.Minute })
}

func (r *rdsPane) state(sc *scene) any {
	return [3]any{sc.snap.RDS, r.fresh(sc).state, troubleText(rdsTroubles(sc))}
}

func (r *rdsPane) open(sc *scene) page {
	if sc.snap.RDS == nil {
		return nil
	}
	return rdsPage{}
}

func (r *rdsPane) text(sc *scene) string {
	p := sc.snap.RDS
	if p == nil {
		return ""
	}
	return "switch over now: " + p.Switchover.Says + "; in an emergency: " + p.Emergency.Says + ", would lose " + p.Emergency.Loss.Says
}

func rdsTroubles(sc *scene) []*board.Sighting {
	return troubles(sc, func(s *board.Sighting) bool { return s.Source.OfPair() })
}

// ranked is a line and how soon it gives way when there is no room: the least stays longest.
type ranked struct {
	rank int
	ps   []draw.Piece
}

func (r *rdsPane) draw(sc *scene, w, h int, _ bool) []string {
	p := sc.snap.RDS
	if p == nil || h < 1 {
		return nil
	}
	var all []ranked
	for i, s := range rdsTroubles(sc) {
		all = append(all, ranked{min(2*i, 5), troublePieces(sc, s)})
	}
	v := rdsView{sc: sc, w: w}
	all = append(all, v.instance("PRIMARY", p.Primary)...)
	all = append(all, v.primary(p.Primary)...)
	all = append(all, v.instance("REPLICA", p.Replica)...)
	all = append(all, v.replica(p)...)
	all = append(all, v.verdicts(p)...)
	all = append(all, v.events(p, h)...)
	for len(all) > h {
		worst := 0
		for i := range all {
			if all[i].rank >= all[worst].rank {
				worst = i
			}
		}
		all = slices.Delete(all, worst, worst+1)
	}
	pen := draw.NewPen(sc.st, w)
	pen.Faded = r.fresh(sc).state != board.Live
	var lines []string
	for _, l := range all {
		pen.Start(w)
		pen.Pieces(l.ps)
		lines = append(lines, pen.Done())
	}
	return lines
}

// rdsView writes the lines of the pair for one width.
type rdsView struct {
	sc *scene
	w  int
}

func (v rdsView) narrow() bool { return v.w < 50 }

func text(s string) draw.Piece  { return draw.As(themes.Text, s) }
func muted(s string) draw.Piece { return draw.As(themes.Muted, s) }

// instance is the line of who it is: AWS's words for role, place, class and status.
func (v rdsView) instance(role string, i *model.Instance) []ranked {
	if i == nil {
		return []ranked{{0, []draw.Piece{draw.As(themes.Title, " "+role), muted("  none is configured")}}}
	}
	if !i.AWS.Seen() {
		return []ranked{{0, []draw.Piece{draw.As(themes.Title, " "+role), muted(" " + i.Region + "  "),
			draw.As(themes.Warn, "? AWS: "+model.CauseThenWhere(cmp.Or(i.AWS.Why, "no answer yet")))}}}
	}
	d := i.AWS.Value
	ps := []draw.Piece{draw.As(themes.Title, " "+role), text(" " + cmp.Or(d.AZ, i.Region))}
	if (role == "REPLICA") != d.IsReplica() {
		ps = append(ps, draw.As(themes.Warn, " is a "+d.Role()))
	}
	if !v.narrow() {
		ps = append(ps, text(" "+strings.TrimPrefix(d.Class, "db.")))
		if d.MultiAZ {
			ps = append(ps, text(" Multi-AZ"))
		}
	}
	status := draw.As(themes.Text, " "+d.Status)
	if d.Status != "available" { // what works is not always ready to take over
		status = draw.As(themes.Warn, " ! "+d.Status)
	}
	if !i.Missing.IsZero() {
		status = draw.As(themes.Fail, " ✗ is not there")
	}
	ps = append(ps, status)
	if d.Recreated != "" {
		ps = append(ps, draw.As(themes.Fail, " ✗ ANOTHER INSTANCE"))
	}
	out := []ranked{{0, ps}}
	for _, c := range d.Pending {
		out = append(out, ranked{5, []draw.Piece{draw.As(themes.Warn, "  ! pending: "+c.What+" → "+c.To)}})
	}
	return out
}

func (v rdsView) graph() int { return max(leastGraph, min(60, (v.w-20)*2/5)) }

func (v rdsView) line(g graph, label string, n int, after []draw.Piece) []draw.Piece {
	return g.beside([]draw.Piece{muted(label)}, n, v.w, v.sc.minute, after...)
}

// primary is how busy the writing side is.
func (v rdsView) primary(i *model.Instance) []ranked {
	if i == nil {
		return nil
	}
	m, s := i.Metrics.Value, i.Server.Value
	conns := []draw.Piece{muted("  conns "), text(known(i.Server, func() string { return strconv.Itoa(s.Connections) }))}
	if i.Server.Seen() && s.Director >= 0 {
		conns = append(conns, muted(" (director "), text(strconv.Itoa(s.Director)), muted(")"))
	}
	qps := []draw.Piece{muted("  q/s "), text(known(i.Server, func() string { return unless(s.QPS < 0, fmt.Sprintf("%.0f", s.QPS)) }))}
	free := []draw.Piece{muted("  free "), freePiece(i)}
	if v.narrow() {
		return []ranked{
			{1, slices.Concat([]draw.Piece{muted("  cpu "), text(percentNow(m.CPU)), muted("  conns "),
				text(known(i.Server, func() string { return strconv.Itoa(s.Connections) }))}, free)},
			{6, slices.Concat([]draw.Piece{muted("  iops "), text(whole(m.ReadIOPS) + "/" + whole(m.WriteIOPS))}, qps)},
		}
	}
	n := v.graph()
	out := []ranked{
		{2, v.line(percents(m.CPU), "   cpu  ", n, slices.Concat([]draw.Piece{text(fmt.Sprintf(" %5s", percentNow(m.CPU)))}, conns))},
		{3, v.line(counts(both(m.ReadIOPS, m.WriteIOPS)), "   iops ", n, slices.Concat([]draw.Piece{
			text(" " + whole(m.ReadIOPS)), muted(" r "), text(whole(m.WriteIOPS)), muted(" w")}, qps, free))},
	}
	return append(out, ranked{8, v.line(rates(both(m.ReadBytes, m.WriteBytes)), "   disk ", n, []draw.Piece{
		text(" " + sizeNow(m.ReadBytes)), muted("/s r "), text(sizeNow(m.WriteBytes)), muted("/s w")})},
		ranked{9, []draw.Piece{muted("   latency "), text(millis(m.ReadLatency)), muted(" r "), text(millis(m.WriteLatency)),
			muted(" w  queue "), text(oneDecimal(m.Queue)), muted("  free memory "), text(sizeNow(m.FreeMemory))}})
}

// replica is how far it is behind, by its own word and by CloudWatch's, and whether it could stand in.
func (v rdsView) replica(p *model.RDS) []ranked {
	i := p.Replica
	if i == nil {
		return nil
	}
	own := ownLag(i)
	label, n, lag := "   lag  ", v.graph(), []draw.Piece{text(" "), lagPiece(own)}
	if v.narrow() {
		label, n = "  lag ", leastGraph
		if p.Distance.Known {
			lag = append(lag, muted("  GTID "), text(draw.Count(int(p.Distance.Missing))))
		}
	} else if i.Overtaken() {
		lag = append(lag, muted("; CloudWatch not replicating then ("+coarse(v.sc.minute, i.Lag.At)+" old)"))
	} else if i.Lag.Seen() {
		lag = append(lag, muted("; CloudWatch "), lagPiece(i.Lag.Value), muted(" ("+coarse(v.sc.minute, i.Lag.At)+" old)"))
	} else if i.Lag.Why != "" {
		lag = append(lag, muted("; CloudWatch "), draw.As(themes.Warn, "?"))
	}
	out := []ranked{{0, v.line(lags(i.Server.Value.Behind), label, n, lag)}}
	if i.Server.Seen() {
		threads := []draw.Piece{muted("   io "), threadPiece(i, func(r *model.Replication) string { return r.IO }), muted("  sql "),
			threadPiece(i, func(r *model.Replication) string { return r.SQL })}
		if !v.narrow() {
			threads = append(threads, muted("  GTID distance "))
			if p.Distance.Known {
				threads = append(threads, text(draw.Count(int(p.Distance.Missing))))
			} else {
				threads = append(threads, draw.As(themes.Warn, "?"))
			}
		}
		out = append(out, ranked{1, slices.Concat(threads, keyPieces(i), parityPieces(p))})
	}
	return out
}

// verdicts answer the question of the night: could it take over now, and what would be lost.
func (v rdsView) verdicts(p *model.RDS) []ranked {
	now, emergency := "   switch over now: ", "   in an emergency: "
	if v.narrow() {
		now, emergency = "  switchover ", "  emergency "
	}
	stays := [2]int{0, -1} // of the two, what is left to do outlasts the other
	if p.Switchover.Can == model.Holds {
		stays = [2]int{-1, 0}
	}
	out := []ranked{
		{stays[0], []draw.Piece{muted(now), verdictPiece(&p.Switchover)}},
		{stays[1], []draw.Piece{muted(emergency), verdictPiece(&p.Emergency)}},
	}
	if loss := p.Emergency.Loss.Says; loss != "" && !p.Emergency.Loss.None && !v.narrow() {
		out = append(out, ranked{2, []draw.Piece{muted("   would then lose: "), text(loss)}})
	}
	return out
}

// events are the newest of AWS's, as many as there is room for.
func (v rdsView) events(p *model.RDS, most int) []ranked {
	var out []ranked
	for i := len(p.Events) - 1; i >= 0 && len(out) < most; i-- {
		e := &p.Events[i]
		glyph, role := severityGlyph(e.Severity)
		out = append(out, ranked{4 + min(6, 2*len(out)), []draw.Piece{muted("   " + clock(v.sc.minute, e.At) + " "),
			draw.As(role, glyph+" "), text(e.Instance + ": " + e.Says)}})
	}
	return out
}
