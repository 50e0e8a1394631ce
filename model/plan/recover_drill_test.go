package plan

import (
	"slices"
	"strings"
	"testing"
)

// TestADrillWithADirectorOfItsOwn brings it up on a copy of the catalog, once it is seen to be harmless, restores by it alone, and takes
// both away again. Nothing that is in use has to answer, and nothing of it is told anything.
func TestADrillWithADirectorOfItsOwn(t *testing.T) {
	w, v := disaster()
	call := func(name string) Call { return Call{Name: name, Argv: []string{name}} }
	v.Drill, v.Remove = true, &Call{Name: "remove", Argv: []string{"rm", "{where}"}}
	v.Scratch = &Scratch{Director: "dir-green", At: "scratch:9201", Catalog: "scratch:3306", Database: "bacula_drill", Make: call("make"),
		Made: call(
			"made",
		), Remove: call("remove-copy"), Removed: call("removed"), Start: []string{"start"}, Stop: []string{"stop"}, Storage: "sd-2"}
	r := must(RecoverOf(w, v))
	p := must(Ask{Recover: r}.Plan(w, "p1"))
	var seen []string
	for i := range p.Steps {
		o := &p.Steps[i].Order
		row := must(o.Row())
		if system := must(o.Hand()); system != Here && system != OnScratch(row.Reaches) {
			t.Errorf("step %d, %s, reaches %s", i+1, p.Steps[i].Name, system)
		}
		if o.CheckRestored == nil && o.RemoveRestored == nil {
			seen = append(seen, row.Name)
		}
	}
	want := []string{"command", "apart", "service", "apart", "greet", "start_restore"}
	if !slices.Equal(seen[:len(want)], want) || !slices.Equal(seen[len(seen)-2:], []string{"service", "command"}) {
		t.Errorf("%q", seen)
	}
	for _, g := range p.Guards {
		if g.ID == "director-answers" || g.ID == "recover-catalog" || g.ID == "recover-alone" {
			t.Errorf("it rests on what is in use: %s", g.ID)
		}
	}
	if p.Emergency || p.Ask.which() != "drill" || !strings.Contains(p.Says, "let dir-green come up on a copy of the catalog") {
		t.Errorf("%s, %+v", p.Says, p.Ask.Recover)
	}
	for name, change := range map[string]func(*Recover){
		"no drill":          func(r *Recover) { r.Drill = false },
		"no way to stop it": func(r *Recover) { r.Scratch.Stop = nil },
		"no look":           func(r *Recover) { r.Scratch.Removed = Call{} },
		"no copy":           func(r *Recover) { r.Scratch.Database = "" },
	} {
		bad, scratch := *r, *r.Scratch
		bad.Scratch = &scratch
		change(&bad)
		if _, err := (Ask{Recover: &bad}).Plan(w, "p1"); err == nil {
			t.Errorf("%s is planned", name)
		}
	}
}
