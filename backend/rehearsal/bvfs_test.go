package rehearsal

import (
	"fmt"
	"strings"
	"testing"

	"switchyard/model"
)

// TestFilesAreWalked asks for the set that a job completes, and goes down its tree.
func TestFilesAreWalked(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "dr-day", Chains: 2, Idle: true})
	for _, c := range model.Clusters {
		ids := set(t, w, c, "backup-chain001-region1-regular")
		for i, id := range ids {
			said := say(t, w, c, fmt.Sprintf(".bvfs_get_jobids jobid=%d", id))
			if want := "\n" + joined(ids[:i+1]) + "\n"; !strings.Contains(said, want) {
				t.Errorf("%s: the set of %d is not %q\n%s", c, id, want, said)
			}
		}
		all := joined(ids)
		said := say(t, w, c, ".bvfs_update jobid="+all, ".bvfs_lsdirs jobid="+all+" path=")
		if !strings.Contains(said, "\tA A A A A A A A A A A A A A\t/\n") {
			t.Errorf("%s: %s", c, said)
		}
		said = say(t, w, c, ".bvfs_lsdirs jobid="+all+" path=/clone/datadir/")
		for _, want := range []string{"\t.\n", "\t..\n", "\tapp01/\n"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is not in\n%s", c, want, said)
			}
		}
		said = say(t, w, c, ".bvfs_lsfiles jobid="+all+" path=/clone/datadir/ limit=4")
		rows := 0
		for line := range strings.Lines(said) {
			if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) == 6 {
				rows++
				if len(strings.Fields(f[4])) != 16 || f[0] == "0" || f[3] == "0" || (f[1] == "0") != (c == model.Green) {
					t.Errorf("%s: %q", c, line)
				}
			}
		}
		if rows != 4 {
			t.Errorf("%s: %d files\n%s", c, rows, said)
		}
		if said := say(t, w, c, ".bvfs_lsfiles jobid=x path=/"); !strings.Contains(said, "Can't find jobid") {
			t.Errorf("%s: %s", c, said)
		}
	}
}
