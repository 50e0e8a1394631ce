package main

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/routes"
)

// TestThePageDescribesTheRoutesJSON: every field that the verbs of routes print is on the page.
func TestThePageDescribesTheRoutesJSON(t *testing.T) {
	cell := model.Cell{Chain: "chain1", Region: "region1"}
	inv, err := model.NewInventory([]model.Placement{{Cell: cell, Client: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"bacula-blue": {"region1": [{"take_regular_backups": true, "take_immutable_backups": true,
		"except_chains": ["chain1"]}], "region2": {"take_regular_backups": false, "take_immutable_backups": false}}}`
	doc, err := routes.Parse("x", []byte(text), routes.Options{Extensions: true})
	if err != nil {
		t.Fatal(err)
	}
	from := routesFrom{File: "f", Command: []string{"c"}, Record: 1, At: time.Unix(1, 0), By: "ann"}
	told := tellRoutes(&heldRoutes{doc, from}, inv)
	told.compare(&board.Snapshot{Cells: []board.CellView{{Cell: cell}}})
	told.against(&heldRoutes{routes.Naming([2][]model.Cell{{cell}, nil}), from}, nil)
	page := jsonTopic().Long
	seen := 0
	for _, f := range fieldsOf(t, told) {
		name := f[strings.LastIndex(f, ".")+1:]
		if strings.HasPrefix(f, "document.") { // the document has the organisation's names
			continue
		}
		seen++
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(page) {
			t.Errorf("%s is not on the page", f)
		}
	}
	if seen < 25 {
		t.Errorf("%d fields are looked at", seen)
	}
	if err := told.drifted(); err == nil || errors.Is(err, errFinding) {
		t.Errorf("what nobody tells is a verdict: %v", err)
	}
}
