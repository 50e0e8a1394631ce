package push

import (
	"errors"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/plan"
)

// TestSealing reads what 9.6.7 and 15.0.3 answer, and takes nothing else for done.
func TestSealing(t *testing.T) {
	const head = "Automatically selected Catalog: MainCatalog\nUsing Catalog \"MainCatalog\"\n"
	for answer, want := range map[string]error{
		head + "New Volume status is: Read-Only\n":                                         nil,
		head + "sql_get.c:1460 Media record for Volume name \"reg-0001\" not found.\n":     model.ErrNotDone,
		head + "Invalid VolStatus specified: Read-Only\n":                                  model.ErrNotDone,
		"update: is an invalid command.\n":                                                 model.ErrNotDone,
		"Update choice:\n     1: Volume parameters\nChoose catalog item to update (1-5): ": model.ErrNotDone,
		head + "New Volume status is: Used\n":                                              model.ErrAnswer,
		head + "You have messages.\n":                                                      model.ErrAnswer,
	} {
		con, dir := console(t, answer)
		err := Seal(t.Context(), con, (&plan.ReadOnly{}).Line("reg-0001"), "reg-0001")
		if !errors.Is(err, want) || want == nil && err != nil || want == model.ErrAnswer && errors.Is(err, model.ErrNotDone) {
			t.Errorf("%q: %v, want %v", answer, err, want)
		}
		if said := told(dir); !strings.HasPrefix(said, "update volume=\"reg-0001\" volstatus=Read-Only\n") {
			t.Errorf("it was told %q", said)
		}
	}
	con, dir := console(t, "")
	if err := Seal(t.Context(), con, `update volume="a" volstatus=Append`, "a\" volstatus=Append"); !errors.Is(err, model.ErrNotDone) ||
		told(dir) != "" {
		t.Errorf("a name that is none: %v, told %q", err, told(dir))
	}
}
