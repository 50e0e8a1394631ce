package board

import (
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// series is the hour of this look: whether blue took any cell, and how the replica stood by its own word. What was not seen leaves no mark.
func (o *observer) series() {
	green := model.Green
	p := record.Proof{Of: record.Subject{Cluster: &green}, Verdict: model.Holds, At: o.s.At}
	var d record.SeriesDay
	var mark uint32
	d.Day, mark = record.SeriesHour(o.s.At)
	o.routed(&d, mark)
	o.replicated(&d, mark)
	if d.Told|d.Heard == 0 {
		return
	}
	p.Claim.Series = &record.Series{Days: []record.SeriesDay{d}}
	old := o.st.Proof(&p)
	o.saw(p, old == nil || !old.Claim.Series.Has(&d))
}

func (o *observer) routed(d *record.SeriesDay, mark uint32) {
	for _, c := range model.Clusters {
		v := o.s.Clusters[c]
		if v == nil || len(v.Directors) == 0 || o.s.silent(model.DirectorOf(c, v.Directors[0].Name)) != "" {
			return
		}
	}
	blue := uint32(0)
	for i := range o.s.Cells {
		switch r := o.s.Cells[i].Route(); {
		case r[model.Blue] == model.Unknown || r[model.Green] == model.Unknown:
			return
		case r[model.Blue] == model.Holds || r.Gap():
			blue = mark
		}
	}
	if len(o.s.Cells) > 0 {
		d.Told, d.Blue = mark, blue
	}
}

func (o *observer) replicated(d *record.SeriesDay, mark uint32) {
	r := o.s.RDS
	if r == nil || r.Replica == nil || o.s.silent(model.Source{Kind: model.SourceServer, Name: theReplica}) != "" || !r.Replica.Server.Seen() {
		return
	}
	server := &r.Replica.Server.Value
	lag := model.BrokenLag("it replicates from nobody")
	if server.Replication != nil {
		lag = server.Replication.Lag
	}
	if lag.State() == model.LagUnknown {
		return
	}
	behind, known := lag.Behind()
	d.Heard = mark
	if server.Uptime > 0 {
		d.Begun = append(d.Begun, r.Replica.Server.At.Add(-server.Uptime).UTC().Truncate(time.Second))
	}
	if !known {
		d.Broken = mark
		return
	}
	for i, least := range record.SeriesLags {
		if behind > least {
			d.Over[i] = mark
		}
	}
}
