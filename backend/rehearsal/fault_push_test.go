package rehearsal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal/cluster"
	"switchyard/model"
)

// pushFaultCases are how the faults of a push show to whoever pushes by hand.
var pushFaultCases = map[string]faultCase{
	"reload-refused": {"blue", takesReload(model.Blue), nil},
	"directive-lost": {"green", takesReload(model.Green), nil}, // a 9.6 ends
	"reload-slow":    {"green", reloadsSoon, nil},
	"disk-full":      {"blue", hasRoom, nil},
	"file-linked":    {"green", isRegular, nil},
}

func takesReload(c model.Cluster) sees {
	return func(t *testing.T, w *World) error {
		say(t, w, c, "messages")
		say(t, w, c, "reload")
		if said := say(t, w, c, "messages"); strings.Contains(said, "Resetting previous configuration") {
			return errors.New(said)
		}
		return nil
	}
}

func reloadsSoon(t *testing.T, w *World) error {
	began := time.Now()
	say(t, w, model.Green, "reload")
	if took := time.Since(began); took > 5*time.Second {
		return errors.New("it took " + took.String())
	}
	return nil
}

func hasRoom(t *testing.T, w *World) error {
	path := w.Cluster(model.Blue).Active().ConfPath()
	text := contents(t, path)
	wrote := cluster.Host([]string{"write", path + ".new"}, strings.NewReader(text), io.Discard)
	if got := contents(t, path+".new"); (wrote == 0) != (got == text) {
		t.Errorf("status %d, and %d of %d bytes", wrote, len(got), len(text))
	}
	if cluster.Host([]string{"rename", path + ".new", path}, nil, io.Discard) != 0 {
		return errors.New("it cannot be renamed")
	}
	return nil
}

func isRegular(_ *testing.T, w *World) error {
	var out strings.Builder
	path := w.Cluster(model.Green).Active().ConfPath()
	if cluster.Host([]string{"stat", path}, nil, &out) != 0 || !strings.HasPrefix(out.String(), "regular file:") {
		return errors.New(out.String())
	}
	return nil
}

// TestThePassiveOneIsRestarted has its old file, and nobody else has.
func TestThePassiveOneIsRestarted(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "settling", Chains: 2, Idle: true})
	d := w.Cluster(model.Green).Directors()[1]
	was := contents(t, d.ConfPath())
	if err := os.WriteFile(d.ConfPath(), []byte("# nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Fault("passive-restarted", "green"); err != nil {
		t.Fatal(err)
	}
	if contents(t, d.ConfPath()) != was || !d.Running() {
		t.Error("it has another file, or does not run")
	}
}

// directorsAreAlike asks both Directors of green for their version.
func directorsAreAlike(t *testing.T, w *World) error {
	var told [2]string
	for place := range told {
		said := sayTo(t, w, model.Green, place, "version")
		told[place], _, _ = strings.Cut(said[strings.LastIndex(said, "Version: ")+len("Version: "):], " ")
	}
	if told[0] != told[1] {
		return fmt.Errorf("one is of %s, the other of %s", told[0], told[1])
	}
	return nil
}
