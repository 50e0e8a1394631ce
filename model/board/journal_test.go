package board

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"switchyard/model/record"
)

var t0 = time.Date(2024, 9, 2, 2, 40, 0, 0, time.UTC)

func planned(id string, needs int, steps ...string) record.Planned {
	return record.Planned{
		Action: id, Environment: "prod", Verb: "backup", Says: "run a backup", Touches: record.TouchesOf("cluster green"),
		Steps: steps, Approvals: needs, Expires: t0.Add(15 * time.Minute), Plan: json.RawMessage(`{}`),
	}
}

// follow seals a record that follows the state's head.
func follow(t *testing.T, s *record.State, actor string, at time.Time, b record.Body) record.Record {
	t.Helper()
	body, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var head record.Head
	if s != nil {
		head = s.Head
	}
	r, _, err := record.Record{
		V: record.Version, Seq: head.Seq + 1, ID: fmt.Sprintf("id%d", head.Seq+1), Prev: head.Hash,
		Actor: actor, Host: "bastion", Kind: b.RecordKind(), At: at, Body: body,
	}.Seal()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func must(t *testing.T, s *record.State, r record.Record) *record.State {
	t.Helper()
	next, err := record.Fold(s, r)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// story folds a genesis and then what each person did.
func story(t *testing.T, s *record.State, said ...any) *record.State {
	t.Helper()
	if s == nil {
		s = must(t, nil, follow(t, nil, "ann", t0, record.Genesis{Environment: "prod", Routes: json.RawMessage(`{"first":1}`)}))
	}
	actor := "ann"
	for _, x := range said {
		if who, ok := x.(string); ok {
			actor = who
			continue
		}
		s = must(t, s, follow(t, s, actor, t0.Add(time.Duration(s.Head.Seq)*time.Second), x.(record.Body)))
	}
	return s
}
