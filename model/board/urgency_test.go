package board

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhatGrowsWorseIsFirst is a table of pairs: the first comes before the second.
func TestWhatGrowsWorseIsFirst(t *testing.T) {
	now := midday
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	old := Alert{ID: "broken:old", Severity: model.Fail, rank: rankBroken, Reach: 1, Since: ago(21 * time.Hour)}
	ack := &record.Ack{By: "ann"}
	for name, p := range map[string][2]Alert{
		"a dead Director":            {{ID: "source:green director", Severity: model.Fail, rank: rankSource, Reach: 500, Since: ago(time.Minute)}, old},
		"broken replication":         {{ID: "rds:lag", Severity: model.Fail, rank: rankSource}, old},
		"a failover":                 {{ID: "rds:failover", Severity: model.Warn, rank: rankBroken, fresh: failoverToll, Since: ago(time.Minute)}, old},
		"a failover that is over":    {{ID: "broken:new", Severity: model.Fail, rank: rankBroken, Reach: 1, Since: ago(time.Hour)}, {ID: "rds:failover", Severity: model.Warn, rank: rankBroken, fresh: failoverToll, Since: ago(time.Hour)}},
		"a job that failed just now": {{ID: "job:blue:x", Severity: model.Fail, rank: rankFailed, Reach: 1, Since: ago(time.Minute)}, old},
		"an old one before doubts":   {old, {ID: "bare:green", Severity: model.Warn, rank: rankDoubt}},
		"two writers":                {{ID: "rds:two-writers", Severity: model.Fail, rank: rankWrong}, {ID: "source:green director", Severity: model.Fail, rank: rankSource, Reach: 500}},
		"the wider of two":           {{ID: "z", Severity: model.Fail, rank: rankSource, Reach: 500}, {ID: "a", Severity: model.Fail, rank: rankSource, Reach: 3}},
		"what breaks sooner":         {{ID: "z", Severity: model.Warn, rank: rankBreaks, Reach: 1, breaks: now.Add(time.Minute)}, {ID: "a", Severity: model.Warn, rank: rankBreaks, Reach: 1, breaks: now.Add(2 * time.Hour)}},
		"the newer of two":           {{ID: "z", Severity: model.Fail, rank: rankBroken, Reach: 1, Since: ago(time.Minute)}, {ID: "a", Severity: model.Fail, rank: rankBroken, Reach: 1, Since: ago(7 * time.Hour)}},
		"what nobody has seen yet":   {{ID: "strays:blue", Severity: model.Info, rank: rankStray}, {ID: "rds:two-writers", Severity: model.Fail, rank: rankWrong, Acked: ack}},
		"never backed up is not old": {{ID: "broken:never", Severity: model.Fail, rank: rankBroken, Reach: 1}, old},
	} {
		for _, in := range [][]Alert{{p[0], p[1]}, {p[1], p[0]}} {
			if urgentFirst(in, now); in[0].ID != p[0].ID {
				t.Errorf("%s: %s comes before it", name, in[0].ID)
			}
		}
	}
}

// TestUrgencyIsAnOrder draws alerts and moments: the order is total, does not depend on the order in which they are found, and a second of the
// clock turns no pair around more than once while they stay as they are.
func TestUrgencyIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := rapid.OneOf(rapid.SampledFrom([]time.Duration{0, time.Hour, 6 * time.Hour, staleAfter, 24 * time.Hour}), rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "span"))
		}))
		var in []Alert
		for i := range rapid.IntRange(2, 8).Draw(t, "n") {
			a := Alert{ID: fmt.Sprint("id", i), Severity: model.Severity(rapid.IntRange(0, int(model.Fail)).Draw(t, "severity")), Reach: rapid.SampledFrom([]int{0, 1, 9, 10, 500}).Draw(t, "reach"),
				rank: rapid.IntRange(rankWrong, rankStray).Draw(t, "rank")}
			if rapid.Bool().Draw(t, "since") {
				a.Since = midday.Add(-span.Draw(t, "age"))
			}
			if rapid.Bool().Draw(t, "breaks") {
				a.breaks = midday.Add(span.Draw(t, "left"))
			}
			if rapid.Bool().Draw(t, "goes on") {
				a.fresh = failoverToll
			}
			if rapid.Bool().Draw(t, "acked") {
				a.Acked = &record.Ack{}
			}
			in = append(in, a)
		}
		ids := func(of []Alert, at time.Time) (out []string) {
			of = slices.Clone(of)
			urgentFirst(of, at)
			for _, a := range of {
				out = append(out, a.ID)
			}
			return out
		}
		turned := slices.Clone(in)
		slices.Reverse(turned)
		if a, b := ids(in, midday), ids(turned, midday); !slices.Equal(a, b) {
			t.Fatalf("%v, and turned around %v", a, b)
		}
		for i := range in {
			for j := range in {
				a, b := urgent(&in[i], midday), urgent(&in[j], midday)
				if got, back := a.compare(b), b.compare(a); got != -back || (got == 0) != (i == j) {
					t.Fatalf("%+v and %+v: %d and %d", a, b, got, back)
				}
			}
		}
		// Within a minute at which no bound is passed nothing moves.
		bounds := map[time.Duration]bool{staleAfter: true, failoverToll: true}
		for _, d := range ages {
			bounds[d] = true
		}
		passes := func(of time.Time) bool {
			for d := range bounds {
				if was, is := midday.Sub(of), midday.Add(time.Minute).Sub(of); was < d && is >= d {
					return true
				}
				if left := of.Sub(midday); left >= d && left-time.Minute < d {
					return true
				}
			}
			return false
		}
		for _, a := range in {
			if passes(a.Since) || passes(a.breaks) {
				return
			}
		}
		first := ids(in, midday)
		for s := range 60 {
			if next := ids(in, midday.Add(time.Duration(s+1)*time.Second)); !slices.Equal(first, next) {
				t.Fatalf("%v became %v after %d s", first, next, s+1)
			}
		}
	})
}

