package ui

import (
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// TestAnyScreenHolds presses random keys on random pictures at random sizes: nothing panics, and every frame is exactly a screen
// without control characters (the driver checks each one).
func TestAnyScreenHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		open := rapid.SampledFrom([]opener{Watch, cockpit}).Draw(rt, "session")
		opt := Options{Theme: rapid.SampledFrom([]string{"", "dark", "light", "mono", "high-contrast"}).Draw(rt, "theme"),
			ASCII: rapid.Bool().Draw(rt, "ascii")}
		d := session(t, open, opt, 80, 24, nil)
		beat := uint64(1)
		for range rapid.IntRange(5, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 11).Draw(rt, "what") {
			case 0:
				d.send(tea.WindowSizeMsg{Width: rapid.IntRange(-3, 230).Draw(rt, "w"), Height: rapid.IntRange(-3, 70).Draw(rt, "h")})
			case 1:
				d.send(tea.WindowSizeMsg{Width: rapid.SampledFrom([]int{1, 59, 60, 75, 76, 80, 84, 85, 99, 100, 120, 159, 160,
					200}).Draw(rt, "w"),
					Height: rapid.SampledFrom([]int{1, 2, 3, 15, 16, 23, 24, 31, 32, 40, 45, 46, 60}).Draw(rt, "h")})
			case 2, 3:
				beat++
				s := snapshots(rt)
				s.Beat = beat
				d.take(s)
			case 4:
				d.wait(time.Duration(rapid.IntRange(0, 4000).Draw(rt, "seconds")) * time.Second)
			case 5:
				d.press("'" + rapid.StringN(0, 12, 40).Draw(rt, "typed"))
			case 6:
				d.send(tea.PasteMsg{Content: rapid.String().Draw(rt, "pasted")})
			default:
				d.press(rapid.SampledFrom(keysToTry).Draw(rt, "key"))
				if d.app.pager != nil && d.cmd != nil {
					d.log.lines = []string{evil, "line"}
					d.obey()
				}
			}
		}
	})
}

var keysToTry = []string{
	"enter",
	"esc",
	"tab",
	"shift+tab",
	"space",
	"up",
	"down",
	"left",
	"right",
	"home",
	"end",
	"pgup",
	"pgdown",
	"backspace",
	"delete",
	"j",
	"k",
	"g",
	"G",
	"h",
	"l",
	"1",
	"2",
	"3",
	"4",
	"5",
	"6",
	"z",
	"p",
	"o",
	"O",
	"n",
	"N",
	"/",
	":",
	"?",
	"!",
	"y",
	"s",
	"r",
	"f",
	"A",
	"b",
	"c",
	"v",
	"q",
	"ctrl+c",
	"ctrl+d",
	"ctrl+u",
	"ctrl+f",
	"ctrl+b",
	"ctrl+l",
	"ctrl+w",
	"ctrl+a",
	"ctrl+e",
	"ctrl+h",
	"ctrl+k",
	"ctrl+v",
	"alt+d",
	"alt+b",
	"'job 18244",
	"'cell chain00",
	"'sources",
	"'strays",
	"'sort when",
	"'actions",
	"'action 41",
	"'backup green",
	"'resume",
	"'failures",
	"'failures 7d",
	"alt+1",
	"alt+4",
	"alt+0",
	"7",
	"'failed",
	"'!missed",
	"'acknowledge",
	"'approve",
	"'stop",
	"'ascii",
	"'theme light",
}

