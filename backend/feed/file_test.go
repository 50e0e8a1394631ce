package feed

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestAFileIsSeenBesideWhatIsLoaded: one that differs is told when it was seen twice, or was there at the first look, and until a look says
// otherwise; where nobody ever pushed, one that changed since the Director read its files.
func TestAFileIsSeenBesideWhatIsLoaded(t *testing.T) {
	pushed := func(before string) model.RoutedFile {
		c := model.CanaryName(before)
		return model.RoutedFile{Sum: c, Canary: c}
	}
	own := func(sum string) model.RoutedFile { return model.RoutedFile{Sum: sum, Jobs: []string{"a"}} }
	loaded := func(epoch int64, jobs ...string) model.Director {
		return model.Director{Reloaded: time.Unix(epoch, 0), Jobs: jobs}
	}
	x, y := own("x"), own("y")
	a, b := model.CanaryName("a"), model.CanaryName("b")
	const isB, byHand = "it is what was pushed as ", "it is not what was pushed as "
	type look struct {
		is    model.RoutedFile
		d     model.Director
		says  string // how what it says begins; empty: nothing differs
		again bool
		same  bool
		took  bool
	}
	for name, looks := range map[string][]look{
		"as loaded":      {{is: pushed("a"), d: loaded(1, "a", a), same: true}},
		"there at first": {{is: pushed("b"), d: loaded(1, "a", a), says: isB + b}},
		"edited": {{is: pushed("a"), d: loaded(1, "a", a), same: true}, {is: x, d: loaded(1, "a", a), again: true},
			{is: x, d: loaded(1, "a", a), says: byHand + a}},
		"loaded since then": {{is: pushed("a"), d: loaded(1, "a", a), same: true}, {is: pushed("b"), d: loaded(1, "a", a), again: true},
			{is: pushed("b"), d: loaded(2, "a", b), same: true}},
		"undone": {{is: x, d: loaded(1, "a", a), says: byHand + a}, {is: pushed("a"), d: loaded(1, "a", a), same: true}},
		"edited once more": {{is: x, d: loaded(1, "a", a), says: byHand + a},
			{is: y, d: loaded(1, "a", a), says: byHand + a, again: true},
			{is: y, d: loaded(1, "a", a), says: byHand + a}},
		"never pushed": {{is: x, d: loaded(1, "a")}, {is: y, d: loaded(1, "a"), again: true},
			{is: y, d: loaded(1, "a"), says: "it was changed since it was loaded"}, {is: y, d: loaded(2, "a")}},
		"edited and loaded": {{is: pushed("a"), d: loaded(1, "a", a), same: true}, {is: x, d: loaded(1, "a", a), again: true},
			{is: x, d: loaded(2, "a", a), says: byHand + a, took: true}},
		"another one is loaded": {{is: x, d: loaded(1, "a", a), says: byHand + a}, {is: y, d: loaded(2, "a", a), says: byHand + a,
			again: true}},
		"a job that is not there": {{is: x, d: loaded(1, "b"), says: "it has a, which is not loaded"}},
	} {
		t.Run(name, func(t *testing.T) {
			var is model.RoutedFile
			r := routedFile{look: func() (model.RoutedFile, error) { return is, nil }}
			var since time.Time
			for i, l := range looks {
				is = l.is
				got, again := r.beside(t.Context(), &l.d)
				if again != l.again || got.Same != l.same || got.Took != l.took || (got.Differs == "") != (l.says == "") ||
					!strings.HasPrefix(got.Differs, l.says) || got.At.IsZero() || (got.Differs == "") != got.Since.IsZero() {
					t.Errorf("look %d: %+v, again %v", i, got, again)
				}
				if l.says != "" && !since.IsZero() && !got.Since.Equal(since) {
					t.Errorf("look %d: since %v, and before since %v", i, got.Since, since)
				}
				since = got.Since
			}
		})
	}
}

// TestAFileThatHangs holds no Director up: what it was before is not told any more, and one look at it goes on at a time.
func TestAFileThatHangs(t *testing.T) {
	goesOn, looks := make(chan model.RoutedFile, 1), 0
	r := routedFile{look: func() (model.RoutedFile, error) { looks++; return <-goesOn, nil }}
	d := model.Director{Jobs: []string{model.CanaryName("a")}}
	other := model.RoutedFile{Sum: "x"}
	goesOn <- other
	if is, _ := r.beside(t.Context(), &d); is.Differs == "" {
		t.Fatalf("%+v", is)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		if is, again := r.beside(gone, &d); is.Why == "" || is.Differs != "" || again {
			t.Errorf("%+v", is)
		}
	}
	goesOn <- other
	if is, _ := r.beside(t.Context(), &d); is.Differs == "" || looks != 2 {
		t.Errorf("%+v after %d looks", is, looks)
	}
	failing := routedFile{look: func() (model.RoutedFile, error) { return model.RoutedFile{}, errors.New("this account may not") }}
	if is, _ := failing.beside(t.Context(), &d); is.Why != "this account may not" || !is.At.IsZero() {
		t.Errorf("%+v", is)
	}
}

