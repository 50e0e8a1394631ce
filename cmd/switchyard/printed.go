package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"switchyard/model"
	"switchyard/model/plan"
)

// printedFile is where a plan is that was printed, and that somebody may want exactly as it was: in this user's own directory, gone when it
// is very old. It is no approval, and nobody else reads it.
func printedFile(id string) (string, error) {
	dir, err := stateDir()
	if err != nil {
		return "", fmt.Errorf("finding a place for the plan: %w", err)
	}
	return filepath.Join(dir, "plan-"+id+".json"), nil
}

func keepPrinted(p *plan.Plan) error {
	file, err := printedFile(p.ID)
	if err != nil {
		return err
	}
	sweep(filepath.Join(filepath.Dir(file), "plan-*.json"))
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("keeping the plan: %w", err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return fmt.Errorf("keeping the plan: %w", err)
	}
	return nil
}

var planID = model.Pattern(`^[0-9A-Za-z]{4,64}$`)

// findPrinted finds a plan by the start of its id.
func findPrinted(id string) (*plan.Plan, error) {
	if !planID().MatchString(id) {
		return nil, fmt.Errorf("finding the plan %q: that is no id of a plan", model.Clean(id))
	}
	file, err := printedFile(id + "*")
	if err != nil {
		return nil, err
	}
	found, err := filepath.Glob(file)
	switch {
	case err != nil:
		return nil, fmt.Errorf("finding the plan %s: %w", id, err)
	case len(found) == 0:
		return nil, fmt.Errorf("finding the plan %s: you have printed none of that id here", id)
	case len(found) > 1:
		return nil, fmt.Errorf("finding the plan %s: %d plans begin so: write more of the id", id, len(found))
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		return nil, fmt.Errorf("finding the plan %s: %w", id, err)
	}
	p, err := plan.Decode(b)
	if err == nil && !strings.HasSuffix(found[0], "plan-"+p.ID+".json") {
		err = errors.New("it is another plan's file")
	}
	if err != nil {
		return nil, fmt.Errorf("finding the plan %s: %w", id, err)
	}
	return p, nil
}

// asPrinted is the plan that was printed, when it is of the same ask and fits the world as it is; else why not.
func asPrinted(id string, ask plan.Ask, w plan.World) (*plan.Plan, error) {
	p, err := findPrinted(id)
	if err != nil {
		return nil, err
	}
	if !p.Ask.Is(ask) {
		says := fmt.Sprintf("plan %s is to %s, which is not what is asked for now", id, p.Plain().Says)
		return nil, refusal{&model.Fault{Kind: model.ErrStale, Says: says}}
	}
	if w.State != nil {
		if a := w.State.Action(p.ID); a != nil {
			return nil, refusal{&model.Fault{Kind: model.ErrStale, Says: fmt.Sprintf("plan %s was applied already: action %d is %s", id, a.Seq, a)}}
		}
	}
	now, err := p.Renew(w)
	if err != nil {
		return nil, err
	}
	if why := p.Stale(now, w.Now); why != "" {
		return nil, refusal{&model.Fault{Kind: model.ErrStale, Says: fmt.Sprintf("plan %s is not applied: %s", id, why)}}
	}
	return p.Told(now), nil
}
