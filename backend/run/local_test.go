package run_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
)

// TestConfiguredCommands are carried out by real processes.
func TestConfiguredCommands(t *testing.T) {
	dir := t.TempDir()
	sh := func(name, script string) []string { return []string{"/bin/sh", "-c", script, name, dir} }
	h := &run.Local{Now: time.Now, Commands: map[string][]string{
		"fence":  sh("fence", `cat > "$1/told"; touch "$1/on"; echo the fence is up`),
		"fenced": sh("fenced", `test -e "$1/on" && echo it is up || { echo "it is down $(printf '\033')[2J"; exit 1; }`),
		"hangs":  sh("hangs", `sleep 60 & sleep 60`),
		"fails":  sh("fails", `echo no route >&2; exit 7`),
		"floods": sh("floods", `head -c 3000000 /dev/zero | tr '\0' x`),
		"alone":  sh("alone", `set -- $(ps -o sid= -p $$) && test "$1" = $$ && echo "it leads its session"`),
		"gone":   {filepath.Join(dir, "none")},
	}}
	call := func(name string) plan.Call { return plan.Call{Name: name, Argv: h.Commands[name]} }
	past := plan.Past{Action: "7c1f", Step: 2}
	o := plan.Order{Command: &plan.Command{Run: call("fence"), Look: call("fenced")}}
	if s, err := h.Look(
		t.Context(),
		o,
		past,
	); err != nil || s.Verdict != model.Fails || !s.Absent || s.Says != model.Clean(s.Says) ||
		!strings.Contains(s.Says, "it is down") {
		t.Errorf("before: %+v, %v", s, err)
	}
	if err := h.Do(t.Context(), o, past); err != nil {
		t.Fatal(err)
	}
	if told, err := os.ReadFile(filepath.Join(dir, "told")); err != nil || !strings.Contains(string(told), `"action":"7c1f","step":2`) {
		t.Errorf("it was told %q, %v", told, err)
	}
	if s, err := h.Look(t.Context(), o, past); err != nil || s.Verdict != model.Holds || s.Says != "it is up" {
		t.Errorf("after: %+v, %v", s, err)
	}
	if s, err := h.Look(t.Context(), plan.Order{Command: &plan.Command{Run: call("fence"), Look: call("alone")}}, past); err != nil ||
		s.Verdict != model.Holds || s.Says != "it leads its session" {
		t.Errorf("it has the terminal of whoever started it: %+v, %v", s, err)
	}
	other := call("fence")
	other.Argv = append(other.Argv[:len(other.Argv):len(other.Argv)], "--off")
	for says, c := range map[string]struct {
		call plan.Call
		kind error
	}{
		"no route":                  {call("fails"), nil},
		"has no command \"fence\"":  {other, model.ErrNotDone},
		"has no command \"reboot\"": {plan.Call{Name: "reboot", Argv: []string{"/sbin/reboot"}}, model.ErrNotDone},
		"has no command \"\"":       {plan.Call{}, model.ErrNotDone},
		"no such file":              {call("gone"), model.ErrNotDone},
	} {
		err := h.Do(t.Context(), plan.Order{Command: &plan.Command{Run: c.call}}, past)
		if err == nil || !strings.Contains(err.Error(), says) || errors.Is(err, model.ErrNotDone) != (c.kind != nil) {
			t.Errorf("%s: %v", says, err)
		}
		if s, err := h.Look(t.Context(), plan.Order{Command: &plan.Command{Look: c.call}}, past); err == nil || s.Verdict != model.Unknown {
			t.Errorf("looking, %s: %+v, %v", says, s, err)
		}
	}
	if s, err := h.Look(
		t.Context(),
		plan.Order{Wait: &plan.Wait{Look: &plan.Call{Name: "floods", Argv: h.Commands["floods"]}}},
		past,
	); err != nil ||
		len(s.Says) > 8<<10 {
		t.Errorf("a flood of %d bytes is kept, %v", len(s.Says), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := h.Do(
		ctx,
		plan.Order{Command: &plan.Command{Run: call("hangs")}},
		past,
	); err == nil || errors.Is(err, model.ErrNotDone) ||
		time.Since(began) > 20*time.Second {
		t.Errorf("it hangs: %v after %v", err, time.Since(began))
	}
}

func TestAWaitIsCountedFromTheStepBefore(t *testing.T) {
	now := t0
	h := &run.Local{Now: func() time.Time { return now }}
	o := plan.Order{Wait: &plan.Wait{For: time.Hour}}
	past := plan.Past{Step: 2, Stepped: t0.Add(-59 * time.Minute)}
	if s, err := h.Look(t.Context(), o, past); err != nil || s.Verdict != model.Fails || s.Says != "it waits until 23 Nov 12:01:00" {
		t.Errorf("%+v, %v", s, err)
	}
	now = t0.Add(time.Minute)
	if s, err := h.Look(t.Context(), o, past); err != nil || s.Verdict != model.Holds {
		t.Errorf("%+v, %v", s, err)
	}
	o.Wait.Look = &plan.Call{Name: "none"}
	if s, err := h.Look(t.Context(), o, past); err == nil || s.Verdict != model.Unknown {
		t.Errorf("a look that nobody has configured: %+v, %v", s, err)
	}
	if err := h.Do(t.Context(), o, past); !errors.Is(err, model.ErrNotDone) {
		t.Errorf("it does what only looks: %v", err)
	}
}
