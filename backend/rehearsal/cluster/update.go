package cluster

import (
	"fmt"
	"slices"

	"switchyard/backend/rehearsal/sqlsim"
)

// statuses are those that a volume may be given (ua_update.c).
var statuses = []string{"Append", "Archive", "Disabled", "Full", "Used", "Cleaning", "Recycle", "Read-Only"}

// update gives a volume another status, as Bacula does; what it is not told it asks for.
func (t *talk) update(line string) string {
	args, _ := arguments(line)
	volume, status := args["volume"], args["volstatus"]
	switch {
	case volume == "":
		t.answer = func(string) (string, bool) { return "", true }
		return "Update choice:\n     1: Volume parameters\n     2: Pool from resource\n     3: Slots from autochanger\n" +
			"     4: Long term statistics\n     5: Snapshot parameters\nChoose catalog item to update (1-5): "
	case !slices.Contains(statuses, status):
		return fmt.Sprintf("Invalid VolStatus specified: %s\n", status)
	}
	c := t.d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	conn, err := t.d.connect(c.catalog)
	if err != nil {
		return t.fail(fmt.Sprintf("sql_get.c:1460 Media record for Volume name \"%s\" not found.\n", volume))
	}
	defer conn.Close()
	n := 0
	err = conn.Write(func(tx *sqlsim.Tx) error {
		if err := tx.Row("SELECT COUNT(*) FROM Media WHERE VolumeName = ?", volume).Scan(&n); err != nil {
			return err
		}
		return tx.Exec("UPDATE Media SET VolStatus = ? WHERE VolumeName = ?", status, volume)
	})
	switch {
	case err != nil:
		return t.fail("Error: sql_update.c:475 Update Media record failed: ERR=" + err.Error() + "\n")
	case n == 0:
		return t.fail(fmt.Sprintf("sql_get.c:1460 Media record for Volume name \"%s\" not found.\n", volume))
	}
	return fmt.Sprintf("New Volume status is: %s\n", status)
}
