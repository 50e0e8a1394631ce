package board

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func TestGapIsFirst(t *testing.T) {
	w := newBoard(t, midday)
	without := w.everyCell()
	delete(without, cellA)
	w.director(model.Blue, midday, without)
	w.director(model.Green, midday, without)
	s := w.Snapshot(w.now)
	if len(s.Alerts) == 0 || s.Alerts[0].ID != "gap:"+cellA.String() || s.Alerts[0].Severity != model.Fail {
		t.Fatalf("the gap is not the first alert: %+v", s.Alerts)
	}
	// A Director that was never asked is no gap: unknown is not absence.
	w = newBoard(t, midday)
	w.director(model.Blue, midday, without)
	w.Director(model.Green, DirectorTruth{}, nil)
	if v := w.cell(cellA); v.Health == CellGap {
		t.Errorf("one unknown Director makes %v", v.Health)
	}
}

func TestSilentCatalogIsUnknownNotBroken(t *testing.T) {
	w := newBoard(t, midday)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(1, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 100)}, nil, midday)
	w.director(model.Green, midday, nil)
	if v := w.cell(cellA); v.Health != CellOK {
		t.Fatalf("%v: %s", v.Health, v.Says)
	}
	w.now = midday.Add(time.Minute)
	w.answers(model.Blue, "connection refused")
	if v := w.cell(cellA); v.Health != CellOK {
		t.Errorf("a silent catalog forgot a promise that still holds: %v: %s", v.Health, v.Says)
	}
	w.now = midday.Add(30 * time.Hour)
	w.answers(model.Blue, "connection refused")
	v := w.cell(cellA)
	if v.Health != CellUnknown || !strings.Contains(v.Says, "blue catalog is silent") || !strings.Contains(v.Says, "30 h") {
		t.Errorf("after 31 h of silence: %v: %s", v.Health, v.Says)
	}
	w.answers(model.Blue, "")
	if v := w.cell(cellA); v.Health != CellBroken {
		t.Errorf("the catalog is back and has nothing newer: %v: %s", v.Health, v.Says)
	}
	broken := func() string {
		for _, a := range w.Snapshot(w.now).Alerts {
			if a.Cell != nil && *a.Cell == cellA {
				return a.Do
			}
		}
		return ""
	}
	if do := broken(); !strings.Contains(do, "why none was tried since") {
		t.Errorf("nothing ran since: %q", do)
	}
	w.Catalog(
		model.Green,
		model.Catalog{},
		[]model.Job{backup(2, cellA, model.Failed, midday.Add(29*time.Hour), time.Minute, 100)},
		nil,
		w.now,
	)
	if do := broken(); !strings.Contains(do, "newest try tells why") {
		t.Errorf("a try failed since: %q", do)
	}
}

func TestAlertsAreBounded(t *testing.T) {
	var ps []model.Placement
	for i := range 2000 {
		ps = append(
			ps,
			model.Placement{Cell: model.Cell{Chain: fmt.Sprintf("chain%04d", i), Region: "region1", Kind: model.Regular}, Promise: time.Hour},
		)
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	b := New("test", "", inv, model.DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC})
	b.Director(model.Blue, DirectorTruth{JobsAt: midday}, nil)
	b.Director(model.Green, DirectorTruth{JobsAt: midday}, nil)
	s := b.Snapshot(midday)
	if len(s.Alerts) > keptAlerts+1 {
		t.Fatalf("%d alerts", len(s.Alerts))
	}
	if last := s.Alerts[len(s.Alerts)-1]; !strings.Contains(last.Says, "1975 more") {
		t.Errorf("the rest is not told: %+v", last)
	}
}

