package push_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/backend/bacula/push"
	"switchyard/backend/bacula/push/dummy"
	"switchyard/backend/bacula/push/render"
	"switchyard/model"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bench is a dummy Director that has 3 of 4 cells, and shall have others.
type bench struct {
	*dummy.Host
	target *push.Target
	want   *push.Wanted
	was    string
	clock  time.Time
}

func placements(n int) (out []model.Placement) {
	for i := range n {
		s, err := model.ParseSchedule(fmt.Sprintf("daily at 0%d:10", i%10))
		if err != nil {
			panic(err)
		}
		out = append(out, model.Placement{Cell: model.Cell{Chain: fmt.Sprintf("chain%d", i+1), Region: "region1"},
			Client: fmt.Sprintf("db%d-fd", i+1),
			Pool:   "reg", Storage: "sd", Schedule: s, Promise: 26 * time.Hour, Retention: 7 * 24 * time.Hour})
	}
	return out
}

// wanted renders the first n cells of all.
func wanted(all []model.Placement, n int) *push.Wanted {
	return wantedBy(all, n, render.Settings{Catalog: "c", Messages: "m", Password: "/pw/{client}", Data: "/data"})
}

func wantedBy(all []model.Placement, n int, by render.Settings) *push.Wanted {
	inv, err := model.NewInventory(all)
	if err != nil {
		panic(err)
	}
	backup, err := model.ParseNameTemplate("backup-{chain}-{region}-{kind}")
	if err != nil {
		panic(err)
	}
	names, err := model.BindNames(inv, backup, model.NameTemplate{})
	if err != nil {
		panic(err)
	}
	out, err := render.Render(render.Input{Names: names, Takes: all[:n], Keeps: all, Settings: by})
	if err != nil {
		panic(err)
	}
	w := &push.Wanted{Output: out, Routes: "record 2", CellOf: names.Cell, Of: map[string]model.Placement{}}
	for _, p := range all {
		w.Of[names.Name(p.Cell)] = p
	}
	return w
}

func newBench(from, to int) *bench {
	all := placements(4)
	b := &bench{clock: noon, want: wanted(all, to), was: wanted(all, from).Text}
	now := func() time.Time { return b.clock }
	b.Host = dummy.New("dir-new", b.was, now)
	b.target = &push.Target{Director: "dir-new", Reach: b.Host, Files: b.Host, File: b.Place, Zone: time.UTC,
		Prove: func(context.Context, *push.Wanted) []string { return nil }, Quiet: 70 * time.Second, Patience: 5 * time.Minute,
		Answer: time.Millisecond, Now: now, Sleep: func(_ context.Context, d time.Duration) error { b.clock = b.clock.Add(d); return nil }}
	return b
}

func (b *bench) wants(context.Context) (*push.Wanted, error) { return b.want, nil }

func (b *bench) push() error {
	return b.target.Push(context.Background(), b.wants, push.SHA256(b.was))
}

func (b *bench) lacks() string {
	s, err := b.target.See(context.Background())
	if err != nil {
		return err.Error()
	}
	return s.Lacks(b.want)
}

func TestAPush(t *testing.T) {
	b := newBench(3, 4)
	if lacks := b.lacks(); !strings.Contains(lacks, "its file is another one") {
		t.Fatalf("before: %q", lacks)
	}
	if err := b.push(); err != nil {
		t.Fatal(err)
	}
	if lacks := b.lacks(); lacks != "" {
		t.Errorf("after: %s", lacks)
	}
	if got := b.Text[b.Place+".last-good"]; got != b.was {
		t.Errorf("the last good file is %q", got)
	}
	if n := b.Counts["reload"]; n != 1 || len(b.Text) != 2 {
		t.Errorf("%d reloads, files %v", n, slices.Collect(maps.Keys(b.Text)))
	}
	if err := b.target.PutBack(t.Context(), push.SHA256(b.was), true); err != nil {
		t.Fatal(err)
	}
	if b.Loads != b.was || b.Text[b.Place] != b.was || b.Counts["reload"] != 2 {
		t.Errorf("it was not put back: %d reloads", b.Counts["reload"])
	}
}

