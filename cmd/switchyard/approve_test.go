package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"switchyard/backend/config"
	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/ui"
)

// noted is a launcher that writes down what it is given, in arguments and on standard input, and starts nothing.
func noted(t *testing.T) (launcher []string, said func() (args, input string)) {
	dir := t.TempDir()
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return []string{"/bin/sh", "-c", `printf '%s\n' "$@" >` + dir + `/args; cat >` + dir + `/input`, "launcher"},
		func() (string, string) { return read("args"), read("input") }
}

// TestDecisionsGoByStandardInput: everybody on a machine reads arguments.
func TestDecisionsGoByStandardInput(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "")
	cfg := opened(t, s.ConfigPath()).cfg
	launcher, said := noted(t)
	cfg.Launcher = launcher
	const id, why = "1db5f00dcafe", "chain001 was lost by Jane"
	approval := plan.Approval{By: operator(), Confirm: "backup chain001 blue", Reasons: map[string]string{"not-running": why}}
	for want, d := range map[string]ui.Deed{
		"":            {Verb: ui.DeedResume, Action: id, Reason: why},
		doStop:        {Verb: ui.DeedStop, Action: id, Reason: why},
		doAcknowledge: {Verb: ui.DeedAcknowledge, Action: id, Reason: why},
		doAttest:      {Verb: ui.DeedAttest, Action: id, Reason: why},
		doApprove:     {Verb: ui.DeedApprove, Action: id, Approval: approval},
		"take":        {Verb: ui.DeedTake, Plan: &plan.Plan{ID: id}, Approval: approval},
	} {
		p, err := start(cfg, d)
		if err != nil {
			t.Fatal(err)
		}
		if <-p.done; p.err != nil {
			t.Fatal(p.err, p.said())
		}
		args, input := said()
		if lines := strings.Split(strings.TrimSpace(args), "\n"); len(lines) != 3 || lines[1] != "act" || lines[2] != "--config="+s.ConfigPath() {
			t.Errorf("%s: the arguments are %q", want, lines)
		}
		var ask request
		if err := plan.Strictly([]byte(input), &ask); err != nil {
			t.Fatal(err)
		}
		if want == "take" {
			want, ask.Action = "", id
		}
		if ask.Do != want || ask.Action != id || !strings.Contains(input, why) {
			t.Errorf("%s is told %s", want, input)
		}
	}
}

