package kill

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"switchyard/model/plan"
)

// Outcome is how one process of a crowd ended.
type Outcome struct {
	Ask     plan.Ask
	State   string // of its action; empty when it never got into the journal
	Refused bool   // by a guard or because the plan was stale
	Says    string
}

// Crowd lets a process for each ask act at once on one world and one journal, verifies the journal, and returns what came of each.
func Crowd(t *testing.T, s Scene, asks []plan.Ask) (outcomes []Outcome, effects map[string]int) {
	t.Helper()
	dir, plans := s.ground(t, asks...)
	outcomes = make([]Outcome, len(asks))
	var all sync.WaitGroup
	for i := range asks {
		all.Go(func() {
			out, _ := spawn(t, task{Scene: s.Name, Dir: dir, Plan: plans[i], Actor: fmt.Sprintf("p%d", i)})
			outcomes[i] = Outcome{Ask: asks[i], State: out.End.State, Refused: out.Refused, Says: out.Err}
		})
	}
	all.Wait()
	st, err := s.Open(filepath.Join(dir, "world"))
	if err != nil {
		t.Fatal(err)
	}
	if effects, err = st.Effects(); err != nil {
		t.Fatal(err)
	}
	verify(t, dir, st.Environment)
	return outcomes, effects
}