// TestAPushThatFails says why, and changes nothing unless it says so.
func TestAPushThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		hurt func(b *bench)
		says string
		file bool // the new one is in its place
	}{
		"a symbolic link": {func(b *bench) { b.Stats[b.Place] = push.Stat{Type: "symbolic link"} },
			"is a symbolic link, and not a regular file", false},
		"no file": {func(b *bench) { delete(b.Text, b.Place) }, "not there", false},
		"not proven": {func(b *bench) {
			b.target.Prove = func(context.Context, *push.Wanted) []string { return []string{"line 3: no Type"} }
		}, "is not proven: line 3: no Type", false},
		"nothing to push": {func(b *bench) { b.want = &push.Wanted{} }, "there is nothing to be pushed", false},
		"the disk is full at the write": {func(b *bench) {
			b.Full = func(path string) bool { return path == b.Place+".new" }
		}, "its disk may be full", false},
		"the disk is full at the last good file": {func(b *bench) {
			b.Full = func(path string) bool { return path == b.Place+".last-good.new" }
		}, "keeping the last good file", false},
		"the disk is full at the rename": {func(b *bench) { b.Full = func(path string) bool { return path == b.Place } }, "no space left", false},
		"somebody else's file":           {func(b *bench) { b.Text[b.Place] = "Job { Name = x }\n" }, "was changed by somebody else", false},
		"a change meanwhile": {func(b *bench) {
			b.After = func(*dummy.Host) { b.Text[b.Place] = "Job { Name = x }\n" }
		}, "changed while it was being written anew", false},
		"the routes change meanwhile": {func(b *bench) {
			b.target.Prove = func(context.Context, *push.Wanted) []string { b.want = wanted(placements(4), 2); return nil }
		}, "changed meanwhile", false},
		"the reload is ignored": {func(b *bench) { b.Ignores = true }, "Too many open reload", true},
		"the reload is refused": {func(b *bench) { b.Refuses = true },
			"the Director says: Resetting previous configuration / Config error: Could not find config Resource", true},
		"something dangles":            {func(b *bench) { b.Dangles = true }, "Could not find config", true},
		"it ends and is started again": {func(b *bench) { b.Restarts = true }, "ended at the reload and was started again", true},
		"it ends":                      {func(b *bench) { b.Dies = true }, "the last good file is in its place again: start it", false},
		"it is not there":              {func(b *bench) { b.Down = true }, "unreachable", false},
		"no quiet moment": {func(b *bench) {
			b.target.Patience, b.clock = 0, time.Date(2026, 11, 24, 0, 9, 57, 0, time.UTC)
		}, "backup-chain1-region1-regular starts at 00:10:00, and no moment of the 0s from 00:09:57 on has", false},
		"the answer to the write is lost": {func(b *bench) { b.Lost = func(c string) bool { return c == "write" } }, "no answer in time", false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(3, 4)
			c.hurt(b)
			before := b.Text[b.Place]
			err := b.push()
			if err == nil || !strings.Contains(err.Error(), c.says) || !errors.Is(err, model.ErrNotDone) {
				t.Fatalf("%v; want that it is not done: %q", err, c.says)
			}
			if got := b.Text[b.Place] == b.want.Text && b.want.Text != ""; got != c.file {
				t.Errorf("the new file is in its place: %v", got)
			}
			if name != "a change meanwhile" && !c.file && (b.Text[b.Place] != before || b.Counts["reload"] > 0 && !b.Dies) {
				t.Errorf("something was changed: %d reloads", b.Counts["reload"])
			}
		})
	}
}

// TestAFileWithoutJobs, which the next reload would take every job away with: an empty one is mended by a push, and what somebody wrote
// there is not overwritten. Neither is kept to be put back.
func TestAFileWithoutJobs(t *testing.T) {
	for text, says := range map[string]string{"": "", "\n\n": "", "Job { Name = half": "no file that could be put back",
		"# mine\n": "no push wrote it"} {
		b := newBench(3, 4)
		b.Text[b.Place] = text
		seen, err := b.target.See(t.Context())
		if err != nil || seen.Keeps(b.want) {
			t.Fatalf("%q would be put back: %v", text, err)
		}
		err = b.target.Push(t.Context(), b.wants, "")
		if says == "" && (err != nil || b.lacks() != "" || b.Text[b.Place+".last-good"] != "") {
			t.Errorf("%q: %v, %s", text, err, b.lacks())
		}
		if says != "" &&
			(!errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), says) || b.Text[b.Place] != text || b.Counts["reload"] > 0) {
			t.Errorf("%q: %v; it has %q", text, err, b.Text[b.Place])
		}
	}
}

