package board

import "testing"

// TestActsNameTheKey: what is cut from an advice is what it is good for, and its key only where even that has no room.
func TestActsNameTheKey(t *testing.T) {
	for do, want := range map[string][2]string{
		"run 6 backups again (R)": {"run 6 backups again (R)", "run 6 backups again"},
		"run again the jobs that died (R); ask who asked for the failover": {"run again the jobs that died (R)", "run again the jobs that died"},
		"see the watcher's credentials (name, password or key): it runs":   {"see the watcher's credentials", "see the watcher's credentials"},
		"back it up (": {"back it up", "back it up"},
	} {
		a := Alert{Do: do}
		if got := a.Acts(); got != [3]string{do, want[0], want[1]} {
			t.Errorf("%q: %q", do, got)
		}
	}
}
