package board

import (
	"strings"
	"unicode/utf8"
)

// ActRoom is how many columns what to do first takes at most, so that the cause has its place beside it in a line of 80.
const ActRoom = 30

// Acts are what to do about an alert, the fullest telling first: all of it, how it begins with the key that does it, and the first thing in
// few words.
func (a *Alert) Acts() (acts [3]string) {
	begins := clause(a.Do)
	first, _, _ := strings.Cut(begins, " (")
	if utf8.RuneCountInString(first) > ActRoom {
		first = curt(first)
	}
	return [3]string{a.Do, begins, first}
}

// clause is the beginning of an advice, up to what it is good for: a key in brackets is of it, whatever else is in them is not.
func clause(do string) string {
	for _, end := range []string{": ", "; "} {
		do, _, _ = strings.Cut(do, end)
	}
	begins, inside, _ := strings.Cut(do, " (")
	if len(inside) > 1 && inside[1] == ')' {
		return begins + " (" + inside[:2]
	}
	return begins
}

// curt is the beginning of a clause, up to what is to be done besides.
func curt(act string) string {
	for _, end := range []string{", ", " and "} {
		act, _, _ = strings.Cut(act, end)
	}
	return act
}
