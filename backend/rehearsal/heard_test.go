package rehearsal

import (
	"slices"
	"sync"
	"testing"

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