// snapshots draws pictures: the scenes, and what no feed should ever make.
func snapshots(t *rapid.T) *board.Snapshot {
	switch rapid.IntRange(0, 9).Draw(t, "picture") {
	case 0:
		return empty()
	case 1:
		return calm(rapid.IntRange(0, 30).Draw(t, "chains")).Snapshot
	case 2:
		return hostile().Snapshot
	case 3:
		return trouble(8).old(model.Cluster(rapid.IntRange(0, 1).Draw(t, "cluster")),
			time.Duration(rapid.IntRange(0, 100000).Draw(t, "old"))*time.Second, evil).Snapshot
	case 4:
		return &board.Snapshot{}
	case 5:
		return paired().Snapshot
	case 6:
		return severed().Snapshot
	case 7:
		w := able(8).acting(41, record.ActionState(rapid.IntRange(0, 6).Draw(t, "state")), nil).acting(48, record.ActionRunning, nil)
		if rapid.Bool().Draw(t, "orphan") {
			w.Orphans = []string{"4a048"}
		}
		return w.Snapshot
	}
	s := &board.Snapshot{Environment: rapid.String().Draw(t, "environment"), Rehearsal: rapid.String().Draw(t, "rehearsal"),
		Seen: sightings()}
	if rapid.Bool().Draw(t, "pair") {
		s.RDS = &model.RDS{}
		if rapid.Bool().Draw(t, "an instance") {
			s.RDS.Primary, s.RDS.Replica = &model.Instance{ID: evil}, &model.Instance{Server: model.Reading[model.Server]{At: noon}}
		}
	}
	text := rapid.StringN(0, 30, 90)
	when := rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "unset") {
			return time.Time{}
		}
		return noon.Add(time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(t, "at")) * time.Second)
	})
	jobs := rapid.Custom(func(t *rapid.T) model.Job {
		return model.Job{Key: model.JobKey{Cluster: model.Cluster(rapid.IntRange(0, 1).Draw(t, "cluster")), Job: text.Draw(t, "job")},
			ID:   rapid.Uint32().Draw(t, "id"),
			Name: text.Draw(t, "name"), Cell: model.Cell{Chain: text.Draw(t, "chain"), Region: text.Draw(t, "region")},
			HasCell: rapid.Bool().Draw(t, "has"),
			Type:    model.JobType(rapid.Byte().Draw(t, "type")), Level: model.Level(rapid.Byte().Draw(t, "level")),
			Status:  model.Status(rapid.Byte().Draw(t, "status")),
			Outcome: model.Outcome(rapid.IntRange(0, 7).Draw(t, "outcome")), Client: text.Draw(t, "client"),
			Storage: text.Draw(t, "storage"), Sched: when.Draw(t, "sched"),
			Start: when.Draw(t, "start"), End: when.Draw(t, "end"), Bytes: rapid.Uint64().Draw(t, "bytes"),
			Files: rapid.Uint64().Draw(t, "files"), Note: text.Draw(t, "note"),
			Progress: model.Progress{At: when.Draw(t, "told"), Rate: rapid.Float64().Draw(t, "rate"),
				Percent: rapid.IntRange(-1, 120).Draw(t, "percent"), Left: time.Duration(rapid.Int64().Draw(t, "left"))}}
	})
	for k := range model.Clusters {
		if rapid.Bool().Draw(t, "cluster there") {
			s.Clusters[k] = &board.ClusterView{Cluster: model.Clusters[k], Open: rapid.SliceOfN(jobs, 0, 5).Draw(t, "open"),
				Recent: rapid.SliceOfN(jobs, 0, 5).Draw(t, "recent"), Bad: rapid.SliceOfN(jobs, 0, 5).Draw(t, "bad"),
				BadCut: rapid.Bool().Draw(t, "cut"),
				Strays: []board.Stray{{Name: text.Draw(t, "stray"), Status: model.Outcome(rapid.IntRange(0, 7).Draw(t, "stray outcome"))}}}
		}
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "cells") {
		v := board.CellView{Cell: model.Cell{Chain: fmt.Sprintf("c%02d%s", i, text.Draw(t, "chain")), Region: text.Draw(t, "region")},
			Health: board.CellHealth(rapid.IntRange(0, 5).Draw(t, "health")),
			Says:   text.Draw(t, "says"), Promise: time.Duration(rapid.Int64().Draw(t, "promise"))}
		for k := range v.On {
			v.On[k] = board.Standing{Has: model.Verdict(rapid.IntRange(0, 2).Draw(t, "on")),
				Streak: rapid.IntRange(-3, 3).Draw(t, "streak"), Ratio: rapid.Float64().Draw(t, "ratio"), Breaks: when.Draw(t, "breaks"),
				Due: when.Draw(t, "due")}
			if rapid.Bool().Draw(t, "good") {
				j := jobs.Draw(t, "job")
				v.On[k].LastGood, v.On[k].Last, v.On[k].Open = &j, &j, &j
			}
		}
		s.Cells = append(s.Cells, v)
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "alerts") {
		a := board.Alert{ID: fmt.Sprint(i), Severity: model.Severity(rapid.IntRange(0, 2).Draw(t, "severity")), Says: text.Draw(t, "says"),
			Do: text.Draw(t, "do"), Since: when.Draw(t, "since"),
			Source: model.Source{Kind: model.SourceKind(rapid.IntRange(0, 8).Draw(t, "kind")), Name: text.Draw(t, "source")}}
		if len(s.Cells) > 0 && rapid.Bool().Draw(t, "of a cell") {
			a.Cell = &s.Cells[0].Cell
		}
		s.Alerts = append(s.Alerts, a)
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "events") {
		s.Events = append(s.Events, board.Event{Seq: uint64(i), At: when.Draw(t, "at"), Who: text.Draw(t, "who"),
			Says: text.Draw(t, "says")})
	}
	return s
}
