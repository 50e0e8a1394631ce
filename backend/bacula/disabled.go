package bacula

import (
	"regexp"
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
	return invalidCommand.ReplaceAllStringFunc(said, func(line string) string {
		command := strings.TrimSuffix(invalidCommand.FindStringSubmatch(line)[1], ":")
		if slices.ContainsFunc(optional, func(o Command) bool { return strings.Fields(o.text)[0] == command }) {
			return ""
		}
		return line
	})
}

// answer is what a Director said to a command, up to the next command of the session.
func answer(said string, command Command, next ...Command) (string, bool) {
	_, after, found := strings.Cut("\n"+strings.ReplaceAll(said, "\r", ""), "\n"+command.text+"\n")
	for _, n := range next {
		after, _, _ = strings.Cut(after, "\n"+n.text+"\n")
	}
	return after, found
}

// disabled reads the Job resources that "show disabled" lists, sorted; false when it lists nothing and does not say that there is none.
// Those that were disabled by hand stand there indented, those with Enabled = no as name=NAME (9.6.7). Clients, storages and schedules may
// follow under labels of their own.
func disabled(said string, next ...Command) ([]string, bool) {
	said, found := answer(said, Disabled, next...)
	if !found {
		return nil, false
	}
	var out []string
	known, jobs := false, false
	for line := range strings.SplitSeq(said, "\n") {
		line = strings.TrimRight(line, "\r")
		word := strings.ToLower(strings.TrimSpace(line))
		switch {
		case strings.HasPrefix(word, "no disabled job"):
			known, jobs = true, false
		case strings.HasPrefix(word, "disabled job"), word == "jobs:":
			known, jobs = true, true
		case strings.HasPrefix(word, "disabled "), strings.HasPrefix(word, "no disabled "), word == "you have messages.":
			jobs = false
		case jobs && word != "" && len(line) <= maxName+20 && len(out) < 200_000:
			name := strings.TrimLeft(line, " \t")
			for _, key := range []string{"name=", "jobname=", "job="} {
				name = strings.TrimPrefix(name, key)
			}
			out = append(out, model.Literal(strings.Trim(name, `"`)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), known
}

// directorTime is what "time" answers: the wall clock of the Director's host, "Sun 22-Nov-2026 06:07:10".
var directorTime = regexp.MustCompile(`(\d{1,2}-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)`)

// clockOf reads the Director's clock, to a second; of an hour that it shows twice, the one that is nearer to a moment of this host.
func clockOf(said string, zone *time.Location, near time.Time, next ...Command) (time.Time, bool) {
	said, found := answer(said, Clock, next...)
	m := directorTime.FindString(said)
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
