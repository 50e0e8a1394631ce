package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// decodeFirst reads records as the program did that wrote version 1. It is frozen.
func decodeFirst(b []byte) error {
	type first struct {
		V     int             `json:"v"`
		Seq   int64           `json:"seq"`
		ID    string          `json:"id"`
		Prev  string          `json:"prev,omitempty"`
		Actor string          `json:"actor"`
		Host  string          `json:"host"`
		Kind  string          `json:"kind"`
		At    time.Time       `json:"at"`
		Body  json.RawMessage `json:"body"`
	}
	if len(b) == 0 || len(b) > 4*(4<<20)+4<<10 || b[len(b)-1] != '\n' || len(bytes.Trim(b, "\x00")) == 0 {
		return ErrTorn
	}
	var r first
	err := json.Unmarshal(b, &r)
	var v struct{ V int }
	if (err == nil && r.V > 1) || (err != nil && json.Unmarshal(b, &v) == nil && v.V > 1) {
		return fmt.Errorf("%w: its version is %d, this program reads %d", ErrNewer, max(r.V, v.V), 1)
	}
	if err != nil {
		return ErrTorn
	}
	return nil
}

// TestAnOlderProgramSaysSo is a record of every kind, read by the program of version 1, and one of the next version, read by this.
func TestAnOlderProgramSaysSo(t *testing.T) {
	for _, kind := range slices.Sorted(maps.Keys(recordKinds)) {
		r := Record{
			V:     Version,
			Seq:   1,
			ID:    "a",
			Actor: "ann",
			Kind:  kind,
			At:    t0,
			Body:  json.RawMessage(`{"action":"x","found":[{"job":{"job":"j"}}]}`),
		}
		_, b, err := r.Seal()
		if err != nil {
			t.Fatal(err)
		}
		if err := decodeFirst(b); !errors.Is(err, ErrNewer) || errors.Is(err, ErrTorn) {
			t.Errorf("%s: %v", kind, err)
		}
		next := bytes.Replace(b, []byte(`"v":3`), []byte(`"v":4`), 1)
		next = bytes.Replace(next, []byte(`"kind":"`), []byte(`"kind":"super`), 1)
		if _, err := Decode(next); !errors.Is(err, ErrNewer) || errors.Is(err, ErrTorn) {
			t.Errorf("a later %s: %v", kind, err)
		}
	}
}

