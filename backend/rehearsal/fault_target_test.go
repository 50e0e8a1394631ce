package rehearsal

import (
	"errors"
	"strings"
	"testing"
)

// TestFaultAsksForItsTarget: a newcomer types the name alone, and is told what belongs behind it.
func TestFaultAsksForItsTarget(t *testing.T) {
	w := world(t, Options{Chains: 1})
	for _, f := range Faults {
		if f.Target == "" || strings.HasSuffix(f.Target, "or nothing") {
			continue
		}
		if err := w.Fault(f.Name, ""); !errors.Is(err, ErrFault) || !strings.HasSuffix(err.Error(), ": say of what, behind its name: "+f.Target) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
