package bacula

import (
	"context"
	"fmt"
	"regexp"
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

var enabled = regexp.MustCompile(`(?m)^(Client|Schedule): [Nn]ame=(.+?) Enabled=([01])(?: Address=.*)?\r?$`)

// shownOff reads what a command shows of resources; false when it shows none.
func shownOff(kind, said string, command Command, next ...Command) (off []string, known bool) {
	said, _ = answer(said, command, next...)
	for _, m := range enabled.FindAllStringSubmatch(said, -1) {
		if m[1] != kind {
			continue
		}
		known = true
		if m[3] == "0" {
			off = append(off, model.Literal(strings.TrimSpace(m[2])))
		}
	}
	slices.Sort(off)
	return off, known
}
