package cluster

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// chooses asks for one of some names, and goes on with it; without a way to go on, any answer ends it.
func (t *talk) chooses(title, ask string, names []string, on func(string) string) string {
	var b strings.Builder
	b.WriteString(title)
	for i, n := range names {
		fmt.Fprintf(&b, "%6d: %s\n", i+1, n)
	}
	if !strings.HasSuffix(ask, ":  ") {
		ask = fmt.Sprintf("%s (1-%d): ", ask, len(names))
	}
	t.answer = func(line string) (string, bool) {
		n, err := strconv.Atoi(strings.TrimSpace(line))
		switch {
		case err != nil || n < 1 || n > len(names):
			return fmt.Sprintf("Expected a positive integer, got: %s\n%s", line, ask), false
		case on == nil:
			return "", true
		}
		return on(names[n-1]), true
	}
	return b.String() + ask
}

// choosesClient asks for the client that was backed up, among those in the catalog.
func (t *talk) choosesClient(a *asks) string {
	t.d.c.mu.Lock()
	names := slices.Clone(t.d.names("client"))
	t.d.c.mu.Unlock()
	return t.chooses("Defined Clients:\n", "Select the Client", names, func(name string) string {
		return t.restoreOf(append([]pair{{"client", name}}, a.pairs...))
	})
}

// allowed is permitted for who does not hold the cluster's mutex.
func (t *talk) allowed(acl, item string) bool {
	t.d.c.mu.Lock()
	defer t.d.c.mu.Unlock()
	return t.permitted(acl, item)
}

// permitted tells whether an access list of this Console has an item: by the whole of it, as Bacula compares, so that a directory in a
// WhereACL permits nothing below it. A Console without a list may nothing.
func (t *talk) permitted(acl, item string) bool {
	var list []string
	if t.d.whole == nil { // as the world begins
		if acl == "clientacl" || acl == "whereacl" && slices.Contains(t.acl.Commands, "restore") {
			return true
		}
		return false
	}
	if r := t.d.whole.all["console"][t.acl.Name]; r != nil {
		for _, line := range r.says {
			if line.directive != acl {
				continue
			}
			for one := range strings.SplitSeq(line.value, ",") {
				list = append(list, strings.Trim(strings.TrimSpace(one), `"`))
			}
		}
	}
	if len(list) == 1 && strings.EqualFold(list[0], "*all*") {
		return true
	}
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, item) })
}

// restoreJobs are the Restore Jobs of the Director. The caller holds the cluster's mutex.
func (d *Director) restoreJobs() []string {
	if d.whole == nil {
		return d.c.lists()["job"][1:]
	}
	return slices.DeleteFunc(slices.Clone(d.whole.of["job"]), func(name string) bool {
		return !strings.EqualFold(d.whole.all["job"][name].get("type"), "restore")
	})
}

// restoreJob is one of them; nil: it is none. The caller holds the cluster's mutex.
func (d *Director) restoreJob(name string) *resource {
	if !slices.Contains(d.restoreJobs(), name) {
		return nil
	}
	if d.whole != nil {
		return d.whole.all["job"][name]
	}
	var out *resource
	d.c.everyCell(func(cell *Cell) {
		if d.c.o.RestoreName(cell.Cell) == name {
			out = &resource{kind: "job", name: name, says: []said{{"fileset", fileset(cell)}, {"pool", cell.Pool},
				{"where", restoresTo}}}
		}
	})
	return out
}

// restoresTo is where a Restore Job puts things when nobody says.
const restoresTo = "/restore-test"

// slowTree is how long the Director takes, by the machine's clock, to build a tree.
func (d *Director) slowTree() time.Duration {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.fault.Tree
}

// table draws rows as a Director does. Columns are aligned left or right, by the letters l and r.
func table(heads []string, align string, rows [][]string) string {
	width := make([]int, len(heads))
	for i, h := range heads {
		width[i] = len(h)
		for _, r := range rows {
			width[i] = max(width[i], len(r[i]))
		}
	}
	rule, line := "+", func(cells []string, align string) string {
		out := "|"
		for i, c := range cells {
			if align[i] == 'r' {
				out += fmt.Sprintf(" %*s |", width[i], c)
			} else {
				out += fmt.Sprintf(" %-*s |", width[i], c)
			}
		}
		return out + "\n"
	}
	for _, w := range width {
		rule += strings.Repeat("-", w+2) + "+"
	}
	rule += "\n"
	out := rule + line(heads, strings.Repeat("l", len(heads))) + rule
	for _, r := range rows {
		out += line(r, align)
	}
	return out + rule
}
