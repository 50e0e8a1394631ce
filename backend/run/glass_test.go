package run_test

import (
	"path/filepath"
	"testing"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// TestWhereTheGlassIsBroken goes on with what ended half way on the shared journal, refuses what is in its way, and acts beside it; all of
// it is merged, once.
func TestWhereTheGlassIsBroken(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	o := b.options()
	o.Cache = filepath.Join(t.TempDir(), "cache")
	ann := b.by("ann")
	j, err := journal.Open(t.Context(), b.store, o) // as this user has read it
	if err != nil {
		t.Fatal(err)
	}
	b.silent = func(o plan.Order) bool { return o.FollowJob != nil }
	half := b.ends(ann, backupOf(cell1), record.ActionUnknown, "not seen done in 24h")
	b.silent = nil
	if _, err := j.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	j.Close()
	local, err := journal.MakeDir(filepath.Join(t.TempDir(), "glass"))
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	glass, err := journal.BreakGlass(t.Context(), local, o, "bob", "the shared one is gone", nil)
	if err != nil {
		t.Fatal(err)
	}
	bob := b.by("bob")
	bob.Journal = glass
	p := b.plan(bob, backupOf(cell1), nil)
	_, err = bob.Take(t.Context(), p, yes(bob, p))
	b.refuses(err, model.ErrGuard, "action 2 (backup) by ann is unknown")
	p = b.plan(bob, backupOf(b.cells[1]), nil)
	_, err = bob.Take(t.Context(), p, yes(bob, p))
	b.refuses(err, model.ErrGuard, "journal-free")
	a := yes(bob, p)
	a.Reasons = map[string]string{"journal-free": "I am alone"}
	if got, err := bob.Take(t.Context(), p, a); err != nil || got.State != record.ActionDone {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err := bob.Carry(t.Context(), half.ID, ""); err != nil || got.State != record.ActionDone {
		t.Fatalf("%+v, %v", got, err)
	}
	b.count(2)
	for range 2 {
		if _, err := journal.Merge(t.Context(), ann.Journal, glass, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{half.ID, p.ID} {
		if got := ann.Journal.State().Action(id); got.State != record.ActionDone {
			t.Errorf("%+v", got)
		}
	}
	if c := ann.Journal.State().Origins[0].Conflicts; len(c) > 0 {
		t.Errorf("%v", c)
	}
}
