package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"switchyard/model"
	"switchyard/model/plan"
)

// Local is the hand for what is done on the runner's own machine: waiting, what people do and say, and configured commands.
type Local struct {
	Commands map[string][]string // argument vectors by name, as configured
	Now      func() time.Time

	trials map[string]trial // what commands came to that this process has run, by action and step
}

// local are what this hand does, by the orders' names in their table.
var local = map[string]struct {
	look func(context.Context, *Local, plan.Order, plan.Past) (Sight, error)
	do   func(context.Context, *Local, plan.Order, plan.Past) error // nil of an order that only looks
}{
	"wait": {look: func(ctx context.Context, h *Local, o plan.Order, past plan.Past) (Sight, error) {
		return h.waited(ctx, o.Wait, past)
	}},
	"attest": {look: func(_ context.Context, _ *Local, o plan.Order, past plan.Past) (Sight, error) {
		return word(o, past), nil
	}},
	"by_hand": {
		look: func(ctx context.Context, h *Local, o plan.Order, past plan.Past) (Sight, error) {
			if o.ByHand.Look == nil {
				return word(o, past), nil
			}
			return h.ask(ctx, *o.ByHand.Look, past)
		},
		do: func(context.Context, *Local, plan.Order, plan.Past) error { return nil }, // the journal's intent tells everybody that it is wanted
	},
	"check_restored": {
		look: func(ctx context.Context, h *Local, o plan.Order, past plan.Past) (Sight, error) {
			return h.checked(ctx, o, past)
		},
		do: func(ctx context.Context, h *Local, o plan.Order, past plan.Past) error { return h.check(ctx, o, past) },
	},
	"remove_restored": {
		look: func(ctx context.Context, h *Local, o plan.Order, past plan.Past) (Sight, error) {
			return h.removed(ctx, o, past)
		},
		do: func(ctx context.Context, h *Local, o plan.Order, past plan.Past) error { return h.remove(ctx, o, past) },
	},
	"command": {
		look: func(ctx context.Context, h *Local, o plan.Order, past plan.Past) (Sight, error) {
			return h.ask(ctx, o.Command.Look, past)
		},
		do: func(ctx context.Context, h *Local, o plan.Order, past plan.Past) error {
			return h.run(ctx, o.Command.Run, past)
		},
	},
}

// Look looks at the clock, at what people said, or lets a configured command look.
func (h *Local) Look(ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
	row, err := o.Row()
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	d, known := local[row.Name]
	if !known {
		return Sight{}, fmt.Errorf("looking at a step: to %s is nothing that is done here", row.Does)
	}
	return d.look(ctx, h, o, past)
}

// Do runs a configured command.
func (h *Local) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	row, err := o.Row()
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	d := local[row.Name]
	if d.do == nil {
		return fmt.Errorf("doing a step: %w: to %s is nothing that is done here", model.ErrNotDone, row.Does)
	}
	return d.do(ctx, h, o, past)
}

func word(o plan.Order, past plan.Past) Sight {
	given, says := o.Given(past)
	if given {
		return Sight{Verdict: model.Holds, Says: says}
	}
	return Sight{Verdict: model.Fails, Says: says}
}

func (h *Local) waited(ctx context.Context, w *plan.Wait, past plan.Past) (Sight, error) {
	until := past.Stepped.Add(w.For)
	switch {
	case h.Now().Before(until):
		return Sight{Verdict: model.Fails, Says: "it waits until " + until.UTC().Format("2 Jan 15:04:05")}, nil
	case w.Look != nil:
		return h.ask(ctx, *w.Look, past)
	}
	return Sight{Verdict: model.Holds, Says: "waited since " + past.Stepped.UTC().Format("2 Jan 15:04:05")}, nil
}

// ask lets a command look. Only its exit statuses 0 and 1 say something.
func (h *Local) ask(ctx context.Context, call plan.Call, past plan.Past) (Sight, error) {
	says, err := h.start(ctx, call, past)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return Sight{Verdict: model.Holds, Says: says}, nil
	case ctx.Err() == nil && errors.As(err, &exit) && exit.ExitCode() == 1:
		return Sight{Verdict: model.Fails, Says: says, Absent: true}, nil
	}
	return Sight{}, fmt.Errorf("asking %s: %w: %s", model.Clean(call.Name), err, says)
}

func (h *Local) run(ctx context.Context, call plan.Call, past plan.Past) error {
	says, err := h.start(ctx, call, past)
	if err != nil {
		return fmt.Errorf("running %s: %w: %s", model.Clean(call.Name), err, says)
	}
	return nil
}

// maxSaid bounds what is kept of a command's output.
const maxSaid = 4 << 10

// start runs a command to its end, in a session of its own that ends with the context and has no terminal.
func (h *Local) start(ctx context.Context, call plan.Call, past plan.Past) (says string, err error) {
	argv := h.Commands[call.Name]
	if len(argv) == 0 || !slices.Equal(argv, call.Argv) {
		return "", fmt.Errorf("%w: the configuration has no command %q of this argument vector", model.ErrNotDone, model.Clean(call.Name))
	}
	told, err := json.Marshal(past)
	if err != nil {
		return "", fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	out := &head{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(told), out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	err = cmd.Wait()
	return model.Clean(strings.Join(strings.Fields(string(out.text)), " ")), err
}

// head keeps the start of what is written.
type head struct{ text []byte }

func (b *head) Write(p []byte) (int, error) {
	b.text = append(b.text, p[:min(len(p), maxSaid-len(b.text))]...)
	return len(p), nil
}