// TestALookThatIsOldCountsNoMore: it hung, and came to something long ago, or before the Director read its files again.
func TestALookThatIsOldCountsNoMore(t *testing.T) {
	loaded := func(epoch int64) *model.Director {
		return &model.Director{Reloaded: time.Unix(epoch, 0), Jobs: []string{"a"}}
	}
	file := func(sum string) model.RoutedFile { return model.RoutedFile{Sum: sum, Jobs: []string{"a"}} }
	for name, c := range map[string]struct {
		epoch int64
		age   time.Duration
		sum   string // that is taken in
	}{"of now": {1, time.Second, "old"}, "long ago": {1, time.Minute, "new"}, "before it was loaded": {2, time.Second, "new"}} {
		t.Run(name, func(t *testing.T) {
			is := file("old")
			r := routedFile{look: func() (model.RoutedFile, error) { return is, nil }}
			r.beside(t.Context(), loaded(1))
			r.newly = time.Now().Add(-time.Hour)
			r.asked = make(chan fileLook, 1)
			r.asked <- fileLook{is: is, began: time.Now().Add(-c.age)}
			is = file("new")
			if r.beside(t.Context(), loaded(c.epoch)); r.last != c.sum {
				t.Errorf("it is taken for %s", r.last)
			}
			if seen, _ := r.beside(t.Context(), loaded(c.epoch)); c.epoch == 2 && seen.Differs != "" {
				t.Errorf("what was loaded is told as another one: %+v", seen)
			}
		})
	}
}

// TestAFileThatIsOnlyToldOf is compared with what the journal knows of what is loaded, else with what was first told after the Director was
// seen to have read its files: before that nothing is said. What somebody changed and had loaded is told as that, and a push begins anew.
func TestAFileThatIsOnlyToldOf(t *testing.T) {
	a, b := model.CanaryName("a"), model.CanaryName("b")
	loaded := func(epoch int64, jobs ...string) *model.Director {
		return &model.Director{Reloaded: time.Unix(epoch, 0), Jobs: jobs}
	}
	type look struct {
		sum   string
		old   bool // it was made before the Director was asked
		d     *model.Director
		known string // to the journal
		ours  bool   // the Director read its files for an action
		want  string // how it differs; empty: nothing; ?: nobody knows
		same  bool
		took  bool
	}
	const byHand = "it is not what was pushed as "
	for name, looks := range map[string][]look{
		"before anything is known": {{sum: "x", old: true, d: loaded(1, a), want: "?"}},
		"edited": {{sum: "x", d: loaded(1, a)}, {sum: "y", d: loaded(1, a)}, {sum: "y", d: loaded(1, a), want: byHand + a},
			{sum: "x", d: loaded(1, a)}},
		"never pushed": {{sum: "x", d: loaded(1)}, {sum: "y", d: loaded(1)}, {sum: "y", d: loaded(1), want: changed},
			{sum: "y", d: loaded(2)}},
		"as the journal": {{sum: "x", old: true, d: loaded(1, a), known: "x", same: true}, {sum: "y", d: loaded(1, a), known: "x"}},
		"not as it":      {{sum: "y", old: true, d: loaded(1, a), known: "x", want: byHand + a}},
		"pushed": {{sum: "x", d: loaded(1, a)}, {sum: "x", old: true, d: loaded(2, b), ours: true, want: "?"},
			{sum: "y", d: loaded(2, b)}},
		"pushed once more": {{sum: "y", d: loaded(1, a)}, {sum: "x", d: loaded(2, a), ours: true}},
		"loaded by hand": {{sum: "x", d: loaded(1, a)}, {sum: "y", d: loaded(1, a)}, {sum: "y", d: loaded(1, a), want: byHand + a},
			{sum: "y", old: true, d: loaded(2, a), want: byHand + a, took: true}},
		"restarted": {{sum: "x", d: loaded(1, a)}, {sum: "x", old: true, d: loaded(2, a)}},
	} {
		t.Run(name, func(t *testing.T) {
			var at look
			r := routedFile{known: func(time.Time) (string, bool) { return at.known, at.ours }}
			r.look = func() (model.RoutedFile, error) {
				is := model.RoutedFile{Sum: at.sum, Unread: true}
				if !at.old {
					is.After = time.Now().Add(time.Hour)
				}
				return is, nil
			}
			for i, l := range looks {
				at = l
				got, _ := r.beside(t.Context(), l.d)
				unknown := l.want == "?"
				if got.At.IsZero() != unknown || (got.Why != "") != unknown || got.Same != l.same || got.Took != l.took ||
					!unknown && (got.Differs == "") != (l.want == "") || !unknown && !strings.HasPrefix(got.Differs, l.want) {
					t.Errorf("look %d: %+v", i, got)
				}
			}
		})
	}
}

// TestDriftIsToldInTime: by the rhythm that Directors are asked in, what one of them has is on the screen 5 s after it was changed, beside
// what an answer takes: also the file of a passive one, which is looked at twice.
func TestDriftIsToldInTime(t *testing.T) {
	p := model.DefaultPolicy()
	if most := max(p.DirectorEvery, p.PassiveEvery) + onGrid + hurry(0) + publishAtMost; most >= 5*time.Second {
		t.Errorf("it may take %v", most)
	}
	// One that is told of is followed every two seconds, read half a second apart, and lets the Director be asked at once.
	if most := 2*time.Second + time.Second/2 + hurry(0) + publishAtMost; most >= 4*time.Second {
		t.Errorf("of one that is told of it may take %v", most)
	}
}
