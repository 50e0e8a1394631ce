package bacula

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// Loaded asks a Director in one session for its header, its Job resources, and those of them that are switched off: who asks just after a
// reload cannot go by an epoch of whole seconds.
func (c Console) Loaded(ctx context.Context) (model.Director, error) {
	said, err := c.ask(ctx, api, Jobs, Disabled, StatusHeader)
	if err != nil {
		return model.Director{}, err
	}
	said = without(said)
	d, err := readHeader(said)
	if err != nil {
		return model.Director{}, faultOf(c.who(), err)
	}
	d.Address, d.At = c.Address, model.Now()
	d.Jobs = names(said, Jobs, Disabled, StatusHeader)
	slices.Sort(d.Jobs)
	off := disabled(said, StatusHeader)
	d.Off, d.OffKnown = off.jobs, off.known
	return d, nil
}

// SwitchedOff asks for the clients and schedules that are switched off, by a file or by hand, sorted: their jobs are not started, and "show
// disabled" tells only of jobs (9.6.7 and 15.0.3). It is ErrAnswer when the Director does not tell of a single client or schedule.
func (c Console) SwitchedOff(ctx context.Context) (clients, schedules []string, err error) {
	said, err := c.ask(ctx, showClients, showSchedules, Version)
	if err != nil {
		return nil, nil, err
	}
	if err := wasDenied(said); err != nil {
		return nil, nil, faultOf(c.who(), err)
	}
	clients, known := shownOff("Client", said, showClients, showSchedules, Version)
	schedules, more := shownOff("Schedule", said, showSchedules, Version)
	if !known || !more {
		return nil, nil, faultOf(c.who(), fmt.Errorf("%w: it does not tell which clients and schedules are switched off", model.ErrAnswer))
	}
	return clients, schedules, nil
}

// scheduledBy asks which jobs have one of some schedules. A Director shows all of its jobs for that, so it is asked only when it has to be.
func (c Console) scheduledBy(ctx context.Context, schedules []string) (jobs []string, err error) {
	said, err := c.ask(ctx, showJobs, Version)
	if err != nil {
		return nil, err
	}
	said, _ = answer(said, showJobs, Version)
	job := ""
	for line := range strings.SplitSeq(said, "\n") {
		line = strings.TrimRight(line, "\r")
		if name, is := strings.CutPrefix(line, "Job: name="); is {
			job, _, _ = strings.Cut(name, " JobType=")
		}
		below, is := strings.CutPrefix(line, "  --> ")
		if !is || job == "" {
			continue
		}
		if name, _, shown := shownResource("Schedule", below); shown && slices.Contains(schedules, model.Literal(name)) {
			jobs = append(jobs, model.Literal(job))
		}
	}
	slices.Sort(jobs)
	return slices.Compact(jobs), nil
}

// shownOff reads what a command shows of resources; false when it shows none.
func shownOff(kind, said string, command Command, next ...Command) (off []string, known bool) {
	said, _ = answer(said, command, next...)
	for line := range strings.SplitSeq(said, "\n") {
		name, on, shown := shownResource(kind, strings.TrimRight(line, "\r"))
		if known = known || shown; shown && !on {
			off = append(off, model.Literal(name))
		}
	}
	slices.Sort(off)
	return off, known
}

// shownResource reads the first line of a resource as "show" prints it: "Client: Name=chain1-fd Enabled=1 Address=…" (9.6.7 and 15.0.3). A
// look at a Director of many clients has thousands of them.
func shownResource(kind, line string) (name string, on, ok bool) {
	rest, ok := strings.CutPrefix(line, kind+": ")
	if !ok || len(rest) < len("name=") || rest[1:len("name=")] != "ame=" || rest[0] != 'n' && rest[0] != 'N' {
		return "", false, false
	}
	rest = rest[len("name="):]
	const says = " Enabled="
	for from := 0; ; {
		at := strings.Index(rest[from:], says)
		if at < 0 {
			return "", false, false
		}
		at += from
		value, after := rest[at+len(says):], ""
		if value != "" {
			value, after = value[:1], value[1:]
		}
		if at > 0 && (value == "0" || value == "1") && (after == "" || strings.HasPrefix(after, " Address=")) {
			return rest[:at], value == "1", true
		}
		from = at + 1 // what looked like it is of the name
	}
}
