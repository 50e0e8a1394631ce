package board

import (
	"strings"
	"testing"

	"switchyard/model"
)

// TestAdviceIsThatOfTheTrouble for every source and every trouble: who answers is not told to be down, who may be down is not said to run,
// and what stands in the way here says neither.
func TestAdviceIsThatOfTheTrouble(t *testing.T) {
	down := []string{"while it is down", "whether its server runs", "whether bacula-dir runs", "whether instance or AWS region"}
	sources := []model.Source{model.CatalogOf(model.Blue), model.CatalogOf(model.Green), model.DirectorOf(model.Blue, "dir-old"),
		model.PassiveOf(model.Blue, "dir-idle", "dir-old"), {Kind: model.SourceInstance, Name: "primary"}, {Kind: model.SourceServer, Name: "primary"},
		{Kind: model.SourceMetrics, Name: "replica"}, model.Journal}
	for _, of := range sources {
		for trouble := model.TroubleGone; trouble <= model.TroubleOther; trouble++ {
			says := (&Sighting{Source: of, Trouble: trouble, Gates: true}).Remedy()
			for _, word := range down {
				if strings.Contains(says, word) && trouble != model.TroubleGone && trouble != model.TroubleSilent {
					t.Errorf("%s, %s: %q", of, trouble, says)
				}
			}
			if strings.Contains(says, " runs, and ") && !trouble.Answers() {
				t.Errorf("%s, %s: %q", of, trouble, says)
			}
		}
	}
	for trouble, want := range map[model.Trouble]string{
		model.TroubleThrottled: "see who else asks AWS so often: nothing says that it is down",
		model.TroubleAnswer:    "see the health of that AWS region: ",
		model.TroubleDenied:    "grant the watcher the right that it lacks: ",
	} {
		if says := (&Sighting{Source: sources[4], Trouble: trouble}).Remedy(); !strings.HasPrefix(says, want) {
			t.Errorf("%s: %q", trouble, says)
		}
	}
	catalog := func(trouble model.Trouble) string {
		return (&Sighting{Source: sources[0], Trouble: trouble, Gates: true}).Remedy()
	}
	for trouble, want := range map[model.Trouble]string{
		model.TroubleMissing: "see whether the configuration names it rightly: its server runs, and what blue backs up is not seen until then",
		model.TroubleAnswer:  "see what it answers: what blue backs up is not seen until then",
		model.TroubleOther:   "see what stands in the way here: what blue backs up is not seen until then",
		model.TroubleGone:    "see whether its server runs and takes the watch account: ",
	} {
		if says := catalog(trouble); !strings.HasPrefix(says, want) {
			t.Errorf("%s: %q", trouble, says)
		}
	}
}
