package gate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// seriesOnly is a finished migration whose journal has nothing but a series.
func seriesOnly(t *testing.T, series record.Proof) World {
	t.Helper()
	w := finished(t, 3)
	w.Snapshot.State = note(t, note(t, nil, record.Genesis{Environment: "test"}), record.Prove(series))
	return w
}

// TestSeriesOverDays tells of a replica's week by the hours in which somebody looked: a gap is unknown, and so is what is to come.
func TestSeriesOverDays(t *testing.T) {
	t.Parallel()
	type day = record.SeriesDay
	well := func(_ time.Time, d *day, mark uint32) { d.Heard, d.Told = mark, mark }
	ago := func(at time.Time) time.Duration { return noon.Sub(at) }
	for name, x := range map[string]struct {
		n       int
		do      func(time.Time, *day, uint32)
		verdict model.Verdict
		value   string
		when    time.Duration // from noon; 0: none
	}{
		"a week":     {8 * 24, well, model.Holds, "0 of 169 hours", 0},
		"three days": {3*24 + 1, well, model.Unknown, "seen for 3 d", 4 * 24 * time.Hour},
		"a gap of eight hours": {8 * 24, func(at time.Time, d *day, mark uint32) {
			if ago(at) < 40*time.Hour || ago(at) >= 48*time.Hour {
				well(at, d, mark)
			}
		}, model.Unknown, "seen for 39 h", 7*24*time.Hour - 39*time.Hour},
		"gaps of three hours": {8 * 24, func(at time.Time, d *day, mark uint32) {
			if at.Hour()%4 == 0 {
				well(at, d, mark)
			}
		}, model.Holds, "0 of 43 hours", 0},
		"broken for an hour": {8 * 24, func(at time.Time, d *day, mark uint32) {
			if well(at, d, mark); ago(at) == 30*time.Hour {
				d.Broken = mark
			}
		}, model.Fails, "it was broken 29 h", 7*24*time.Hour - 29*time.Hour},
		"broken now": {8 * 24, func(at time.Time, d *day, mark uint32) {
			if well(at, d, mark); ago(at) == 0 {
				d.Broken = mark
			}
		}, model.Fails, "it is broken", 0},
		"behind for three hours": {8 * 24, func(at time.Time, d *day, mark uint32) {
			if well(at, d, mark); ago(at) >= 10*time.Hour && ago(at) < 13*time.Hour {
				d.Over[3] = mark
			}
		}, model.Fails, "3 of 169 hours over 1m", 7*24*time.Hour - 11*time.Hour},
		"behind for one": {8 * 24, func(at time.Time, d *day, mark uint32) {
			if well(at, d, mark); ago(at) == 10*time.Hour {
				d.Over[3] = mark
			}
		}, model.Holds, "1 of 169 hours over 1m", 0},
		"not much behind": {8 * 24, func(at time.Time, d *day, mark uint32) { well(at, d, mark); d.Over[2] = mark }, model.Holds, "0 of 169", 0},
		"its server began again": {8 * 24, func(at time.Time, d *day, mark uint32) {
			if well(at, d, mark); ago(at) == 10*time.Hour || ago(at) == 100*time.Hour {
				d.Begun = []time.Time{at}
			}
		}, model.Holds, "began again on 2 occasions", 0},
	} {
		g := Evaluate(seriesOnly(t, hours(noon, x.n, x.do))).Find("replica-steady")
		if g.Verdict != x.verdict || !strings.Contains(g.Value, x.value) {
			t.Errorf("%s: %s, %s", name, g.Verdict, g.Value)
		}
		if x.when != 0 && !g.When.Equal(noon.Add(x.when)) || x.when == 0 && !g.When.IsZero() {
			t.Errorf("%s: passes %v, %v from now", name, g.When, g.When.Sub(noon))
		}
	}
	future := seriesOnly(t, hours(noon, 8*24, well))
	future.Snapshot.At = noon.Add(-100 * day24)
	for i := range future.Snapshot.Seen {
		future.Snapshot.Seen[i].At = future.Snapshot.At
	}
	if g := Evaluate(future).Find("replica-steady"); g.Verdict != model.Unknown || !strings.Contains(g.Value, "nobody has looked") {
		t.Errorf("what is to come: %s, %s", g.Verdict, g.Value)
	}
	w := finished(t, 3)
	w.Snapshot.State = note(t, nil, record.Genesis{Environment: "test"})
	for _, id := range []string{"replica-steady", "full-load", "failover-drill", "old-chain-restored"} {
		for i := range w.Snapshot.Cells {
			w.Snapshot.Cells[i].On[model.Blue].Last = nil
		}
		if g := Evaluate(w).Find(id); g.Verdict != model.Unknown {
			t.Errorf("%s by an empty journal: %s, %s", id, g.Verdict, g.Value)
		}
	}
}

