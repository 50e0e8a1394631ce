package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"switchyard/model"
	"switchyard/model/plan"
)

// stillOff are those names of an order that the Director lists as switched off, by the word that it has for them.
func stillOff(ctx context.Context, d *Pushed, e *plan.Enable) (out map[string][]string, n int, err error) {
	is, err := d.Reach.Loaded(ctx)
	if err != nil {
		return nil, 0, err
	}
	if !is.OffKnown {
		return nil, 0, fmt.Errorf("%s: %w: it does not tell what is switched off: its Console must be allowed show", model.Clean(e.Director),
			model.ErrAnswer)
	}
	clients, schedules, err := d.Reach.SwitchedOff(ctx)
	if err != nil {
		return nil, 0, err
	}
	off := map[string][]string{"job": is.Off, "client": clients, "schedule": schedules}
	out = map[string][]string{}
	for _, part := range e.Parts() {
		for _, name := range part.Names {
			if slices.Contains(off[part.Kind], name) {
				out[part.Kind] = append(out[part.Kind], name)
				n++
			}
		}
	}
	return out, n, nil
}

// enabled holds when the Director lists none of them as switched off.
func enabled(ctx context.Context, d *Pushed, e *plan.Enable) (Sight, error) {
	off, n, err := stillOff(ctx, d, e)
	switch {
	case err != nil:
		return Sight{}, err
	case n == 0:
		return Sight{Verdict: model.Holds, Says: e.Director + " lists none of them as switched off"}, nil
	}
	says := fmt.Sprintf("%s lists %d as switched off:", e.Director, n)
	for _, part := range e.Parts() {
		if names := off[part.Kind]; len(names) > 0 {
			says += " " + part.Kind + " " + model.SomeNames(names)
		}
	}
	return Sight{Verdict: model.Fails, Says: model.Clean(says)}, nil
}

// enable tells the Director of each that is still switched off. Where an answer is lost the others are told all the same: to say it twice
// does no harm, and the look sees what came of it.
func enable(ctx context.Context, d *Pushed, e *plan.Enable) error {
	off, _, err := stillOff(ctx, d, e)
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	var lost error
	for _, part := range e.Parts() {
		for _, name := range off[part.Kind] {
			switch err := d.Reach.Enable(ctx, e.Line(part.Kind, name), part.Kind, name); {
			case errors.Is(err, model.ErrNotDone) || ctx.Err() != nil:
				return errors.Join(lost, err)
			case err != nil:
				lost = err
			}
		}
	}
	return lost
}
