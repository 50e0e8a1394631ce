package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// Who else is attached is in the first line at every size, beside who acts.
func TestTheHeaderTellsWhoElseIsAttached(t *testing.T) {
	berlin := time.FixedZone("CEST", 7200)
	alice, bob := model.Session{User: "alice", Cockpit: true}, model.Session{User: "bob"}
	acted := able(20).acting(41, record.ActionRunning, nil).Snapshot
	real := able(20)
	real.Rehearsal = ""
	for _, c := range []struct {
		name   string
		snap   *board.Snapshot
		zone   *time.Location
		others []model.Session
		want   [3]string // by size
	}{
		{"nobody", able(20).Snapshot, nil, nil, [3]string{"WATCHING   sources", "WATCHING      ", "WATCHING      "}},
		{"one", able(20).Snapshot, nil, []model.Session{alice}, [3]string{"WATCHING  with alice  ", "WATCHING  with alice (cockpit) " +
			" ", "with alice (cockpit)  "}},
		{"real", real.Snapshot, berlin, []model.Session{alice}, [3]string{"WATCHING  with alice  ", "with alice (cockpit)  ",
			"with alice (cockpit)  "}},
		{"two", able(20).Snapshot, nil, []model.Session{alice, bob}, [3]string{"with alice, bob ", "with alice (cockpit), bob (watching) " +
			" ", "with alice (cockpit), bob (watching)  "}},
		{"one twice", able(20).Snapshot, nil, []model.Session{bob, bob}, [3]string{"with bob  ", "with bob (2 watching)  ",
			"with bob (2 watching)  "}},
		{"an action", acted, nil, []model.Session{alice, bob}, [3]string{"WATCHING  +2  acting: bob ", "with alice (cockpit), bob (watching)  " +
			"acting: bob  ",
			"with alice (cockpit), bob (watching)  acting: bob, action 41  "}},
		{"an action, and local time", acted, berlin, []model.Session{alice, bob}, [3]string{"WATCHING  +2  acting: bob ", "with alice, bob  " +
			"acting: bob, action 41  ",
			"with alice (cockpit), bob (watching)  acting: bob, action 41  "}},
		{"many", able(20).Snapshot, nil, slices.Concat([]model.Session{{User: "a.very.long.name.of.a.domain"}, {User: "ann"}},
			slices.Repeat([]model.Session{{User: "eve"}}, 9),
			[]model.Session{{User: "fay"}, {User: "guy"}}), [3]string{"  +13  ", "with a.very.long.nam~, ann, eve +2  ",
			"with a.very.long.nam~ (watching), ann (watching), eve (9 watching) +2  "}},
	} {
		for i, size := range sizes {
			d := session(t, Watch, Options{Theme: "dark", Zone: c.zone}, size[0], size[1], c.snap)
			d.send(attachedMsg(c.others))
			first, _, _ := strings.Cut(d.screen(), "\n")
			for _, want := range []string{c.want[i], "bacula-catalog", "7/7", "12:04:31 UTC"} {
				if !strings.Contains(first, want) {
					t.Errorf("%s: %q is not in %q", c.name, want, first)
				}
			}
		}
	}
}

// The others are looked for at the start and rarely after, and nothing is drawn again while they are the same.
func TestTheOthersAreLookedForRarely(t *testing.T) {
	var others []model.Session
	looks := 0
	d := session(t, Watch, Options{Theme: "dark", Attached: func() []model.Session { looks++; return others }}, 120, 40, able(20).Snapshot)
	look := func() bool {
		cmd := d.app.attached()
		if cmd == nil {
			return false
		}
		same := slices.Equal(others, d.app.others)
		m := cmd()
		if same != (m == nil) {
			t.Errorf("of the same others, %t, there is the message %v", same, m)
		}
		if m != nil {
			d.send(m)
			return true
		}
		d.app.pace.start(&tea.Program{})
		defer d.app.pace.stop()
		if d.app.filter(d.app, m) != nil || d.app.dirty || !d.app.pace.until.IsZero() {
			t.Error("the same others wake the renderer")
		}
		return true
	}
	if !look() || look() {
		t.Error("the others are not looked for once at the start")
	}
	d.gone("with ")
	others = []model.Session{{User: "alice", Cockpit: true}}
	d.wait(attachedEvery - time.Second)
	if look() {
		t.Error("the others are looked for too early")
	}
	d.clock = d.clock.Add(time.Second)
	d.app.now = d.clock
	if !look() {
		t.Error("the others are not looked for again")
	}
	d.see("with alice (cockpit)")
	others = nil
	d.app.now = d.clock.Add(attachedEvery)
	look()
	d.gone("with ")
	if looks != 3 {
		t.Errorf("they were looked for %d times", looks)
	}
	d.wait(-time.Hour) // a clock that is set back
	if d.app.asked.After(d.clock) {
		t.Error("after the clock was set back nobody is looked for")
	}
	if w := watch(t, 80, 24, nil); w.app.attached() != nil {
		t.Error("where nobody can tell, somebody is asked")
	}
}

// A name that somebody made up moves nothing on the screen: send looks at every frame.
func TestAHostileNameOfAnotherSession(t *testing.T) {
	for _, size := range append(slices.Clone(sizes), [2]int{59, 16}, [2]int{20, 5}) {
		d := watch(t, size[0], size[1], hostile().Snapshot)
		d.send(attachedMsg{{User: evil, Cockpit: true}, {User: strings.Repeat("备", 300)}, {User: ""}})
		d = watch(t, size[0], size[1], able(20).Snapshot)
		d.send(attachedMsg{{User: evil, Cockpit: true}, {User: strings.Repeat("备", 300)}, {User: ""}})
	}
}
