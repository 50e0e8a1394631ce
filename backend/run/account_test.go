package run

import (
	"context"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/plan"
)

// TestAFenceOfNobodyIsNone: an account is locked when it is there and locked, without a session. One that is not there may be misspelt:
// then the Director's own is open.
func TestAFenceOfNobodyIsNone(t *testing.T) {
	old := func(locked bool) model.Login { return model.Login{User: "bacula", Host: "10.%", Locked: locked} }
	next := func(locked bool) model.Login { return model.Login{User: "bacula_next", Host: "%", Locked: locked} }
	for name, c := range map[string]struct {
		makes    string
		all      []model.Login
		sessions int
		want     model.Verdict
		says     string
	}{
		"it is open":                {"bacula_next", []model.Login{old(false), next(false)}, 0, model.Fails, "bacula@10.% is not locked"},
		"one of two is open":        {"", []model.Login{old(true), {User: "bacula", Host: "%"}}, 0, model.Fails, "bacula@% is not locked"},
		"it has sessions":           {"", []model.Login{old(true)}, 2, model.Fails, "bacula has 2 sessions"},
		"none takes its place":      {"bacula_next", []model.Login{old(true)}, 0, model.Fails, "there is no account bacula_next"},
		"the next is locked, too":   {"bacula_next", []model.Login{old(true), next(true)}, 0, model.Fails, "bacula_next is locked"},
		"there is none to lock":     {"bacula_next", []model.Login{next(false)}, 0, model.Fails, "there is no account bacula to be locked"},
		"none is left, none needed": {"", []model.Login{next(false)}, 0, model.Holds, "there is no account bacula on old"},
		"it is locked":              {"", []model.Login{old(true)}, 0, model.Holds, "bacula is locked on old"},
		"who takes its place is not tried": {"bacula_next", []model.Login{old(true), next(false)}, 0, model.Unknown,
			"its secret is not known"},
	} {
		a := &plan.Account{OnInstance: plan.OnInstance{ID: "old"}, Makes: c.makes, Locks: "bacula"}
		sight, err := (&Amazon{}).fencedBy(context.Background(), a, c.all, c.sessions)
		said := sight.Says
		if err != nil {
			said = err.Error()
		}
		if sight.Verdict != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%s: %v, %q; want %v, %q", name, sight.Verdict, said, c.want, c.says)
		}
	}
}
