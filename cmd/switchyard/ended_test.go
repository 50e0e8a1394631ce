package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// TestASessionKeepsWhatEnded: an AWS region is lost with jobs that nobody observed; who only watched before tells which, to who plans
// afterwards.
func TestASessionKeepsWhatEnded(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newFastStageAt(t, "dr-day", 60, takeoverPolicy)
	if err := s.Fault("replication-unfetched", ""); err != nil {
		t.Fatal(err)
	}
	d := s.sitAt(80, 24, "watch")
	verb := []string{"backup", "--chain", "chain001", "--region", "region1", "--kind", "regular", "--on", "green"}
	s.does(0, apply(verb, "--confirm=backup chain001 green", "--reason=a rehearsal")...)
	n := journalOf(t, s.World)
	before, _ := s.endedJobs(rehearsal.PrimaryID)
	last := before[len(before)-1]
	_, name, _ := strings.Cut(last, " ")
	kept := func() string {
		found, _ := filepath.Glob(filepath.Join(filepath.Dir(s.Dir()), "state", "switchyard", "ended-*.json"))
		all := ""
		for _, f := range found {
			raw, _ := os.ReadFile(f)
			all += string(raw)
		}
		return all
	}
	s.until("it is kept", func() bool { return strings.Contains(kept(), name) })
	d.press("q")
	d.ended()
	if got := journalOf(t, s.World); got != n {
		t.Errorf("the journal has %d records, and had %d: who watches writes none", got, n)
	}
	for fault, target := range map[string]string{"region-gone": rehearsal.PrimaryRegion,
		"director-stopped": "green"} { // it would tell of it, too
		if err := s.Fault(fault, target); err != nil {
			t.Fatal(err)
		}
	}
	said, _ := s.command("failover", "emergency").CombinedOutput()
	s.says(string(said), "it loses "+last+", ended")
}

// TestWhatIsKeptIsBounded, merged with what another session wrote, and only of catalogs that are proven.
func TestWhatIsKeptIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ended.json")
	at := time.Now().Add(-time.Hour)
	snap := func(target model.Verdict, from, n int) *board.Snapshot {
		v := &board.ClusterView{Catalog: model.Catalog{Target: target}}
		for i := range n {
			k := model.JobKey{Cluster: model.Green, Job: fmt.Sprintf("job-%05d", from+i)}
			v.Recent = append(
				v.Recent,
				model.Job{Key: k, ID: uint32(from + i + 1), Status: 'T', Outcome: model.OK, End: at.Add(time.Duration(from+i) * time.Second)},
			)
		}
		s := &board.Snapshot{}
		s.Clusters[model.Green] = v
		return s
	}
	session := func() *ended { return &ended{file: file, on: map[model.JobKey]string{}} }
	one, two := session(), session()
	one.take(snap(model.Unknown, 0, 5))
	if n := len(one.jobs()[model.Green]); n != 0 {
		t.Errorf("%d jobs of a catalog that nobody knows", n)
	}
	one.on[model.JobKey{Cluster: model.Green, Job: "job-00001"}] = "vol-1"
	one.take(snap(model.Holds, 0, 3))
	two.take(snap(model.Holds, 2, 3))
	for _, e := range []*ended{one, two} {
		if err := e.save(); err != nil {
			t.Fatal(err)
		}
	}
	of, err := readEnded(file)
	if err != nil || len(of[model.Green]) != 5 || of[model.Green][1].Volumes[0] != "vol-1" {
		t.Fatalf("%+v, %v", of, err)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	one.take(snap(model.Holds, 10, 3*record.TailJobs/2))
	if err := one.save(); err != nil || len(one.jobs()[model.Green]) != record.TailJobs {
		t.Errorf("%d jobs, %v", len(one.jobs()[model.Green]), err)
	}
	for _, text := range []string{"{", `[[],[{"job":"a\u001b[2J","jobid":1,"end":"2026-01-01T00:00:00Z"},{"job":"a"}]]`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if of, _ := readEnded(file); len(of[model.Blue])+len(of[model.Green]) != 0 {
			t.Errorf("%s: %+v", text, of)
		}
	}
	jobs := plan.Tails(
		[]record.TailJob{{Job: "b", End: at}},
		[]record.TailJob{{Job: "a", End: at.Add(-1)}, {Job: "b", Volumes: []string{"v"}}, {}},
	)
	if len(jobs) != 2 || jobs[0].Job != "a" || len(jobs[1].Volumes) != 1 {
		t.Errorf("%+v", jobs)
	}
}
