package rehearsal

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

func TestTheWorldTellsWhatItHears(t *testing.T) {
	var mu sync.Mutex
	var heard []string
	w := world(t, Options{Chains: 1, Heard: func(at, who, text string) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, at+" "+who+" "+text)
	}})
	say(t, w, model.Blue, "version")
	for _, c := range model.Clusters {
		if _, err := catalog(t, w, c).Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	read := " " + watchUser + " SELECT @@version"
	for _, want := range []string{"dir-old " + actConsole + " version", "dbadb" + read, PrimaryID + read, ReplicaID + read} {
		if !slices.Contains(heard, want) {
			t.Errorf("not heard: %q in %q", want, heard)
		}
	}
}

// A session that was given up because its server is slow is opened again with as few statements as before: each costs more than there is
// time for.
func TestASlowServerIsStillKnown(t *testing.T) {
	var mu sync.Mutex
	asked := 0
	w := world(t, Options{Chains: 1, Heard: func(_, _, text string) {
		mu.Lock()
		defer mu.Unlock()
		if text == "SELECT @@version" {
			asked++
		}
	}})
	cat := catalog(t, w, model.Blue)
	if _, err := cat.Tick(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	w.Blue().Drop()
	w.Blue().Set(sqlsim.Fault{Latency: 100 * time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	if _, err := cat.Tick(ctx, 1, nil); err == nil {
		t.Fatal("a session was opened in less time than its statements take")
	}
	if _, err := cat.Tick(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if asked != 1 {
		t.Errorf("the version was asked %d times", asked)
	}
}
