package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// filled makes a value in which everything is there, and every list that long.
func filled[T any](long int, at time.Time) T {
	var out T
	fill(reflect.ValueOf(&out).Elem(), long, at)
	return out
}

func fill(v reflect.Value, long int, at time.Time) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(at))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{}`)))
		return
	case model.GTIDSet:
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), long, at)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), long, at)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), long, at)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), long, long))
		one := reflect.New(v.Type().Elem()).Elem()
		fill(one, long, at)
		for i := range long {
			v.Index(i).Set(one)
		}
	case reflect.String:
		v.SetString(strings.Repeat("long word ", 3)[:25])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 << 50)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Uint32:
		v.SetUint(1 << 31)
	case reflect.Uint64:
		v.SetUint(1 << 50)
	case reflect.Float64:
		v.SetFloat(1e9 / 3)
	default:
	}
}

// worst is a snapshot of 250 chains in which everything is wrong everywhere, and everything is long.
func worst(t *testing.T) *board.Snapshot {
	t.Helper()
	at := time.Date(2026, 11, 30, 12, 30, 30, 0, time.UTC)
	s := filled[board.Snapshot](3, at)
	cell := s.Cells[0]
	cell.Says = strings.Repeat("a reason that takes its time ", 20)
	for c := range cell.On { // what cannot be at once
		cell.On[c].Has, cell.On[c].Off = model.Holds, false
	}
	s.Cells = nil
	for i := range 1000 {
		cell.Cell = model.Cell{Chain: fmt.Sprintf("chain%03d", i/4), Region: fmt.Sprintf("region%d", i/2%2+1), Kind: model.Kind(i % 2)}
		s.Cells = append(s.Cells, cell)
	}
	for _, v := range s.Clusters {
		v.Open, v.Recent = slices.Repeat(v.Open[:1], 1000), slices.Repeat(v.Recent[:1], board.RecentJobs)
		v.Recent[0].Outcome = model.Failed
		v.Strays = slices.Repeat(v.Strays[:1], 500)
	}
	for _, i := range []*model.Instance{s.RDS.Primary, s.RDS.Replica} {
		i.Metrics.Value = filled[model.Metrics](60, at)
		i.Server.Value.Queries, i.Server.Value.Behind = i.Metrics.Value.CPU, i.Metrics.Value.CPU
		i.Group.Value.Values = slices.Repeat(i.Group.Value.Values[:1], 600)
	}
	s.Alerts, s.Events = slices.Repeat(filled[[]board.Alert](1, at), 150), slices.Repeat(s.Events[:1], 2000)
	for i := range s.Alerts {
		a := &s.Alerts[i]
		a.Acked.Jobs = slices.Repeat(a.Jobs[:1], 500)
		if i < 5 { // those of the two clusters that tell of many
			a.Jobs = a.Acked.Jobs
		}
	}
	over := filled[record.Action](3, at)
	over.State = record.ActionDone
	s.State.Actions = slices.Repeat([]*record.Action{&over}, 3000)
	return &s
}

// TestTheStatusFitsAMail: without --full it is below a megabyte, whatever happens to 250 chains.
func TestTheStatusFitsAMail(t *testing.T) {
	t.Parallel()
	s := worst(t)
	out, err := json.MarshalIndent(statusJSON(s, false), "", briefIndent)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) > 1_000_000 {
		t.Errorf("it has %d bytes", len(out))
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(out, &parts); err != nil {
		t.Fatal(err)
	}
	for name, part := range parts {
		t.Logf("%s: %d bytes", name, len(part))
	}
}

// TestABadNightIsCountedWhole: how many ended badly is no matter of how many are listed.
func TestABadNightIsCountedWhole(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	v := &board.ClusterView{Day: board.Tallies{Read: true}}
	for i := range board.RecentJobs + 100 {
		j := model.Job{ID: uint32(9000 - i), Type: model.TypeBackup, Outcome: model.Failed, End: now.Add(-time.Duration(i) * time.Minute)}
		if v.Bad = append(v.Bad, j); i < board.RecentJobs {
			v.Recent = append(v.Recent, j)
		}
	}
	v.Bad = append(v.Bad, model.Job{ID: 1, Outcome: model.Failed, End: now.Add(-25 * time.Hour)})
	b := briefView(v, now)
	if *b.Badly != board.RecentJobs+100 || len(b.Bad) != briefJobs || b.Bad[0].ID != 9000 {
		t.Errorf("%d ended badly, %d of them listed", *b.Badly, len(b.Bad))
	}
}

// fieldsOf are the paths of all fields of some JSON, lists left out: "cells.blue.routed".
func fieldsOf(t *testing.T, value any) []string {
	t.Helper()
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(b, &tree); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, in := range v {
				all[strings.TrimPrefix(path+"."+k, ".")] = true
				walk(path+"."+k, in)
			}
		case []any:
			for _, in := range v {
				walk(path, in)
			}
		}
	}
	walk("", tree)
	var out []string
	for k := range all {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// TestThePageDescribesTheJSON: every field that is printed is on the page, and --full has all that is printed without it.
func TestThePageDescribesTheJSON(t *testing.T) {
	t.Parallel()
	s := worst(t)
	short, full := fieldsOf(t, statusJSON(s, false)), fieldsOf(t, statusJSON(s, true))
	page := jsonTopic().Long
	read := regexp.MustCompile(`^rds\.\w+\.\w+\.value\.`) // what AWS and MySQL say has their names
	for _, f := range short {
		name := f[strings.LastIndex(f, ".")+1:]
		if read.MatchString(f) || strings.HasPrefix(f, "journal.actions.") || strings.HasPrefix(f, "journal.break_glass.") {
			continue
		}
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(page) {
			t.Errorf("%s is not on the page", f)
		}
	}
	onlyShort := []string{
		"cells.blue.last_good_at",
		"cells.blue.newest",
		"cells.blue.running",
		"clusters.open_count",
		"clusters.recent_not_ok",
		"clusters.recent_not_ok_count",
		"clusters.strays_count",
	}
	for _, f := range short {
		f = strings.Replace(f, ".green.", ".blue.", 1)
		if !slices.Contains(full, f) && !slices.ContainsFunc(onlyShort, func(s string) bool { return f == s || strings.HasPrefix(f, s+".") }) {
			t.Errorf("%s is missing with --full", f)
		}
	}
	for _, f := range full {
		if strings.HasSuffix(f, ".has") || strings.HasSuffix(f, ".can") || strings.HasSuffix(f, ".target") || strings.HasSuffix(f, ".on") {
			t.Errorf("%s does not say what it means", f)
		}
	}
}

// TestQuestionsAreAnswered: what is no sentence is told by yes, no and unknown.
func TestQuestionsAreAnswered(t *testing.T) {
	for v, want := range map[model.Verdict]string{model.Unknown: `"unknown"`, model.Fails: `"no"`, model.Holds: `"yes"`} {
		for name, value := range map[string]any{
			`"routed":`:   board.Standing{Has: v},
			`"possible":`: model.Takeover{Can: v},
		} {
			b, err := json.Marshal(value)
			if err != nil || !strings.Contains(string(b), name+want) {
				t.Errorf("%s is not in %s (%v)", name+want, b, err)
			}
		}
		b, err := json.Marshal(model.Takeover{Can: v, Says: "so"})
		if err != nil {
			t.Fatal(err)
		}
		var back model.Takeover
		if err := json.Unmarshal(b, &back); err != nil || back.Can != v || back.Says != "so" {
			t.Errorf("%s is read as %+v (%v)", b, back, err)
		}
	}
	b, err := json.Marshal(model.Job{Protected: model.Fails})
	if err != nil || !strings.Contains(string(b), `"volumes_protected":"no"`) {
		t.Errorf("%s (%v)", b, err)
	}
}
