package bacula

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"switchyard/backend/mysql"
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

// Why is the line that says why a job ended badly or with warnings, from the last 60 rows of its log, without the "host JobId n:" in front;
// empty when no line says so.
func (c *Catalog) Why(ctx context.Context, jobid uint32) (string, error) {
	lines, err := c.log(ctx, stWhy, jobid)
	if err != nil {
		return "", c.fault("read job log", err)
	}
	return reason(lines), nil
}

// WhysAtOnce is of how many jobs Whys asks with one statement.
const WhysAtOnce = 8

// Whys is what Why tells, of up to WhysAtOnce jobs by one statement. A job of which no line says so is not in the answer.
func (c *Catalog) Whys(ctx context.Context, jobids []uint32) (map[uint32]string, error) {
	if len(jobids) > WhysAtOnce {
		jobids = jobids[:WhysAtOnce]
	}
	args := filled(stWhys, jobids)
	for i := len(jobids); i < len(args); i++ {
		args[i] = int64(-1) // JobId 0 has lines: those of no job
	}
	groups := map[uint32][][]LogLine{}
	err := c.each(ctx, stWhys, args, func(rows *sql.Rows) error {
		var job, id int64
		var at, text sql.RawBytes
		if err := rows.Scan(&job, &id, &at, &text); err != nil {
			return err
		}
		groups[uint32(job)] = append(groups[uint32(job)], logLines(moment(at, c.zone, time.Time{}), string(text)))
		return nil
	})
	if err != nil {
		return nil, c.fault("read job logs", err)
	}
	out := map[uint32]string{}
	for job, lines := range groups {
		slices.Reverse(lines)
		if why := reason(slices.Concat(lines...)); why != "" {
			out[job] = why
		}
	}
	return out, nil
}

// ErrNoProtection says that a catalog does not tell whether volumes are protected: its generation has no such column, or the account may
// not read it.
var ErrNoProtection = errors.New("the catalog does not tell whether volumes are protected")

// ErrNoVolumes says that a catalog does not tell on which volumes jobs are: the account may not read it.
var ErrNoVolumes = errors.New("the catalog does not tell on which volumes jobs are: grant SELECT on its table JobMedia")

// Stored tells of up to 512 jobs whether any volume holds a part of them. A job that has no row any more is not in the answer.
func (c *Catalog) Stored(ctx context.Context, jobids []uint32) (map[uint32]model.Verdict, error) {
	out := map[uint32]model.Verdict{}
	err := c.each(ctx, stStored, filled(stStored, jobids), func(rows *sql.Rows) error {
		var id, there int64
		if err := rows.Scan(&id, &there); err != nil {
			return err
		}
		if out[uint32(id)] = model.Holds; there == 0 {
			out[uint32(id)] = model.Fails
		}
		return nil
	})
	if mysql.Denied(err) || mysql.Number(err) == 1146 {
		return nil, ErrNoVolumes
	}
	if err != nil {
		return nil, c.fault("read on which volumes jobs are", err)
	}
	return out, nil
}

// Protected tells of up to 64 jobs whether every volume they are on is protected. A job without volumes is not in the answer.
func (c *Catalog) Protected(ctx context.Context, jobids []uint32) (map[uint32]model.Verdict, error) {
	out := map[uint32]model.Verdict{}
	err := c.each(ctx, stProtected, filled(stProtected, jobids), func(rows *sql.Rows) error {
		var id int64
		var least sql.NullInt64
		if err := rows.Scan(&id, &least); err != nil {
			return err
		}
		switch {
		case !least.Valid:
		case least.Int64 == 0:
			out[uint32(id)] = model.Fails
		default:
			out[uint32(id)] = model.Holds
		}
		return nil
	})
	if n := mysql.Number(err); mysql.Denied(err) || n == 1054 || n == 1146 { // no such column, no such table
		return nil, ErrNoProtection
	}
	if err != nil {
		return nil, c.fault("read whether volumes are protected", err)
	}
	return out, nil
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
	logPrefix  = model.Pattern(`^\S+ JobId \d+: `)
	logSummary = model.Pattern(`^(Error|Fatal error|Warning): Bacula \S+ \d`) // the report at the end
)

// volumeHarm is what a Storage Daemon says of a volume itself (9.6.7, 15.0.3). All that follows comes of it, and need not follow at once.
var volumeHarm = model.Pattern(
	`^(Fatal error|Error): .*Volume data error|^Warning: .*Read open .* failed: ERR=|^Please mount read Volume`,
)

// reason picks the line: that Bacula canceled the job itself, with what was wrong before in brackets, because it is this that tells it from
// a person's choice; what is said of a volume that cannot be read; else the first fatal error, or the error right before it, which
// is its cause; else the first error, the first warning, or the first of a file that was not saved, which a file daemon tells without a
// word for it but with blanks in front (M_NOTSAVED).
func reason(lines []LogLine) string {
	for _, l := range lines {
		if says := logPrefix().ReplaceAllString(l.Text, ""); says != l.Text && model.CanceledByBacula(says) {
			if cause := cause(lines); cause != "" && cause != says {
				says += " (before: " + cause + ")"
			}
			return says
		}
	}
	return cause(lines)
}

// cause is the reason as far as nobody canceled.
func cause(lines []LogLine) string {
	var fatal, failed, warned, left, before string
	for _, l := range lines {
		says := logPrefix().ReplaceAllString(l.Text, "")
		if says == l.Text || logSummary().MatchString(says) {
			continue
		}
		if volumeHarm().MatchString(says) {
			return says
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
		case strings.HasPrefix(says, "   ") && left == "":
			left = strings.TrimLeft(says, " ")
		}
		before = ""
	}
	for _, says := range []string{fatal, failed, warned, left} {
		if says != "" {
			return says
		}
	}
	return ""
}
