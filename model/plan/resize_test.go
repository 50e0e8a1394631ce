package plan

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// toClass grows the replica first, then the primary.
var toClass = Ask{ChangeClass: &ChangeClass{Says: "CPU binds", Changes: []Resize{
	{ID: "bacula-replica", Region: "eu-central-1", From: "db.r7g.large", To: "db.r7g.xlarge"},
	{ID: "bacula", Region: "eu-west-1", From: "db.r7g.large", To: "db.r7g.xlarge"},
}}}

// TestGuardsOfAChangeOfClass harms what each of its own guards rests on, before its first step and between the two.
func TestGuardsOfAChangeOfClass(t *testing.T) {
	fresh := func() World {
		w := pairWorld(false)
		w.Policy.SizeCalls = true
		return w
	}
	p, err := toClass.Plan(fresh(), "p1")
	if err != nil {
		t.Fatal(err)
	}
	grown := func(w World) { w.Snapshot.RDS.Replica.AWS.Value.Class = "db.r7g.xlarge" }
	for name, c := range map[string]struct {
		id      string
		done    int
		harm    func(*World)
		verdict model.Verdict
		says    string
	}{
		"nothing is wrong":             {"size-pair", 0, func(*World) {}, model.Holds, "db.r7g.large"},
		"the first is done":            {"size-pair", 1, func(w *World) { grown(*w) }, model.Holds, "db.r7g.xlarge"},
		"the first is done, by nobody": {"size-pair", 1, func(*World) {}, model.Fails, "bacula-replica is a db.r7g.large"},
		"somebody else did it":         {"size-pair", 0, func(w *World) { grown(*w) }, model.Fails, "bacula-replica is a db.r7g.xlarge"},
		"it is at something": {"size-pair", 0, func(w *World) { w.Snapshot.RDS.Primary.AWS.Value.Status = "modifying" }, model.Fails,
			"modifying"},
		"AWS is silent": {"size-pair", 0, func(w *World) { w.silence(awsOf("replica")) }, model.Unknown, ""},
		"AWS never told": {"size-pair", 0, func(w *World) { w.Snapshot.RDS.Replica.AWS = model.Reading[model.Description]{} },
			model.Unknown, ""},
		"the pair is not watched":     {"size-pair", 0, func(w *World) { w.Snapshot.RDS = nil }, model.Unknown, ""},
		"calls are not allowed":       {"size-allowed", 0, func(w *World) { w.Policy.SizeCalls = false }, model.Fails, "size_calls is off"},
		"calls are allowed":           {"size-allowed", 0, func(*World) {}, model.Holds, "size_calls is on"},
		"calls are no longer allowed": {"size-allowed", 1, func(w *World) { w.Policy.SizeCalls = false }, model.Fails, "size_calls is off"},
	} {
		w := fresh()
		c.harm(&w)
		got := p.Judge(w, c.id, Past{Done: c.done})
		if got.Verdict != c.verdict || !strings.Contains(got.Value, c.says) || got.Verdict != model.Holds && (got.Do == "" || !Blocks(got)) {
			t.Errorf("%s: %s is %+v, want %v with %q", name, c.id, got, c.verdict, c.says)
		}
		if got.Verdict == model.Unknown != got.At.IsZero() {
			t.Errorf("%s: %v with the age of %v", name, got.Verdict, got.At.Sub(time.Time{}))
		}
	}
}
