package bacula

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strings"

	"switchyard/model"
)

// Right is whether a Console may use a command: Holds when the Director took it, Fails when it called it invalid, Unknown when it could not
// be asked.
type Right struct {
	Command string
	Watch   bool // a watcher needs it
	Allowed model.Verdict
	Says    string // why it is unknown
}

// trials are forms of commands that do nothing even where they are allowed: they name nothing that exists, or stop at a question that the
// farewell leaves. Each is sent in a session of its own (a line after it would be taken as the answer) and none ever with "yes".
var trials = []struct{ name, text string }{
	{"run", "run job=switchyard-may-it-run"},
	{"cancel", "cancel jobid=2147483647"},
	{"disable", "disable"},
	{"delete", "delete"},
	{"purge", "purge"},
	{"prune", "prune"},
	{"update", "update"},
	{"restore", "restore"},
	{"sqlquery", "sqlquery"},
	{".sql", ".sql"},
}

// NotTried are commands that have no form that does nothing, so that a Console's right to them is read in its CommandACL or nowhere.
var NotTried = []string{"reload", "messages"}

// Rights tries what this Console may do, without doing it: what a watcher needs, then what it must not have. A Director that does not
// answer ends it with an error.
func (c Console) Rights(ctx context.Context) ([]Right, error) {
	var out []Right
	for _, cmd := range []Command{Version, Jobs, Clients, StatusHeader, Disabled, Clock} {
		r, err := c.try(ctx, strings.Fields(cmd.text)[0], cmd.text)
		if err != nil {
			return out, err
		}
		r.Watch = true
		out = append(out, r)
	}
	for _, t := range trials {
		r, err := c.try(ctx, t.name, t.text)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// MayRestoreTo tries whether this Console may restore into a directory of its own below dir, by a restore of a JobId that no catalog has
// and without yes: its WhereACL is looked at before the JobId. It is Unknown when the Director says neither.
func (c Console) MayRestoreTo(ctx context.Context, dir string) (Right, error) {
	r := Right{Command: "restore where=" + dir}
	if err := model.CheckDirectory(dir); err != nil {
		return r, err
	}
	said, err := c.speak(ctx, `restore jobid=4294967295 where="`+dir+`/switchyard-may-it" comment="switchyard may it" all done`)
	_, denied := denied(said)
	switch {
	case err != nil:
		return r, err
	case denied, strings.Contains(said, "specification not authorized"):
		r.Allowed = model.Fails
	case strings.Contains(said, "Unable to get Job record"), strings.Contains(said, "No Jobs selected"):
		r.Allowed = model.Holds
	default:
		r.Says = firstWords(said)
	}
	return r, nil
}

// try waits for the greeting: a Director of another name is not even asked.
func (c Console) try(ctx context.Context, name, text string) (Right, error) {
	said, err := c.speak(ctx, text)
	r := Right{Command: name}
	refused, denied := denied(said)
	switch {
	case errors.Is(err, model.ErrTimeout) && ctx.Err() == nil:
		r.Says = err.Error()
	case err != nil:
		return r, err
	case denied && refused == name:
		r.Allowed = model.Fails
	default:
		r.Allowed = model.Holds
	}
	return r, nil
}

// Grants asks which privileges the account has beyond those of a watcher (SELECT, the replication and process views); a role counts,
// because what is behind it is not shown. The sessions themselves are proven read-only each time one is opened.
func (c *Catalog) Grants(ctx context.Context) ([]string, error) {
	var lines []string
	err := c.each(ctx, stGrants, nil, func(rows *sql.Rows) error {
		var line string
		err := rows.Scan(&line)
		lines = append(lines, line)
		return err
	})
	if err != nil {
		return nil, c.fault("read grants", err)
	}
	return beyond(lines), nil
}

var (
	grantLine  = model.Pattern(`(?i)^GRANT (.+?) ON (?:TABLE |FUNCTION |PROCEDURE )?(\S+) TO `)
	grantRole  = model.Pattern(`(?i)^GRANT (.+?) TO `)
	columnList = model.Pattern(`\([^)]*\)`)
	watching   = []string{
		"USAGE",
		"SELECT",
		"SHOW VIEW",
		"SHOW DATABASES",
		"PROCESS",
		"REPLICATION CLIENT",
		"SLAVE MONITOR",
		"REPLICA MONITOR",
		"BINLOG MONITOR",
	}
)

// beyond reads the lines of SHOW GRANTS. MariaDB's line may end with a password's hash, which is never kept.
func beyond(lines []string) []string {
	var out []string
	for _, line := range lines {
		m := grantLine().FindStringSubmatch(line)
		if m == nil {
			if r := grantRole().FindStringSubmatch(line); r != nil && strings.Contains(r[1], "`") {
				out = append(out, model.Clean("role "+r[1]))
			}
			continue
		}
		for privilege := range strings.SplitSeq(columnList().ReplaceAllString(m[1], ""), ",") {
			if p := strings.ToUpper(strings.TrimSpace(privilege)); p != "" && !slices.Contains(watching, p) {
				out = append(out, model.Clean(p+" ON "+m[2]))
			}
		}
		if regexp.MustCompile(`(?i)WITH .*GRANT OPTION`).MatchString(line) {
			out = append(out, model.Clean("GRANT OPTION ON "+m[2]))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
