package gate

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhatHasBegunOutlastsAWS lets AWS tell nothing, and an instance be deleted: the phases that it stands in are open, and their gates
// block.
func TestWhatHasBegunOutlastsAWS(t *testing.T) {
	t.Parallel()
	silent := model.Reading[model.Description]{Why: "no answer", Trouble: model.TroubleSilent}
	none := model.Reading[model.Description]{Why: "DBInstanceNotFound", Trouble: model.TroubleMissing}
	for name, x := range map[string]struct {
		primary, replica model.Reading[model.Description]
		journal          bool
		stands           [2]Stands
		begun            string
	}{
		"AWS is silent":                 {silent, silent, true, [2]Stands{Open, Open}, "AWS does not tell"},
		"and the journal knows of none": {silent, silent, false, [2]Stands{Open, Open}, "AWS does not tell"},
		"both are deleted":              {none, none, true, [2]Stands{Open, Open}, "was there"},
		"there were never any":          {none, none, false, [2]Stands{Ahead, Ahead}, ""},
		"nobody has asked yet":          {model.Reading[model.Description]{}, none, false, [2]Stands{Open, Ahead}, ""},
	} {
		w := finished(t, 3)
		if !x.journal {
			w.Snapshot.State = note(t, nil, record.Genesis{Environment: "test"})
		}
		w.Snapshot.RDS.Primary.AWS, w.Snapshot.RDS.Replica.AWS = x.primary, x.replica
		w.Snapshot.RDS.Primary.Server.At, w.Snapshot.RDS.Replica.Server.At = time.Time{}, time.Time{}
		for _, s := range []string{"primary", "replica"} {
			w.Snapshot.Source(model.Source{Kind: model.SourceInstance, Name: s}).Why = "no answer"
		}
		r := Evaluate(w)
		is := [2]Stands{r.Phases[Instances].Stands, r.Phases[Regional].Stands}
		if is != x.stands || !strings.Contains(r.Phases[Regional].Begun, x.begun) {
			t.Errorf("%s: %v, %q", name, is, r.Phases[Regional].Begun)
		}
		blocks := false
		for _, g := range r.Next(99) {
			blocks = blocks || g.ID == "replica-there"
		}
		if blocks != (x.stands[1] == Open) {
			t.Errorf("%s: that the replica is there blocks: %v", name, blocks)
		}
	}
}

// TestASilentSourceIsToBeAsked rather than what it would tell of is to be mended.
func TestASilentSourceIsToBeAsked(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		silent model.Source
		gates  []string
	}{
		{model.Journal, []string{"no-drift", "storages-answer", "restores-tested", "replica-steady"}},
		{model.Source{Kind: model.SourceInstance, Name: "primary"}, []string{"rds-multi-az", "key-multi-region"}},
		{model.Source{Kind: model.SourceInstance, Name: "replica"}, []string{"key-second-region", "replica-there"}},
		{model.DirectorOf(model.Green, "dir-new"), []string{"covered", "no-blue", "full-load", "directors-alike"}},
		{model.CatalogOf(model.Green), []string{"green-good", "catalog-used", "no-loop", "green-no-loop"}},
	} {
		w := finished(t, 3)
		w.Snapshot.Source(x.silent).Why = "no answer"
		r := Evaluate(w)
		for _, id := range x.gates {
			if g := r.Find(id); g.Verdict != model.Unknown || g.Do != "see why it tells nothing: switchyard doctor" || g.Key != "" {
				t.Errorf("%s is silent, %s is %s: %s, by %q", x.silent, id, g.Verdict, g.Do, g.Key)
			}
		}
	}
	w := finished(t, 3) // it answers that it is not the Director's: that is for another hand
	w.Snapshot.Source(model.CatalogOf(model.Green)).Wrong, w.Snapshot.Clusters[model.Green].Catalog.Target = true, model.Fails
	w.Snapshot.Source(model.CatalogOf(model.Green)).Why = "another one"
	if g := Evaluate(w).Find("catalog-used"); g.Verdict != model.Fails || !strings.Contains(g.Do, "see which one it uses") {
		t.Errorf("%s: %s", g.Verdict, g.Do)
	}
	w = finished(t, 3) // of AWS nothing at all
	w.Snapshot.RDS.Primary.AWS.At, w.Snapshot.RDS.Replica.AWS.At = time.Time{}, time.Time{}
	w.Snapshot.RDS.Primary.AWS.Why = "IAM denies it"
	for _, id := range []string{"rds-multi-az", "replica-there", "replica-steady", "key-second-region", "journal-apart"} {
		if g := Evaluate(w).Find(id); g.Verdict != model.Unknown || g.Do != "see why it tells nothing: switchyard doctor" {
			t.Errorf("%s: %s, %s", id, g.Verdict, g.Do)
		}
		if g := Evaluate(w).Find(id); id != "journal-apart" &&
			g.Value != "AWS was not heard of an instance that takes writes: IAM denies it" {
			t.Errorf("%s: %s", id, g.Value)
		}
	}
}
