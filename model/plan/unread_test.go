package plan

import (
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// TestNothingIsReadOfASilentJournal: what was read of it before says nothing of who acts now, but where the glass is broken.
func TestNothingIsReadOfASilentJournal(t *testing.T) {
	w := calm()
	ask := Ask{Backup: &Backup{Cluster: model.Blue, Cell: w.Snapshot.Cells[0].Cell}}
	free := func(w World) model.Check {
		t.Helper()
		p, err := ask.Plan(w, "0123456789abcdef0123456789abcdef")
		if err != nil {
			t.Fatal(err)
		}
		return *p.Guard(GuardFree)
	}
	if g := free(w); g.Verdict != model.Holds {
		t.Fatalf("%+v", g)
	}
	w.Snapshot.Seen = append(w.Snapshot.Seen, board.Sighting{Source: model.Journal, At: w.Now, Why: "no such file or directory"})
	g := free(w)
	if g.Verdict != model.Unknown || g.Bar != model.Block || !strings.Contains(g.Value, "the journal does not answer: no such file") {
		t.Errorf("%+v", g)
	}
	aside := *w.State
	aside.Glass = &record.Glass{}
	w.State = &aside
	if g := free(w); g.Bar != model.Override {
		t.Errorf("%+v", g)
	}
}

// TestWhatABreakGlassJournalDoesNotKnow is told: what was begun since, and the proofs that did not fit.
func TestWhatABreakGlassJournalDoesNotKnow(t *testing.T) {
	w := calm()
	for left, want := range map[int]string{0: "record 7 of the shared one is not known", 12: "is not known, nor are its 12 oldest proofs"} {
		w.State.Glass = &record.Glass{Journal: "j", Seq: 7, LeftOut: left}
		if g := w.journalFree(&Plan{ID: "p"}); g.Verdict != model.Unknown || g.Bar != model.Override || !strings.HasSuffix(g.Value, want) {
			t.Errorf("%d left out: %+v", left, g)
		}
	}
}
