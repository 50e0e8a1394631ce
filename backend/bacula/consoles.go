package bacula

import (
	"context"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// consoleLine is what both generations say of a console that they hold, in their own time zone and whole minutes.
var consoleLine = model.Pattern(`(?m)^Console connected (?:using TLS )?at (\d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d)`)

// Consoles are how long ago those consoles connected that the Director holds besides the one that asks, in whole minutes by its own clock.
// It is ErrAnswer when the Director does not tell even of that one.
func (c Console) Consoles(ctx context.Context) ([]time.Duration, error) {
	said, err := c.ask(ctx, StatusRunning) // without .api, whose answer does not tell of consoles
	if err != nil {
		return nil, err
	}
	if err := wasDenied(said); err != nil {
		return nil, faultOf(c.who(), err)
	}
	var at []time.Time
	for _, m := range consoleLine().FindAllStringSubmatch(said, -1) {
		t, err := time.Parse("02-Jan-06 15:04", m[1])
		if err != nil {
			return nil, fault(model.ErrAnswer, "%s: a console connected at %q", c.who(), m[1])
		}
		at = append(at, t)
	}
	if len(at) == 0 || !strings.Contains(said, "Running Jobs:") {
		return nil, fault(model.ErrAnswer, "%s: it does not tell which consoles it holds: %s", c.who(), firstWords(said))
	}
	slices.SortFunc(at, time.Time.Compare)
	mine := at[len(at)-1]
	var ages []time.Duration
	for _, t := range at[:len(at)-1] {
		ages = append(ages, mine.Sub(t))
	}
	return ages, nil
}