// What failed on a cluster before its cell left it is over once the other cluster has a newer good backup; as long as a Director has the
// job, it is not.
func TestAFailureOfACellThatMovedOnIsOver(t *testing.T) {
	w := newBoard(t, midday)
	told := func() bool {
		s := w.Snapshot(w.now)
		j := s.Clusters[model.Blue].Recent[0]
		alone := slices.ContainsFunc(s.Alerts, func(a Alert) bool { return a.Job != nil && *a.Job == j.Key })
		if open := s.Clusters[model.Blue].Unmended(s.Cells)[j.ID]; open != alone {
			t.Errorf("unmended: %v, but an alert: %v", open, alone)
		}
		return alone
	}
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{
		backup(1, cellA, model.OK, midday.Add(-9*time.Hour), time.Minute, 100),
		backup(2, cellA, model.Failed, midday.Add(-3*time.Hour), time.Minute, 1),
	}, nil, midday)
	w.director(model.Blue, midday, w.everyCell())
	w.director(model.Green, midday, w.everyCell())
	if !told() {
		t.Error("it failed, and nothing ran since")
	}
	w.Catalog(model.Green, model.Catalog{}, []model.Job{backup(1, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 100)}, nil, midday)
	if !told() {
		t.Error("green has a newer one, but blue has the job still and will fail again")
	}
	without := w.everyCell()
	delete(without, cellA)
	w.director(model.Blue, midday, without)
	if told() {
		t.Error("the cell has moved on and has a newer good backup")
	}
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(3, cellA, model.Failed, midday.Add(-time.Minute), time.Second, 1)}, nil, midday)
	if !told() {
		t.Error("the failure is newer than the backup of green")
	}
}

func TestStoragesAreSeveral(t *testing.T) {
	w := newBoard(t, midday)
	says := func(took time.Duration, why string) string {
		at := w.now
		if why != "" {
			at = midday
		}
		w.now = w.now.Add(time.Second)
		s := Sighting{Source: model.StoragesOf(model.Blue), Every: time.Second, Tried: w.now, At: at, Took: took, Why: why}
		if why != "" {
			s.Since = w.now
		}
		w.Source(s)
		for _, a := range w.Snapshot(w.now).Alerts {
			if a.Source == model.StoragesOf(model.Blue) {
				return a.Says
			}
		}
		return ""
	}
	for _, c := range []struct {
		took time.Duration
		why  string
		want string
	}{{0, "", ""}, {time.Minute, "", "blue storages are slow: their last answer took 60.0 " +
		"s"}, {0, "gone", "blue storages do not answer: gone"}, {0, "", ""}} {
		if got := says(c.took, c.why); got != c.want {
			t.Errorf("it says %q, want %q", got, c.want)
		}
	}
	if events := w.Snapshot(
		w.now,
	).Events; !slices.ContainsFunc(
		events,
		func(e Event) bool { return strings.HasPrefix(e.Says, "blue storages answer again") },
	) {
		t.Errorf("%+v", events)
	}
}

// A standby's rows are read, but its cluster cannot work: an alarm, but for a cluster that no cell needs.
func TestACatalogThatTakesNoWrites(t *testing.T) {
	w := newBoard(t, midday)
	standby := func(readOnly bool) *Alert {
		w.Catalog(model.Green, model.Catalog{Host: "standby:3306", ReadOnly: readOnly}, nil, nil, midday)
		if !w.Dirty() {
			t.Errorf("read-only %v changes nothing", readOnly)
		}
		s := w.Snapshot(midday)
		if i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.ID == "standby:green" }); i >= 0 {
			return &s.Alerts[i]
		}
		return nil
	}
	w.answers(model.Green, "")
	w.Walked(model.Green)
	w.director(model.Green, midday, nil)
	if a := standby(true); a == nil || a.Severity != model.Warn {
		t.Errorf("no cell needs it: %+v", a)
	}
	w.director(model.Green, midday, w.everyCell())
	if a := standby(
		true,
	); a == nil || a.Severity != model.Fail || !strings.Contains(a.Says, "green catalog takes no writes: only standby:3306 answers") ||
		!strings.Contains(a.Do, "neither start nor end") {
		t.Errorf("%+v", a)
	}
	w.now = midday.Add(time.Minute)
	w.answers(model.Green, "connection refused")
	if a := w.Snapshot(w.now).Alerts; slices.ContainsFunc(a, func(a Alert) bool { return a.ID == "standby:green" }) {
		t.Errorf("not even the standby answers: %+v", a)
	}
	w.answers(model.Green, "")
	if a := standby(false); a != nil {
		t.Errorf("it takes writes: %+v", a)
	}
	var says []string
	for _, e := range w.Snapshot(midday).Events {
		if strings.Contains(e.Says, "takes") {
			says = append(says, e.Severity.String()+" "+e.Says)
		}
	}
	if want := []string{
		"warn green catalog takes no writes: only standby:3306 answers, and it is read-only", // no cell needs it yet
		"info green catalog takes writes: standby:3306",
	}; !slices.Equal(
		says,
		want,
	) {
		t.Errorf("%q", says)
	}
}

