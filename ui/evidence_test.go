package ui

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// evident is a pair with evidence of every claim: what counts, fails, has lapsed, was not carried out, and what nobody can tell.
func evident(t *testing.T, more ...record.Proof) world {
	w := paired()
	for _, role := range []string{"primary", "replica"} {
		w.Seen = append(w.Seen, board.Sighting{Source: model.Source{Kind: model.SourceInstance, Name: role}, At: before(time.Second),
			Tried: before(time.Second), Every: 3 * time.Second})
	}
	green, blue := model.Green, model.Blue
	one := record.ProvenInstance{ID: "bacula-primary", Region: "eu-west-1", ResourceID: "db-1"}
	other := record.ProvenInstance{ID: "bacula-replica", Region: "eu-central-1", ResourceID: "db-0"}
	look := record.Means{Kind: record.ByLook}
	cell := model.Cell{Chain: "chain011", Region: "region1", Kind: model.Immutable}
	jobs := []record.ProvenJob{{ID: 4711, Job: "backup-chain011-region1-immutable.2026-03-12_02.10.00_07"}}
	set := record.Settings{Class: "db.r7g.2xlarge", Engine: "mysql", Version: "8.4.5", Retention: 7, Group: "bacula-8-4"}
	tests := []record.Proof{
		{Of: record.Subject{Instances: []record.ProvenInstance{one}}, Claim: record.Proven{Settings: &set}, By: look, Verdict: model.Holds,
			At: before(3 * time.Hour), Until: noon.Add(7 * day)},
		{Of: record.Subject{Instances: []record.ProvenInstance{other}}, Claim: record.Proven{Settings: &set}, By: look, Verdict: model.Holds,
			At: before(40 * time.Hour), Until: noon.Add(7 * day)},
		{Of: record.Subject{Instances: []record.ProvenInstance{one, {ID: "bacula-replica", Region: "eu-central-1", ResourceID: "db-1"}}},
			Claim: record.Proven{Parity: &record.Parity{Differences: []model.Difference{{What: "class", Primary: "a", Replica: "b"}}}}, By: look,
			Verdict: model.Fails, Why: "they differ in class", At: before(3 * time.Hour), Until: noon.Add(7 * day)},
		{Of: record.Subject{Cluster: &green}, By: look,
			Claim:   record.Proven{Tail: &record.Tail{Jobs: []record.TailJob{{Job: "j", ID: 1, Status: 'T', End: noon}}}},
			Verdict: model.Holds, At: before(4 * time.Minute), Until: noon.Add(7 * day)},
		{Of: record.Subject{Cluster: &green, Cell: &cell, Storage: "vault-1", Jobs: jobs},
			Claim: record.Proven{Restored: &record.Restored{Files: 1204, Bytes: 48_000_000_000, Loaded: true, Tables: 311, Rows: 9_000_000}},
			By:    record.Means{Kind: record.ByTest}, Verdict: model.Holds, At: before(50 * time.Hour), Until: noon.Add(5 * day)},
		{Of: record.Subject{Cluster: &blue, Cell: &cell}, Claim: record.Proven{Restored: &record.Restored{Files: 1204, Bytes: 48_000_000_000}},
			By: record.Means{Kind: record.ByFramework, Framework: "restore-check"}, Verdict: model.Holds, At: before(200 * time.Hour),
			Until: before(30 * time.Hour)},
		{Of: record.Subject{Cluster: &blue, Cell: &cell}, Claim: record.Proven{Restored: &record.Restored{}},
			By:      record.Means{Kind: record.ByFramework, Framework: "restore-check"},
			Verdict: model.Unknown, Why: "the scratch client is full", At: before(5 * time.Hour)},
		{Of: record.Subject{Cluster: &blue}, Claim: record.Proven{Said: &record.Said{Says: "nobody but the Director reads the old catalog"}},
			By: record.Means{Kind: record.ByWord}, Verdict: model.Holds, At: before(90 * time.Hour)},
	}
	w.State = recorded(t, record.Genesis{Environment: "bacula-catalog", Rehearsal: "overlap"}, record.Prove(append(tests, more...)...))
	return w
}

// recorded is what a journal's records add up to.
func recorded(t *testing.T, bodies ...record.Body) (s *record.State) {
	t.Helper()
	var head record.Head
	for i, b := range bodies {
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := record.Record{V: record.Version, Seq: head.Seq + 1, ID: fmt.Sprint(i), Prev: head.Hash, Actor: "ann", Kind: b.RecordKind(),
			At: noon, Body: raw}.Seal()
		if err == nil {
			s, err = record.Fold(s, r)
		}
		if err != nil {
			t.Fatal(err)
		}
		head = s.Head
	}
	return s
}

func TestEvidenceOnTheScreen(t *testing.T) {
	for _, size := range sizes {
		d := watch(t, size[0], size[1], evident(t).Snapshot)
		d.press(":", "'evidence'", "enter")
		golden(t, fmt.Sprintf("evidence-%dx%d", size[0], size[1]), d.screen())
	}
	d := watch(t, 120, 40, evident(t).Snapshot)
	d.press(":", "'evidence vault-1'", "enter")
	d.see("EVIDENCE /vault-1", "restored 1204 files", "nobody can tell whether JobId 4711 is still")
	d.gone("they differ in class", "old catalog")
	d.press("esc")
	w := evident(t)
	w.RDS.Primary.AWS.Value.ResourceID = "db-9"
	d = watch(t, 200, 60, w.Snapshot)
	d.press(":", "'evidence settings'", "enter")
	d.see("! lapsed", "instance bacula-primary is db-9 now, it was db-1")
	none := able(20)
	d = watch(t, 120, 40, none.Snapshot)
	d.press(":", "'evidence'", "enter")
	d.see("Nothing was proven yet. switchyard observe")
	none.State = nil
	d = watch(t, 120, 40, none.Snapshot)
	d.press(":", "'evidence'", "enter")
	d.see("The journal was not read yet")
}

// TestEvidenceOfManyIsBounded has more than a page tells, and an evidence page that is judged once for a snapshot.
func TestEvidenceOfManyIsBounded(t *testing.T) {
	var many []record.Body
	many = append(many, record.Genesis{Environment: "x"})
	green := model.Green
	for i := range 10 {
		var proofs []record.Proof
		for k := range 60 {
			cell := model.Cell{Chain: fmt.Sprintf("chain%04d", 60*i+k), Region: "region1"}
			proofs = append(proofs, record.Proof{
				Of: record.Subject{Cluster: &green, Cell: &cell},
				Claim: record.Proven{
					Restored: &record.Restored{Files: 1},
				},
				By:      record.Means{Kind: record.ByTest},
				Verdict: model.Holds,
				At:      before(time.Hour),
			})
		}
		many = append(many, record.Prove(proofs...))
	}
	w := calm(20)
	w.State = recorded(t, many...)
	d := watch(t, 120, 40, w.Snapshot)
	d.press(":", "'evidence'", "enter", "G")
	d.see("100 more: :evidence TEXT")
	d.press("esc", ":", "'evidence chain0599'", "enter")
	d.see("1 count", "chain0599 region1 regular green")
}
