package bacula

import (
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// optional are the commands of the list without whose answers the rest still means something: a Console that may not use them sees
// everything else.
var optional = []Command{Disabled, Clock}

// without takes out of a session what the Director says of optional commands that it does not take.
func without(said string) string {
	if !strings.Contains(said, isInvalid) {
		return said
	}
	return invalidCommand().ReplaceAllStringFunc(said, func(line string) string {
		command := strings.TrimSuffix(invalidCommand().FindStringSubmatch(line)[1], ":")
		if slices.ContainsFunc(optional, func(o Command) bool { return strings.Fields(o.text)[0] == command }) {
			return ""
		}
		return line
	})
}

// answer is what a Director said to a command, up to the next command of the session.
func answer(said string, command Command, next ...Command) (string, bool) {
	after, found := afterLine(strings.ReplaceAll(said, "\r", ""), command.text+"\n")
	for _, n := range next {
		after, _, _ = strings.Cut(after, "\n"+n.text+"\n")
	}
	return after, found
}

// afterLine is what follows the first time that a line stands in a text. The text may be megabytes, and is not copied.
func afterLine(text, line string) (after string, found bool) {
	if after, found = strings.CutPrefix(text, line); !found {
		_, after, found = strings.Cut(text, "\n"+line)
	}
	return after, found
}

// switchedOff are the Jobs that "show disabled" lists, sorted. The zero value knows nothing.
type switchedOff struct {
	jobs  []string
	known bool // it lists Jobs, or says that there is none
}

// disabled reads what "show disabled" lists. What was disabled by hand stands there indented, what has Enabled = no as name=NAME (9.6.7).
// What follows under other labels is none; 9.6.7 and 15.0.3 tell of Jobs alone.
func disabled(said string, next ...Command) (out switchedOff) {
	said, found := answer(said, Disabled, next...)
	if !found {
		return out
	}
	jobs := false
	for line := range strings.SplitSeq(said, "\n") {
		line = strings.TrimRight(line, "\r")
		word := strings.ToLower(strings.TrimSpace(line))
		switch {
		case strings.HasPrefix(word, "no disabled job"):
			out.known, jobs = true, false
		case strings.HasPrefix(word, "disabled job"), word == "jobs:":
			out.known, jobs = true, true
		case strings.HasPrefix(word, "disabled "), strings.HasPrefix(word, "no disabled "), word == "you have messages.",
			strings.HasSuffix(word, ":") && !strings.ContainsAny(word, " ="):
			jobs = false
		case jobs && word != "" && len(line) <= maxName+20 && len(out.jobs) < 200_000:
			name := strings.TrimLeft(line, " \t")
			for _, key := range []string{"name=", "jobname=", "job="} {
				name = strings.TrimPrefix(name, key)
			}
			out.jobs = append(out.jobs, model.Literal(strings.Trim(name, `"`)))
		}
	}
	slices.Sort(out.jobs)
	out.jobs = apart(slices.Compact(out.jobs))
	return out
}

// directorTime is what "time" answers: the wall clock of the Director's host, "Sun 22-Nov-2026 06:07:10".
var directorTime = model.Pattern(`(\d{1,2}-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)`)

// clockOf reads the Director's clock, to a second; of an hour that it shows twice, the one that is nearer to a moment of this host.
func clockOf(said string, zone *time.Location, near time.Time, next ...Command) (time.Time, bool) {
	said, found := answer(said, Clock, next...)
	m := directorTime().FindString(said)
	if !found || m == "" {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation("2-Jan-2006 15:04:05", m, zone)
	if err != nil {
		return time.Time{}, false
	}
	t = t.Add(time.Second / 2) // it is anywhere in that second
	for _, other := range []time.Time{t.Add(time.Hour), t.Add(-time.Hour)} {
		if other.Sub(near).Abs() < t.Sub(near).Abs() && other.Format(wallLayout) == t.Format(wallLayout) {
			t = other
		}
	}
	return t, true
}
