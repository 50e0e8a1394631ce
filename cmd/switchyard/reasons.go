package main

import (
	"strings"

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