// TestAPersonsReasonIsNoArgument of the process that acts: not one that was typed on the command line either.
func TestAPersonsReasonIsNoArgument(t *testing.T) {
	t.Parallel()
	s := newStage(t, 40, "")
	front := s.command(apply(blueCell, phrase)...)
	if err := front.Start(); err != nil {
		t.Fatal(err)
	}
	s.until("the job is followed", s.follows)
	cmdline := func() string {
		b, _ := os.ReadFile("/proc/" + strconv.Itoa(s.runner()) + "/cmdline")
		return strings.ReplaceAll(strings.TrimRight(string(b), "\x00"), "\x00", " ")
	}
	if got := cmdline(); !strings.HasSuffix(got, " act --config="+s.ConfigPath()) {
		t.Errorf("what acts is called %q", got)
	}
	stop := s.command("act", "2", "--stop", "--reason=-")
	stop.Stdin = strings.NewReader("the chain is\ngone\n")
	if out, err := stop.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_ = front.Wait()
	s.says(s.does(0, "actions", "2"), "told to stop: the chain is gone")
	empty := s.command("act", "2", "--acknowledge", "--reason=-")
	empty.Stdin = strings.NewReader(" \n")
	if out, err := empty.CombinedOutput(); err == nil || !strings.Contains(string(out), "no reason on standard input") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestAForgedRecordIsReadByNobody appends a plan whose every text says something else than it does, as who may write to the journal can.
func TestAForgedRecordIsReadByNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "operator: launcher\n")
	s.configure("policy: {approvals: 2}\n")
	var told applied
	if err := json.Unmarshal([]byte(s.does(0, append(slices.Clone(blueCell), "--json")...)), &told); err != nil {
		t.Fatal(err)
	}
	p := *told.Plan
	const lie = "FORGED: this is harmless"
	p.Says, p.Costs, p.Undo = lie, []string{lie}, []string{lie}
	for i := range p.Guards {
		p.Guards[i].Says, p.Guards[i].Value, p.Guards[i].Limit = lie, lie, lie
	}
	b, err := p.Record()
	if err != nil {
		t.Fatal(err)
	}
	b.Verb, b.Says = lie, lie
	for i := range b.Steps {
		b.Steps[i] = lie
	}
	j, err := openJournal(t.Context(), opened(t, s.ConfigPath()).cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []record.Body{b, record.Approved{Action: p.ID}} {
		if _, err := j.Append(t.Context(), "mallory", journal.Say(body)); err != nil {
			t.Fatal(err)
		}
	}
	snap := s.look(s.ConfigPath())
	if a := snap.State.Action(
		p.ID,
	); strings.Contains(a.Says+a.Verb+strings.Join(a.Steps, " "), lie) ||
		!strings.Contains(a.Says, "run a backup of chain001") {
		t.Errorf("a cockpit tells of %+v", a)
	}
	read := map[string]string{
		"the list": s.does(
			0,
			"actions",
		),
		"the story":        s.does(0, "actions", "2"),
		"the journal":      s.does(0, "journal"),
		"the look":         s.does(1, "status"),
		"what is approved": s.does(2, "act", "2", "--approve"),
	}
	for where, text := range read {
		if strings.Contains(text, "FORGED") {
			t.Errorf("%s:\n%s", where, text)
		}
	}
	s.says(read["the list"], "run a backup of chain001 region1 regular on blue now")
	s.says(read["the story"], "start backup-chain001-region1-regular on blue", `sends: run job="backup-chain001-region1-regular"`)
	s.says(
		read["what is approved"],
		"run a backup of chain001 region1 regular on blue now",
		"no freeze window: none now",
		"it can be canceled while it runs",
		"give --confirm",
	)
	s.jobs(0)
	// Its data is what is approved, and what was forged of it stays unread to the end.
	s.says(s.does(0, "act", "2", "--approve", phrase, "--operator=bob"), "action 2 is done")
	s.jobs(1)
}

// TestAForgedPhraseIsNotWhatIsTyped has a text that the plan is bound to.
func TestAForgedPhraseIsNotWhatIsTyped(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "operator: launcher\npolicy: {approvals: 2}\n")
	var told applied
	if err := json.Unmarshal([]byte(s.does(0, append(slices.Clone(blueCell), "--json")...)), &told); err != nil {
		t.Fatal(err)
	}
	p := *told.Plan
	p.Confirm = "yes"
	b, err := p.Record()
	if err != nil {
		t.Fatal(err)
	}
	j, err := openJournal(t.Context(), opened(t, s.ConfigPath()).cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(t.Context(), "mallory", journal.Say(b)); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(1, "act", "2", "--approve", "--confirm=yes", "--operator=bob"), "its steps are not what this program would do")
}

// TestAConfigurationOfOthersIsNotActedBy looks with it, and does nothing by it.
func TestAConfigurationOfOthersIsNotActedBy(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "")
	for dir := s.Dir(); strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil { // else nobody comes as far
			t.Fatal(err)
		}
	}
	finds(t, examined(t, s.ConfigPath(), func(d *doctor, _ context.Context) { d.trusted() }), model.Holds, "nobody but root")
	if err := os.Chmod(s.ConfigPath(), 0o666); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(2, apply(blueCell, phrase)...), "acting by this configuration", "may be written by others", "chmod go-w "+s.ConfigPath())
	s.does(2, "act", "2", "--stop")
	s.does(0, blueCell...)
	s.does(1, "status")
	finds(t, examined(t, s.ConfigPath(), func(d *doctor, _ context.Context) { d.trusted() }), model.Fails, "may be written by others")
	s.jobs(0)
	if s.action() != nil {
		t.Error("it was recorded")
	}
	if err := os.Chmod(s.ConfigPath(), 0o600); err != nil {
		t.Fatal(err)
	}
	s.does(0, apply(blueCell, phrase)...)
}

