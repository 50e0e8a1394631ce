package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"switchyard/model/record"
)

var blueCell = []string{"backup", "--chain=chain001", "--region=region1", "--kind=regular", "--on=blue"}

const phrase = "--confirm=backup chain001 blue"

func apply(args []string, more ...string) []string {
	return append(append(append([]string{}, args...), "--apply"), more...)
}

// TestTheRunnerIsKilled ends the runner while its job runs, then the operator's terminal, and goes on with the action.
func TestTheRunnerIsKilled(t *testing.T) {
	t.Parallel()
	s := newStage(t, 40, "")
	s.env = append(s.env, "SSH_AUTH_SOCK=/nowhere", "AWS_SESSION_TOKEN=secret")
	front := s.command(apply(blueCell, phrase)...)
	var out bytes.Buffer
	front.Stdout, front.Stderr = &out, &out
	if err := front.Start(); err != nil {
		t.Fatal(err)
	}
	s.until("the job is followed", s.follows)
	if env, err := os.ReadFile(
		fmt.Sprintf("/proc/%d/environ", s.runner()),
	); err == nil &&
		(bytes.Contains(env, []byte("SSH_AUTH_SOCK")) || bytes.Contains(env, []byte("secret"))) {
		t.Error("what acts has the operator's session")
	}
	killed := s.runner()
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := front.Wait(); err == nil || front.ProcessState.ExitCode() != exitCannot {
		t.Errorf("the one who follows: %v", err)
	}
	s.says(out.String(), "signal: killed", "go on with it: switchyard act 2")
	s.says(s.does(1, apply(blueCell, phrase)...), "nobody else acts on it: action 2 (backup) by "+operator()+" is running")

	again := s.command("act", "2")
	again.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := again.Start(); err != nil {
		t.Fatal(err)
	}
	s.until("somebody goes on with it", func() bool { return s.runner() != killed })
	if err := syscall.Kill(-again.Process.Pid, syscall.SIGHUP); err != nil { // its terminal closes
		t.Fatal(err)
	}
	_ = again.Wait()
	s.says(s.does(1, "act", "2"), "is being carried out by")
	s.until("it ends all the same", func() bool { return s.action().State == record.ActionDone })
	s.jobs(1)
	s.does(0, "journal", "--verify")
}

func TestCancelFromTheCommandLine(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "operator: launcher\nlauncher: [/bin/sh, -c, 'exec \"$@\" --operator=\"$AS\"', launcher]\n")
	s.env = append(s.env, "AS=ann")
	front := s.backsUp()
	var id int
	if err := s.Blue().Read("SELECT JobId FROM Job WHERE Comment LIKE 'switchyard %'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	cancel := []string{"cancel", "backup-chain001-region1-regular", "--on=blue"}
	s.says(s.does(0, cancel...), fmt.Sprintf("cancel JobId %d", id), "nothing was done")
	bob := s.command(apply(cancel, fmt.Sprintf("--confirm=cancel %d blue", id))...)
	bob.Env = append(bob.Env, "AS=bob") // who cancels a job of their own has closed its action
	bob.Stdout, bob.Stderr = nil, nil
	if said, err := bob.CombinedOutput(); err != nil || !strings.Contains(string(said), "ended canceled") {
		t.Fatalf("%v: %s", err, said)
	}
	if err := front.Wait(); err == nil || front.ProcessState.ExitCode() != exitFinding {
		t.Errorf("a backup that was canceled: %v", err)
	}
	s.says(s.does(2, cancel...), "has ended (canceled)")
	s.says(s.does(0, "actions", "2"), "failed, UNFINISHED", "ended canceled", "switchyard act 2 --acknowledge")
	s.says(s.does(1, blueCell...), "action 2 (backup) by")
	s.says(s.does(1, "act", "2", "--operator=ann", "--attest=it is done"), "it waits for nobody's word")
	s.says(s.does(1, "act", "2", "--operator=ann", "--review=it was right"), "it was no emergency")
	s.says(s.does(1, "act", "2", "--operator=ann", "--back", "--reason=try"), "it has no way back")
	s.says(s.does(2, "act", "--attest=it is done"), "name an action")
	s.does(1, "act", "2", "--operator=ann", "--acknowledge")
	s.does(0, "act", "2", "--operator=ann", "--acknowledge", "--reason=it was me")
	s.does(0, blueCell...)
	s.jobs(1)
}

