package bacula

import (
	"context"
	"slices"

	"switchyard/model"
)

// Loaded is what a Director has loaded, told in one session: who asks just after a reload cannot go by an epoch of whole seconds.
type Loaded struct {
	model.Director
	OffClients, OffSchedules []string // those that are switched off, sorted; known where OffKnown is
}

// Loaded asks for the Director's header, its Job resources, and what of them is switched off.
func (c Console) Loaded(ctx context.Context) (Loaded, error) {
	said, err := c.ask(ctx, api, Jobs, Disabled, StatusHeader)
	if err != nil {
		return Loaded{}, err
	}
	said = without(said)
	d, err := readHeader(said)
	if err != nil {
		return Loaded{}, faultOf(c.who(), err)
	}
	off := disabled(said, StatusHeader)
	l := Loaded{Director: d, OffClients: off.clients, OffSchedules: off.schedules}
	l.Address, l.At = c.Address, model.Now()
	l.Jobs = names(said, Jobs, Disabled, StatusHeader)
	slices.Sort(l.Jobs)
	l.Off, l.OffKnown = off.jobs, off.known
	return l, nil
}
