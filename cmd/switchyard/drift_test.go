package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

// TestDriftShows switches a job, a client and a schedule off on a console, on the active Director and on the passive one, lets a
// configuration manager put an old file back, and restarts a passive one with it: each is named with its Director, the key's plan pushes to
// just that one and enables what is switched off there, and it is over when it is undone.
func TestDriftShows(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "overlap", Chains: 12, Idle: true})
	if err := keepJournal(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	of := opened(t, w.ConfigPath())
	looks := timedLooks(of)
	l := lookAt(t, of)
	cell := model.Cell{Chain: "chain006", Region: "region1", Kind: model.Regular}
	drift := func(s *board.Snapshot) (all []string) {
		for _, a := range s.Alerts {
			if strings.HasPrefix(a.ID, "drift:") {
				all = append(all, a.Says)
			}
		}
		return all
	}
	calm := func(s *board.Snapshot) bool {
		v := s.Cell(cell)
		return v != nil && v.Desired != (model.Route{}) && len(drift(s)) == 0 &&
			!slices.ContainsFunc(model.Clusters[:], func(c model.Cluster) bool { return v.On[c].Effective() != model.Holds })
	}
	console := func(c model.Cluster, place int, line string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), filepath.Join(w.Dir(), "bin", "bconsole"), "-n", "-c",
			filepath.Join(w.Dir(), fmt.Sprintf("%s-act%s.conf", c, []string{"", "-passive"}[place])))
		cmd.Stdin = strings.NewReader(line + "\n")
		if out, err := cmd.Output(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	file := w.Cluster(model.Green).Active().ConfPath()
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	old := regexp.MustCompile(`(?m)^Job \{[^}]*\b`+starts+`\b[^}]*\}`).ReplaceAll(whole, nil)
	if len(old) == len(whole) {
		t.Fatalf("%s names no job %s", file, starts)
	}
	load := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		w.Clock().Advance(2 * time.Second) // its epoch counts seconds
		console(model.Green, 0, "reload")
	}
	second := w.Cluster(model.Green).Directors()[1]
	restart := func(text []byte) {
		t.Helper()
		if err := errors.Join(os.WriteFile(second.ConfPath(), text, 0o600), second.Restart()); err != nil {
			t.Fatal(err)
		}
	}
	began, err := os.ReadFile(second.ConfPath())
	if err != nil {
		t.Fatal(err)
	}
	l.until("both clusters to be as the routes say", calm)
	const schedule = "at-chain006-region1-regular"
	for _, x := range []struct {
		says, who, why string
		cluster        model.Cluster
		place          int
		enables        string
		do, undo       func()
	}{
		{"a console disable", "dir-new does not start 1 cell that the routes give to green: ", "the job is switched off: chain006", model.Green,
			0,
			"enable job=", func() { console(model.Green, 0, "disable job="+starts) }, func() { console(model.Green, 0, "enable job="+starts) }},
		{"one on the passive Director", "dir-old2 (passive) does not start 1 cell that the routes give to blue: ",
			"the job is switched off: chain006", model.Blue, 1, "enable job=",
			func() { console(model.Blue, 1, "disable job="+starts) }, func() { console(model.Blue, 1, "enable job="+starts) }},
		{"a client that is disabled", "dir-new does not start ", "the client is disabled: chain006", model.Green, 0, "enable client=",
			func() { console(model.Green, 0, "disable client=chain006-r1-fd") },
			func() { console(model.Green, 0, "enable client=chain006-r1-fd") }},
		{"a schedule that is disabled", "dir-new does not start 1 cell that the routes give to green: ", "its schedule is disabled: chain006",
			model.Green, 0, "enable schedule=", func() { console(model.Green, 0, "disable schedule="+schedule) },
			func() { console(model.Green, 0, "enable schedule="+schedule) }},
		{"one on the passive one", "dir-old2 (passive) does not start 1 cell that the routes give to blue: ",
			"its schedule is disabled: chain006",
			model.Blue, 1, "enable schedule=", func() { console(model.Blue, 1, "disable schedule="+schedule) },
			func() { console(model.Blue, 1, "enable schedule="+schedule) }},
		{"an old file put back", "dir-new does not start 1 cell that the routes give to green: ", "it has no job for it: chain006", model.Green,
			0,
			"", func() { load(old) }, func() { load(whole) }},
		{"a passive one that is restarted with an old file", second.Name() + " (passive) does not start 1 cell that the routes give to green: ",
			"it has no job for it: chain006", model.Green, 1, "", func() { restart(old) }, func() { restart(began) }},
	} {
		x.do()
		at := model.Now()
		l.until(x.says+" to be told", func(s *board.Snapshot) bool {
			return slices.ContainsFunc(drift(s), func(says string) bool { return strings.HasPrefix(says, x.who) && strings.Contains(says, x.why) })
		})
		told := slices.IndexFunc(l.snap.Alerts, func(a board.Alert) bool {
			return strings.HasPrefix(a.Says, x.who) && strings.Contains(a.Says, x.why)
		})
		looks.few(t, x.says, x.cluster, x.place, at, l.snap.Alerts[told].Since, 1)
		v := l.snap.Cell(cell)
		if !v.IsAdrift() || v.DriftsOn(x.cluster, x.place) != board.Lacks || v.DriftsOn(x.cluster, 1-x.place) != board.NotAdrift {
			t.Errorf("%s: the cell has desired %v, and on %s %+v", x.says, v.Desired, x.cluster, v.On[x.cluster].At)
		}
		// What M opens.
		p, err := plan.Ask{
			Push: &plan.Push{Cluster: x.cluster, Adrift: true},
		}.Plan(
			plan.World{Now: model.Now(), Snapshot: l.snap, State: l.snap.State,
				Names: of.names, Policy: of.cfg.Policy, Routing: routing(of.cfg)},
			"p1",
		)
		if err != nil {
			t.Fatalf("%s: %v", x.says, err)
		}
		on, enables := "", ""
		for i := range p.Steps {
			if d := p.Steps[i].Order.Push; d != nil {
				on += d.Director
			}
			if e := p.Steps[i].Order.Enable; e != nil {
				enables += p.Steps[i].Order.Sends()
			}
		}
		if want := w.Cluster(x.cluster).Directors()[x.place].Name(); on != want || !strings.HasPrefix(enables, x.enables) ||
			(enables == "") != (x.enables == "") {
			t.Errorf("%s: it would push to %s, and %q", x.says, on, enables)
		}
		x.undo()
		l.until("nothing of "+x.says, calm)
	}
}

