package config

import (
	"fmt"
	"strings"
	"time"

	"switchyard/model"
)

// Hold are the argument vectors that keep a configuration manager from putting an old file back while a push goes on. What they do is a
// lease: it has a name and an end, which the manager's side keeps to by itself, whatever becomes of who took it.
type Hold struct {
	Take    []string // {lease} until {until}, RFC 3339 in UTC
	Release []string // {lease}, and nobody else's
	Look    []string // prints the name that holds it and until when, in a line; nothing when nobody does
	Life    time.Duration
}

// The bounds of a lease: a push that waits for a quiet moment outlives a short one, and a long one is no lease.
const (
	shortestLease = 5 * time.Minute
	longestLease  = 2 * time.Hour
	usualLease    = 30 * time.Minute
)

func (l *loader) hold(n *node) (h Hold) {
	vectors := []struct {
		key, do string
		holds   []string
		to      *[]string
	}{
		{"take", `write such as [ssh, dir-new, manager-hold, take, "{lease}", "{until}"]`, []string{"{lease}", "{until}"}, &h.Take},
		{"release", `write such as [ssh, dir-new, manager-hold, release, "{lease}"]`, []string{"{lease}"}, &h.Release},
		{"look", "write what prints who holds it and until when, such as [ssh, dir-new, manager-hold, show]", nil, &h.Look},
	}
	f, ok := l.fields(n, "take", "release", "look", "life")
	if !ok {
		return h
	}
	for _, v := range vectors {
		n := f.need(v.key, v.do)
		if n == nil {
			continue
		}
		*v.to = l.argv(n, v.do)
		for _, holds := range v.holds {
			if len(*v.to) > 0 && !strings.Contains(strings.Join(*v.to, " "), holds) {
				l.add(n, fmt.Sprintf("it does not say where %s goes", holds), v.do)
			}
		}
	}
	h.Life = usualLease
	if n := f.get("life"); n != nil {
		const do = "write such as 30m: from 5m to 2h"
		s, ok := l.text(n, do)
		if !ok {
			return h
		}
		d, err := model.ParseSpan(s)
		if err != nil || d < shortestLease || d > longestLease {
			l.add(n, fmt.Sprintf("%q is not a duration of 5 minutes to 2 hours", s), do)
			return h
		}
		h.Life = d
	}
	return h
}
