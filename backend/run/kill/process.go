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
	"syscall"
	"testing"
	"time"

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
	Nap   string // a file that ends a sleep at that point, which begins with SIGSTOP; empty: it is killed there
}

// told is what a child tells.
type told struct {
	End     End
	Calls   []string
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
	if k.Nap != "" {
		f.nap = func() {
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
			for _, err := os.Stat(k.Nap); err != nil; _, err = os.Stat(k.Nap) { // a stop takes a moment
				time.Sleep(time.Millisecond)
			}
		}
	}
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
	if j.State().Action(p.ID) != nil {
		if out.End, err = st.end(j.State(), p.ID); err != nil {
			return err
		}
	}
	out.Calls = f.calls
	return json.NewEncoder(os.Stdout).Encode(out)
}

// spawn runs a child. Killed tells that it ended by SIGKILL, as it was told to.
func spawn(t *testing.T, k task) (out told, killed bool) {
	t.Helper()
	return begin(t, k).wait()
}

// child is one that runs.
type child struct {
	t              *testing.T
	k              task
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

func begin(t *testing.T, k task) *child {
	t.Helper()
	raw, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, k: k, cmd: exec.CommandContext(t.Context(), self)}
	c.cmd.Env = append(os.Environ(), childEnv+"="+string(raw), "GORACE=atexit_sleep_ms=0")
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *child) wait() (out told, killed bool) {
	t, k, stdout, stderr := c.t, c.k, &c.stdout, &c.stderr
	t.Helper()
	err := c.cmd.Wait()
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
		return out.End, len(out.Calls)
	}
	whole, calls := run(Point{})
	for i := range points {
		at := Point{Call: 1 + i*calls/points, After: i%2 == 0}
		if got, _ := run(at); cmp.Diff(whole, got) != "" {
			t.Errorf("%s, killed %v (-not killed +killed):\n%s", s.Name, at, cmp.Diff(whole, got))
		}
	}
}