// lookTimes are when each Director was looked at.
type lookTimes struct {
	mu sync.Mutex
	at [2][2][]time.Time
}

// timedLooks notes them from now on: a file is looked at at the end of each look.
func timedLooks(of *site) *lookTimes {
	l := &lookTimes{}
	for c, cluster := range of.clusters {
		for place := range cluster.Directors {
			d := &cluster.Directors[place]
			look := d.File
			d.File = func() (model.RoutedFile, error) {
				l.mu.Lock()
				l.at[c][place] = append(l.at[c][place], model.Now())
				l.mu.Unlock()
				if look == nil {
					return model.RoutedFile{}, errors.New("nobody looks at it")
				}
				return look()
			}
		}
	}
	return l
}

// few wants what was changed at a moment to be told by so many looks at the Director, besides one that had begun before: how long they take
// is the machine's.
func (l *lookTimes) few(t *testing.T, what string, c model.Cluster, place int, changed, told time.Time, most int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, at := range l.at[c][place] {
		if at.After(changed) && !at.After(told) {
			n++
		}
	}
	if t.Logf("%s was told by %d looks, after %v", what, n, told.Sub(changed).Round(10*time.Millisecond)); n > most+1 {
		t.Errorf("%s was told by %d looks, after %v", what, n, told.Sub(changed))
	}
}

