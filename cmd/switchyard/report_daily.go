package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"switchyard/model"
)

// handTime is how long a command may take with the report that it is given.
const handTime = 2 * time.Minute

// handed makes a report and gives it to a command on its standard input, whatever it says: also when all is well, and when it could not be
// made, in which case what is given says why. An error of the command is that of the verb; else it is the report's own.
func handed(cmd *cobra.Command, argv []string, report func() error) error {
	if len(argv) == 0 {
		return errors.New("--daily: name the command that takes the report, such as report --daily -- mail -s backups team@example.com")
	}
	var text bytes.Buffer
	old := cmd.OutOrStdout()
	cmd.SetOut(&text)
	err := report()
	cmd.SetOut(old)
	if err != nil && !errors.Is(err, errFinding) {
		head := fmt.Sprintf("# The report is not whole, %s UTC\n\n%s\n\n", model.Now().UTC().Format("2006-01-02 15:04"), model.Clean(err.Error()))
		text = *bytes.NewBufferString(head + text.String())
	}
	switch failed := hand(cmd.Context(), argv, &text); {
	case failed == nil:
		return err
	case errors.Is(err, errFinding): // what was found has reached nobody: that alone counts
		return failed
	default:
		return errors.Join(failed, err)
	}
}

// hand runs a command with a text on its standard input.
func hand(ctx context.Context, argv []string, text *bytes.Buffer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handTime) // a look that was cut short is told, too
	defer cancel()
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second
	var complaint bytes.Buffer
	c.Stdin, c.Stderr = text, &complaint
	err := c.Run()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil: // it ended well, and left something behind that goes on
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("handing the report to %s: it was killed after %s", model.Clean(argv[0]), handTime)
	}
	says := model.Clean(strings.TrimSpace(complaint.String()))
	return fmt.Errorf("handing the report to %s: %w: %.300s", model.Clean(argv[0]), err, says)
}
