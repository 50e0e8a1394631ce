package model

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// RoutedFile is a Director's file of routed jobs, as it lies on disk.
type RoutedFile struct {
	Sum    string   // what it is known by: its canary, else its SHA-256 in hex
	Canary string   // empty: it is none that a push wrote, whole and unchanged
	Jobs   []string // that it has; not read where it has a canary
	// Unread: it lies elsewhere, and its SHA-256 is all that is told of it. That was made after a moment by the machine's clock; zero: nobody
	// knows after which.
	Unread bool
	After  time.Time
}

// Unloaded says how the file is not what a Director has loaded, whose jobs are given, sorted; empty: as far as they tell, it is.
func (f *RoutedFile) Unloaded(loaded []string) string {
	has := Canaries(loaded)
	switch {
	case f.Canary != "" && slices.Equal(has, []string{f.Canary}):
		return ""
	case f.Canary != "":
		return "it is what was pushed as " + f.Canary + ", and that is not loaded"
	case len(has) > 0:
		return "it is not what was pushed as " + Clean(strings.Join(has, " and ")) + ", which is loaded: somebody changed it"
	}
	var missing []string
	for _, j := range f.Jobs {
		if _, there := slices.BinarySearch(loaded, j); !there {
			missing = append(missing, j)
		}
	}
	if len(missing) > 0 {
		return "it has " + SomeNames(missing) + ", which is not loaded"
	}
	return ""
}

// Canaries are the jobs of a list by which one knows what is loaded.
func Canaries(jobs []string) (out []string) {
	for _, j := range jobs {
		if IsCanary(j) {
			out = append(out, j)
		}
	}
	return out
}

// MostNamed is how many of many names are named.
const MostNamed = 5

// SomeNames names a few of many.
func SomeNames(names []string) string {
	more := ""
	if n := len(names); n > MostNamed {
		names, more = names[:MostNamed], fmt.Sprintf(" and %d more", n-MostNamed)
	}
	return Clean(strings.Join(names, ", ")) + more
}

// FileSeen is what a session saw of the file of a Director beside what that has loaded. The zero value: it does not look.
type FileSeen struct {
	At      time.Time // when it was looked at last; zero: never, or it could not be read
	Differs string    // how it is not what is loaded; empty: nobody saw that
	Since   time.Time // when that was seen first
	Same    bool      // it is what is loaded, as its canary tells
	Took    bool      // the Director has read its files since it differs: somebody changed it, and had it loaded
	Why     string    // why it was not read
}

// String says it in few words.
func (f *FileSeen) String() string {
	switch {
	case f.Why != "":
		return "its file was not read: " + f.Why
	case f.At.IsZero():
		return ""
	case f.Differs != "":
		return "its file is not what it has loaded"
	case f.Same:
		return "its file is what it has loaded"
	}
	return "its file has not changed since it was first seen"
}