// TestAnEditedFileShows in a session by itself, on either Director, where its file lies on this machine: nobody has it observed. The key's
// plan pushes to just that one, what somebody changed and had loaded is told as that, and what is put back is over.
func TestAnEditedFileShows(t *testing.T) {
	t.Parallel()
	s := newStage(t, 40, "")
	written, err := os.ReadFile(s.ConfigPath())
	if err == nil { // without argument vectors its files are on this machine
		written = regexp.MustCompile(`(?m)^ +(stat|read|write|rename|sums): \[.*\n`).ReplaceAll(written, nil)
		err = os.WriteFile(s.ConfigPath(), written, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	of := opened(t, s.ConfigPath())
	looks := timedLooks(of)
	l := lookAt(t, of)
	text := wantedBy(t, s.World, model.Green).Text
	for place := range 2 {
		s.has(model.Green, place, text)
	}
	edited := func(s *board.Snapshot, id string) *board.Alert { return alertOf(s, "drift:green:edited:"+id) }
	calm := func(s *board.Snapshot) bool {
		v := s.Clusters[model.Green]
		return v != nil && len(v.Directors) == 2 && v.Directors[0].File.Same && v.Directors[1].File.Same && alertOf(s, "drift:") == nil
	}
	l.until("both files to be what is loaded", calm)
	for place, d := range s.Cluster(model.Green).Directors() {
		write := func(text string) {
			t.Helper()
			if err := os.WriteFile(d.ConfPath(), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		id := [...]string{"active", "passive"}[place]
		write("# tried by hand\n" + text)
		at := model.Now()
		l.until(d.Name()+"'s file to be told", func(s *board.Snapshot) bool { return edited(s, id) != nil })
		a := edited(l.snap, id)
		looks.few(t, "its file", model.Green, place, at, a.Since, 2)
		if !strings.HasPrefix(a.Says, d.Name()) || !strings.Contains(a.Says, "somebody changed it; its next reload") {
			t.Error(a.Says)
		}
		p, err := plan.Ask{Push: &plan.Push{Cluster: model.Green, Adrift: true}}.Plan(plan.World{Now: model.Now(), Snapshot: l.snap,
			State: l.snap.State, Names: of.names, Policy: of.cfg.Policy, Routing: routing(of.cfg)}, "p1")
		if err != nil || len(p.Steps) != 2 || p.Steps[0].Order.Push.Director != d.Name() {
			t.Fatalf("%+v, %v", p, err)
		}
		s.Clock().Advance(2 * time.Second) // its epoch counts seconds
		if err := d.Restart(); err != nil {
			t.Fatal(err)
		}
		l.until("it to be loaded", func(s *board.Snapshot) bool {
			a := edited(s, id)
			return a != nil && strings.Contains(a.Says, "it has read its files since") && strings.Contains(a.Brief, "loaded a changed file")
		})
		s.Clock().Advance(2 * time.Second)
		s.has(model.Green, place, text)
		l.until("nothing of it", calm)
	}
}

// TestAFileThatIsNotLoaded is edited on disk, where no Director and nobody who watches can see it: what acts looks at it, each is named,
// the key's plan pushes to just that one, and a Director that reads its files ends it.
func TestAFileThatIsNotLoaded(t *testing.T) {
	t.Parallel()
	s := newStage(t, 40, "")
	of := opened(t, s.ConfigPath())
	l := lookAt(t, of)
	edited := func(snap *board.Snapshot) (all []string) {
		for _, a := range snap.Alerts {
			if strings.HasPrefix(a.ID, "drift:green:edited:") {
				all = append(all, a.Says)
			}
		}
		return all
	}
	observe := func(says ...string) {
		t.Helper()
		out, err := s.command("observe").CombinedOutput()
		if err != nil && !strings.Contains(string(out), "not seen, not recorded") {
			t.Fatalf("%v\n%s", err, out)
		}
		s.says(string(out), says...)
	}
	observe("green, files are those that are loaded: holds", "blue, files are those that are loaded: holds")
	edit := func(d *cluster.Director) {
		t.Helper()
		text, err := os.ReadFile(d.ConfPath())
		if err == nil {
			err = os.WriteFile(d.ConfPath(), append([]byte("# tried by hand\n"), text...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	text := wantedBy(t, s.World, model.Green).Text
	pair := s.Cluster(model.Green).Directors()
	for place, d := range pair {
		edit(d) // a file of nobody's that Switchyard knows: it is another one than before
		observe("files are those that are loaded: fails", d.Name()+": it was changed since it was loaded")
		at := time.Now()
		l.until(d.Name()+"'s file to be told", func(snap *board.Snapshot) bool { return len(edited(snap)) == 1 })
		t.Logf("it was told %v after it was seen", time.Since(at).Round(10*time.Millisecond))
		s.Clock().Advance(2 * time.Second)
		s.has(model.Green, place, text)
		l.until("it to be loaded", func(snap *board.Snapshot) bool { return len(edited(snap)) == 0 })
		observe("files are those that are loaded: holds")
	}
	for place, d := range pair {
		edit(d)
		observe(d.Name() + ": it is not what was pushed as switchyard-")
		l.until(d.Name()+"'s pushed file to be told", func(snap *board.Snapshot) bool {
			all := edited(snap)
			return len(all) == 1 && strings.HasPrefix(all[0], d.Name()) && strings.Contains(all[0], "somebody changed it")
		})
		p, err := plan.Ask{Push: &plan.Push{Cluster: model.Green, Adrift: true}}.Plan(plan.World{Now: model.Now(), Snapshot: l.snap,
			State: l.snap.State, Names: of.names, Policy: of.cfg.Policy, Routing: routing(of.cfg)}, "p1")
		if err != nil || len(p.Steps) != 2 || p.Steps[0].Order.Push.Director != d.Name() || !strings.Contains(p.Costs[0], "somebody changed it") {
			t.Fatalf("%+v, %v", p, err)
		}
		s.does(0, apply([]string{"routes", "push", "green", "--director", d.Name()}, "--confirm=push green "+d.Name())...)
		if got, err := os.ReadFile(d.ConfPath()); err != nil || string(got) != text {
			t.Errorf("%s is left with a file that is not what the routes come to (%v), place %d", d.Name(), err, place)
		}
		observe("files are those that are loaded: holds")
		l.until("nothing of it", func(snap *board.Snapshot) bool { return len(edited(snap)) == 0 })
	}
}

// TestWhoLooksAtAFile: a session does where it is on this machine or where it is told of it, and says who does where neither is.
func TestWhoLooksAtAFile(t *testing.T) {
	t.Parallel()
	path, far := filepath.Join(t.TempDir(), "routed.conf"), []string{"ssh", "cat {path}"}
	for name, c := range map[string]struct {
		on       config.PushOn
		launcher []string
		looks    bool
		says     string
	}{
		"on this machine":             {config.PushOn{Set: true}, nil, true, ""},
		"as another account here":     {config.PushOn{Set: true}, []string{"sudo", "-n"}, true, ""},
		"where the launcher goes to":  {config.PushOn{Set: true}, []string{"/usr/bin/ssh", "control"}, false, "switchyard observe alone"},
		"behind argument vectors":     {config.PushOn{Set: true, Read: far}, nil, false, "switchyard observe alone"},
		"nobody says how to reach it": {config.PushOn{}, nil, false, ""},
		"told of":                     {config.PushOn{Set: true, Read: far, Sums: []string{"ssh"}}, nil, true, "in a session"},
	} {
		var cfg config.Config
		cfg.Launcher = c.launcher
		cfg.Clusters[model.Green].Push = config.Push{File: path, On: [2]config.PushOn{c.on}}
		look, says, told := fileSeen(&cfg, model.Green, 0)
		if (told != nil) != (c.on.Sums != nil) || (look != nil) != c.looks || !strings.Contains(says, c.says) || (says == "") != (c.says == "") {
			t.Errorf("%s: %v, %q", name, look != nil, says)
		}
	}
}
