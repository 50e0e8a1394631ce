package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/model/plan"
)

// reasonsValue reads --reason: a text for every guard, or GUARD=WHY for one.
type reasonsValue struct{ f *applyFlags }

func (v reasonsValue) String() string { return "" }
func (v reasonsValue) Type() string   { return "TEXT" }

// Set takes one in.
func (v reasonsValue) Set(text string) error {
	if guard, why, one := strings.Cut(text, "="); one && plan.IsGuard(guard) {
		if v.f.reasons == nil {
			v.f.reasons = map[string]string{}
		}
		v.f.reasons[guard] = why
		return nil
	}
	v.f.reason = text
	return nil
}

// hear reads the reason that comes on standard input: where - stands, for every guard or for one. It is read once.
func (f *applyFlags) hear(cmd *cobra.Command) error {
	const there = "-"
	var of []string
	for guard, why := range f.reasons {
		if why == there {
			of = append(of, guard)
		}
	}
	if f.reason != there && len(of) == 0 {
		return nil
	}
	said, err := typed(cmd, there)
	if err != nil {
		return fmt.Errorf("reading the reason: %w", err)
	}
	if f.reason == there {
		f.reason = said
	}
	for _, guard := range of {
		f.reasons[guard] = said
	}
	return nil
}
