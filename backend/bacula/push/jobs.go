// Package push moves Directors: it gives them the configuration that the routes come to, and starts and cancels jobs.
package push

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/internal/lever"
	"switchyard/model"
)

var (
	queued = model.Pattern(`(?m)^Job queued\. JobId=(\d+)\s*$`)
	// "Job 0 failed." is said of a job that was given up before it was queued: its Director has lost its catalog, or a duplicate runs.
	notRun = model.Pattern(
		`(?m)^(Job not run\.|Job 0 failed\.|Job ".*" not found|Level ".*" not valid\.|Select \w+ resource \(1-\d+\):)`,
	)
	marked  = model.Pattern(`(?m)^(3000 JobId=\d+ Job="(\S+)"|JobId \d+, Job (\S+)) marked to be canceled\.\s*$`)
	notThat = model.Pattern(`(?m)^(Warning Job \S+ is not running\.|No Jobs running\.)`)
)

// Run starts a job by a command line and gives its JobId; the parts of the line that vary are names. "Job queued" is no success of the job.
// The error is ErrNotDone, too, when certainly nothing was started; after any other a job with that Comment may be there.
func Run(ctx context.Context, c bacula.Console, line, job string, parts ...string) (uint32, error) {
	doing := "starting " + model.Clean(job)
	said, err := say(ctx, c, doing, line, append(parts, job)...)
	if m := queued().FindStringSubmatch(said); m != nil { // whatever happened to the session after it
		id, err := strconv.ParseUint(m[1], 10, 32)
		if err != nil {
			return 0, unclear(doing, said)
		}
		return uint32(id), nil
	}
	switch {
	case err != nil:
		return 0, err
	case notRun().MatchString(said):
		return 0, notDone(doing, said)
	}
	return 0, unclear(doing, said)
}

// notRestored is said of a restore that was given up before its job was there, or that stopped at a question, which the farewell leaves.
var notRestored = model.Pattern(`(?m)^(Unable to get Job record for JobId=|No files selected to be restored\.|No Jobs selected\.|` +
	`Invalid JobId in list\.|Invalid replace option|Restore not done\.|Unknown keyword|No Restore Job Resource found|` +
	`No database record found for|Client ".*" not found|` +
	`Error: (Client|Job|Pool) resource|Select .*\(1-\d+\):|Access to JobId=.* not authorized|` +
	`"(?:Regex)?[Ww]here" specification not authorized|Illegal character in comment|Job failed\. Client ".*" not authorized|` +
	`.*[Nn]o authorization|.*\bnot allowed\b|.*\bis an invalid command)`)

// Restore starts a restore by a command line and gives its JobId. A Director builds the tree of its files within the session, for as long
// as ctx gives it, and queues the job also when the console has gone meanwhile. Errors are those of Run.
func Restore(ctx context.Context, c bacula.Console, line, job, where string, files []string, names ...string) (uint32, error) {
	doing := "starting " + model.Clean(job)
	err := model.CheckDirectory(where)
	for _, f := range files {
		err = errors.Join(err, model.CheckFile(f))
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	id, err := Run(ctx, c, line, job, names...)
	var not unclearAnswer
	if errors.As(err, &not) && notRestored().MatchString(string(not)) {
		return 0, notDone(doing, string(not))
	}
	return id, err
}

// unclearAnswer is what was said, in which no word is known.
type unclearAnswer string

func (u unclearAnswer) Error() string { return words(string(u)) }

// Cancel cancels the job of a unique name by a command line. It returns when the Director has marked it; the job ends when its daemons let
// go. The error is ErrNotDone and ErrNone when no such job runs.
func Cancel(ctx context.Context, c bacula.Console, line, unique string) error {
	doing := "canceling " + model.Clean(unique)
	said, err := say(ctx, c, doing, line, unique)
	if m := marked().FindStringSubmatch(said); m != nil && (m[2] == unique || m[3] == unique) {
		return nil
	}
	switch {
	case err != nil:
		return err
	case notThat().MatchString(said):
		return fmt.Errorf("%s: %w: it does not run: %w", doing, model.ErrNotDone, model.ErrNone)
	}
	return unclear(doing, said)
}

// say sends a command line whose variable parts are names.
func say(ctx context.Context, c bacula.Console, doing, line string, parts ...string) (string, error) {
	for _, name := range parts {
		if err := bacula.CheckName(name); err != nil {
			return "", fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
		}
	}
	said, sent, err := c.Act(ctx, lever.Line{Text: line})
	switch {
	case err != nil && !sent:
		return said, fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	case err != nil:
		return said, fmt.Errorf("%s: %w", doing, err)
	}
	return said, nil
}

func notDone(doing, said string) error {
	return fmt.Errorf("%s: %w: the Director says: %s", doing, model.ErrNotDone, words(said))
}

func unclear(doing, said string) error {
	return fmt.Errorf("%s: %w: %w", doing, model.ErrAnswer, unclearAnswer(said))
}

// words are the first lines of an answer, without the greeting, the echo and what a menu offers.
func words(said string) string {
	var out []string
	for line := range strings.SplitSeq(said, "\n") {
		line = model.Clean(line)
		switch {
		case line == "", strings.HasPrefix(line, "Enter a period"), strings.HasPrefix(line, "run job="), strings.HasPrefix(line, "cancel "),
			strings.HasPrefix(line, "update volume="), strings.HasPrefix(line, "restore jobid="), strings.HasPrefix(line, "You have selected "+
				"the following JobId"),
			strings.HasPrefix(line, "Using Catalog"), strings.HasPrefix(line, "Automatically selected"), line == "You have messages.",
			slices.Contains(bacula.Farewell, line):
			continue
		case strings.HasPrefix(line, "The defined "):
			return strings.Join(out, " / ")
		}
		if out = append(out, line); len(out) == 4 {
			break
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, " / ")
}
