package plan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// pairOfDirectors is a calm world whose green has two Directors, each reached by vectors.
func pairOfDirectors() World {
	w := calm()
	v := w.Snapshot.Clusters[model.Green]
	uses := model.CatalogUse{Address: "db", Port: 3306, Database: "bacula"}
	v.Directors[0].Uses = uses
	v.Directors = append(v.Directors, model.Director{Name: "dir-green2", At: t0, Uses: uses})
	w.Snapshot.Seen = append(w.Snapshot.Seen, board.Sighting{Source: model.DirectorOf(model.Green, "dir-green2"), At: t0, Every: time.Second})
	w.Routing.Services = map[OnDirector]ServiceVectors{}
	for _, name := range []string{"dir-green", "dir-green2"} {
		vectors := ServiceVectors{State: []string{name}, Do: map[ServiceWord][]string{}}
		for _, word := range ServiceWords {
			vectors.Do[word] = []string{name, string(word)}
		}
		w.Routing.Services[OnDirector{Cluster: model.Green, Director: name}] = vectors
	}
	w.State.Routes = json.RawMessage(`{"bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": true}}}`)
	w.Snapshot.Cells[0].On[model.Green].At[1].Is = model.Holds
	return w
}

func failTo(w World) Ask {
	f := must(FailDirectorOf(w.Snapshot, model.Green, "", false))
	return Ask{FailDirector: f}
}

// TestFailDirector stops and masks before it unmasks and starts, and each has its way back.
func TestFailDirector(t *testing.T) {
	w := pairOfDirectors()
	p := must(failTo(w).Plan(w, "p1"))
	var told []string
	for i := range p.Steps {
		s := &p.Steps[i]
		line := s.Order.Sends()
		if s.Back != nil {
			line += " / " + s.Back.Order.Sends()
		}
		told = append(told, line)
	}
	want := []string{
		"run dir-green stop / run dir-green start", "run dir-green mask / run dir-green unmask",
		"run dir-green2 unmask / run dir-green2 mask", "run dir-green2 stop", "run dir-green2 start / run dir-green2 stop",
	}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(told, "\n"))
	}
	if p.Steps[4].Order.Service.Alone != "dir-green" || p.Blocked() != nil {
		t.Errorf("%+v", p)
	}
	for i := range p.Guards {
		if p.Guards[i].Verdict != model.Holds {
			t.Errorf("%+v", p.Guards[i])
		}
	}
	if got := strings.Join(p.Touches.Lines(), " "); got != "green/director/dir-green,dir-green2" {
		t.Errorf("touches %s", got)
	}
	if q := must(p.Renew(w)); p.Stale(q, t0) != "" {
		t.Error(p.Stale(q, t0))
	}
	if back := must(Decode(must(p.Record()).Plan)); !same(back.Steps, p.Steps) {
		t.Error("it is not read as it was written")
	}
}

// TestFailDirectorByHand: without vectors people do it, one after the other, and the word of one counts where nothing can be seen.
func TestFailDirectorByHand(t *testing.T) {
	w := pairOfDirectors()
	w.Routing.Services = nil
	p := must(failTo(w).Plan(w, "p1"))
	if len(p.Steps) != 3 || p.Steps[0].Order.ServiceByHand == nil || p.Steps[1].Order.ByHand == nil || p.Steps[2].Order.ByHand == nil {
		t.Fatalf("%+v", p.Steps)
	}
	if text, waits := p.Steps[2].Order.Word(); !waits || !strings.Contains(text, "only while dir-green is stopped and masked") {
		t.Errorf("%q", text)
	}
	w.view(model.Green).Directors[1].Name = "dir-green" // nothing tells them apart
	if _, err := FailDirectorOf(w.Snapshot, model.Green, "", false); err == nil || !strings.Contains(err.Error(), "one name") {
		t.Error(err)
	}
	if _, err := FailDirectorOf(w.Snapshot, model.Blue, "", false); err == nil || !strings.Contains(err.Error(), "one Director only") {
		t.Error(err)
	}
}

