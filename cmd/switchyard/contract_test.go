package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"switchyard/model"
)

// The contract: whatever the cockpit asks, the world answers as the real thing does. Accounts of what MariaDB, MySQL and both generations
// of Director answered are recorded in testdata/contract, and the lab proves that they still do ("go test -tags lab -record" records them
// anew); the world must give the same account, but for the differences below.

// difference is where the world must answer otherwise than the real thing. One that is no longer there fails.
type difference struct{ of, key, why string }

var differences = []difference{
	{"mariadb", "catalog columns / column 2", nullability},
	{"mariadb", "rds variables / column 2", nullability},
	{"mariadb", "rds status / column 2", nullability},
	{"mariadb", "rds accounts / column 2", nullability},
	{"mysql", "rds accounts / column 2", nullability},
	{"mysql replica", "rds accounts / column 2", nullability},
	{"blue", "rds accounts / column 2", nullability},
	{"primary", "rds accounts / column 2", nullability},
	{"replica", "rds accounts / column 2", nullability},
	{"mysql", "catalog clock / column 1", nullability},
	{"mysql replica", "catalog clock / column 1", nullability},
	{"blue", "catalog clock / column 1", nullability},
	{"primary", "catalog clock / column 1", nullability},
	{"replica", "catalog clock / column 1", nullability},
	{"mariadb", "catalog proof, MariaDB / column 6", signed},
	{"mysql", "catalog proof, MySQL / column 7", signed},
	{"mysql replica", "catalog proof, MySQL / column 7", signed},
	{"blue", "catalog proof, MySQL / column 7", signed},
	{"primary", "catalog proof, MySQL / column 7", signed},
	{"replica", "catalog proof, MySQL / column 7", signed},
	{"mysql", "login / without TLS / *", requires},
	{"mysql replica", "login / without TLS / *", requires},
	{"blue", "catalog comments / column 3", expressions},
	{"blue", "catalog log / column 3", expressions},
	{"blue", "catalog why / column 3", expressions},
	{"mariadb", "catalog whys / column 4", united},
	{"mysql", "catalog whys / column 4", united},
	{"mysql replica", "catalog whys / column 4", united},
	{"blue", "catalog whys / column 4", united},
	{"primary", "catalog whys / column 4", united},
	{"replica", "catalog whys / column 4", united},
	{"primary", "catalog comments / column 3", expressions},
	{"replica", "catalog comments / column 3", expressions},
	{"mysql", "catalog protected / column 2", wider},
	{"mysql replica", "catalog protected / column 2", wider},
	{"primary", "catalog protected / column 2", wider},
	{"replica", "catalog protected / column 2", wider},
	{"mariadb", "catalog volumes / column 7", outer},
	{"mariadb", "catalog extents / column 7", outer},
	{"mysql", "catalog volumes / column 7", outer},
	{"mysql", "catalog extents / column 7", outer},
	{"mysql replica", "catalog volumes / column 7", outer},
	{"mysql replica", "catalog extents / column 7", outer},
	{"blue", "catalog volumes / column 7", outer},
	{"blue", "catalog extents / column 7", outer},
	{"primary", "catalog volumes / column 7", outer},
	{"primary", "catalog extents / column 7", outer},
	{"replica", "catalog volumes / column 7", outer},
	{"replica", "catalog extents / column 7", outer},
	{"mariadb", "catalog space / column 2", outer},
	{"mariadb", "catalog space / column 3", outer},
	{"mysql", "catalog space / column 2", outer},
	{"mysql", "catalog space / column 3", outer},
	{"mysql replica", "catalog space / column 2", outer},
	{"mysql replica", "catalog space / column 3", outer},
	{"blue", "catalog space / column 2", outer},
	{"blue", "catalog space / column 3", outer},
	{"primary", "catalog space / column 2", outer},
	{"primary", "catalog space / column 3", outer},
	{"replica", "catalog space / column 2", outer},
	{"replica", "catalog space / column 3", outer},
	{"blue", "catalog protected / *", younger},
	{"blue", "catalog files / *", younger},
	{"blue", "catalog files, names apart / *", younger},
	{"mariadb", "catalog files, names apart / column 1", nullability},
	{"mysql", "catalog files / column 1", nullability},
	{"mysql replica", "catalog files / column 1", nullability},
	{"primary", "catalog files / column 1", nullability},
	{"replica", "catalog files / column 1", nullability},
	{"mariadb", "catalog stored / column 2", signed},
	{"mysql", "catalog stored / column 2", nullability},
	{"mysql replica", "catalog stored / column 2", nullability},
	{"blue", "catalog stored / column 2", expressions},
	{"primary", "catalog stored / column 2", nullability},
	{"replica", "catalog stored / column 2", nullability},
	{"mariadb", "rds next numbers / column 1", nullability},
	{"mysql", "rds next numbers / column 1", nullability},
	{"mysql replica", "rds next numbers / column 1", nullability},
	{"blue", "rds next numbers / column 1", nullability},
	{"primary", "rds next numbers / column 1", nullability},
	{"replica", "rds next numbers / column 1", nullability},
	{"blue", "rds binary log status / *", older},
	{"blue", "rds binary log status, before 8.4 / *", older},
}

