package model

import (
	"fmt"
	"strings"
	"time"
)

// SchemaLook is who uses a schema, as one look at a server found. What the server does for Switchyard's own accounts is not in it.
type SchemaLook struct {
	Host     string // that was asked, as configured
	Server   string // what it calls itself
	At       time.Time
	Started  time.Time // of the server
	Tables   []TableUse
	Blind    string   // why the counters do not tell; empty: they do
	Remedy   string   // what makes them tell
	Uses     []string // who was seen to use it, or to be able to without being counted here
	Could    []string // who may use it and is not accounted for
	Replicas int      // that read the server's binary log
	Denied   *uint64  // logins and reads that it has refused since it was started; nil: it does not tell
}

// TableUse is how often a table was read or written since its counters began.
type TableUse struct {
	Table string `json:"table"`
	Count uint64 `json:"count"`
}

// Total is that of all tables.
func (l *SchemaLook) Total() (n uint64) {
	for _, t := range l.Tables {
		n += t.Count
	}
	return n
}

// UsesSince says what differs between the counters of a look and those of an earlier one on the same server: use, or that they began anew.
// One that began anew and counts since tells of both.
func UsesSince(was, is []TableUse) (used, anew []string) {
	before := map[string]uint64{}
	for _, t := range was {
		before[t.Table] = t.Count
	}
	for _, t := range is {
		switch n := before[t.Table]; {
		case t.Count > n:
			used = append(used, fmt.Sprintf("%s was read or written %d times", t.Table, t.Count-n))
		case t.Count < n:
			anew = append(anew, t.Table)
			if t.Count > 0 {
				used = append(used, fmt.Sprintf("%s was read or written %d times since its counter was set back", t.Table, t.Count))
			}
		}
		delete(before, t.Table)
	}
	for _, t := range was {
		if n, gone := before[t.Table]; gone && n > 0 {
			anew = append(anew, t.Table)
		}
	}
	return used, anew
}

// Few are the first of some texts, and how many more there are.
func Few(all []string, most int) string {
	says := strings.Join(all[:min(most, len(all))], ", ")
	if n := len(all) - most; n > 0 {
		says += fmt.Sprintf(" and %d more", n)
	}
	return Clean(says)
}

// NamesSchema tells whether a text of a server, such as a view's, names a schema: as a word of its own, however it is quoted.
func NamesSchema(text, schema string) bool {
	in := func(r byte) bool {
		return r == '_' || r == '$' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
	}
	text, schema = strings.ToLower(text), strings.ToLower(schema)
	for at := 0; schema != ""; {
		i := strings.Index(text[at:], schema)
		if i < 0 {
			break
		}
		from, to := at+i, at+i+len(schema)
		if (from == 0 || !in(text[from-1])) && (to == len(text) || !in(text[to])) {
			return true
		}
		at = from + 1
	}
	return false
}
