package bacula

import (
	"context"
	"slices"
	"strings"

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
	l := Loaded{Director: d, OffClients: disabledOf("client", said), OffSchedules: disabledOf("schedule", said)}
	l.Address, l.At = c.Address, model.Now()
	l.Jobs = names(said, Jobs, Disabled, StatusHeader)
	slices.Sort(l.Jobs)
	l.Off, l.OffKnown = disabled(said, StatusHeader)
	return l, nil
}

// disabledOf reads what "show disabled" lists under the label of another kind of resource than jobs, sorted.
func disabledOf(kind, said string) (out []string) {
	said, _ = answer(said, Disabled, StatusHeader)
	listed := false
	for line := range strings.SplitSeq(said, "\n") {
		switch word := strings.ToLower(strings.TrimSpace(line)); {
		case strings.HasPrefix(word, "disabled "), strings.HasSuffix(word, ":") && !strings.ContainsAny(word, " ="):
			word = strings.TrimSuffix(strings.TrimPrefix(word, "disabled "), ":")
			listed = word == kind || word == kind+"s"
		case strings.HasPrefix(word, "no disabled "), word == "you have messages.":
			listed = false
		case listed && word != "" && len(line) <= maxName+20 && len(out) < 200_000:
			out = append(out, model.Literal(strings.Trim(strings.TrimPrefix(strings.TrimLeft(line, " \t"), "name="), `"`)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
