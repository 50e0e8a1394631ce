package model

import (
	"slices"
	"strings"
)

// wheres begin what an error was doing, and to whom.
var wheres = []string{"director ", "catalog ", "connect to ", "ask ", "describe ", "dial tcp ", "reading /"}

// doings begin what was asked of whom the text has named already.
var doings = []string{"walk ", "read ", "refresh "}

// CauseFirst takes apart an error's text, "doing what: reason" or "of whom: doing what: reason": why it failed, and where, which may be
// empty.
func CauseFirst(says string) (why, where string) {
	why, where = cause(says)
	head, rest, ok := strings.Cut(why, ": ")
	if ok && where != "" && rest != "" && slices.ContainsFunc(doings, func(d string) bool { return strings.HasPrefix(head, d) }) {
		return rest, where + ": " + head
	}
	return why, where
}

func cause(says string) (why, where string) {
	head, rest, ok := strings.Cut(says, ": ")
	if !ok || rest == "" {
		return says, ""
	}
	for _, w := range wheres {
		if strings.HasPrefix(head, w) {
			return rest, head
		}
	}
	if strings.Contains(head, " in ") && !strings.Contains(head, "no answer") { // AWS: what was asked, and in which region
		return rest, head
	}
	return says, ""
}

// CauseThenWhere is an error's text with its reason in front.
func CauseThenWhere(says string) string {
	why, where := CauseFirst(says)
	if where == "" {
		return why
	}
	return why + " (" + where + ")"
}

// Plainly is the reason that a job's log gives without the word for how bad it is, and without the line of Bacula's source.
func Plainly(note string) string {
	for was := ""; was != note; {
		was = note
		for _, word := range []string{"Fatal error: ", "Error: "} {
			note = strings.TrimPrefix(note, word)
		}
		note = strings.TrimPrefix(note, sourceLine().FindString(note))
	}
	return note
}

// Curtly is the reason that a job's log gives, in few words: what the system answered and who did not go on, without their names. Of what
// Bacula canceled by a limit the limit is the reason, not what was wrong before.
func Curtly(note string) string {
	if CanceledByBacula(note) {
		note, _, _ = strings.Cut(note, " (before: ")
	}
	note = strings.TrimSuffix(names().ReplaceAllString(Plainly(note), "$1"), ".")
	head, answered, ok := strings.Cut(note, "ERR=")
	if !ok || answered == "" {
		return note
	}
	for _, of := range []struct{ word, is string }{
		{"Client", "client"}, {"FD", "client"}, {"File daemon", "client"}, {"Storage", "storage"}, {"SD", "storage"}, {"Director", "Director"},
	} {
		if strings.Contains(head, of.word) {
			return of.is + ": " + answered
		}
	}
	return answered + ": " + strings.TrimRight(head, " .:")
}

var names = Pattern(`(\w) "[^"]*"`)

var sourceLine = Pattern(`^[a-z_]+\.c:\d+ `)
