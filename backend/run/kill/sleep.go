package kill

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/backend/journal"
	"switchyard/model/record"
)

// Supersede stops a real process that carries the scene's plan out, with SIGSTOP, at every call but right before one to the world, takes
// its place with the plan that the scene makes next, and lets it go on: it must say that it is superseded, and the world must hear nothing
// more from it. It returns at how many points the plan had begun and was not over.
func Supersede(t *testing.T, s Scene) int {
	t.Helper()
	dir, plans := s.ground(t)
	whole, _ := spawn(t, task{Scene: s.Name, Dir: dir, Plan: plans[0], Actor: actor})
	if whole.Err != "" {
		t.Fatalf("%s, not stopped: %s", s.Name, whole.Err)
	}
	var stopped atomic.Int64
	t.Run("points", func(t *testing.T) { // it ends when all of them have: each is processes that mostly wait for a disk
		for i, name := range whole.Calls {
			for _, after := range []bool{false, true} {
				if name == "do" && !after {
					continue
				}
				at := Point{i + 1, after}
				t.Run(at.String(), func(t *testing.T) {
					t.Parallel()
					if s.sleeps(t, at) {
						stopped.Add(1)
					}
				})
			}
		}
	})
	return int(stopped.Load())
}

// sleeps plays one of the points; false when there was nothing to supersede.
func (s Scene) sleeps(t *testing.T, at Point) bool {
	t.Helper()
	fail := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatalf("%s, stopped %v: %v", s.Name, at, err)
		}
	}
	dir, plans := s.ground(t)
	k := task{Scene: s.Name, Dir: dir, Plan: plans[0], Actor: actor, At: at, Nap: filepath.Join(dir, "awake")}
	c := begin(t, k)
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(c.cmd.Process.Pid, &ws, syscall.WUNTRACED, nil); err != nil || !ws.Stopped() {
		t.Fatalf("%s: it does not stop %v: %v, %v", s.Name, at, ws, err)
	}
	st, err := s.Open(filepath.Join(dir, "world"))
	fail(err)
	before, superseded, err := st.instead(t.Context(), dir)
	fail(err)
	fail(os.WriteFile(k.Nap, nil, 0o600))
	fail(c.cmd.Process.Signal(syscall.SIGCONT))
	out, killed := c.wait()
	if !superseded {
		return false
	}
	after, err := st.Effects()
	fail(err)
	if killed || !strings.Contains(out.Err, "is superseded: ") || cmp.Diff(before, after) != "" {
		t.Errorf("%s, stopped %v: it says %q; the world heard (-before +after):\n%s", s.Name, at, out.Err, cmp.Diff(before, after))
	}
	if a := verify(t, dir, st.Environment).Action("plan0"); a.State != record.ActionSuperseded {
		t.Errorf("%s, stopped %v: it is %s", s.Name, at, a)
	}
	return true
}

// instead takes the place of plan0 as another person, and gives what was done to the world by then.
func (st *Stage) instead(ctx context.Context, dir string) (effects map[string]int, superseded bool, err error) {
	d, err := journal.OpenDir(filepath.Join(dir, "journal"))
	if err != nil {
		return nil, false, err
	}
	defer d.Close()
	j, err := journal.Open(ctx, d, journal.Options{Environment: st.Environment})
	if err != nil {
		return nil, false, err
	}
	if old := j.State().Action("plan0"); old == nil || !old.Begun() || !old.Pending() {
		return nil, false, nil
	}
	p, err := st.plan(ctx, j.State(), "plan1")
	if err != nil {
		return nil, false, err
	}
	r := st.runner(j, &fuse{die: func() {}})
	r.Actor = "bob"
	if err = st.take(ctx, r, p, false); err != nil {
		return nil, false, err
	}
	effects, err = st.Effects()
	return effects, true, err
}