// TestALostAnswerIsLookedAt renames and reloads, and hears of neither.
func TestALostAnswerIsLookedAt(t *testing.T) {
	for _, call := range []string{"rename", "reload"} {
		b := newBench(3, 4)
		b.Lost = func(c string) bool { return c == call }
		if err := b.push(); err != nil || b.lacks() != "" {
			t.Errorf("%s: %v, %s", call, err, b.lacks())
		}
	}
}

func TestAPushWaitsForAQuietMoment(t *testing.T) {
	b := newBench(3, 4)
	b.clock = time.Date(2026, 11, 24, 2, 9, 0, 0, time.UTC) // chain3 is due at 02:10
	if err := b.push(); err != nil {
		t.Fatal(err)
	}
	if at := b.Epoch; at.Before(time.Date(2026, 11, 24, 2, 11, 10, 0, time.UTC)) {
		t.Errorf("it was reloaded at %v", at)
	}
	for _, defs := range []string{"", "Enabled = no; "} { // a Job of them may be switched on
		own := newBench(3, 4)
		own.clock = noon
		own.target.Own = func(context.Context) (string, error) {
			return "Schedule { Name = own; Run = daily at 12:00 }\nJobDefs { Name = d; " + defs + "Schedule = own }\n@/etc/bacula/routed.conf\n", nil
		}
		if err := own.push(); err != nil || !own.Epoch.After(noon.Add(70*time.Second)) {
			t.Errorf("beside the Director's own job: %v, at %v", err, own.Epoch)
		}
	}
}

// TestAProofTakesItsTime: what it took is not waited, so that behind it a start in a few seconds is waited out as before it, and where
// there is nothing to wait for, the words tell what was looked at.
func TestAProofTakesItsTime(t *testing.T) {
	b := newBench(3, 4)
	b.target.Own = func(context.Context) (string, error) {
		return "Schedule { Name = own; Run = daily at 12:10 }\nJob { Name = j; Schedule = own }\n", nil
	}
	b.target.Prove = func(context.Context, *push.Wanted) []string {
		b.clock = noon.Add(9*time.Minute + 58*time.Second)
		return nil
	}
	if err := b.push(); err != nil || !b.Epoch.After(noon.Add(11*time.Minute+10*time.Second)) {
		t.Errorf("%v, loaded at %v", err, b.Epoch)
	}
	late := newBench(3, 4)
	late.target.Own, late.target.Patience = b.target.Own, 0
	late.target.Prove = func(context.Context, *push.Wanted) []string {
		late.clock = noon.Add(9*time.Minute + 58*time.Second)
		return nil
	}
	if err := late.push(); err == nil || !strings.Contains(err.Error(), "j starts at 12:10:00, and no moment of the 0s from 12:09:58 on has") {
		t.Error(err)
	}
}

// TestAPressingPush goes on where jobs start in every minute, and waits no longer than a reload takes: the way back is never held up by
// them, nor, where there is nothing better within its patience, what is in no hurry.
func TestAPressingPush(t *testing.T) {
	var own strings.Builder
	for m := range 60 {
		fmt.Fprintf(&own, "Schedule { Name = s%d; Run = hourly at 0:%02d }\nJob { Name = j%[1]d; Schedule = s%[1]d }\n", m, m)
	}
	for _, second := range []int{0, 1, 2, 30, 54, 55, 56, 59} {
		b := newBench(3, 4)
		began := noon.Add(time.Duration(second) * time.Second)
		b.clock = began
		b.target.Own = func(context.Context) (string, error) { return own.String(), nil }
		b.target.Pressing = second%2 == 0
		if err := b.push(); err != nil || b.lacks() != "" {
			t.Fatalf("at second %d: %v, %s", second, err, b.lacks())
		}
		if waited := b.clock.Sub(began); waited > 8*time.Second || b.clock.Second() < 1 || b.clock.Second() > 55 {
			t.Errorf("from second %d on it waited %v, until second %d", second, waited, b.clock.Second())
		}
	}
}