// TestTenAtOnce has ten processes act, five of them on one cell: each action is applied exactly once or refused, and every one is told.
func TestTenAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("in a directory", func(t *testing.T) {
		t.Parallel()
		tenAtOnce(t, newStage(t, 300, unhurried))
	})
	t.Run("in S3", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, 300, unhurried)
		s.inS3()
		tenAtOnce(t, s)
	})
}

// unhurried is the policy where ten programs start at once on a busy machine.
const unhurried = "policy: {answer: 60s}\n"

func tenAtOnce(t *testing.T, s *stage) {
	cells := [][3]string{
		{"chain001", "region1", "regular"},
		{"chain001", "region2", "regular"},
		{"chain001", "region1", "immutable"},
		{"chain001", "region2", "immutable"},
		{"chain002", "region1", "regular"},
		{"chain002", "region2", "regular"},
	}
	type ending struct {
		cell   int
		status int
		out    bytes.Buffer
	}
	all := make([]ending, 10)
	var wg sync.WaitGroup
	for i := range all {
		e := &all[i]
		e.cell = max(0, i-4)
		c := cells[e.cell]
		cmd := s.command("backup", "--chain="+c[0], "--region="+c[1], "--kind="+c[2], "--on=blue", "--apply", "--confirm=backup "+c[0]+" blue")
		cmd.Stdout, cmd.Stderr = &e.out, &e.out
		wg.Go(func() {
			_ = cmd.Run() // its status tells
			e.status = cmd.ProcessState.ExitCode()
		})
	}
	wg.Wait()
	done := map[int]int{}
	for i := range all {
		switch e := &all[i]; {
		case e.status == exitFine:
			done[e.cell]++
		case e.status != exitFinding || e.cell != 0:
			t.Errorf("cell %d: status %d\n%s", e.cell, e.status, &e.out)
		case !strings.Contains(e.out.String(), "refused") && !strings.Contains(e.out.String(),
			"nobody else acts on it") && !strings.Contains(e.out.String(), "stale"):
			t.Errorf("it was refused without a reason:\n%s", &e.out)
		}
	}
	n := 0
	for cell := range cells {
		if done[cell] < 1 {
			t.Errorf("nobody backed %v up", cells[cell])
		}
		n += done[cell]
	}
	s.jobs(n) // a job for each that was told to be done, and no other
	var told []*record.Action
	if err := json.Unmarshal([]byte(s.does(0, "actions", "--all", "--json")), &told); err != nil {
		t.Fatal(err)
	}
	for _, a := range told {
		if a.State != record.ActionDone {
			t.Errorf("action %d is %s: %s", a.Seq, a, a.Why)
		}
	}
	if len(told) != n {
		t.Errorf("%d actions in the journal, %d ended well", len(told), n)
	}
	s.does(0, "journal", "--verify")
}

func TestAPlanInSomebodyElsesName(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "")
	var told applied
	if err := json.Unmarshal([]byte(s.does(0, append(blueCell, "--json")...)), &told); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(told.Plan)
	if err != nil {
		t.Fatal(err)
	}
	for says, input := range map[string]string{
		"it says that it is from bob": fmt.Sprintf(`{"plan":%s,"approval":{"by":"bob","confirm":%q}}`, raw, told.Plan.Confirm),
		"the confirmation is not":     fmt.Sprintf(`{"plan":%s,"approval":{"by":%q,"confirm":"yes"}}`, raw, operator()),
		"reading a plan":              `{"approval":{"by":"bob","confirm":"x"}}`,
		"reading what to do":          string(raw),
		"steps are not what this": fmt.Sprintf(`{"plan":%s,"approval":{"by":%q,"confirm":%q}}`, bytes.Replace(raw, []byte(`"level"`),
			[]byte(`"level"`), 1), operator(), told.Plan.Confirm),
		"unexpected EOF":                 fmt.Sprintf(`{"plan":%s`, raw),
		"something follows it":           `{}{}`,
		"unknown field \"force\"":        `{"force":true}`,
		"name an action; switchyard act": "",
	} {
		cmd := s.command("act")
		if input == "" {
			cmd = s.command("act", "--stop")
		}
		if strings.HasPrefix(says, "steps") {
			input = strings.Replace(input, `"job":"backup-chain001-region1-regular"`, `"job":"backup-chain002-region1-regular"`, 1)
		}
		cmd.Stdin = strings.NewReader(input)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), says) {
			t.Errorf("%s: %v\n%s", says, err, out)
		}
	}
	s.jobs(0)
	if a := s.action(); a != nil {
		t.Errorf("%+v", a)
	}
}
