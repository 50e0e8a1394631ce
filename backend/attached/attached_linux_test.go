package attached

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
)

func TestSessionsSeeEachOther(t *testing.T) {
	env := fmt.Sprintf("%016x", os.Getpid())
	ann := Hold(env, model.Session{User: "ann", Cockpit: true})
	defer ann.Leave()
	if ann.release == nil {
		t.Skip("this host has no abstract names")
	}
	if got := ann.Others(); got != nil {
		t.Errorf("ann sees %v", got)
	}
	bob := Hold(env, model.Session{User: "bob"})
	stranger := Hold("fedcba9876543210", model.Session{User: "eve"})
	defer stranger.Leave()
	if d := cmp.Diff([]model.Session{{User: "bob"}}, ann.Others()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]model.Session{{User: "ann", Cockpit: true}}, bob.Others()); d != "" {
		t.Error(d)
	}
	twin := Hold(env, model.Session{User: "bob"}) // as in another namespace of processes
	defer twin.Leave()
	if twin.release != nil || len(twin.Others()) != 2 {
		t.Errorf("a session whose name is taken sees %v", twin.Others())
	}

	child := exec.CommandContext(t.Context(), "cat")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Skip("there is no program to start: ", err)
	}
	bob.Leave()
	if got := ann.Others(); got != nil {
		t.Errorf("bob has left, what bob started lives, and ann sees %v", got)
	}
	_ = in.Close()
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
}

func BenchmarkOthers(b *testing.B) {
	h := Hold("fedcba9876543210", model.Session{User: "ann"})
	defer h.Leave()
	for b.Loop() {
		h.Others()
	}
}
