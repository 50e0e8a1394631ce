package bacula

import (
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// object is one key=value block of an .api 2 answer; keys are in lower case, values as printed.
type object map[string]string

// section is what followed one label ("header:", "running:", "terminated:"), or came before any.
type section struct {
	label   string
	objects []object
}

// Bounds of a parse: text beyond them is dropped.
const (
	maxObjects = 20_000
	maxKeys    = 100
)

// sections reads the answers of a session by labels and keys alone: the two generations differ in blank lines, the order of
// echoes and what trails. An object starts at a blank line, a label, or its first key again.
func sections(said string) []section {
	out := []section{{}}
	var cur object
	first := ""
	total := 0
	flush := func() {
		if len(cur) > 0 && total < maxObjects {
			last := &out[len(out)-1]
			last.objects = append(last.objects, cur)
			total++
		}
		cur, first = nil, ""
	}
	for line := range strings.SplitSeq(said, "\n") {
		line = strings.TrimRight(line, "\r")
		if line == "" {
			flush()
			continue
		}
		if label, ok := strings.CutSuffix(line, ":"); ok && isLabel(label) {
			flush()
			out = append(out, section{label: label})
			continue
		}
		key, value, ok := keyValue(line)
		if !ok {
			continue
		}
		if key == first {
			flush()
		}
		if cur == nil {
			cur, first = object{}, key
		}
		if len(cur) < maxKeys {
			if _, twice := cur[key]; !twice {
				cur[key] = value
			}
		}
	}
	flush()
	return out
}

func isLabel(s string) bool {
	switch s {
	case "header", "running", "terminated", "scheduled":
		return true
	}
	return false
}

// keyValue splits "Bytes/sec=12"; an echoed command is no key although it may hold a "=".
func keyValue(line string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(line, "=")
	if !ok || key == "" || len(key) > 40 || line[0] == '.' {
		return "", "", false
	}
	for i := 0; i < len(key); i++ {
		if c := key[i]; !isAlnum(c) && c != '_' && c != '/' && c != ' ' {
			return "", "", false
		}
	}
	return strings.ToLower(key), value, true
}

// find returns the objects of the last section of a label.
func find(all []section, label string) ([]object, bool) {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].label == label {
			return all[i].objects, true
		}
	}
	return nil, false
}

// nothing tells whether a status command was answered with an empty list. Bacula 9.6 has no label for one: it says "No Jobs running." where
// jobs would run, and nothing at all where jobs would have ended. Only the echo of the next command tells that from an answer that was cut.
func nothing(said string, command Command) bool {
	after, _ := afterLine(strings.ReplaceAll(said, "\r", ""), command.text+"\n")
	for line := range strings.SplitSeq(after, "\n") {
		switch {
		case strings.HasPrefix(line, "."):
			return true
		case line != "" && line != "No Jobs running." && line != "====":
			return false
		}
	}
	return false
}

func (o object) text(key string) string { return model.Clean(o[key]) }

// name is for what is compared: it stays itself.
func (o object) name(key string) string { return model.Literal(o[key]) }

// number is 0 when the value is missing or not a whole number that is not negative.
func (o object) number(key string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(o[key]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (o object) number32(key string) uint32 { return uint32(min(o.number(key), 1<<32-1)) }

// epoch is zero when unset.
func (o object) epoch(key string) time.Time {
	n := o.number(key)
	if n == 0 || n > uint64(lastMoment.Unix()) {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

func (o object) letter(key string) byte {
	if len(o[key]) != 1 {
		return 0
	}
	return o[key][0]
}

var uniqueSuffix = model.Pattern(`\.\d{4}-\d{2}-\d{2}_\d{2}\.\d{2}\.\d{2}_\d{2,}$`)

// resourceName is the Job resource's name inside a unique Job name: "db1.2026-11-22_06.06.37_16" is a run of "db1".
func resourceName(job string) string { return uniqueSuffix().ReplaceAllString(job, "") }

// isInvalid is what the Director says of a command that it does not take; to look for it first is cheap.
const isInvalid = " is an invalid command"

var invalidCommand = model.Pattern(`(?m)^(\S{1,40}?):?` + isInvalid + `\.?\s*$`)

// denied returns the first command that the Director would not take from this Console.
func denied(said string) (command string, found bool) {
	if !strings.Contains(said, isInvalid) {
		return "", false
	}
	m := invalidCommand().FindStringSubmatch(said)
	if m == nil {
		return "", false
	}
	return strings.TrimSuffix(m[1], ":"), true
}

// names reads the plain list that follows the echo of a command, up to the next command or the Director's trailing remark.
func names(said string, command Command, next ...Command) []string {
	after, found := afterLine(strings.ReplaceAll(said, "\r", ""), command.text+"\n")
	if !found {
		return nil
	}
	var out []string
	for line := range strings.SplitSeq(after, "\n") {
		for _, n := range next {
			if line == n.text {
				return out
			}
		}
		if line == "" || line == "You have messages." || len(line) > maxName || len(out) >= 200_000 {
			continue
		}
		out = append(out, model.Literal(line))
	}
	return out
}
