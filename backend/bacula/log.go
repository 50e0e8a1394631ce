package bacula

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// LogLine is one line of a job's log; a Log row may hold several, which share their time.
type LogLine struct {
	At   time.Time // second resolution, from the Director's wall clock
	Text string    // clean
}

// Log reads the newest 2,000 rows of a job's log, oldest line first.
func (c *Catalog) Log(ctx context.Context, jobid uint32) ([]LogLine, error) {
	lines, err := c.log(ctx, stLog, jobid)
	if err != nil {
		return nil, c.fault("read job log", err)
	}
	return lines, nil
}

// Why is the line that says why a job ended badly, from the last 60 rows of its log, without the "host JobId n:" in front; empty when no line says so.
func (c *Catalog) Why(ctx context.Context, jobid uint32) (string, error) {
	lines, err := c.log(ctx, stWhy, jobid)
	if err != nil {
		return "", c.fault("read job log", err)
	}
	return reason(lines), nil
}

func (c *Catalog) log(ctx context.Context, st Statement, jobid uint32) ([]LogLine, error) {
	var groups [][]LogLine
	err := c.each(ctx, st, []any{int64(jobid)}, func(rows *sql.Rows) error {
		var id int64
		var at, text sql.RawBytes
		if err := rows.Scan(&id, &at, &text); err != nil {
			return err
		}
		groups = append(groups, logLines(moment(at, c.zone, time.Time{}), string(text)))
		return nil
	})
	slices.Reverse(groups)
	return slices.Concat(groups...), err
}

// logLines splits one LogText, which ends with a newline and a NUL.
func logLines(at time.Time, text string) []LogLine {
	var out []LogLine
	for line := range strings.SplitSeq(text, "\n") {
		if line = model.Clean(line); line != "" {
			out = append(out, LogLine{at, line})
		}
	}
	return out
}

var (
	logPrefix  = regexp.MustCompile(`^\S+ JobId \d+: `)
	logSummary = regexp.MustCompile(`^(Error|Fatal error|Warning): Bacula \S+ \d`) // the report at the end
)

// reason picks the line: the first fatal error, or the error right before it, which is its cause; else the first error, else the first warning.
func reason(lines []LogLine) string {
	var fatal, failed, warned, before string
	for _, l := range lines {
		says := logPrefix.ReplaceAllString(l.Text, "")
		if says == l.Text || logSummary.MatchString(says) {
			continue
		}
		switch {
		case strings.HasPrefix(says, "Fatal error:"):
			if fatal == "" {
				fatal = says
				if before != "" {
					fatal = before
				}
			}
		case strings.HasPrefix(says, "Error:"):
			before = says
			if failed == "" {
				failed = says
			}
			continue
		case strings.HasPrefix(says, "Warning:") && warned == "":
			warned = says
		}
		before = ""
	}
	for _, says := range []string{fatal, failed, warned} {
		if says != "" {
			return says
		}
	}
	return ""
}
