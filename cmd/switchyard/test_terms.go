package main

import (
	"maps"

	"switchyard/backend/config"
	"switchyard/model"
	"switchyard/model/plan"
)

// testTerms are what the configuration says of every test.
func testTerms(cfg *config.Config) *plan.TestSetup {
	t := &cfg.Tests
	if t.Client == "" {
		return nil
	}
	return &plan.TestSetup{
		Client: t.ClientOf,
		Below:  t.Below,
		Limit:  t.Terms.Limit,
		Remove: plan.Call{Name: config.RemoveName, Argv: t.Remove},
		Verify: func(of model.Format) *plan.Call {
			if name, argv := t.Verifier(of); argv != nil {
				return &plan.Call{Name: name, Argv: argv}
			}
			return nil
		},
	}
}

// testCommands are the commands that plans may order: those of their own section, and those of restore tests.
func testCommands(cfg *config.Config) map[string][]string {
	out := cfg.Tests.Commands()
	maps.Copy(out, cfg.Commands)
	maps.Copy(out, cfg.Recover.Drill.Commands())
	return out
}
