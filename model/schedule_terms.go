package model

import (
	"fmt"
	"strconv"
	"strings"
)

type termSet uint8

const (
	termNoise termSet = iota // on
	termWord
	termMday
	termWday
	termWeek
	termYear
	termMonth
)

// term is a member of one of the sets of a run, counted from 0.
type term struct {
	set termSet
	n   int
}

var runTerms = func() map[string]term {
	terms := map[string]term{"on": {set: termNoise}}
	for _, w := range []string{"daily", "weekly", "monthly", "hourly", "lastday"} {
		terms[w] = term{set: termWord}
	}
	for n, w := range []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"} {
		terms[w], terms[w[:3]] = term{termWday, n}, term{termWday, n}
	}
	for n, w := range []string{"january", "february", "march", "april", "may", "june",
		"july", "august", "september", "october", "november", "december"} {
		terms[w], terms[w[:3]] = term{termMonth, n}, term{termMonth, n}
	}
	for n, ws := range [][2]string{{"1st", "first"}, {"2nd", "second"}, {"3rd", "third"}, {"4th", "fourth"},
		{"5th", "fifth"}, {"6th", "sixth"}} {
		terms[ws[0]], terms[ws[1]] = term{termWeek, n}, term{termWeek, n}
	}
	return terms
}()

func (p *runParser) term(w runWord, text string) (term, error) {
	text = strings.ToLower(text)
	if t, ok := runTerms[text]; ok {
		return t, nil
	}
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		if n < 1 || n > 31 {
			return term{}, p.fail(w, fmt.Sprintf("there is no day %s of the month", text), "write 1 to 31")
		}
		return term{termMday, int(n - 1)}, nil
	}
	if len(text) == 3 && text[0] == 'w' {
		if n, err := strconv.ParseUint(text[1:], 10, 8); err == nil {
			if n > 53 {
				return term{}, p.fail(w, "there is no week "+text[1:]+" of the year", "write w00 to w53")
			}
			return term{termYear, int(n)}, nil
		}
	}
	if _, ok := runLevels[text]; ok {
		return term{}, p.fail(w, "a level stands before dates and times", "move "+w.text+" to the front")
	}
	return term{}, p.fail(w, fmt.Sprintf("%q is not a word of a schedule", text),
		"write a weekday, month, ordinal, day of the month, week of the year, daily, hourly, lastday or at HH:MM")
}
