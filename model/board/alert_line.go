package board

import (
	"strings"
	"unicode/utf8"
)

// ActRoom is how many columns what to do first takes at most, so that the cause has its place beside it in a line of 80.
const ActRoom = 30

// Acts are what to do about an alert, the fullest telling first: all of it, how it begins, with its key, and the first thing in few words.
func (a *Alert) Acts() (acts [3]string) {
	first := clause(a.Do)
	begins := first
	if key := a.Do[len(begins):]; len(key) >= len(" (R)") && key[:2] == " (" && key[3] == ')' {
		begins += key[:len(" (R)")]
	}
	if utf8.RuneCountInString(first) > ActRoom {
		first = curt(first)
	}
	return [3]string{a.Do, begins, first}
}

// clause is the beginning of an advice, up to what it is good for.
func clause(do string) string {
	for _, end := range []string{": ", "; ", " ("} {
		do, _, _ = strings.Cut(do, end)
	}
	return do
}

// curt is the beginning of a clause, up to what is to be done besides.
func curt(act string) string {
	for _, end := range []string{", ", " and "} {
		act, _, _ = strings.Cut(act, end)
	}
	return act
}
