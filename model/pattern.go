package model

import (
	"regexp"
	"sync"
)

// Pattern returns a regular expression that is compiled when it is first asked for: those of the whole program were a third of what every
// process, each console too, allocated before it began, and most processes use few.
func Pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
