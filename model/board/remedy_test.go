package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestAdviceIsThatOfTheTrouble for every source and every trouble: who answers is not told to be down, who may be down is not said to run,
// and what stands in the way here says neither.
func TestAdviceIsThatOfTheTrouble(t *testing.T) {
	down := []string{"while it is down", "whether its server runs", "whether bacula-dir runs", "whether the instance is up"}
	sources := []model.Source{model.CatalogOf(model.Blue), model.CatalogOf(model.Green), model.DirectorOf(model.Blue, "dir-old"),
		model.PassiveOf(
			model.Blue,
			"dir-idle",
			"dir-old",
		), {Kind: model.SourceInstance, Name: "primary"}, {Kind: model.SourceServer, Name: "primary"},
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
		model.TroubleAnswer:    "see that AWS region's health: ",
		model.TroubleDenied:    "grant the watcher that right: ",
	} {
		if says := (&Sighting{Source: sources[4], Trouble: trouble}).Remedy(); !strings.HasPrefix(says, want) {
			t.Errorf("%s: %q", trouble, says)
		}
	}
	catalog := func(trouble model.Trouble) string {
		return (&Sighting{Source: sources[0], Trouble: trouble, Gates: true}).Remedy()
	}
	for trouble, want := range map[model.Trouble]string{
		model.TroubleMissing: "see how it is configured, and whether rightly: its server runs, and what blue backs up is not seen until then",
		model.TroubleAnswer:  "see what it answers: what blue backs up is not seen until then",
		model.TroubleOther:   "see what is in the way here: what blue backs up is not seen until then",
		model.TroubleGone:    "see whether its server runs and takes the watch account: ",
	} {
		if says := catalog(trouble); !strings.HasPrefix(says, want) {
			t.Errorf("%s: %q", trouble, says)
		}
	}
}

// TestAFailureIsAsUrgentAsItsEvent from the moment on at which it is told, whoever fails.
func TestAFailureIsAsUrgentAsItsEvent(t *testing.T) {
	for name, x := range map[string]struct {
		source Sighting
		want   model.Severity
	}{
		"a catalog":            {Sighting{Source: model.CatalogOf(model.Blue), Gates: true}, model.Fail},
		"an active Director":   {Sighting{Source: model.DirectorOf(model.Blue, "dir-old"), Gates: true}, model.Fail},
		"who refuses":          {Sighting{Source: model.CatalogOf(model.Green), Gates: true, Trouble: model.TroubleRefused}, model.Fail},
		"a passive Director":   {Sighting{Source: model.PassiveOf(model.Blue, "dir-idle", "dir-old")}, model.Warn},
		"AWS":                  {Sighting{Source: model.Source{Kind: model.SourceInstance, Name: "primary"}}, model.Warn},
		"the pair's server":    {Sighting{Source: model.Source{Kind: model.SourceServer, Name: "replica"}}, model.Warn},
		"one that never spoke": {Sighting{Source: model.DirectorOf(model.Green, "dir-new"), Gates: true}, model.Fail},
	} {
		w := newBoard(t, midday)
		s := x.source
		s.Every = 3 * time.Second
		if name != "one that never spoke" {
			s.At, s.Tried = midday, midday
		}
		w.Source(s)
		w.Snapshot(midday)
		s.Tried, s.Since, s.Why = midday.Add(3*time.Second), midday.Add(3*time.Second), "connection refused"
		w.Source(s)
		snap := w.Snapshot(s.Tried)
		a, e := alertOf(snap, "source:"+s.Source.String()), snap.Events[len(snap.Events)-1]
		if a == nil || a.Severity != x.want || e.Severity != x.want {
			t.Errorf("%s: event %s (%s), alert %+v", name, e.Severity, e.Says, a)
		}
	}
}
