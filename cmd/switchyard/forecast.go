package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/plan"
)

func forecastCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "forecast",
		Short: "when blue will have nothing left to do, from the migration's own pace; refused where the past is too thin",
		Long: "Forecast counts the cells that were settled on each of the last 14 days, as both catalogs tell, and draws the days to " +
			"come from them: when the last cell is settled, and when the last backup that only blue has has expired, in half and in " +
			"nine tenths of all draws; no sooner than the restore tests that settling asks for allow, and never where a storage is " +
			"full before. It tells what takes longest, and what would make it end a week earlier.\n\nIt is refused where fewer than " +
			"7 days are known, cells were settled on fewer than 3, or a storage is full before the last cell is settled.\n\n" +
			"Exit status: 0 it is told; 1 it is refused; 2 no source answered, or the look was cut short.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return look.judgeBeside(cmd, func(s *site, f *feed.Feed, snap *board.Snapshot) (outcome, error) {
				told := forecastTold{jsonVersion, gate.Forecast(s.gates(snap), s.testPace(snap), s.space(cmd.Context(), f, snap))}
				return outcome{"the forecast", told, found(told.Why != "")}, nil
			})
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	look.addWait(cmd)
	return cmd
}

// testPace is how fast the configured restore tests prove green.
func (s *site) testPace(snap *board.Snapshot) gate.TestPace {
	p := plan.PickTests(snap, snap.State, s.names, s.cfg.Tests.Terms, func(_ model.Cell, of model.Cluster) bool { return of == model.Green })
	if p.GroupsBy.IsZero() {
		return gate.TestPace{}
	}
	return gate.TestPace{Groups: p.Groups, Unmet: p.Unmet, Never: p.TooLong, Over: p.Over, Budget: p.Day,
		Every: p.Every, Round: p.GroupsBy.Sub(snap.At)}
}

// forecastTold is what forecast prints.
type forecastTold struct {
	Version int `json:"version"`
	*gate.Finish
}

func (t forecastTold) write(w io.Writer) error {
	days, left := "?", "?" // nobody knows
	if len(t.PerDay) > 0 {
		days = strings.Trim(fmt.Sprint(t.PerDay), "[]")
	}
	if t.Left != nil {
		left = strconv.Itoa(*t.Left)
	}
	if t.Why != "" {
		return printf(w, "no forecast: %s\nsettled by day, the newest last: %s; left: %s\n", t.Why, days, left)
	}
	on := func(a, b time.Time) string {
		const layout = "2 Jan 2006"
		return fmt.Sprintf("%s, with 9 of 10 chances by %s", a.UTC().Format(layout), b.UTC().Format(layout))
	}
	settled, done := on(t.Settled50, t.Settled90), on(t.Done50, t.Done90)
	if t.Left != nil && *t.Left == 0 { // nothing is drawn: no pace is left, only retention
		settled, done = "all of them are", t.Done50.UTC().Format("2 Jan 2006")
		if !t.Done50.After(t.At) {
			done = "so it is by now"
		}
	}
	err := printf(w, "last cell settled      %s\nblue has nothing left  %s\nwhat takes longest     %s\n", settled, done, t.Binds)
	if err != nil {
		return err
	}
	if t.Buys != "" {
		if err := printf(w, "what would buy a week  %s\n", t.Buys); err != nil {
			return err
		}
	}
	if t.Room != "" {
		if err := printf(w, "room on the storages   %s\n", t.Room); err != nil {
			return err
		}
	}
	return printf(w, "settled by day, the newest last: %s; left: %s\n", days, left)
}
