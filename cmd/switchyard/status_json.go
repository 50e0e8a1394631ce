package main

import (
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// jsonVersion is raised when a field of what the verbs that look print as JSON goes, or means something else; a field that is added changes
// nothing.
const jsonVersion = 2

// What is printed without --full is bounded, whatever happens: so many jobs of each list of a cluster, actions, and letters of a sentence.
const (
	briefJobs    = 20
	briefActions = 4
	briefSays    = 60
	briefIndent  = " " // in which blanks would be a fifth of all
)

// told is a snapshot as status prints it, with --full.
type told struct {
	Version    int                      `json:"version"`
	Full       bool                     `json:"full"`
	Complete   bool                     `json:"complete"`              // every source answered or failed
	WaitingFor []string                 `json:"waiting_for,omitempty"` // the sources that did neither
	Counts     map[board.CellHealth]int `json:"cell_counts"`
	Space      *model.Space             `json:"space,omitempty"`
	*board.Snapshot
}

// brief replaces what is long in it.
type brief struct {
	told
	Clusters [2]briefCluster `json:"clusters"`
	Cells    []briefCell     `json:"cells"`
	Alerts   []board.Alert   `json:"alerts"`
	RDS      *model.RDS      `json:"rds,omitempty"`
	State    *record.State   `json:"journal,omitempty"`
	Events   []board.Event   `json:"events,omitempty"` // none
}

type briefCluster struct {
	*board.ClusterView
	Open    []model.Job   `json:"open"`
	Opened  *int          `json:"open_count,omitempty"` // nil: neither its catalog nor its Director was read
	Recent  []model.Job   `json:"recent,omitempty"`     // none
	Bad     []model.Job   `json:"recent_not_ok"`
	Badly   *int          `json:"recent_not_ok_count,omitempty"` // nil: its catalog was not read
	Strays  []board.Stray `json:"strays"`
	Strayed int           `json:"strays_count"`
}

type briefCell struct {
	Cell   model.Cell       `json:"cell"`
	Tier   int              `json:"tier"`
	Health board.CellHealth `json:"health"`
	Says   string           `json:"says"`
	Blue   briefStanding    `json:"blue"`
	Green  briefStanding    `json:"green"`
}

type briefStanding struct {
	Routed   model.Answer `json:"routed"`
	Off      bool         `json:"switched_off,omitempty"`
	LastGood time.Time    `json:"last_good_at,omitzero"`
	Newest   string       `json:"newest,omitempty"`
	Running  bool         `json:"running,omitempty"`
	Missed   int          `json:"missed_24h,omitempty"`
	Due      time.Time    `json:"next_due,omitzero"`
}

// statusJSON is what status prints of a snapshot: everything, or what fits a mail.
func statusJSON(s *board.Snapshot, full bool) any {
	late := unheard(s)
	t := told{Version: jsonVersion, Full: full, Complete: len(late) == 0, WaitingFor: late, Counts: map[board.CellHealth]int{}, Snapshot: s}
	for i := range s.Cells {
		t.Counts[s.Cells[i].Health]++
	}
	if full {
		return t
	}
	b := brief{
		told:   t,
		Alerts: briefAlerts(s.Alerts),
		RDS:    briefRDS(s.RDS),
		State:  briefState(s.State),
		Cells:  make([]briefCell, len(s.Cells)),
	}
	for c, v := range s.Clusters {
		b.Clusters[c] = briefView(v, s.At)
	}
	for i := range s.Cells {
		v := &s.Cells[i]
		b.Cells[i] = briefCell{v.Cell, v.Tier, v.Health, shortened(v.Says), standsBriefly(&v.On[model.Blue]), standsBriefly(&v.On[model.Green])}
	}
	return b
}

// shortened is the beginning of a sentence that is too long.
func shortened(says string) string {
	if letters := []rune(says); len(letters) > briefSays {
		return string(letters[:briefSays-1]) + "…"
	}
	return says
}

func standsBriefly(s *board.Standing) briefStanding {
	b := briefStanding{
		Routed:  model.Answer(s.Has),
		Off:     s.Off,
		Missed:  s.MissedDay,
		Due:     s.Due,
		Running: s.Open != nil && s.Open.Outcome == model.Running,
	}
	if s.LastGood != nil {
		b.LastGood = s.LastGood.When()
	}
	if s.Last != nil && (s.LastGood == nil || s.Last.ID != s.LastGood.ID || s.Last.Outcome != model.OK) {
		b.Newest = s.Last.Outcome.String()
		if s.Last.Outcome.Good() && s.Doubt != model.NotJudged {
			b.Newest = s.Doubt.String()
		}
	}
	return b
}

// briefView keeps the open jobs that come first, and what ended other than well in the last 24 hours, newest first.
func briefView(v *board.ClusterView, now time.Time) briefCluster {
	b := briefCluster{ClusterView: v, Open: v.Open[:min(len(v.Open), briefJobs)], Bad: []model.Job{},
		Strayed: len(v.Strays), Strays: v.Strays[:min(len(v.Strays), briefJobs)]}
	badly, told := 0, make(map[uint32]bool, len(v.Recent))
	for _, part := range [][]model.Job{v.Recent, v.Bad} { // what the newest have passed by is among the bad ones alone
		for i := range part {
			j := &part[i]
			if told[j.ID] || j.Outcome == model.OK && !j.Hollow() || now.Sub(j.When()) > 24*time.Hour {
				continue
			}
			told[j.ID] = true
			if badly++; badly <= briefJobs {
				b.Bad = append(b.Bad, *j)
			}
		}
	}
	if open := len(v.Open); v.Day.Read || len(v.Directors) > 0 && !v.Directors[0].At.IsZero() {
		b.Opened = &open
	}
	if v.Day.Read {
		b.Badly = &badly
	}
	return b
}

// briefAlerts keeps the first jobs that each tells of; those that an acknowledgement is bound to are the journal's.
func briefAlerts(alerts []board.Alert) []board.Alert {
	brief := slices.Clone(alerts)
	for i := range brief {
		a := &brief[i]
		a.Jobs = a.Jobs[:min(len(a.Jobs), briefJobs)]
		if a.Acked != nil {
			ack := *a.Acked
			ack.Jobs, a.Acked = nil, &ack
		}
	}
	return brief
}

// briefState keeps the actions that are not over, and the newest.
func briefState(s *record.State) *record.State {
	if s == nil {
		return nil
	}
	b := *s
	b.Routes, b.Origins, b.Actions = nil, nil, []*record.Action{}
	b.Acks, b.Programmes = nil, nil // the alerts tell
	b.Evidence = nil                // it is counted
	if s.Glass != nil {
		glass := *s.Glass
		glass.Evidence, b.Glass = nil, &glass
	}
	for i, a := range s.Actions {
		if a.Unfinished() || len(s.Actions)-i <= briefActions {
			b.Actions = append(b.Actions, a)
		}
	}
	return &b
}

// pairJSON is the RDS pair as rds prints it, whole.
type pairJSON struct {
	Version int `json:"version"`
	*model.RDS
}

// briefRDS keeps the newest point of each series, and no list of parameters.
func briefRDS(r *model.RDS) *model.RDS {
	if r == nil {
		return nil
	}
	b := *r
	b.Primary, b.Replica = briefInstance(r.Primary), briefInstance(r.Replica)
	return &b
}

func briefInstance(i *model.Instance) *model.Instance {
	if i == nil {
		return nil
	}
	b := *i
	m, s := &b.Metrics.Value, &b.Server.Value
	for _, series := range []*model.Series{&m.CPU, &m.Connections, &m.ReadIOPS, &m.WriteIOPS,
		&m.ReadLatency, &m.WriteLatency, &m.ReadBytes, &m.WriteBytes,
		&m.FreeMemory, &m.FreeStorage, &m.Queue, &m.Behind, &s.Queries, &s.Behind} {
		*series = (*series)[max(0, len(*series)-1):]
	}
	b.Group.Value.Values, b.Group.Value.Set, s.Variables = nil, nil, nil
	s.Accounts = s.Accounts[:min(len(s.Accounts), briefJobs)]
	return &b
}
