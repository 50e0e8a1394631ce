package run

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/plan"
)

// TestEveryOrderHasAHand holds the table of orders against what the hand of each system does.
func TestEveryOrderHasAHand(t *testing.T) {
	type looks struct{ look, do bool }
	hands := map[plan.System]map[string]looks{
		plan.Bacula:    {},
		plan.Here:      {},
		plan.Directors: {"repoint": {true, true}, "hold": {true, true}, "let_go": {true, true}},
		plan.Amazon:    {},
		plan.OldSchema: {},
		plan.Services:  {"service": {true, true}, "service_by_hand": {true, true}, "idle": {true, false}, "apart": {true, false}},
	}
	for name, d := range deeds {
		hands[plan.Bacula][name] = looks{d.look != nil, d.do != nil}
	}
	for name, d := range local {
		hands[plan.Here][name] = looks{d.look != nil, d.do != nil}
	}
	for name, d := range pushes {
		whole := name == "enable" // it wants the whole order: Look and Do have it
		hands[plan.Directors][name] = looks{whole || d.look != nil, whole || d.do != nil}
	}
	for name, d := range instances {
		hands[plan.Amazon][name] = looks{d.look != nil, d.do != nil}
	}
	for name, d := range schemas {
		hands[plan.OldSchema][name] = looks{d.look != nil, d.do != nil}
	}
	does := 0
	hands[plan.Directors]["enable"] = looks{true, true}                     // it names what is off besides the Director: Look and Do go to it
	hands[plan.Routes] = map[string]looks{"publish": {true, true}}          // all that Published knows
	hands[plan.Evidence] = map[string]looks{"prove_restored": {true, true}} // all that Proving knows
	for i := range reflect.TypeFor[plan.Order]().NumField() {
		var o plan.Order
		f := reflect.ValueOf(&o).Elem().Field(i)
		f.Set(reflect.New(f.Type().Elem()))
		r, err := o.Row()
		d, ok := hands[r.Reaches][r.Name]
		switch {
		case err != nil:
			t.Error(err)
			continue
		case !ok:
			t.Errorf("%s: no hand for %s does it", r.Name, r.Reaches)
			continue
		case !d.look:
			t.Errorf("%s: nobody can tell whether it is done", r.Name)
		case r.Looks == d.do:
			t.Errorf("%s: its row says that it only looks: %v; its hand acts: %v", r.Name, r.Looks, d.do)
		}
		does++
	}
	for system, known := range hands {
		if does -= len(known); does < 0 {
			t.Errorf("the hand for %s does what no order asks for", system)
		}
	}
}

func TestWhatOnlyLooksIsNotDone(t *testing.T) {
	job := &plan.TaggedJob{Job: "backup-x", Tag: "switchyard 7c1f"}
	for says, o := range map[string]plan.Order{
		"its order only looks":  {FollowJob: job},
		"its order only looks ": {VerifyJob: job},
		"it orders nothing":     {},
		"two things at once":    {StartJob: &plan.StartJob{TaggedJob: *job}, FollowJob: job},
	} {
		err := NewBacula([2]Lever{}).Do(t.Context(), o, plan.Past{})
		if !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), strings.TrimSpace(says)) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
