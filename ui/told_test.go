package ui

import (
	"slices"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// TestTheSecondPersonReadsNoForgedText has a journal that says one thing and does another.
func TestTheSecondPersonReadsNoForgedText(t *testing.T) {
	base := able(20)
	policy := model.DefaultPolicy()
	policy.Approvals = 2
	p, err := plan.Ask{Backup: &plan.Backup{Cell: model.Cell{Chain: "chain011", Region: "region1", Kind: model.Regular}}}.Plan(
		plan.World{Now: before(time.Minute), Snapshot: base.Snapshot, State: base.State, Names: anyNames(), Policy: policy}, "4a041")
	if err != nil {
		t.Fatal(err)
	}
	const lie = "FORGED: harmless"
	forged := *p
	forged.Says, forged.Costs, forged.Undo = lie, []string{lie}, []string{lie}
	forged.Guards, forged.Steps = slices.Clone(p.Guards), slices.Clone(p.Steps)
	for i := range forged.Guards {
		forged.Guards[i].Says, forged.Guards[i].Value, forged.Guards[i].Limit = lie, lie, lie
	}
	w := base.acting(41, record.ActionWaits, func(a *record.Action) {
		a.Needs, a.By, a.Approvals, a.Touches = 2, "bob", []record.ActionBy{{By: "bob"}}, p.Touches
	})
	shown := func(says ...string) {
		t.Helper()
		d := levered(t, policy, 200, 60, w.Snapshot)
		d.never = append(d.never, "FORGED")
		d.plan = &forged
		d.press(":", "'approve'", "enter")
		d.obey()
		d.see(says...)
	}
	shown(
		"run a backup of chain011 region1 regular on blue now",
		"the last good one",
		"it can be canceled while it runs",
		"no freeze window: none now",
		"sends: run job=",
	)
	for i := range forged.Steps { // what it does is bound to these
		forged.Steps[i].Name, forged.Steps[i].Done = lie, lie
	}
	forged.Confirm, forged.Verb = lie, lie
	shown("run a backup of chain011 region1 regular on blue now", "start backup-chain011-region1-regular on blue", "STALE")
	forged.Steps[0].Order.StartJob = &plan.StartJob{TaggedJob: forged.Steps[0].Order.StartJob.TaggedJob}
	forged.Steps[0].Order.StartJob.Job = "backup-chain012-region1-regular"
	shown("start backup-chain012-region1-regular on blue", "STALE")
}

func TestPeopleWhoCannotBeToldApartApproveNothing(t *testing.T) {
	policy := model.DefaultPolicy()
	policy.Approvals = 2
	for why, wants := range map[string]string{"": "Type  backup chain011 blue", "everybody is root": "nothing tells two apart: everybody " +
		"is root"} {
		d := levered(t, policy, 120, 40, able(20).Snapshot)
		d.app.lever.Alike = why
		d.chooseCell("chain011 region1 regular")
		d.press("b")
		d.see(wants)
	}
}

func TestAnActionShowsExactlyWhatItSends(t *testing.T) {
	w := able(20).acting(41, record.ActionRunning, func(a *record.Action) {
		a.Sends = []string{`run job="backup-chain011-region1-regular" comment="switchyard 4a041" yes`, "", ""}
	})
	d := levered(t, model.DefaultPolicy(), 120, 40, w.Snapshot)
	d.press("v")
	d.see(`sends: run job="backup-chain011-region1-regular" comment="switchyard 4a041" yes`)
}
