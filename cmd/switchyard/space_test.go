package main

import (
	"testing"

	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// TestWhatIsFullFirst is told before all else.
func TestWhatIsFullFirst(t *testing.T) {
	free, days := uint64(1e12), func(n float64) *float64 { return &n }
	var b spaceLines
	b.first(&model.Space{Storage: []model.StorageSpace{
		{Storage: "a", Free: &free, Days: days(90)}, {Storage: "b"}, {Storage: "c", Free: &free, Days: days(300), All: days(20)},
		{Storage: "d", Free: &free}, {Storage: "e", Free: &free, Days: days(0)}, {Storage: "f", Free: &free, Days: days(200)},
	}})
	const want = "full first\tblue e in 0 days, blue c in 20 days, blue a in 90 days; 1 more within 400 days; 1 not within 400 days; " +
		"of 1 nobody tells what is free\n"
	if b.String() != want {
		t.Errorf("%q", b.String())
	}
}

// TestThePageOfSpace opens it in a session that only watches, which has no other command of the world's.
func TestThePageOfSpace(t *testing.T) {
	t.Parallel()
	stage := newStageAt(t, "", worldclock.New(model.Now(), 1), "")
	s := sit(t, 120, 40, stage.command("watch"))
	s.see("WATCHING", "1 BLUE")
	if err := stage.Fault("catalog-hung", "blue"); err != nil {
		t.Fatal(err)
	}
	s.press(":")
	s.press("s", "p", "a", "c", "e", "enter")
	s.see("SPACE", "of them yet", "green sd-r1-", "60.0 TB free", "overlap", "taken by both clusters: about")
	if err := stage.Heal("catalog-hung", "blue"); err != nil {
		t.Fatal(err)
	}
	s.gone("of them yet")                                       // no key was pressed
	s.see("full first", " days; ", "nobody tells what is free") // the list is longer than any screen
	s.see("SPACE", "blue sd-r1-", "60.0 TB free", "written a day", "Regular", "Used", "overlap", "taken by both clusters: about")
	s.press("esc")
	s.see("5 EVENTS")
	s.press("q")
	if code := s.ended(); code != exitFine {
		t.Errorf("it ended with %d", code)
	}
}