func TestWhoActs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "loginuid")
	for text, want := range map[string]string{"0": "root", "4000000000\n": "uid 4000000000", noLogin: "", "": ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := loggedIn(file); got != want || (err == nil) != (want != "") {
			t.Errorf("loginuid %q: %q, %v", text, got, err)
		}
	}
	if _, err := loggedIn(file + "-none"); err == nil {
		t.Error("a system that tells nothing tells who logged in")
	}
	for _, c := range []struct {
		by         config.Operator
		told, want string
	}{
		{config.OperatorUID, "", operator()}, {config.OperatorUID, "bob", ""}, {config.OperatorLogin, "bob", ""},
		{config.OperatorLauncher, "bob", "bob"}, {config.OperatorLauncher, "", ""}, {config.OperatorLauncher, "b\nb", ""},
	} {
		if got, err := actor(&config.Config{Operator: c.by}, c.told); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s, told %q: %q, %v", c.by, c.told, got, err)
		}
	}
}

// TestNobodyIsWhoAVariableSays.
func TestNobodyIsWhoAVariableSays(t *testing.T) {
	t.Setenv("SUDO_USER", "bob")
	t.Setenv("USER", "bob")
	t.Setenv("LOGNAME", "bob")
	if got, err := person(&config.Config{Operator: config.OperatorUID}); err != nil || got == "bob" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTwoPeopleWhoAreOne(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "policy: {approvals: 2}\nlauncher: [/usr/bin/env]\n")
	s.says(
		s.does(1, apply(blueCell, phrase)...),
		"2 people must approve it, and nothing tells two apart: the launcher runs what acts as one account",
	)
	d := &doctor{site: opened(t, s.ConfigPath())}
	d.people()
	finds(t, d.list, model.Fails, "operator: approvals of 2 people are refused: the launcher runs")
	for _, asks := range []model.Policy{{Approvals: 2}, {OverrideApprovals: 2}, {EmergencyApprovals: 2}} {
		d := &doctor{site: &site{cfg: &config.Config{Operator: config.OperatorUID, Launcher: []string{"sudo"}, Policy: asks}}}
		d.people()
		finds(t, d.list, model.Fails, "approvals of 2 people are refused")
	}
	// Whoever goes around the front is refused by what acts.
	var told applied
	if err := json.Unmarshal([]byte(s.does(0, append(slices.Clone(blueCell), "--json")...)), &told); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(told.Plan)
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(request{Plan: raw, Approval: plan.Approval{By: operator(), Confirm: told.Plan.Confirm}})
	if err != nil {
		t.Fatal(err)
	}
	direct := s.command("act")
	direct.Stdin = strings.NewReader(string(input))
	if out, err := direct.CombinedOutput(); err == nil || !strings.Contains(string(out), "nothing tells two apart") {
		t.Errorf("%v: %s", err, out)
	}
	if s.action() != nil {
		t.Error("it was recorded")
	}
	for by, want := range map[config.Operator]string{config.OperatorLogin: "", config.OperatorLauncher: ""} {
		if got := alike(&config.Config{Operator: by, Launcher: []string{"sudo"}}); got != want {
			t.Errorf("%s: %q", by, got)
		}
	}
}

func TestAPinnedAccountActsByOneConfiguration(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "")
	pins := t.TempDir()
	if err := os.Chmod(pins, 0o755); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, pinsOfTest+"="+pins)
	for pin, status := range map[string]int{"/etc/switchyard/switchyard.yaml": 2, s.ConfigPath(): 0} {
		if err := os.WriteFile(filepath.Join(pins, operator()), []byte(pin+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		said := s.does(status, apply(blueCell, phrase)...)
		if status != 0 {
			s.says(said, "account "+operator()+" is pinned to /etc/switchyard/switchyard.yaml")
			s.does(0, "actions")
		}
	}
	s.jobs(1)
}