const (
	nullability = "the world tells MySQL's nullability, and none of an expression; no reader asks for it"
	expressions = "an expression's type is that of its first value, and here is none; the readers take text and bytes alike"
	united      = "a server keeps what it unites of several reads of a BLOB as one, the world as a part of it; the reader takes bytes"
	older       = "the world's blue is MySQL 8.0, which knows only SHOW MASTER STATUS; the lab has no such server"
	signed      = "the world calls a whole variable BIGINT, signed; the reader takes its text"
	wider       = "the world calls the least of a column BIGINT; the reader takes any whole number"
	younger     = "the world's blue is MySQL with a catalog of 9.6, which has no such column; the lab's with one is MariaDB, and says the same"
	outer       = "the world tells a column's own nullability, whatever the join; the reader takes NULL"
	requires    = "the world's servers refuse everybody without TLS, as RDS does; in the lab it is the accounts that require it"
)

// account is what one system answered: facts in the order in which they were asked for, each under a key of its own.
type account struct {
	of    string
	facts []fact
}

type fact struct{ key, says string }

func (a *account) say(says string, key ...string) {
	a.facts = append(a.facts, fact{strings.Join(key, " / "), says})
}

func (a *account) find(key string) (string, bool) {
	i := slices.IndexFunc(a.facts, func(f fact) bool { return f.key == key })
	if i < 0 {
		return "", false
	}
	return a.facts[i].says, true
}

func (a *account) path() string {
	return filepath.Join("testdata", "contract", strings.ReplaceAll(a.of, " ", "-")+".txt")
}

// unambiguous fails where a fact cannot be told from another.
func (a *account) unambiguous(t *testing.T) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range a.facts {
		if seen[f.key] || strings.Contains(f.key, ": ") || strings.Contains(f.key+f.says, "\n") {
			t.Errorf("%s: %q is no key of its own, or says more than a line", a.of, f.key)
		}
		seen[f.key] = true
	}
}

func recorded(t *testing.T, of string) *account {
	t.Helper()
	a := &account{of: of}
	b, err := os.ReadFile(a.path())
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		key, says, found := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !found {
			t.Fatalf("%s: %q is no fact", a.path(), line)
		}
		a.facts = append(a.facts, fact{key, says})
	}
	return a
}

// compare holds an account against the recorded one and gives the differences that it met.
func compare(t *testing.T, real, world *account) (met []difference) {
	t.Helper()
	world.unambiguous(t)
	keys := make([]string, 0, len(real.facts))
	for _, f := range append(slices.Clone(real.facts), world.facts...) {
		if !slices.Contains(keys, f.key) {
			keys = append(keys, f.key)
		}
	}
	for _, key := range keys {
		want, real := real.find(key)
		have, ours := world.find(key)
		if real && ours && want == have {
			continue
		}
		i := slices.IndexFunc(differences, func(d difference) bool { return d.of == world.of && matches(d.key, key) })
		if i >= 0 {
			met = append(met, differences[i])
			continue
		}
		t.Errorf("%s: %s\n real  %s\n world %s", world.of, key, or(want, real), or(have, ours))
	}
	return met
}

func or(says string, there bool) string {
	if !there {
		return "(nothing)"
	}
	return says
}

// matches compares a key with one whose last character may be a star.
func matches(pattern, key string) bool {
	if start, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(key, start)
	}
	return pattern == key
}

// forms are what a value looks like that is different on every machine.
var forms = []struct {
	name string
	like *regexp.Regexp
}{
	{"nothing", regexp.MustCompile(`^$`)},
	{"a switch", regexp.MustCompile(`^(ON|OFF)$`)},
	{"yes or no", regexp.MustCompile(`^(Yes|No)$`)},
	{"a whole number", regexp.MustCompile(`^\d+$`)},
	{"a number", regexp.MustCompile(`^-?\d+\.\d+$`)},
	{"a UUID", regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)},
	{"a GTID set", regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f-]{27}:[0-9:,\-\s0-9a-f]+$`)},
	{"a moment", regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)},
	{"a letter or a space", regexp.MustCompile(`^[A-Za-z ]$`)},
}

func form(value string) string {
	for _, f := range forms {
		if f.like.MatchString(value) {
			return f.name
		}
	}
	return "words"
}

// shown is a value as a fact: quoted, a long one by its ends and length.
func shown(value string) string {
	if len(value) > 120 {
		return fmt.Sprintf("%s ... %s, %d bytes", strconv.Quote(value[:60]), strconv.Quote(value[len(value)-20:]), len(value))
	}
	return strconv.Quote(value)
}

// kindOf names the sentinel of an error.
func kindOf(err error) string {
	if err == nil {
		return "no error"
	}
	for name, kind := range map[string]error{"ErrRefused": model.ErrRefused, "ErrNotAllowed": model.ErrNotAllowed,
		"ErrUnreachable": model.ErrUnreachable, "ErrTimeout": model.ErrTimeout,
		"ErrUntrusted": model.ErrUntrusted, "ErrAnswer": model.ErrAnswer, "ErrNone": model.ErrNone, "ErrThrottled": model.ErrThrottled,
		"ErrBusy":        model.ErrBusy,
		"ErrNotReadOnly": model.ErrNotReadOnly, "ErrIdentity": model.ErrIdentity} {
		if errors.Is(err, kind) {
			return name
		}
	}
	return "no kind"
}