const day24 = 24 * time.Hour

// TestFullLoadMovesADayADay counts from the first hour that was seen, and from the last in which blue took a cell.
func TestFullLoadMovesADayADay(t *testing.T) {
	t.Parallel()
	begun := noon.Add(-20 * day24)
	w := seriesOnly(t, hours(noon, 30*24, func(at time.Time, d *record.SeriesDay, mark uint32) {
		if d.Told = mark; at.Before(begun) {
			d.Blue = mark
		}
	}))
	for i := range w.Snapshot.Cells {
		w.Snapshot.Cells[i].On[model.Blue].Last = nil
	}
	g := Evaluate(w).Find("full-load")
	if g.Verdict != model.Unknown || !g.When.Equal(begun.Add(60*day24)) || !strings.Contains(g.Value, "seen for 20 d") {
		t.Errorf("%s, %s, %v", g.Verdict, g.Value, g.When)
	}
	w.Policy.FullLoad = 20 * day24
	if g := Evaluate(w).Find("full-load"); g.Verdict != model.Holds {
		t.Errorf("%s, %s", g.Verdict, g.Value)
	}
}

// TestAWordOnFullLoadLapses like every word: by its day, and by what was seen since.
func TestAWordOnFullLoadLapses(t *testing.T) {
	t.Parallel()
	short := func(blueUntil time.Time) *World {
		w := seriesOnly(t, hours(noon, 30*24, func(at time.Time, d *record.SeriesDay, mark uint32) {
			if d.Told = mark; at.Before(blueUntil) {
				d.Blue = mark
			}
		}))
		for i := range w.Snapshot.Cells {
			w.Snapshot.Cells[i].On[model.Blue].Last = nil
		}
		return &w
	}
	for name, x := range map[string]struct {
		said, until, blueUntil time.Time
		verdict                model.Verdict
		value                  string
	}{
		"it counts": {noon.Add(-10 * day24), time.Time{}, noon.Add(-20 * day24), model.Holds, "alice on 4 Mar 2026: 60 days"},
		"its day is over": {noon.Add(-10 * day24), noon.Add(-day24), noon.Add(-20 * day24), model.Unknown,
			"it counted until 13 Mar 2026"},
		"blue took cells since": {noon.Add(-25 * day24), time.Time{}, noon.Add(-20 * day24), model.Unknown,
			"seen for 20 d, and before it green"},
		"blue took cells just now": {noon.Add(-25 * day24), time.Time{}, noon.Add(day24), model.Fails, "within the hour"},
	} {
		w := short(x.blueUntil)
		w.Snapshot.State = note(t, w.Snapshot.State, record.Prove(Attest("full-load", "60 days", model.Holds, x.said, x.until)))
		if g := Evaluate(*w).Find("full-load"); g.Verdict != x.verdict || !strings.Contains(g.Value, x.value) {
			t.Errorf("%s: %s, %s", name, g.Verdict, g.Value)
		}
	}
}

