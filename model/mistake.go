package model

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Mistake is what is wrong with a text that a person wrote: where, why, and what to write instead.
type Mistake struct {
	Kind   error  // ErrSchedule, ErrTemplate or ErrInventory
	Text   string // the line it is in
	Line   int    // which of the lines that were given, from 1
	Column int    // in bytes, from 1; everything before it is ASCII
	Says   string
	Do     string
}

// Error is one line, whatever the text holds.
func (m *Mistake) Error() string {
	return fmt.Sprintf("%v: column %d of %q: %s; %s", m.Kind, m.Column, Clean(m.Text), m.Says, m.Do)
}

// Unwrap gives the kind.
func (m *Mistake) Unwrap() error { return m.Kind }

// nameLimit is the longest resource name in bytes (MAX_NAME_LENGTH less the final NUL).
const nameLimit = 127

// jobNameLimit is the longest Job name that its unique name still holds whole: Bacula cuts it to make room for the date and number.
const jobNameLimit = 104

// nameFault finds the first byte that keeps s from being, or being part of, a resource name; -1 when there is none.
func nameFault(s, more string) int {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !alnum(c) && (i == 0 || !strings.ContainsRune("_-.:+"+more, rune(c))) {
			return i
		}
	}
	return -1
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// CheckName refuses, with a *Mistake, what cannot be a name to Bacula as far as names are chosen here; what says whose name
// it is, more lists further characters allowed.
func CheckName(what, s, more string) error {
	if len(s) > nameLimit {
		return &Mistake{Kind: ErrInventory, Text: s, Line: 1, Column: nameLimit + 1,
			Says: fmt.Sprintf("%s has %d bytes", what, len(s)), Do: fmt.Sprintf("Bacula's names have at most %d", nameLimit)}
	}
	if i := nameFault(s, more); i >= 0 {
		says := what + " cannot hold " + quoteFirst(s[i:])
		if i == 0 && strings.ContainsRune("_-.:+"+more, rune(s[0])) {
			says = what + " cannot start with " + quoteFirst(s)
		}
		return &Mistake{Kind: ErrInventory, Text: s, Line: 1, Column: i + 1, Says: says,
			Do: "write ASCII letters and digits, and after the first of them also _ - . : +"}
	}
	return nil
}

// quoteFirst quotes the first character of s, in ASCII when it would not show.
func quoteFirst(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	if q := strconv.Quote(string(r)); q == Clean(q) {
		return q
	}
	return strconv.QuoteToASCII(string(r))
}
