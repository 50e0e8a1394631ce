package kill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// childEnv tells the test binary that it is a runner of Sample or Crowd.
const childEnv = "SWITCHYARD_KILL_CHILD"

// task is what a child is told.
type task struct {
	Scene string
	Dir   string // the world, the journal and the plan
	Plan  string // its file
	Actor string
	At    Point
	Again bool
}

// told is what a child tells.
type told struct {
	End     End
	Calls   int
	Err     string
	Refused bool // by a guard or because the plan is stale
}

// Main is TestMain for a package that uses Sample or Crowd: the test binary is also the processes that are killed.
func Main(m *testing.M, scenes ...Scene) {
	raw := os.Getenv(childEnv)
	if raw == "" {
		os.Exit(m.Run())
	}
	var k task
	err := json.Unmarshal([]byte(raw), &k)
	if err == nil {
		i := slices.IndexFunc(scenes, func(s Scene) bool { return s.Name == k.Scene })
		if i < 0 {
			err = fmt.Errorf("there is no scene %q", k.Scene)
		} else {
			err = scenes[i].child(k)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s Scene) child(k task) error {
	ctx := context.Background()
	st, err := s.Open(filepath.Join(k.Dir, "world"))
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(k.Plan)
	if err != nil {
		return err
	}
	p, err := plan.Decode(raw)
	if err != nil {
		return err
	}
	dir, err := journal.OpenDir(filepath.Join(k.Dir, "journal"))
	if err != nil {
		return err
	}
	f := &fuse{at: k.At, die: func() {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}}
	j, err := journal.Open(ctx, locked{store{dir, f}, dir.Hold}, journal.Options{Environment: st.Environment})
	if err != nil {
		return err
	}
	r := st.runner(j, f)
	r.Actor = k.Actor
	var out told
	if err := st.take(ctx, r, p, k.Again); err != nil {
		out.Err, out.Refused = err.Error(), errors.Is(err, model.ErrGuard) || errors.Is(err, model.ErrStale)
	}
	if a := j.State().Action(p.ID); a != nil {
		if out.End, err = st.end(a); err != nil {
			return err
		}
	}
	out.Calls = len(f.calls)
	return json.NewEncoder(os.Stdout).Encode(out)
}

// spawn runs a child. Killed tells that it ended by SIGKILL, as it was told to.
func spawn(t *testing.T, k task) (out told, killed bool) {
	t.Helper()
	raw, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(raw), "GORACE=atexit_sleep_ms=0")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return told{}, true
	}
	if err == nil {
		err = json.Unmarshal(stdout.Bytes(), &out)
	}
	if err != nil {
		t.Errorf("a child of %s: %v: %s", k.Scene, err, strings.TrimSpace(stderr.String()))
	}
	return out, false
}

// ground makes a world, a journal and the plans of the asks, as they are before anybody acts.
func (s Scene) ground(t *testing.T, asks ...plan.Ask) (dir string, plans []string) {
	t.Helper()
	dir = t.TempDir()
	st, err := s.Open(filepath.Join(dir, "world"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := journal.MakeDir(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	j, err := journal.Begin(t.Context(), d, journal.Options{Environment: st.Environment}, actor, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(asks) == 0 {
		asks = []plan.Ask{st.Ask}
	}
	for i, ask := range asks {
		st.Ask = ask
		p, err := st.plan(t.Context(), j.State(), fmt.Sprintf("plan%d", i))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, fmt.Sprintf("plan%d.json", i))
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		plans = append(plans, file)
	}
	return dir, plans
}

// verify reads the whole journal of a ground.
func verify(t *testing.T, dir, environment string) *record.State {
	t.Helper()
	d, err := journal.OpenDir(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	j, err := journal.Open(t.Context(), d, journal.Options{Environment: environment})
	if err == nil {
		_, err = j.Verify(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return j.State()
}

// Sample does with real processes, a journal in a directory and a real SIGKILL what Exhaust does in one, at some points that are
// spread over all calls.
func Sample(t *testing.T, s Scene, points int) {
	t.Helper()
	st, err := s.Open(filepath.Join(t.TempDir(), "world"))
	if err != nil {
		t.Fatal(err)
	}
	run := func(at Point) (End, int) {
		dir, plans := s.ground(t)
		k := task{Scene: s.Name, Dir: dir, Plan: plans[0], Actor: actor, At: at}
		out, killed := spawn(t, k)
		if killed != (at.Call > 0) {
			t.Fatalf("%s, stopped %v: killed %v, %s", s.Name, at, killed, out.Err)
		}
		if killed {
			k.At, k.Again = Point{}, true
			out, _ = spawn(t, k)
		}
		if out.Err != "" {
			t.Errorf("%s, stopped %v: %s", s.Name, at, out.Err)
		}
		verify(t, dir, st.Environment)
		return out.End, out.Calls
	}
	whole, calls := run(Point{})
	for i := range points {
		at := Point{Call: 1 + i*calls/points, After: i%2 == 0}
		if got, _ := run(at); cmp.Diff(whole, got) != "" {
			t.Errorf("%s, killed %v (-not killed +killed):\n%s", s.Name, at, cmp.Diff(whole, got))
		}
	}
}

// Outcome is how one process of a crowd ended.
type Outcome struct {
	Ask     plan.Ask
	State   string // of its action; empty when it never got into the journal
	Refused bool   // by a guard or because the plan was stale
	Says    string
}

// Crowd lets a process for each ask act at once on one world and one journal, verifies the journal, and returns what came of each.
func Crowd(t *testing.T, s Scene, asks []plan.Ask) (outcomes []Outcome, effects map[string]int) {
	t.Helper()
	dir, plans := s.ground(t, asks...)
	outcomes = make([]Outcome, len(asks))
	var all sync.WaitGroup
	for i := range asks {
		all.Go(func() {
			out, _ := spawn(t, task{Scene: s.Name, Dir: dir, Plan: plans[i], Actor: fmt.Sprintf("p%d", i)})
			outcomes[i] = Outcome{Ask: asks[i], State: out.End.State, Refused: out.Refused, Says: out.Err}
		})
	}
	all.Wait()
	st, err := s.Open(filepath.Join(dir, "world"))
	if err != nil {
		t.Fatal(err)
	}
	if effects, err = st.Effects(); err != nil {
		t.Fatal(err)
	}
	verify(t, dir, st.Environment)
	return outcomes, effects
}