func TestOneOldCellDoesNotHoldTheLine(t *testing.T) {
	w := newBoard(t, midday)
	w.director(model.Blue, midday, w.everyCell())
	w.director(model.Green, midday, nil)
	w.Catalog(model.Green, model.Catalog{}, nil, nil, midday)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(1, cellA, model.OK, midday.Add(-48*time.Hour), time.Minute, 100)}, nil, midday)
	if s := w.Snapshot(w.now); s.Alerts[0].Cell == nil {
		t.Fatalf("nothing is broken: %+v", s.Alerts)
	}
	w.Source(Sighting{Source: model.DirectorOf(model.Blue, "bacula-blue"), Gates: true, Tried: w.now, Why: "connection refused", Trouble: model.TroubleGone, Since: w.now})
	s := w.Snapshot(w.now)
	if a := s.Alerts[0]; a.Source.Kind != model.SourceDirector || a.Reach == 0 {
		t.Errorf("the first alert is %+v", a)
	}
}

func TestAcknowledgedComesBackWhenItChanges(t *testing.T) {
	at := midday
	was := Alert{ID: "bare:green", Severity: model.Warn, Reach: 3, Since: at.Add(-time.Hour)}
	ack := record.Ack{Told: was.Told(at.Add(2 * time.Hour)), At: at, By: "ann", Reason: "known"}
	for name, c := range map[string]struct {
		change func(*Alert)
		after  time.Duration
		holds  bool
	}{
		"it is the same":      {func(*Alert) {}, time.Minute, true},
		"it says another age": {func(a *Alert) { a.Says = "older" }, time.Hour, true},
		"it is smaller":       {func(a *Alert) { a.Reach, a.Severity = 1, model.Info }, time.Minute, true},
		"it is another kind":  {func(a *Alert) { a.ID = "broken:x" }, time.Minute, false},
		"it is worse":         {func(a *Alert) { a.Severity = model.Fail }, time.Minute, false},
		"it is wider":         {func(a *Alert) { a.Reach = 4 }, time.Minute, false},
		"it began anew":       {func(a *Alert) { a.Since = at.Add(time.Second) }, time.Minute, false},
		"its time is over":    {func(*Alert) {}, 2 * time.Hour, false},
	} {
		a := was
		c.change(&a)
		if got := holds(&ack, &a, at.Add(c.after)); got != c.holds {
			t.Errorf("%s: %v", name, got)
		}
		q := Quiet{Acks: []record.Ack{ack}}
		in := []Alert{a, {ID: "strays:blue", Severity: model.Info}}
		out := q.Quieted(in, at.Add(c.after))
		if last := out[1].ID == a.ID; last != c.holds || in[0].Acked != nil {
			t.Errorf("%s in a session: %v", name, out)
		}
	}
	q := Quiet{Causes: []record.Ack{{Told: record.Told{ID: "bare"}}}}
	if out := q.Quieted([]Alert{was, {ID: "strays:blue"}}, at.Add(time.Hour)); out[1].ID != was.ID || out[1].Acked == nil {
		t.Errorf("quiet about bare: %v", out)
	}
}

func TestTheJournalsAcknowledgementsComeLast(t *testing.T) {
	w := newBoard(t, midday)
	without := w.everyCell()
	delete(without, cellA)
	w.director(model.Blue, midday, without)
	w.director(model.Green, midday, without)
	gap := w.Snapshot(w.now).Alerts[0]
	w.Journal(&record.State{Acks: []record.Ack{{Told: gap.Told(midday.Add(time.Hour)), At: midday, By: "ann", Reason: "its Director is built today"}}}, nil, nil)
	as := w.Snapshot(w.now).Alerts
	if last := as[len(as)-1]; last.ID != gap.ID || last.Acked == nil || last.Acked.By != "ann" {
		t.Errorf("the last is %+v", last)
	}
	w.now = midday.Add(time.Hour)
	if a := w.Snapshot(w.now).Alerts[0]; a.ID != gap.ID || a.Acked != nil {
		t.Errorf("an hour later the first is %+v", a)
	}
}
