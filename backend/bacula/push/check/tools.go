package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"switchyard/model"
)

// Tool is one of Bacula's own programs that reads a whole configuration, as an argument vector. {file} in it is replaced by the path of a
// file on this machine that holds the configuration; without it the configuration comes on its standard input, for what takes it elsewhere.
type Tool struct {
	Argv    []string
	Dir     string // where it runs
	Timeout time.Duration
}

// FilePlaceholder stands for the path in an argument vector.
const FilePlaceholder = "{file}"

// Limits of the tools. bacula-dir waits 30 s for a catalog before it gives up (measured).
const (
	QuickLimit  = 20 * time.Second
	TestLimit   = 60 * time.Second
	mostPrinted = 64 << 20
)

// Print runs a command that prints a text, such as a Director's own configuration, and gives what it prints.
func (t Tool) Print(ctx context.Context) (string, error) {
	a := t.run(ctx, t.Argv, "")
	switch {
	case a.why != nil:
		return "", fmt.Errorf("running %s: %w", model.Clean(t.Argv[0]), a.why)
	case a.exit != 0:
		return "", fmt.Errorf("running %s: it ended with status %d; run it by hand to see what it says", model.Clean(t.Argv[0]), a.exit)
	case a.out == "":
		return "", fmt.Errorf("running %s: it prints nothing", model.Clean(t.Argv[0]))
	}
	return a.out, nil
}

// Run runs it with a text on its standard input, and gives what it prints, what it says on standard error, and the status it ended with.
// The error says why it did not run to its end: it is ErrTimeout when the time was over.
func (t Tool) Run(ctx context.Context, in string) (out, said string, exit int, err error) {
	a := t.run(ctx, t.Argv, in)
	said = model.Clean(strings.Join(strings.Fields(a.err), " "))
	if r := []rune(said); len(r) > 300 {
		said = string(r[:300]) + "..."
	}
	return a.out, said, a.exit, wrap(model.Clean(t.Argv[0]), a.why)
}

// broken is no configuration: what takes it takes anything.
const broken = "This is no configuration {\n"

// Test runs bacula-dir -t on a whole configuration. Holds: it ended with status 0 and told of no error, and did refuse what is broken, as
// it says nothing of what is good. Fails: Bacula says what is wrong. Anything else is Unknown: the tool could not be run, takes anything,
// or had no catalog to try, and says tells why.
func (t Tool) Test(ctx context.Context, whole string) (v model.Verdict, says string) {
	a, err := t.on(ctx, broken)
	if err != nil {
		return model.Unknown, err.Error()
	}
	if v, _ = a.verdict(); v == model.Holds {
		return model.Unknown, "it takes what is no configuration, too, so it proves nothing: look at its arguments"
	}
	a, err = t.on(ctx, whole)
	if err != nil {
		return model.Unknown, err.Error()
	}
	return a.verdict()
}

// JSON runs bdirjson on a whole configuration and gives what it holds, with a verdict as Test does.
func (t Tool) JSON(ctx context.Context, whole string) (held *Held, v model.Verdict, says string) {
	a, err := t.on(ctx, whole)
	if err != nil {
		return nil, model.Unknown, err.Error()
	}
	if v, says = a.verdict(); v != model.Holds {
		return nil, v, says
	}
	if held, err = readJSON([]byte(a.out)); err != nil {
		return nil, model.Unknown, err.Error()
	}
	return held, model.Holds, ""
}

// on hands a configuration to the tool.
func (t Tool) on(ctx context.Context, whole string) (answer, error) {
	name := model.Clean(t.Argv[0])
	if !slices.ContainsFunc(t.Argv, func(a string) bool { return strings.Contains(a, FilePlaceholder) }) {
		a := t.run(ctx, t.Argv, whole)
		a.whole = whole
		return a, wrap(name, a.why)
	}
	dir, err := os.MkdirTemp("", "switchyard-check-") // 0700: it holds passwords
	if err != nil {
		return answer{}, wrap(name, err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "bacula-dir.conf")
	if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
		return answer{}, wrap(name, err)
	}
	argv := make([]string, len(t.Argv))
	for i, a := range t.Argv {
		argv[i] = strings.ReplaceAll(a, FilePlaceholder, path)
	}
	a := t.run(ctx, argv, "")
	a.whole = whole
	return a, wrap(name, a.why)
}

func wrap(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("running %s: %w", name, err)
}

// answer is what came of a run.
type answer struct {
	out, err string
	exit     int
	why      error  // it could not be run to its end
	whole    string // the configuration that it was given
}

func (t Tool) run(ctx context.Context, argv []string, in string) (a answer) {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	name := argv[0]
	if strings.Contains(name, "/") && !filepath.IsAbs(name) {
		name = filepath.Join(t.Dir, name)
	}
	cmd := exec.CommandContext(ctx, name, argv[1:]...)
	cmd.Dir = t.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it and its children end together, and ask nobody anything on a terminal
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	cmd.Stdin = strings.NewReader(in)
	cmd.Env = append(os.Environ(), "LC_ALL=C") // what Bacula says is told by its words
	printed := &printed{full: cancel}
	printed.out.of, printed.err.of = printed, printed
	cmd.Stdout, cmd.Stderr = &printed.out, &printed.err
	err := cmd.Run()
	a.out, a.err = printed.out.kept.String(), printed.err.kept.String()
	var exit *exec.ExitError
	switch {
	case printed.over:
		a.why = fmt.Errorf("%w: it prints more than %d bytes", model.ErrAnswer, mostPrinted)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		a.why = fmt.Errorf("%w: ended after %s", model.ErrTimeout, t.Timeout)
	case ctx.Err() != nil:
		a.why = ctx.Err()
	case errors.As(err, &exit) && exit.Exited():
		a.exit = exit.ExitCode()
	case err != nil:
		a.why = errors.New(model.Clean(err.Error()))
	}
	return a
}

// printed keeps what a process prints, up to a limit.
type printed struct {
	sync.Mutex
	out, err stream
	size     int
	over     bool
	full     func()
}

type stream struct {
	kept bytes.Buffer // not embedded: its ReadFrom would take everything
	of   *printed
}

func (s *stream) Write(p []byte) (int, error) {
	s.of.Lock()
	defer s.of.Unlock()
	if s.of.size += len(p); s.of.size > mostPrinted {
		s.of.over = true
		s.of.full()
		return 0, model.ErrAnswer
	}
	return s.kept.Write(p)
}

var (
	complains = model.Pattern(`(?m)ERROR TERMINATION|Config error:|Fatal error:|^.*: ERROR in |Please correct (the )?configuration`)
	noCatalog = model.Pattern(`Could not open Catalog|Unable to connect to (MySQL|MariaDB|PostgreSQL) server`)
)

// verdict judges what a tool printed and how it ended.
func (a *answer) verdict() (model.Verdict, string) {
	all := a.out + "\n" + a.err // Bacula complains on standard output (measured), and what runs it on standard error
	said := Told(all, a.whole)
	switch wrong := complains().MatchString(all); {
	case noCatalog().MatchString(all):
		return model.Unknown, "it could not open the catalog, and so did not try the configuration: " + said
	case a.exit == 0 && !wrong:
		return model.Holds, ""
	case wrong:
		return model.Fails, said
	}
	return model.Unknown, fmt.Sprintf("it ended with status %d, and Bacula says nothing of why: %s", a.exit, said)
}
