package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
	"switchyard/ui"
)

// controlName is the socket of a world, in its private directory. It speaks one line each way: "fault NAME [TARGET]",
// "heal [NAME [TARGET]]", "list" or "clock [+SPAN]"; the answer begins with "ok " or "no ".
const controlName = "control"

func faultCommand() *cobra.Command {
	var heal bool
	cmd := &cobra.Command{
		Use:   "fault [NAME [TARGET]]",
		Short: "break something in a running rehearsal, or heal it; without a name: what can be broken",
		Long: "Fault breaks something in the rehearsal whose configuration --config names, and --heal mends it. --heal alone mends " +
			"everything.\n\nFaults:\n" + faultList(),
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			line := "list"
			switch {
			case heal:
				line = strings.Join(append([]string{"heal"}, args...), " ")
			case len(args) > 0:
				line = strings.Join(append([]string{"fault"}, args...), " ")
			}
			return toWorld(cmd, line)
		},
	}
	cmd.Flags().BoolVar(&heal, "heal", false, "mend it, as switchyard rehearse heal does")
	for _, f := range rehearsal.Faults {
		cmd.ValidArgs = append(cmd.ValidArgs, f.Name+"\t"+f.Says)
	}
	return cmd
}

func healCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "heal [NAME [TARGET]]",
		Short: "mend what was broken in a running rehearsal; without a name: everything",
		Args:  cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return toWorld(cmd, strings.Join(append([]string{"heal"}, args...), " "))
		},
	}
	for _, f := range rehearsal.Faults {
		cmd.ValidArgs = append(cmd.ValidArgs, f.Name+"\t"+f.Says)
	}
	return cmd
}

// toWorld sends one line to the world of the configuration, and prints what it answers.
func toWorld(cmd *cobra.Command, line string) error {
	flag, err := cmd.Flags().GetString("config")
	if err != nil {
		return err
	}
	path, err := config.Find(flag)
	if err != nil {
		return err
	}
	says, err := askWorld(cmd.Context(), filepath.Join(filepath.Dir(path), controlName), line)
	if err != nil {
		return err
	}
	if line == "list" {
		says = faultList() + says
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), says)
	return err
}

func faultList() string {
	var b strings.Builder
	for _, f := range rehearsal.Faults {
		fmt.Fprintf(&b, "    %-20s %-16s %s\n", f.Name, f.Target, f.Says)
	}
	return b.String()
}

// askWorld sends one line to the world that runs there.
func askWorld(ctx context.Context, socket, line string) (string, error) {
	if strings.ContainsAny(line, "\r\n") {
		return "", errors.New("asking the world: a name holds a line break")
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return "", fmt.Errorf("asking the world at %s: no rehearsal runs there: %w", filepath.Dir(socket), err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(controlLimit)); err != nil {
		return "", fmt.Errorf("asking the world: %w", err)
	}
	if _, err := fmt.Fprintln(conn, line); err != nil {
		return "", fmt.Errorf("asking the world: %w", err)
	}
	answer, err := io.ReadAll(conn)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("asking the world: %w", err)
	}
	says := strings.TrimSpace(string(answer))
	if ok, found := strings.CutPrefix(says, "ok"); found {
		return strings.TrimSpace(ok), nil
	}
	return "", errors.New(strings.TrimPrefix(says, "no "))
}

// listen opens the world's control socket; stop closes it.
func listen(ctx context.Context, w *rehearsal.World) (stop func(), err error) {
	path := filepath.Join(w.Dir(), controlName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("opening the world's control: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("opening the world's control: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { answerControl(ctx, w, conn) }) // a clock takes its time, and others may ask meanwhile
		}
	})
	return func() {
		cancel()
		_ = l.Close()
		wg.Wait()
	}, nil
}

