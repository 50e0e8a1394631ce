package push_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula/push"
	"switchyard/model"
)

// TestAScheduleThatOnlyBaculaReads is somebody else's: a push that can wait says so, and the way back goes on by all others.
func TestAScheduleThatOnlyBaculaReads(t *testing.T) {
	for _, pressing := range []bool{false, true} {
		b := newBench(3, 4)
		b.target.Pressing = pressing
		b.clock = noon.Add(-2 * time.Second)
		b.target.Own = func(context.Context) (string, error) {
			return "Schedule { Name = odd; Run = daily }\nJob { Name = a; Schedule = odd }\n" +
				"Schedule { Name = own; Run = daily at 12:00 }\nJob { Name = b; Schedule = own }\n", nil
		}
		err := b.push()
		if !pressing && (!errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "schedule odd of the Director's configuration")) {
			t.Errorf("%v", err)
		}
		if pressing && (err != nil || !b.Epoch.After(noon)) {
			t.Errorf("the way back: %v, at %v", err, b.Epoch)
		}
	}
}

// TestAPushIsStillQuietWhenItReloads: to write the file may take as long as there was to be quiet, and where jobs start in every minute
// that is seconds.
func TestAPushIsStillQuietWhenItReloads(t *testing.T) {
	var own strings.Builder
	for m := range 60 {
		fmt.Fprintf(&own, "Schedule { Name = s%d; Run = hourly at 0:%02d }\nJob { Name = j%[1]d; Schedule = s%[1]d }\n", m, m)
	}
	for takes := 25 * time.Second; takes < 33*time.Second; takes += time.Second { // twice: the last good file is kept, too
		b := newBench(3, 4)
		b.clock = noon.Add(2 * time.Second)
		b.target.Own = func(context.Context) (string, error) { return own.String(), nil }
		b.Call = func(name string, do func() error) error {
			if name == "write" {
				b.clock = b.clock.Add(takes)
			}
			return do()
		}
		if err := b.push(); err != nil || b.lacks() != "" {
			t.Fatalf("where to write takes %s: %v, %s", takes, err, b.lacks())
		}
		if at := b.Epoch.Second(); at < 1 || at > 55 {
			t.Errorf("where to write takes %s it was reloaded at second %d", takes, at)
		}
	}
}

// TestWhatIsPutBackWaitsForWhatIsLoaded: the file on disk is the last good one then, and the Director starts what was pushed.
func TestWhatIsPutBackWaitsForWhatIsLoaded(t *testing.T) {
	b := newBench(3, 4)
	if err := b.push(); err != nil {
		t.Fatal(err)
	}
	due := time.Date(2026, 11, 24, 3, 10, 0, 0, time.UTC) // chain4, which only the pushed file has
	b.clock = due.Add(-2 * time.Second)
	if err := b.target.PutBack(t.Context(), push.SHA256(b.was), true); err != nil {
		t.Fatal(err)
	}
	if b.Epoch.Before(due.Add(b.target.Quiet)) {
		t.Errorf("it was reloaded at %v", b.Epoch)
	}
}

// TestAnEditedFileIsNotLetInByAPushThatFails: nobody had it loaded, and a Director that did not take the push goes on with what it has.
func TestAnEditedFileIsNotLetInByAPushThatFails(t *testing.T) {
	edited := "# somebody's own\n" + wanted(placements(4), 1).Text
	for name, hurt := range map[string]func(*bench){"ignored": func(b *bench) { b.Ignores = true },
		"refused": func(b *bench) { b.Refuses = true }} {
		b := newBench(3, 4)
		b.Text[b.Place] = edited
		hurt(b)
		if err := b.target.Push(t.Context(), b.wants, push.SHA256(edited)); err == nil {
			t.Fatalf("%s: it was pushed", name)
		}
		b.Ignores, b.Refuses = false, false
		if err := b.target.PutBack(t.Context(), push.SHA256(edited), false); err != nil || b.Text[b.Place] != edited || b.Loads != b.was {
			t.Errorf("%s: %v; jobs %q", name, err, b.Jobs())
		}
	}
	b := newBench(3, 4)
	b.Text[b.Place], b.Dies = edited, true
	err := b.target.Push(t.Context(), b.wants, push.SHA256(edited))
	if err == nil || !strings.Contains(err.Error(), "see what it lacks before it is started") || b.Text[b.Place] != edited {
		t.Errorf("it ends: %v", err)
	}
}
