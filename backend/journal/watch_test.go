package journal

import (
	"context"
	"errors"
	"slices"
	"testing"

	"switchyard/model"
	"switchyard/model/record"
)

// TestAReaderFollows sees each record once, and whether the runner of an action lives.
func TestAReaderFollows(t *testing.T) {
	d := localStore(t)
	shared, o := night(t, d)
	opens := 0
	r := NewReader(func(ctx context.Context) (*Journal, error) {
		if opens++; opens == 1 {
			return nil, model.ErrNone
		}
		return Open(ctx, d, o)
	})
	t.Cleanup(func() { _ = r.Close() })
	if _, _, _, err := r.Look(t.Context()); !errors.Is(err, model.ErrNone) {
		t.Fatalf("an empty store: %v", err)
	}
	look := func(records int, orphans ...string) {
		t.Helper()
		st, news, gone, err := r.Look(t.Context())
		if err != nil || len(news) != records || !slices.Equal(gone, orphans) {
			t.Fatalf("%d records, orphans %v, %v; want %d, %v", len(news), gone, err, records, orphans)
		}
		if records > 0 && news[len(news)-1].Seq != st.Head.Seq {
			t.Fatal("the newest record is not the state's head")
		}
	}
	look(int(shared.State().Head.Seq), "failover") // it runs by the journal's word, and nobody holds its lock
	release, err := d.Hold(t.Context(), ActionLock("failover"))
	if err != nil {
		t.Fatal(err)
	}
	look(0)
	say(t, shared, record.Note{Says: "y"})
	look(1)
	release()
	look(0, "failover")
	if _, err := d.Hold(t.Context(), ActionLock("failover")); err != nil {
		t.Fatalf("looking kept the lock: %v", err)
	}
	p, rs, err := r.Story(t.Context(), "failover")
	if err != nil || p.Action != "failover" || len(rs) != 4 {
		t.Fatalf("%+v, %d records, %v", p, len(rs), err)
	}
	if _, _, err := r.Story(t.Context(), "nope"); !errors.Is(err, model.ErrNone) {
		t.Error(err)
	}
}
