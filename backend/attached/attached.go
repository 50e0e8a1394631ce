// Package attached tells which sessions on this host are attached to one environment. Each holds the name of an abstract unix socket,
// which is no file, needs no right, is connected to nothing and goes with its process; the others read the host's table of such names.
package attached

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"switchyard/model"
)

// What anybody on the host may have written is read within these bounds.
const (
	maxTable    = 8 << 20 // bytes
	maxLine     = 4 << 10
	maxSessions = 64
	maxUser     = 48 // bytes; a name of the table has 107
	maxPID      = 1 << 22
)

const prefix = "@switchyard/"

// Held is the place of this session among those of its environment.
type Held struct {
	environment, name string
	release           func() // nil: this session is not seen by others
}

// Hold lets the others see this session until Leave. Where a system has no such names nobody is seen, and nothing fails.
func Hold(environment string, s model.Session) *Held {
	h := &Held{environment: environment, name: nameOf(environment, s, os.Getpid())}
	h.release, _ = hold(h.name) // not to be seen is no trouble
	return h
}

// Leave ends it.
func (h *Held) Leave() {
	if h.release != nil {
		h.release()
	}
}

// Others are the other sessions of the environment, at most 64, by user; nil where nobody can tell.
func (h *Held) Others() []model.Session {
	r, err := table()
	if err != nil {
		return nil
	}
	defer func() { _ = r.Close() }()
	own := h.name
	if h.release == nil {
		own = ""
	}
	return others(r, h.environment, own)
}

// nameOf is what a session is called in the table.
func nameOf(environment string, s model.Session, pid int) string {
	mode := "watch"
	if s.Cockpit {
		mode = "cockpit"
	}
	user := model.Clean(strings.ReplaceAll(s.User, "/", "_")) // a slash ends it
	for len(user) > maxUser {
		_, n := utf8.DecodeLastRuneInString(user)
		user = user[:len(user)-n]
	}
	return prefix + environment + "/" + mode + "/" + model.Clean(user) + "/" + strconv.Itoa(pid)
}

// parse reads a name of the table. What this program would not have written is none.
func parse(environment, name string) (s model.Session, ok bool) {
	rest, ok := strings.CutPrefix(name, prefix+environment+"/")
	if !ok {
		return s, false
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return s, false
	}
	pid, err := strconv.Atoi(parts[2])
	s = model.Session{User: model.Clean(parts[1]), Cockpit: parts[0] == "cockpit"}
	return s, err == nil && s.User != "" && pid > 0 && pid <= maxPID && name == nameOf(environment, s, pid)
}

// others reads the host's table of unix sockets: seven columns, then the name.
func others(table io.Reader, environment, own string) []model.Session {
	var out []model.Session
	seen := map[string]bool{own: true}
	lines := bufio.NewScanner(io.LimitReader(table, maxTable))
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	for lines.Scan() && len(out) < maxSessions {
		if !bytes.Contains(lines.Bytes(), []byte(prefix)) {
			continue
		}
		name := column(lines.Text(), 7)
		if s, ok := parse(environment, name); ok && !seen[name] {
			seen[name] = true
			out = append(out, s)
		}
	}
	slices.SortFunc(out, byUser)
	return out
}

// byUser puts a user's cockpits first.
func byUser(a, b model.Session) int {
	switch {
	case a.User != b.User:
		return cmp.Compare(a.User, b.User)
	case a.Cockpit == b.Cockpit:
		return 0
	case a.Cockpit:
		return -1
	}
	return 1
}

// column is a line after its first n columns.
func column(line string, n int) string {
	for range n {
		_, line, _ = strings.Cut(strings.TrimLeft(line, " "), " ")
	}
	return line
}
