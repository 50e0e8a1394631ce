package ui

import (
	"strconv"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// pointPage is what a restore to one point takes, as it was listed.
type pointPage struct {
	ways
	point model.RestorePoint
}

func (p *pointPage) about(*board.Snapshot) subject {
	return subject{cell: &p.point.Cell, on: &p.point.Key.Cluster, job: &p.point.Key}
}

func (p *pointPage) which() any { return p.point.Key }

func (p *pointPage) title(*scene) []draw.Piece {
	k := p.point.Key.Cluster
	return []draw.Piece{draw.As(themes.Title, "POINT "+p.point.At.UTC().Format("2006-01-02 15:04")), draw.As(themes.Muted, " on "),
		draw.As(clusterRole(k), strings.ToUpper(k.String()))}
}

func (p *pointPage) lines(sc *scene, w int) [][]draw.Piece {
	s, of := &story{w: w}, &p.point
	glyph, role := pointGlyph(of)
	s.leadsToCell(of.Cell)
	s.fact("cell", of.Cell.String())
	s.factIn(role, "it is", glyph+" "+of.CompleteWord())
	for _, says := range of.Notes() {
		s.factIn(themes.Warn, "", says)
	}
	s.fact("ended", moment(sc, of.At))
	s.fact("began", moment(sc, of.Start))
	s.fact("client", of.Client)
	switch {
	case len(of.Set) == 0:
		s.factIn(themes.Warn, "expires", "not known: what it needs is not there")
	case of.Until.IsZero():
		s.fact("expires", "never")
	default:
		s.fact("expires", moment(sc, of.Until)+", by the "+of.UntilWhy)
	}
	proven, how := provenOn(sc, of)
	s.factIn(how, "proven", proven)
	switch of.Only {
	case model.Answer(model.Holds):
		s.fact("elsewhere", "nothing: "+of.OnlyWord()+" has it")
	case model.Answer(model.Unknown):
		s.factIn(themes.Warn, "elsewhere", "not known: "+of.OnlyWhy)
	case model.Answer(model.Fails):
		s.fact("elsewhere", of.OnlyWhy)
	}
	set := "set: not there"
	if len(of.Set) > 0 {
		set = "set: " + plural(len(of.Set), "job") + ", " + model.Size(of.Bytes) + " stored, the oldest first"
	}
	s.head(set)
	for _, part := range of.Set {
		if k := (model.JobKey{Cluster: of.Key.Cluster, Job: part.Job}); sc.snap.Job(k) != nil {
			s.leadsToJob(k)
		}
		s.add(draw.As(themes.Muted, fit(strconv.FormatUint(uint64(part.ID), 10), 9)), draw.As(themes.Text, fit(part.Level.String(), 7)+
			fit(model.Size(part.Bytes), 10)+part.Job))
	}
	s.head("volumes: " + draw.Count(len(of.Volumes)))
	for i := range of.Volumes {
		v := &of.Volumes[i]
		is, why := v.Readable()
		r := themes.Text
		if is != model.Holds {
			r = themes.Fail
		}
		until := "never expires"
		if !v.Until.IsZero() {
			until = "until " + clock(sc.minute, v.Until)
		}
		s.add(draw.As(r, fit(v.Name, 24)+" "+fit(v.Status, 10)), draw.As(themes.Muted, fit(v.Storage, 14)+" "+until),
			draw.As(themes.Fail, strings.TrimPrefix("  "+why, "  volume "+v.Name)))
	}
	p.links = s.links
	return s.out
}