// TestQuietIsQuiet draws times and moments: what a push waits for has no start too near, and nothing nearer would do.
func TestQuietIsQuiet(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newBench(3, 4)
		var own strings.Builder
		var all []model.Schedule
		for i := range rapid.IntRange(0, 40).Draw(r, "jobs") {
			line := fmt.Sprintf("daily at %02d:%02d", rapid.IntRange(10, 14).Draw(r, "hour"), rapid.IntRange(0, 59).Draw(r, "minute"))
			fmt.Fprintf(&own, "Schedule { Name = s%d; Run = %s }\nJob { Name = j%[1]d; Schedule = s%[1]d }\n", i, line)
			s, err := model.ParseSchedule(line)
			if err != nil {
				r.Fatal(err)
			}
			all = append(all, s)
		}
		b.clock = noon.Add(time.Duration(rapid.IntRange(-7200, 7200).Draw(r, "now")) * time.Second)
		began := b.clock
		b.target.Own = func(context.Context) (string, error) { return own.String(), nil }
		near := func(at time.Time, before, behind time.Duration) bool {
			return slices.ContainsFunc(all, func(s model.Schedule) bool { return len(s.Due(at.Add(-before), at.Add(behind), time.UTC)) > 0 })
		}
		quiet := b.target.Quiet
		kept := [][2]time.Duration{{quiet, quiet}, {quiet, 5 * time.Second}, {time.Second, 5 * time.Second}}
		best := slices.IndexFunc(kept, func(k [2]time.Duration) bool {
			for at := began; at.Sub(began) <= b.target.Patience; at = at.Add(time.Second) {
				if !near(at, k[0], k[1]) {
					return true
				}
			}
			return false
		})
		if err := b.push(); err != nil {
			r.Fatal(err) // the least of it is in every minute
		}
		if near(b.clock, kept[best][0], kept[best][1]) || b.clock.Sub(began) > b.target.Patience {
			r.Fatalf("it was reloaded at %v, from %v on, where %v was to be had", b.clock, began, kept[best])
		}
	})
}

// TestPutBack is the way back from every end of a push.
func TestPutBack(t *testing.T) {
	for name, hurt := range map[string]func(*bench){
		"ignored": func(b *bench) { b.Ignores = true }, "refused": func(b *bench) { b.Refuses = true },
		"dangles": func(b *bench) { b.Dangles = true }, "restarted": func(b *bench) { b.Restarts = true },
	} {
		b := newBench(3, 4)
		hurt(b)
		if err := b.push(); err == nil {
			t.Fatalf("%s: it was pushed", name)
		}
		b.Ignores, b.Refuses, b.Dangles, b.Restarts = false, false, false, false
		if err := b.target.PutBack(t.Context(), push.SHA256(b.was), true); err != nil || b.Text[b.Place] != b.was || b.Loads != b.was {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := newBench(3, 4)
	if err := b.push(); err != nil {
		t.Fatal(err)
	}
	b.Text[b.Place] = "# somebody's own\n"
	err := b.target.PutBack(t.Context(), push.SHA256(b.was), true)
	if !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "somebody else changed it") {
		t.Errorf("%v", err)
	}
	if err := b.target.PutBack(t.Context(), push.SHA256("x"), true); !errors.Is(err, model.ErrNone) || !errors.Is(err, model.ErrNotDone) {
		t.Errorf("%v", err)
	}
}

// TestWhatIsEffective is more than what is listed.
func TestWhatIsEffective(t *testing.T) {
	const job = "backup-chain1-region1-regular"
	for says, hurt := range map[string]func(*bench){
		"": func(*bench) {},
		"its file is another one than the routes come to": func(b *bench) { b.Text[b.Place] = b.was },
		"and not switchyard-":                             func(b *bench) { b.Loads = b.was },
		job + " is switched off":                          func(b *bench) { b.Off = []string{job} },
		job + " has a client that is switched off":        func(b *bench) { b.OffAll["client"] = []string{"db1-fd"} },
		job + " has a schedule that is switched off":      func(b *bench) { b.OffAll["schedule"] = []string{job} },
		job + " is never due":                             func(b *bench) { delete(b.want.Runs, job) },
		job + " is not due before 1 Dec 03:10":            func(b *bench) { b.want.Runs[job] = []string{"1st tue at 3:10"} },
		"it does not tell what is switched off":           func(b *bench) { b.Blind = true },
	} {
		b := newBench(3, 4)
		if err := b.push(); err != nil {
			t.Fatal(err)
		}
		hurt(b)
		s, err := b.target.See(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.target.Ineffective(t.Context(), &s, b.want)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, says) || says == "" && got != "" {
			t.Errorf("got %q, want %q", got, says)
		}
	}
}