// TestSinceIsTheSeries compares it with a list of hours that is gone through one by one.
func TestSinceIsTheSeries(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 100).Draw(t, "hours")
		seen, bad := make([]bool, n), make([]bool, n) // by hours ago
		for i := range n {
			seen[i] = rapid.IntRange(0, 3).Draw(t, "seen") > 0
			bad[i] = seen[i] && rapid.IntRange(0, 30).Draw(t, "bad") == 0
		}
		apart := rapid.IntRange(0, 4).Draw(t, "apart")
		p := hours(noon, n, func(at time.Time, d *record.SeriesDay, mark uint32) {
			if i := int(noon.Sub(at) / time.Hour); seen[i] {
				if d.Told = mark; bad[i] {
					d.Blue = mark
				}
			}
		})
		var want time.Time
		gap, count, blank := true, 0, 0
		for i := 0; i < n && blank <= apart; i++ {
			switch {
			case bad[i]:
				gap = false
				i = n
			case seen[i]:
				want, blank = noon.Add(-time.Duration(i)*time.Hour), 0
				count++
			default:
				blank++
			}
		}
		got, is, hours := p.Claim.Series.Since(noon.Add(59*time.Minute), time.Duration(apart)*time.Hour,
			func(d *record.SeriesDay) uint32 { return d.Told }, func(d *record.SeriesDay) uint32 { return d.Blue })
		if !got.Equal(want) || is != gap || len(hours) != count {
			t.Fatalf("since %v, gap %v, %d hours; want %v, %v, %d", got, is, len(hours), want, gap, count)
		}
	})
}

// TestDrillsAreMeasured holds by actions that were done, with the time that they took; the newest of them and of a person's words counts.
func TestDrillsAreMeasured(t *testing.T) {
	t.Parallel()
	act := func(verb, which string, state record.ActionState, ago, took time.Duration) *record.Action {
		end := noon.Add(-ago)
		a := &record.Action{
			Seq:    7,
			Verb:   verb,
			Which:  which,
			By:     "alice",
			State:  state,
			Done:   1,
			Began:  end.Add(-took),
			LastAt: end,
			Why:    "AWS said no",
		}
		if state == record.ActionDone {
			a.Ended, a.LastAt = end, end.Add(time.Hour) // it was reviewed
		}
		return a
	}
	lost := act(board.FailoverVerb, "emergency", record.ActionDone, day24, time.Hour)
	lost.Found = []record.Found{{Loss: &record.FoundLoss{Looked: 9, Jobs: make([]record.TailJob, 2)}}}
	for name, x := range map[string]struct {
		gate    string
		actions []*record.Action
		words   []record.Proof
		verdict model.Verdict
		value   string
	}{
		"nothing": {"failover-drill", nil, nil, model.Unknown, "nobody has said so"},
		"a switchover": {"failover-drill", []*record.Action{act("failover", "switchover", record.ActionDone, day24, 20*time.Minute)}, nil,
			model.Holds, "took 20 min"},
		"an emergency": {"failover-drill", []*record.Action{lost}, nil, model.Holds,
			"took 60 min, 2 ended jobs of the 9 that were known are not in the catalog"},
		"too slow": {"failover-drill", []*record.Action{act("failover", "switchover", record.ActionDone, day24, 5*time.Hour)}, nil,
			model.Fails, "took 5 h"},
		"within the AZs": {"failover-drill", []*record.Action{act("failover", "az", record.ActionDone, day24, time.Minute)}, nil, model.Unknown,
			"nobody"},
		"to the standby": {"az-drill", []*record.Action{act("failover", "az", record.ActionDone, day24, time.Minute)}, nil, model.Holds,
			"took 60 s"},
		"slowly": {"az-drill", []*record.Action{act("failover", "az", record.ActionDone, day24, 6*time.Minute)}, nil, model.Fails,
			"took 6 min"},
		"refused": {"az-drill", []*record.Action{act("failover", "az", record.ActionRefused, day24, time.Minute)}, nil, model.Unknown,
			"nobody"},
		"failed since": {"az-drill", []*record.Action{act("failover", "az", record.ActionDone, 2*day24, time.Minute), act("failover", "az",
			record.ActionFailed, day24, time.Minute)}, nil, model.Fails, "failed, AWS said no"},
		"backwards": {"az-drill", []*record.Action{act("failover", "az", record.ActionDone, day24, -time.Minute)}, nil, model.Unknown,
			"by the clocks"},
		"to come": {"az-drill", []*record.Action{act("failover", "az", record.ActionDone, -day24, time.Minute)}, nil, model.Unknown,
			"which is to come"},
		"a restore": {"restore-drill", []*record.Action{act("restore", "", record.ActionDone, day24, 10*time.Minute)}, nil, model.Holds,
			"took 10 min"},
		"a recovery": {"recover-drill", []*record.Action{act("recover", "", record.ActionDone, day24, 10*time.Minute)}, nil, model.Holds,
			"took 10 min"},
		"a word": {"failover-drill", nil, []record.Proof{Attest("failover-drill", "in March", model.Holds, noon.Add(-day24),
			time.Time{})}, model.Holds, "in March"},
		"a word since": {"az-drill", []*record.Action{act("failover", "az", record.ActionDone, 2*day24, time.Minute)},
			[]record.Proof{Attest("az-drill", "it never came back", model.Fails, noon.Add(-day24), time.Time{})}, model.Fails, "never came back"},
		"a word before": {"az-drill", []*record.Action{act("failover", "az", record.ActionDone, day24, time.Minute)},
			[]record.Proof{Attest("az-drill", "it never came back", model.Fails, noon.Add(-2*day24), time.Time{})}, model.Holds, "took 60 s"},
	} {
		w := finished(t, 2)
		st := note(t, nil, record.Genesis{Environment: "test"})
		for i := range x.words {
			if x.words[i].Verdict == model.Fails {
				x.words[i].Why = "it did not"
			}
			st = note(t, st, record.Prove(x.words[i]))
		}
		next := *st
		next.Actions = x.actions
		w.Snapshot.State = &next
		g := Evaluate(w).Find(x.gate)
		if g.Verdict != x.verdict || !strings.Contains(g.Value, x.value) {
			t.Errorf("%s: %s, %q", name, g.Verdict, g.Value)
		}
	}
}

