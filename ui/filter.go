package ui

import (
	"bytes"
	"regexp"
	"strings"

	"switchyard/model"
)

// filter decides which rows are shown: text, or a regular expression when it holds a metacharacter; "!" in front inverts. Case never
// matters.
type filter struct {
	text string // as typed
	asks states // a state that is asked for by its word, in place of a text
	not  bool
	sub  []byte
	re   *regexp.Regexp
	buf  []byte
}

func newFilter(text string) filter {
	f := filter{text: text}
	want, not := strings.CutPrefix(text, "!")
	f.not = not && want != ""
	if f.not || !not {
		f.sub = []byte(want)
		lower(f.sub)
		for _, w := range stateWords {
			if string(f.sub) == w.word || string(f.sub) == "/"+w.word { // as help writes it, and as who has pressed / already types it
				f.asks = w.is
			}
		}
		switch {
		case strings.Contains(want, `\`):
			f.re, _ = regexp.Compile("(?i)" + want) // half-typed expressions are searched as they stand
		case strings.ContainsAny(want, `*+?[](){}|^$.`):
			f.re, _ = regexp.Compile(string(f.sub)) // much faster, and lower case may be taken where nothing is escaped
		}
	}
	return f
}

func (f *filter) on() bool { return len(f.sub) > 0 }

// match looks at the fields as one line, a blank between them.
func (f *filter) match(fields ...string) bool {
	if !f.on() {
		return true
	}
	f.buf = f.buf[:0]
	for i, s := range fields {
		if i > 0 {
			f.buf = append(f.buf, ' ')
		}
		f.buf = append(f.buf, s...)
	}
	lower(f.buf)
	if f.re != nil {
		return f.re.Match(f.buf) != f.not
	}
	return bytes.Contains(f.buf, f.sub) != f.not
}

// states are those of a row that a filter can ask for.
type states uint8

const (
	isFailed states = 1 << iota
	isWarned
	isMissed
	isRunning
	isAdrift
)

// stateWords are filters that ask for a state instead of looking for the word.
var stateWords = []struct {
	word string
	is   states
	says string
}{
	{
		"failed",
		isFailed,
		"jobs that failed, were lost or left nothing, and those that Bacula itself canceled, of the whole day; cells whose newest try did; " +
			"alerts and events that are failures",
	},
	{"warned", isWarned, "jobs that ended with warnings, cells that are warned or diverged; alerts and events that are warnings"},
	{"missed", isMissed, "cells with due times of the last 7 days that no job answered (m behind an age), and what tells of them"},
	{"running", isRunning, "jobs that run, and the cells they back up"},
	{"drift", isAdrift, "cells that a Director does not have as the routes say, and what tells of them"},
}

// keeps tells whether a row is shown: by its state where that is asked for, else by its text.
func (f *filter) keeps(is states, fields ...string) bool {
	if f.asks != 0 {
		return is&f.asks != 0 != f.not
	}
	return f.match(fields...)
}

// statesOf are the states of a job. What left nothing to restore from, and what Bacula itself canceled, failed as much as what says so: the
// figures count it, and the events tell of it.
func statesOf(j *model.Job) states {
	if j.Bad() || j.Hollow() {
		return isFailed
	}
	if j.Misdated() {
		return isWarned
	}
	switch j.Outcome {
	case model.Failed, model.Lost:
		return isFailed
	case model.Warned:
		return isWarned
	case model.Running:
		return isRunning
	case model.Waiting, model.Stuck, model.OK, model.Canceled:
	}
	return 0
}

// toldStates are the states of what only a text tells of.
func toldStates(s model.Severity, says string) (is states) {
	switch s {
	case model.Fail:
		is = isFailed
	case model.Warn:
		is = isWarned
	case model.Info:
	}
	low := strings.ToLower(says)
	for _, w := range stateWords {
		if w.is&(isMissed|isRunning|isAdrift) != 0 && strings.Contains(low, w.word) {
			is |= w.is
		}
	}
	return is
}

// lower folds ASCII letters in place; names of chains, clients and jobs hold no others.
func lower(b []byte) {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}
