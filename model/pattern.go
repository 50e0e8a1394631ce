package model

import (
	"regexp"
	"sync"
)

// Pattern returns a regular expression that is compiled when it is first asked for: to compile those of the whole program took most of the
// start of every process, and most of them use few.
func Pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