// TestWhatIsNotAvailable takes out what the configuration says some AWS region or edition does not offer, and nothing that blocks.
func TestWhatIsNotAvailable(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	w.Snapshot.State = note(t, nil, record.Genesis{Environment: "test"})
	w.Snapshot.RDS.Primary.AWS.Value.MultiAZ, w.Snapshot.RDS.Primary.Key.Value.MultiRegion = false, false
	for i := range w.Snapshot.Cells {
		w.Snapshot.Cells[i].On[model.Green].LastGood = &model.Job{End: noon}
	}
	w.NotOffered = map[string]string{"replica-there": "no", "covered": "no", "journal-apart": "no"}
	before := Evaluate(w)
	for _, id := range model.OfferedGates {
		g := before.Find(id)
		if g == nil || g.Bar == model.Block || g.Word() == "not available" || g.Verdict == model.Holds {
			t.Errorf("%s: %+v", id, g)
			continue
		}
		w.NotOffered[id] = "not in that\x1b AWS region"
		if g := Evaluate(w).Find(id); g.Word() != "not available" || g.Stops() || g.Absent != model.Clean(g.Absent) {
			t.Errorf("%s: %s, %q", id, g.Word(), g.Absent)
		}
	}
	r := Evaluate(w)
	for i := range r.Gates {
		if g := &r.Gates[i]; g.Word() == "not available" != slices.Contains(model.OfferedGates, g.ID) {
			t.Errorf("%s is %s", g.ID, g.Word())
		}
	}
	if got := fmt.Sprint(r.Find("covered").Absent, r.Find("replica-there").Absent); got != "" {
		t.Errorf("what blocks: %s", got)
	}
	w.Needs = []model.Need{needs("catalog blue", "host a"), needs("journal", "host control")}
	if g := Evaluate(w).Find("old-chain-restored"); g.Word() != "not available" {
		t.Errorf("%s, %s", g.Word(), g.Value)
	}
}