// TestWhyACatalogsWriterIsNotSeen is one word and one severity in the alert, in the few words of a narrow line, and in the event: who
// refuses this reader may well take what its Director writes.
func TestWhyACatalogsWriterIsNotSeen(t *testing.T) {
	for _, c := range []struct {
		other    model.CatalogHost
		needed   bool
		severity model.Severity
		brief    string
		do       string
	}{
		{model.CatalogHost{Host: "writer", Trouble: model.TroubleGone, Why: "connection refused"}, true, model.Fail,
			"green catalog takes no writes; connection refused", "see whether its writer runs"},
		{model.CatalogHost{Host: "writer", Trouble: model.TroubleGone, Why: "connection refused"}, false, model.Warn,
			"green catalog takes no writes; connection refused", "see whether its writer runs"},
		{model.CatalogHost{Host: "writer"}, true, model.Fail, "green catalog takes no writes; only read-only hosts answer",
			"see whether its writer runs"},
		{model.CatalogHost{Host: "writer", Trouble: model.TroubleRefused, Why: "Access denied"}, true, model.Warn,
			"green catalog is read from a standby; the other host refuses the credentials", "let the watch account in, where it is refused, again"},
		{model.CatalogHost{Host: "writer", Trouble: model.TroubleBusy, Why: "Too many connections"}, true, model.Warn,
			"green catalog is read from a standby; the other host takes no more connections", "see who holds its connections"},
		{model.CatalogHost{Host: "writer", Trouble: model.TroubleAnswer}, true, model.Warn,
			"green catalog is read from a standby; the other host gives no usable answer", "see what it answers"},
		{model.CatalogHost{Host: "writer", Trouble: model.TroubleUntrusted}, true, model.Warn,
			"green catalog is read from a standby; the other host is not trusted",
			"see its certificate and the authority of it, and whether another answers in its place"},
	} {
		w := newBoard(t, midday)
		w.answers(model.Green, "")
		w.Walked(model.Green)
		var jobs map[model.Cell]bool
		if c.needed {
			jobs = w.everyCell()
		}
		w.director(model.Green, midday, jobs)
		w.Catalog(model.Green, model.Catalog{Host: "standby", ReadOnly: true, Others: []model.CatalogHost{c.other}}, nil, nil, midday)
		s := w.Snapshot(midday)
		i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.ID == "standby:green" })
		if i < 0 || s.Alerts[i].Severity != c.severity || s.Alerts[i].Brief != c.brief ||
			!strings.HasPrefix(s.Alerts[i].Do, c.do+": ") && !strings.HasPrefix(s.Alerts[i].Do, c.do+" (") {
			t.Errorf("%s: %d of %+v", c.brief, i, s.Alerts)
		}
		begins, _, _ := strings.Cut(c.brief, " a standby")
		begins, _, _ = strings.Cut(begins, ";")
		if !slices.ContainsFunc(s.Events, func(e Event) bool { return e.Severity == c.severity && strings.HasPrefix(e.Says, begins) }) {
			t.Errorf("%s: %+v", c.brief, s.Events)
		}
	}
}