// TestGuardsOfADirector hurts what each guard rests on: it refuses or asks, says why, and offers a way.
func TestGuardsOfADirector(t *testing.T) {
	heirOf := func(w World) *model.Director { return &w.view(model.Green).Directors[1] }
	for name, c := range map[string]struct {
		hurt    func(*World)
		guard   string
		bar     model.Bar
		verdict model.Verdict
		value   string
	}{
		"it schedules already": {func(w *World) { w.view(model.Green).Acting = 1 }, "heir-schedules-not", model.Block, model.Fails, "already"},
		"it may schedule": {func(w *World) { w.view(model.Green).Acting, w.seen("green director dir-green2").Why = 1, "refused" },
			"heir-schedules-not", model.Override, model.Unknown, "is not heard: refused"},
		"it is silent, and told by vectors": {func(w *World) { w.seen("green director dir-green2").Why = "no answer" }, "heir-answers",
			model.Caution, model.Unknown, "no answer"},
		"it is silent, and told by people": {func(w *World) {
			w.seen("green director dir-green2").Why, w.Routing.Services = "no answer", nil
		}, "heir-answers", model.Override, model.Unknown, "no answer"},
		"it is another one": {func(w *World) { w.wrong("green director dir-green2", "greets as dir-x") }, "heir-answers", model.Block,
			model.Fails,
			"wrong target"},
		"it uses another catalog": {func(w *World) { heirOf(*w).Uses.Port = 3307 }, "heir-catalog", model.Override, model.Fails, "port 3307"},
		"it writes its catalog otherwise": {func(w *World) {
			u := &heirOf(*w).Uses
			u.Address = strings.ToUpper(u.Address) + "."
		}, "heir-catalog", model.Override, model.Holds, "port"},
		"each uses its own host's": {func(w *World) {
			all := w.view(model.Green).Directors
			for i := range all {
				all[i].Uses, all[i].Address = model.CatalogUse{Database: "bacula"}, []string{"host1:9101", "host2:9101"}[i]
			}
		}, "heir-catalog", model.Override, model.Unknown, "of its own host"},
		"it does not say which": {func(w *World) { heirOf(*w).Uses = model.CatalogUse{} }, "heir-catalog", model.Override, model.Unknown,
			"did not tell"},
		"it lacks a cell": {func(w *World) { w.Snapshot.Cells[0].On[model.Green].At[1].Is = model.Fails }, "heir-has", model.Override,
			model.Fails,
			"lacks 1"},
		"it has one too many": {func(w *World) {
			w.State.Routes = json.RawMessage(`{"bacula-blue": {"region1": {"take_regular_backups": true, "take_immutable_backups": true}}}`)
		}, "heir-has", model.Override, model.Fails, "1 too many"},
		"the routes are not known": {func(w *World) { w.State.Routes = nil }, "heir-has", model.Override, model.Unknown, "routes"},
		"what it has is not known": {func(w *World) { w.Snapshot.Cells[0].On[model.Green].At[1].Is = model.Unknown }, "heir-has", model.Override,
			model.Unknown, "not known"},
		"the catalog is silent": {func(w *World) { w.seen("green catalog").Why = "no answer" }, "catalog-writes", model.Block, model.Unknown,
			"no answer"},
		"a job runs": {func(w *World) {
			w.view(model.Green).Open = []model.Job{{ID: 50, Name: "backup-x", Outcome: model.Running}}
		}, "old-idle", model.Override, model.Fails, "JobId 50 backup-x"},
		"the old one hangs": {func(w *World) {
			w.seen("green director dir-green").Why, w.seen("green director dir-green").Trouble = "no answer", model.TroubleSilent
		}, "old-idle", model.Override, model.Unknown, "no answer"},
		"the old one lets nobody in": {func(w *World) {
			w.seen("green director dir-green").Why, w.seen("green director dir-green").Trouble = "wrong password", model.TroubleRefused
		}, "old-idle", model.Override, model.Unknown, "wrong password"},
		"the old one is gone": {func(w *World) {
			w.seen("green director dir-green").Why, w.seen("green director dir-green").Trouble = "refused", model.TroubleGone
		}, "old-idle", model.Caution, model.Unknown, "refused"},
		"the heir lets nobody in": {func(w *World) {
			w.seen("green director dir-green2").Why, w.seen("green director dir-green2").Trouble = "wrong password", model.TroubleRefused
		}, "heir-schedules-not", model.Override, model.Unknown, "wrong password"},
		"the heir is gone": {func(w *World) {
			w.seen("green director dir-green2").Why, w.seen("green director dir-green2").Trouble = "refused", model.TroubleGone
		}, "heir-schedules-not", model.Block, model.Holds, "dir-green does"},
	} {
		w := pairOfDirectors()
		ask := failTo(w)
		c.hurt(&w)
		g := must(ask.Plan(w, "p1")).Guard(c.guard)
		if g == nil || g.Bar != c.bar || g.Verdict != c.verdict || !strings.Contains(g.Value, c.value) || g.Do == "" && g.Verdict != model.Holds {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

// TestRestartDirector waits for what runs, or asks for a reason.
func TestRestartDirector(t *testing.T) {
	w := pairOfDirectors()
	w.view(model.Green).Open = []model.Job{{ID: 50, Name: "backup-x", Outcome: model.Running}}
	p := must(Ask{RestartDirector: must(RestartDirectorOf(w.Snapshot, model.Green, false))}.Plan(w, "p1"))
	if len(p.Steps) != 3 || p.Steps[0].Order.Idle == nil || p.Steps[1].Back == nil || p.Guard("old-idle") != nil ||
		!strings.Contains(strings.Join(p.Costs, "\n"), "JobId 50") {
		t.Errorf("%+v", p)
	}
	p = must(Ask{RestartDirector: must(RestartDirectorOf(w.Snapshot, model.Green, true))}.Plan(w, "p2"))
	if g := p.Guard("old-idle"); len(p.Steps) != 2 || g == nil || !NeedsReason(*g) || !strings.Contains(g.Do, "--now") {
		t.Errorf("%+v", p)
	}
}
