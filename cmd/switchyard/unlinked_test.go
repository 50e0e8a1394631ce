package main

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestADirectorThatLostItsCatalog answers and ends jobs, and its catalog hears of none: it is told, a backup asks for a reason, and with
// one it is refused at once in the Director's own words.
func TestADirectorThatLostItsCatalog(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	id := queue(t, s.World, model.Blue, "run job=backup-chain002-region1-regular level=Full yes")
	status := ""
	s.until("it runs", func() bool {
		return s.Blue().Read("SELECT JobStatus FROM Job WHERE JobId = ?", id).Scan(&status) == nil && status == "R"
	})
	if err := s.Fault("director-unlinked", "blue"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s.says(s.does(1, apply(blueCell, phrase)...), "the Director says: Job 0 failed.")
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it was refused after %v", took)
	}
	say(t, s.World, model.Blue, "cancel jobid="+id+" yes")
	s.until("it ended by its Director's word", func() bool {
		return strings.Contains(say(t, s.World, model.Blue, ".api 2", ".status dir terminated"), "jobid="+id)
	})
	s.until("the alert", func() bool {
		return strings.Contains(s.does(1, "status"), "dir-old has lost its catalog: it ended JobId "+id)
	})
	// Whether the row is late or the link is lost is known a while after the end, by clocks that tell whole seconds: until then nothing is.
	s.until("the guard that fails", func() bool {
		plan := s.does(1, blueCell...)
		if strings.Contains(plan, "ok         blue's Director reaches its catalog") {
			t.Fatalf("the guard holds on evidence that was not complete:\n%s", plan)
		}
		return strings.Contains(plan, "blue's Director reaches its catalog: dir-old: it ended JobId "+id) && !strings.Contains(plan, "know yet")
	})
	if err := s.Heal("director-unlinked", "blue"); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(1, blueCell...), "ok         blue's Director reaches its catalog")
}
