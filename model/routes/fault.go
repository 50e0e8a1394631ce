package routes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"switchyard/model"
)

// fault is one thing wrong with a document.
type fault struct {
	at       int    // in bytes
	path     string // bacula-blue.region1.chains[2]; empty for the whole
	says, do string
}

// Error is everything wrong with one document, in the order of its lines, each with its place, its line and what to do.
type Error struct {
	title, source string
	faults        []fault
	more          int
}

const (
	maxShown = 10  // faults that are told at once
	maxKept  = 100 // faults that are remembered
)

func (e *Error) put(f fault) {
	if len(e.faults) == maxKept {
		e.more++
		return
	}
	e.faults = append(e.faults, f)
}

// err is nil while nothing is wrong.
func (e *Error) err() error {
	if len(e.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(e.faults, func(a, b fault) int { return cmp.Compare(a.at, b.at) })
	return e
}

func (e *Error) Error() string {
	var b strings.Builder
	for i, f := range e.faults {
		if i == maxShown {
			fmt.Fprintf(&b, "\nand %d more", len(e.faults)-maxShown+e.more)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		line, column := lineColumn(e.source, f.at)
		fmt.Fprintf(&b, "%s:%d:%d: ", model.Clean(e.title), line, column)
		if f.path != "" {
			fmt.Fprintf(&b, "%s: ", model.Clean(f.path))
		}
		fmt.Fprintf(&b, "%s; %s", f.says, f.do)
		b.WriteString(model.Excerpt(line, lineAt(e.source, f.at), column))
	}
	return b.String()
}

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return model.ErrRoutes }

// lineColumn are the line and, in characters, the column of a byte, both from 1.
func lineColumn(source string, at int) (line, column int) {
	before := source[:min(at, len(source))]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}

func lineAt(source string, at int) string {
	at = min(at, len(source))
	line, _, _ := strings.Cut(source[strings.LastIndexByte(source[:at], '\n')+1:], "\n")
	return strings.TrimSuffix(line, "\r")
}
