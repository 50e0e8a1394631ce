package check

import (
	"strings"

	"switchyard/model"
)

// Told is what Bacula's tools say of a configuration, without the lines of it that they echo: a secret may stand in any of them.
func Told(out, whole string) string {
	var says []string
	for line := range strings.Lines(out) {
		m := sentence().FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		said := model.Clean(strings.TrimSpace(echo().ReplaceAllString(m[1], "$1")))
		if before, got, ok := strings.Cut(said, "got: "); ok && (len(got) > 60 || secretIn(got, whole)) {
			said = before + "got something else"
		}
		if len(said) > 300 {
			said = model.Clean(said[:300]) + "..."
		}
		if said != "" && (len(says) == 0 || says[len(says)-1] != said) {
			if says = append(says, said); len(says) == 6 {
				break
			}
		}
	}
	says = onceEach(says)
	if len(says) == 0 {
		return "nothing of the configuration; run it by hand to see what it says"
	}
	return strings.Join(says, " / ")
}

var (
	// sentence is a line of Bacula's own.
	sentence = model.Pattern(
		`(Config error: .*|Fatal error: .*|"\w+" directive .* required.*|Keyword "\w+" not permitted.*|Could not open Catalog.*|` +
			`: line \d+, col \d+ of file .*|Attempt to define second .*)$`)
	// echo is where a sentence goes on with a line of the configuration.
	echo = model.Pattern(`(referenced on line \d+) :.*$`)
	// named is a line of a configuration that a secret is in.
	named = model.Pattern(`(?i)pas+\s*w|pwd|secret|token|credential`)
)

// secretIn tells that a word stands beside a secret in the configuration, or not in it at all: then it is of a file that it includes.
func secretIn(word, whole string) bool {
	seen := false
	for line := range strings.Lines(whole) {
		if strings.Contains(line, word) {
			if seen = true; named().MatchString(line) {
				return true
			}
		}
	}
	return !seen
}

func onceEach(says []string) (out []string) {
	seen := map[string]bool{}
	for _, s := range says {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
