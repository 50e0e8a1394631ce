package board

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
)

// TestNewAndWideComesBeforeOldAndNarrow states which of two alerts a person sees first, each from the one that leads to the one that
// follows.
func TestNewAndWideComesBeforeOldAndNarrow(t *testing.T) {
	green, cell := model.Green, model.Cell{Chain: "chain001", Region: "region1"}
	at := func(ago time.Duration) time.Time { return noon.Add(-ago) }
	line := []Alert{
		{ID: "two writers", Severity: model.Fail, rank: rankWriters, Cluster: &green, Since: at(9 * time.Hour)},
		{
			ID:       "director down, just now",
			Severity: model.Fail,
			rank:     rankSource,
			Cluster:  &green,
			Source:   model.DirectorOf(green, "dir"),
			Since:    at(time.Minute),
		},
		{
			ID:       "catalog down for hours",
			Severity: model.Fail,
			rank:     rankSource,
			Cluster:  &green,
			Source:   model.CatalogOf(green),
			Since:    at(5 * time.Hour),
		},
		{
			ID:       "failover that killed a job",
			Severity: model.Fail,
			rank:     rankPair,
			Cluster:  &green,
			Jobs:     []model.JobKey{{}},
			Since:    at(time.Minute),
		},
		{
			ID:       "storages do not answer, just now",
			Severity: model.Warn,
			rank:     rankSource,
			Cluster:  &green,
			Source:   model.StoragesOf(green),
			Since:    at(time.Minute),
		},
		{ID: "failover of a quiet hour", Severity: model.Warn, rank: rankPair, Since: at(10 * time.Minute)},
		{ID: "promise broken just now", Severity: model.Fail, rank: rankBroken, Cell: &cell, Since: at(5 * time.Minute)},
		{ID: "waits for a volume since yesterday", Severity: model.Fail, rank: rankStuck, Cell: &cell, Since: at(20 * time.Hour)},
		{ID: "job failed just now", Severity: model.Fail, rank: rankFailed, Cell: &cell, Since: at(5 * time.Minute)},
		{ID: "breaks soon", Severity: model.Warn, rank: rankBreaks, Cell: &cell},
		{ID: "promise broken for 21 hours", Severity: model.Fail, rank: rankBroken, Cell: &cell, Since: at(21 * time.Hour)},
		{ID: "job failed in the night", Severity: model.Fail, rank: rankFailed, Cell: &cell, Since: at(9 * time.Hour)},
		{
			ID:       "metrics are refused",
			Severity: model.Warn,
			rank:     rankSource,
			Source:   model.Source{Kind: model.SourceMetrics, Name: "eu-west-1"},
			Since:    at(time.Minute),
		},
		{ID: "failover of the morning", Severity: model.Warn, rank: rankPair, Since: at(6 * time.Hour)},
		{ID: "sizes differ", Severity: model.Warn, rank: rankDoubt, Cell: &cell},
		{ID: "strays", Severity: model.Info, rank: rankStray, Cluster: &green},
	}
	b := &Board{cells: slices.Repeat([]CellView{{}}, 40)}
	rapid.Check(t, func(r *rapid.T) {
		got := rapid.Permutation(line).Draw(r, "order")
		b.order(got, noon)
		for i := range got {
			if got[i].ID != line[i].ID {
				r.Fatalf("place %d is %q, not %q", i+1, got[i].ID, line[i].ID)
			}
		}
	})
}

// TestTheOrderOfAlertsRests holds that neither a second nor one cell more moves anything, and that alerts that are alike stay as they
// stood.
func TestTheOrderOfAlertsRests(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var line []Alert
		for i := range rapid.IntRange(2, 30).Draw(r, "alerts") {
			a := Alert{
				ID:       fmt.Sprint(i),
				Severity: rapid.SampledFrom([]model.Severity{model.Info, model.Warn, model.Fail}).Draw(r, "severity"),
				rank: rapid.IntRange(rankWriters, rankStray).
					Draw(r, "rank"),
				Since: noon.Add(-time.Duration(rapid.IntRange(0, 600).Draw(r, "minutes")) * time.Minute),
			}
			if rapid.Bool().Draw(r, "one cell") {
				a.Cell = &model.Cell{Chain: "chain"}
			} else if c := rapid.SampledFrom(model.Clusters[:]).Draw(r, "cluster"); rapid.Bool().Draw(r, "wide") {
				a.Cluster = &c
			}
			line = append(line, a)
		}
		b := &Board{cells: slices.Repeat([]CellView{{}}, rapid.IntRange(11, 98).Draw(r, "cells"))}
		b.order(line, noon.Add(time.Second))
		again := slices.Clone(line)
		b.cells = append(b.cells, CellView{})
		b.order(again, noon.Add(31*time.Second))
		for i := range line {
			if line[i].ID != again[i].ID {
				r.Fatalf("place %d was %q and is %q half a minute later", i+1, line[i].ID, again[i].ID)
			}
		}
	})
}