func answerControl(ctx context.Context, w *rehearsal.World, conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	line, err := bufio.NewReader(io.LimitReader(conn, 1024)).ReadString('\n')
	if err != nil {
		return
	}
	says, err := control(ctx, w, line)
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second)) // a clock takes its time
	if err != nil {
		_, _ = fmt.Fprintf(conn, "no %v\n", err)
		return
	}
	_, _ = fmt.Fprintf(conn, "ok %s\n", says)
}

// worldCommands are what a cockpit can do to the world that it shows; ask carries out a line of the control.
func worldCommands(ask func(context.Context, string) (string, error)) []ui.Command {
	var names []string
	for _, f := range rehearsal.Faults {
		targets := strings.Split(f.Target, "|")
		if !strings.Contains(f.Target, "|") {
			targets = []string{""}
		}
		for _, target := range targets {
			names = append(names, strings.TrimSpace(f.Name+" "+target))
		}
	}
	return []ui.Command{
		{
			Name:   "fault",
			Args:   "[NAME [TARGET]]",
			Says:   "break something in the rehearsal; alone: what can be broken, and what is now",
			Offers: names,
			Run: func(ctx context.Context, arg string) (string, error) {
				if arg == "" {
					return faultPage(ctx, ask)
				}
				return ask(ctx, "fault "+arg)
			},
		},
		{
			Name:   "heal",
			Args:   "[NAME [TARGET]]",
			Says:   "mend it again; alone: everything",
			Offers: names,
			Run: func(ctx context.Context, arg string) (string, error) {
				return ask(ctx, "heal "+arg)
			},
		},
		{
			Name:   "clock",
			Args:   "[+SPAN]",
			Says:   "move the rehearsal's time forward, such as +8d; alone: what time it is there",
			Offers: []string{"+1h", "+1d", "+8d", "+14d"},
			Limit:  controlLimit,
			Run: func(ctx context.Context, arg string) (string, error) {
				return ask(ctx, "clock "+arg)
			},
		},
	}
}

// attachedWorld are the commands of a cockpit that is attached to a world which runs in another process; none on a real environment.
func attachedWorld(cfg *config.Config) []ui.Command {
	if cfg.Rehearsal == "" {
		return nil
	}
	socket := filepath.Join(filepath.Dir(cfg.Path), controlName)
	return worldCommands(func(ctx context.Context, line string) (string, error) { return askWorld(ctx, socket, line) })
}

// faultPage tells what is broken now and what each fault does, in lines of a name and a tab.
func faultPage(ctx context.Context, ask func(context.Context, string) (string, error)) (string, error) {
	says, err := ask(ctx, "list")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"%s\n:fault NAME TARGET breaks something, :heal NAME TARGET mends it, :heal mends everything. tab completes names.\n\n",
		says,
	)
	for _, f := range rehearsal.Faults {
		says := f.Says
		if f.Target != "" {
			says += " (" + f.Target + ")"
		}
		fmt.Fprintf(&b, "%s\t%s\n", f.Name, says)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// control carries out one line of the control socket or of the cockpit's :fault.
func control(ctx context.Context, w *rehearsal.World, line string) (string, error) {
	words := append(strings.Fields(line), "", "")
	switch words[0] {
	case "fault":
		if err := w.Fault(words[1], words[2]); err != nil {
			return "", err
		}
		return "broken: " + strings.TrimSpace(words[1]+" "+words[2]), nil
	case "heal":
		if words[1] != "" {
			if err := w.Heal(words[1], words[2]); err != nil {
				return "", err
			}
			return "healed: " + strings.TrimSpace(words[1]+" "+words[2]), nil
		}
		for _, f := range w.Injected() {
			name, target, _ := strings.Cut(f, " ")
			if err := w.Heal(name, target); err != nil {
				return "", err
			}
		}
		return "everything is healed", nil
	case "clock":
		return setClock(ctx, w, words[1])
	case "list":
		if in := w.Injected(); len(in) > 0 {
			return "broken now: " + strings.Join(in, ", "), nil
		}
		return "nothing is broken now", nil
	}
	return "", fmt.Errorf("the world does not know %q", words[0])
}
