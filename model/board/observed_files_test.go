package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhatIsLoadedIsKnown by a look that was recorded since the Director read its files, and not by one that came too late for it.
func TestWhatIsLoadedIsKnown(t *testing.T) {
	green, read := model.Green, noon.Add(-time.Hour)
	x, y := strings.Repeat("a", 64), strings.Repeat("b", 64)
	of := model.DirectorOf(green, "dir-new")
	for name, c := range map[string]struct {
		is   record.FileOf
		want string
	}{
		"it is what is loaded": {record.FileOf{Director: "dir-new", Read: read, SHA256: x, First: x}, x},
		"it was changed since": {record.FileOf{Director: "dir-new", Read: read, SHA256: y, First: x, Differs: "it was changed"}, x},
		"it had been changed before": {record.FileOf{Director: "dir-new", Read: read, SHA256: y, First: y, Differs: "somebody changed it"},
			""},
		"the Director has read another": {record.FileOf{Director: "dir-new", Read: read.Add(-time.Minute), SHA256: x, First: x}, ""},
		"another Director's":            {record.FileOf{Director: "dir-new2", Read: read, SHA256: x, First: x}, ""},
	} {
		p := record.Proof{At: noon, Of: record.Subject{Cluster: &green}, By: record.Means{Kind: record.ByLook}, Verdict: model.Holds,
			Claim: record.Proven{Files: &record.Files{Of: []record.FileOf{c.is}}}}
		if c.is.Differs != "" {
			p.Verdict, p.Why = model.Fails, c.is.Differs
		}
		b := &Board{state: noted(t, nil, noon, p)}
		if got := b.LoadedSum(of, read); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if b := (&Board{}); b.LoadedSum(of, read) != "" || b.ReadFor(of, read) {
		t.Error("without a journal nothing is known")
	}
}

// TestWhoReadItsFilesForAnAction: while that goes on, and as it ended; not one that touches another Director, nor before or long after it.
func TestWhoReadItsFilesForAnAction(t *testing.T) {
	green := model.DirectorOf(model.Green, "dir-new")
	a := &record.Action{State: record.ActionDone, Began: midday, LastAt: midday.Add(time.Minute),
		Touches: record.TouchesOf(record.Touch("green", "director", "dir-new"))}
	b := &Board{state: &record.State{Actions: []*record.Action{a}}}
	for _, c := range []struct {
		of   model.Source
		read time.Time
		want bool
	}{
		{green, midday.Add(30 * time.Second), true}, {green, midday.Add(-time.Hour), false}, {green, midday.Add(time.Hour), false},
		{model.DirectorOf(model.Green, "dir-new2"), midday.Add(30 * time.Second), false},
		{model.DirectorOf(model.Blue, "dir-new"), midday.Add(30 * time.Second), false},
	} {
		if got := b.ReadFor(c.of, c.read); got != c.want {
			t.Errorf("%s at %v: %v", c.of, c.read, got)
		}
	}
	if a.State = record.ActionRunning; !b.ReadFor(green, midday.Add(time.Hour)) {
		t.Error("it goes on")
	}
}

// TestWhoTellsOfAFileIsSilent: that is told with what it costs, unless its Director is silent, too, whose host may be gone.
func TestWhoTellsOfAFileIsSilent(t *testing.T) {
	dir := model.DirectorOf(model.Green, "dir-new")
	w := newBoard(t, midday)
	s := Sighting{Source: model.FileOf(dir), Every: 3 * time.Second, At: midday.Add(-time.Minute), Tried: midday, Since: midday,
		Why: "no SHA-256 of it came for 10s", Trouble: model.TroubleSilent}
	told := func() (a *Alert) {
		for _, a := range w.Snapshot(midday).Alerts {
			if a.ID == "source:green file of dir-new" {
				return &a
			}
		}
		return nil
	}
	w.Source(s)
	if a := told(); a == nil || a.Severity != model.Warn || !strings.Contains(a.Do, "clusters.green.push.on") ||
		!strings.Contains(a.Do, "observe alone") {
		t.Errorf("%+v", a)
	}
	w.Source(Sighting{Source: dir, Gates: true, Every: 3 * time.Second, At: s.At, Tried: midday, Since: midday, Why: "no answer",
		Trouble: model.TroubleSilent})
	if a := told(); a != nil {
		t.Errorf("%+v", a)
	}
}