// TestANewerRecordInsideIsNotTorn is a merged record, and one that was carried over.
func TestANewerRecordInsideIsNotTorn(t *testing.T) {
	in := Record{V: Version + 1, Seq: 1, ID: "a", Actor: "ann", Kind: KindNote, At: t0, Body: json.RawMessage(`{}`)}
	s, err := Fold(nil, follow(t, nil, "ann", t0, Genesis{Environment: "prod"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fold(s, follow(t, s, "ann", t0, Merged{Origin: "o", Record: in})); !errors.Is(err, ErrNewer) || errors.Is(err, ErrTorn) {
		t.Errorf("merged: %v", err)
	}
	if _, err := Fold(
		nil,
		follow(t, nil, "ann", t0, Genesis{Environment: "prod", Glass: &Glass{Why: "x", Carried: []Record{in}}}),
	); !errors.Is(
		err,
		ErrNewer,
	) {
		t.Errorf("carried: %v", err)
	}
}

// TestThePlansOfVersion1AreRead has their touches meet those that are written now.
func TestThePlansOfVersion1AreRead(t *testing.T) {
	s, err := Fold(nil, follow(t, nil, "ann", t0, Genesis{Environment: "prod"}))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"action":"p1","environment":"prod","verb":"backup","says":"x","touches":[` +
		`"green cell chain001 region1 regular","blue job restore.2026-11-23_11.50.00_09"],` +
		`"steps":["start"],"approvals":1,"expires":"2030-01-01T00:00:00Z","plan":{}}`
	r, b, err := Record{V: 1, Seq: 2, ID: "b", Prev: s.Head.Hash, Actor: "ann", Kind: KindPlan, At: t0, Body: json.RawMessage(body)}.Seal()
	if err == nil {
		_, err = Decode(b)
	}
	if err == nil {
		s, err = Fold(s, r)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"green/cell/chain001/region1/regular", "green/cell/chain001", Touch("blue", "job",
		"restore.2026-11-23_11.50.00_09")} {
		if len(s.Blocking(t0, TouchesOf(path))) != 1 {
			t.Errorf("%s is free: %s", path, s.Actions[0].Touches)
		}
	}
	if len(s.Blocking(t0, TouchesOf("green/cell/chain002", "routes"))) != 0 {
		t.Error("it blocks what it does not touch")
	}
}

func TestWhatIsFoundIsClosed(t *testing.T) {
	gtids := "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"
	sum := strings.Repeat("0a", 32)
	for says, f := range map[string]Found{
		"JobId 7, j on green":              {Job: &FoundJob{Cluster: model.Green, Job: "j", ID: 7}},
		"dir loaded its configuration at":  {Epoch: &FoundEpoch{Director: "dir", Loaded: t0}},
		"db had executed 3e11":             {Fence: &FoundFence{Server: "db", GTIDs: gtids}},
		"/etc/x on dir has SHA-256 0a0a":   {File: &FoundFile{Host: "dir", Path: "/etc/x", SHA256: sum}},
		"retention of db was 7":            {Setting: &FoundSetting{Of: "db", Name: "retention", Value: "7"}},
		"1 ended job of the 5":             {Loss: &FoundLoss{Looked: 5, Jobs: []TailJob{{Job: "j", Status: 'T', End: t0}}}},
		"and had no row of 2 lost volumes": {Numbers: &FoundNumbers{Of: "db", Lost: []string{"v1", "v2"}}},
		"number on from Job 9, Media 7": {Numbers: &FoundNumbers{Of: "db", Next: []model.NextID{{Table: "Job", Next: 9}, {Table: "Media",
			Next: 7}}}},
		"those of record 9":               {Routes: &FoundRoutes{Seq: 9}},
		"blue restores b to /r on new-fd": {Restoring: &FoundRestoring{Point: "b", Client: "new-fd", Where: "/r"}},
		"3 files, 5 B, are in /r on new-fd; next there: find /r": {
			Restored: &FoundRestored{Client: "new-fd", Where: "/r", Files: 3, Bytes: 5, Format: model.MySQLDump},
		},
	} {
		if err := f.check(); err != nil || !strings.Contains(f.String(), says) {
			t.Errorf("%s: %q, %v", says, f.String(), err)
		}
	}
	for says, f := range map[string]Found{
		"0 things":               {},
		"2 things":               {Job: &FoundJob{}, Routes: &FoundRoutes{}},
		"1 things":               {Step: 3, Job: &FoundJob{}},
		"gtid set":               {Fence: &FoundFence{GTIDs: "all of them"}},
		"plain text  ":           {Fence: &FoundFence{Server: "db", UUID: "\x1b[2J"}},
		"a loss of 1 of":         {Loss: &FoundLoss{Jobs: []TailJob{{Job: "j", Status: 'T', End: t0}}}},
		"name of a volume, once": {Numbers: &FoundNumbers{Lost: []string{"v1", "v1"}}},
		"plain name":             {Numbers: &FoundNumbers{Lost: []string{""}}},
		"mysql.user":             {Numbers: &FoundNumbers{Next: []model.NextID{{Table: "mysql.user", Next: 2}}}},
		"SHA-256":                {File: &FoundFile{SHA256: "abc"}},
		"not plain text":         {Setting: &FoundSetting{Value: "\x1b[2J"}},
		"plain text ":            {Restored: &FoundRestored{Where: "/r\x1b[2J"}},
		"plain text":             {Loss: &FoundLoss{Looked: 1, Jobs: []TailJob{{Job: "\x07"}}}},
	} {
		if err := f.check(); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(says)) {
			t.Errorf("%+v: %v, want %q", f, err, says)
		}
	}
}
