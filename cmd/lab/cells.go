package main

import (
	"fmt"
	"slices"

	"switchyard/model"
)

// chains is how many replication chains the lab backs up, each in both regions and kinds.
const chains = 12

// trouble is what a job of the lab does wrong, on purpose.
type trouble int

const (
	fine    trouble = iota
	warns           // ends T with JobErrors > 0
	fails           // its script fails on the client
	hangs           // its client accepts and never answers
	crawls          // its bandwidth is limited: it runs for minutes
	waiting         // it is never started by "lab up"; its day is the first Sunday of a month
)

// troubles are few, so that what is wrong stands out.
var troubles = map[model.Cell]trouble{
	{Chain: "chain02", Region: "region2", Kind: model.Immutable}: waiting,
	{Chain: "chain03", Region: "region2", Kind: model.Regular}:   fails,
	{Chain: "chain04", Region: "region1", Kind: model.Regular}:   warns,
	{Chain: "chain04", Region: "region2", Kind: model.Immutable}: hangs,
	{Chain: "chain06", Region: "region1", Kind: model.Immutable}: crawls,
	{Chain: "chain08", Region: "region2", Kind: model.Regular}:   warns,
	{Chain: "chain10", Region: "region2", Kind: model.Immutable}: crawls,
	{Chain: "chain11", Region: "region1", Kind: model.Regular}:   fails,
}

// cell is a cell with how the lab backs it up.
type cell struct {
	model.Cell
	number   int // of the chain, from 1
	Tier     int
	Client   string
	Pool     string
	Storage  string
	Promise  string
	Keep     string
	Schedule []when
	Trouble  trouble
}

// Name is the name of its job, on either cluster.
func (c cell) Name() string { return fmt.Sprintf("backup-%s-%s-%s", c.Chain, c.Region, c.Kind) }

// On tells whether a cluster takes the cell: a third of the chains is blue's, a third both's, a third green's.
func (c cell) On(cluster string) bool {
	third := (c.number - 1) * 3 / chains
	return third == 1 || (cluster == "blue") == (third == 0)
}

// when is one Run directive of Bacula.
type when struct {
	level, days  string
	hour, minute int
}

func (w when) String() string {
	level := ""
	if w.level != "" {
		level = "Level=" + w.level + " "
	}
	return fmt.Sprintf("%s%s at %02d:%02d", level, w.days, w.hour, w.minute)
}

// later is the same some minutes later. An hourly run has no hour to carry into.
func (w when) later(minutes int) when {
	m := w.hour*60 + w.minute + minutes
	w.hour, w.minute = m/60%24, m%60
	if w.days == "hourly" {
		w.hour = 0
	}
	return w
}

// RunsOn are the cell's Run directives on a cluster. Where both take it, green comes later: they share one clone source.
func (c cell) RunsOn(cluster string) []string {
	var runs []string
	for _, w := range c.Schedule {
		if cluster == "green" && c.On("blue") {
			w = w.later(25)
		}
		runs = append(runs, w.String())
	}
	return runs
}

// Runs are the directives as the inventory says them: those of the first cluster that takes the cell.
func (c cell) Runs() []string {
	if c.On("blue") {
		return c.RunsOn("blue")
	}
	return c.RunsOn("green")
}

// cells are all cells of the lab, in order.
func cells() []cell {
	var all []cell
	for n := 1; n <= chains; n++ {
		for r, region := range regions {
			for _, kind := range model.Kinds {
				c := cell{
					Cell: model.Cell{Chain: fmt.Sprintf("chain%02d", n), Region: region, Kind: kind}, number: n,
					Tier: 2, Client: []string{"db1-fd", "db2-fd"}[r], Storage: "sd-" + region, Pool: "reg-" + region, Promise: "26h", Keep: "7d",
				}
				if kind == model.Immutable {
					c.Pool, c.Storage, c.Keep = "imm-"+region, "vault-"+region, "30d"
				}
				if n > 10 && r == 1 {
					c.Client = "db3-fd" // Bacula 15, which blue's Storage Daemon cannot talk to
				}
				minute := 70 + 11*n + 4*r + 2*int(kind)
				at := when{days: "daily", hour: minute / 60, minute: minute % 60}
				c.Trouble = troubles[c.Cell]
				switch {
				case c.Trouble == waiting:
					at.days, c.Promise = "1st sun", "35d"
				case n%4 == 1 && r == 0 && kind == model.Regular:
					at.days, at.hour, at.minute, c.Promise, c.Tier = "hourly", 0, n, "2h", 1
				case n == chains && kind == model.Regular:
					at.days, at.hour, c.Promise = "mon-fri", 21, "80h"
				}
				c.Schedule = []when{at}
				if n%4 == 2 && kind == model.Immutable && c.Trouble != waiting {
					full, incremental := at, at
					full.level, full.days, incremental.level, incremental.days = "Full", "sun", "Incremental", "mon-sat"
					c.Schedule = []when{full, incremental}
				}
				if c.Trouble == hangs {
					c.Client = "hung-fd"
				}
				all = append(all, c)
			}
		}
	}
	return all
}

// cellsOn are the cells that a cluster takes.
func cellsOn(cluster string) []cell {
	return slices.DeleteFunc(cells(), func(c cell) bool { return !c.On(cluster) })
}
