package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"

	"switchyard/backend/config"
)

// TestMain lets the test binary be the program itself, and a rehearsal's bconsole, when it is started under their names.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); {
	case name == "switchyard", slices.Contains(rehearsal.Names, name), os.Getenv(asProgram) != "":
		if pins := os.Getenv(pinsOfTest); pins != "" {
			config.Pins = pins
		}
		if ahead, err := time.ParseDuration(os.Getenv(aheadOfTest)); err == nil {
			rehearsal.Begins = func() time.Time { return time.Now().Add(ahead) }
		}
		main()
		os.Exit(exitFine)
	}
	flag.Parse()
	atAnHour()
	code := m.Run()
	calm.close()
	leanly.close()
	os.Exit(code)
}

// inWhole leaves a test that takes long to "make test-whole". What it is about, others show in fewer cases, or it is shown on the lab. It
// goes by no -short, which draws less in every test of a property, too.
func inWhole(t *testing.T) {
	t.Helper()
	if os.Getenv("STORIES") == "short" {
		t.Skip("make test-whole plays it")
	}
}

// pinsOfTest is where such a process looks for what accounts are pinned to.
const pinsOfTest = "SWITCHYARD_TEST_PINS"

// begins is when the worlds of the tests begin, today: what a world has just then, such as what is due next, depends on the hour.
var begins = flag.String("begins", "12:00", "the hour in UTC at which the worlds begin that the tests look at, or now")

// aheadOfTest tells such a process by how much the worlds that it starts are ahead of the machine.
const aheadOfTest = "SWITCHYARD_TEST_AHEAD"

// ahead is that of this process.
var ahead time.Duration

// atAnHour lets this process live at the hour of its worlds. A lab has the machine's, and so has what is measured: to follow a world's
// clock takes time, too.
func atAnHour() {
	if *begins == "now" || measures() || os.Getenv("SWITCHYARD_LAB") != "" {
		return
	}
	hour, err := time.Parse("15:04", *begins)
	if err != nil {
		panic(err)
	}
	now := time.Now().UTC()
	ahead = time.Date(now.Year(), now.Month(), now.Day(), hour.Hour(), hour.Minute(), 0, 0, time.UTC).Sub(now).Round(time.Second)
	rehearsal.Begins = func() time.Time { return time.Now().Add(ahead) }
	model.LiveBy(hourly{})
	liveBy = func(model.Time) {}
}

func measures() bool { return flag.Lookup("test.bench").Value.String() != "" }

// hourly is the time of the worlds that began at the hour.
type hourly struct{}

func (hourly) Now() time.Time         { return time.Now().Add(ahead) }
func (hourly) Speed() float64         { return 1 }
func (hourly) Moved() <-chan struct{} { return nil }

// asProgram is the variable that makes the test binary the program under any name, for the processes that the program itself starts.
const asProgram = "SWITCHYARD_TEST_PROGRAM"

// patience is how long a test waits for what must come: long, because a machine may be busy, and nothing waits for it when all is well.
const patience = 3 * time.Minute

// program is a run of the program with an environment of its own: nothing of the one who runs the tests leaks in.
func program(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Args[0] = "switchyard"
	cmd.Env = []string{
		"TERM=xterm-256color",
		"LANG=C.UTF-8",
		"HOME=" + home,
		"TMPDIR=" + os.TempDir(),
		"PATH=" + os.Getenv("PATH"),
		"GORACE=atexit_sleep_ms=0",
		aheadOfTest + "=" + ahead.String(),
	}
	cmd.Cancel = func() error { return cmd.Process.Kill() }
	cmd.WaitDelay = patience
	return cmd
}

// shared is a world that several tests look at; none of them disturbs it.
type shared struct {
	once sync.Once
	w    *rehearsal.World
	err  error
}

// lean are programs that are the console of the tests' worlds, and the tools of the hosts of their Directors: a session is nothing but its
// start, and that of the whole program takes five times as much. What is measured has the program.
type lean struct {
	once sync.Once
	dir  string // empty: they could not be built, and the program serves
}

var leanly lean

// serve puts them in the place of the program in a world's directory.
func (l *lean) serve(w *rehearsal.World) (err error) {
	l.once.Do(func() {
		if measures() {
			return
		}
		dir, err := os.MkdirTemp("", "switchyard-world-")
		if err != nil {
			return
		}
		l.dir = dir
		if exec.Command("go", "build", "-ldflags=-s -w", "-o", dir, "./testdata/world/bconsole", "./testdata/world/tools").Run() != nil {
			l.close()
		}
	})
	for _, name := range rehearsal.Names {
		program := "tools"
		if name == "bconsole" {
			program = name
		}
		if link := filepath.Join(w.Dir(), "bin", name); l.dir != "" {
			err = errors.Join(err, os.Remove(link), os.Symlink(filepath.Join(l.dir, program), link))
		}
	}
	return err
}

func (l *lean) close() {
	if l.dir != "" {
		_ = os.RemoveAll(l.dir)
	}
	l.dir = ""
}

// calm is the shared world where nothing goes wrong.
var calm shared

func (s *shared) world(t testing.TB) *rehearsal.World {
	t.Helper()
	s.once.Do(func() { s.w, s.err = startWorld(context.Background(), rehearsal.Options{}) })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.w
}

func (s *shared) close() {
	if s.w != nil {
		_ = s.w.Close()
	}
}

// startWorld starts a small world with a journal that has begun.
func startWorld(ctx context.Context, o rehearsal.Options) (*rehearsal.World, error) {
	if o.Chains == 0 {
		o.Chains = 12
	}
	o.Seed = 1
	w, err := rehearsal.Start(ctx, o)
	if err == nil && o.Clock != nil && ahead != 0 { // its jobs may run fast: who attaches lives at the hour, and by the machine's speed
		err = worldclock.New(model.Now(), 1).Publish(w.Dir(), false)
	}
	if err == nil {
		err = errors.Join(keepJournal(ctx, w), leanly.serve(w))
	}
	return w, err
}

// ownWorld is a small world that a test may break.
func ownWorld(t testing.TB, o rehearsal.Options) *rehearsal.World {
	t.Helper()
	w, err := startWorld(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// say runs one session of the console that may act on a cluster: what a person would do by hand.
func say(t testing.TB, w *rehearsal.World, c model.Cluster, lines ...string) string {
	t.Helper()
	cmd := exec.CommandContext(
		t.Context(),
		filepath.Join(w.Dir(), "bin", "bconsole"),
		"-n",
		"-c",
		filepath.Join(w.Dir(), fmt.Sprintf("%s-act.conf", c)),
	)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", lines, err, out)
	}
	return string(out)
}

// queue starts a job by hand and gives its JobId.
func queue(t testing.TB, w *rehearsal.World, c model.Cluster, command string) (id string) {
	t.Helper()
	said := say(t, w, c, command)
	_, tail, ok := strings.Cut(said, "Job queued. JobId=")
	if !ok {
		t.Fatalf("%s: %s", command, said)
	}
	return strings.FieldsFunc(tail, func(r rune) bool { return r < '0' || r > '9' })[0]
}
