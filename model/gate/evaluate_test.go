package gate

import (
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhatHasBegunOutlastsAWS lets AWS tell nothing, and an instance be deleted: the phases that it stands in are open, and their gates block.
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
