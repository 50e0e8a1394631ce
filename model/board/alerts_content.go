package board

import (
	"fmt"

	"switchyard/model"
)

// contentAlerts tell of what a catalog holds that its reader does not know or cannot read: it counts for nothing, and nobody may take that
// for silence.
func (b *Board) contentAlerts() []Alert {
	var out []Alert
	for _, s := range b.sides {
		at, c := &s.catalog, s.ledger.cluster
		if at.At.IsZero() {
			continue
		}
		if n := len(at.Flaws); n > 0 {
			what := "a row"
			if n > 1 {
				what = plural(uint64(n), "row")
			}
			out = append(out, Alert{ID: "flaws:" + c.String(), Severity: model.Warn, rank: rankDoubt, Cluster: &c,
				Says:  fmt.Sprintf("%s catalog has %s of Job that cannot be read whole: %s", c, what, fewNames(at.Flaws)),
				Brief: fmt.Sprintf("%s catalog has %s that cannot be read", c, what),
				Do:    "see what wrote them and mend them: until then these jobs count as no good backups"})
		}
		if !model.KnownVersion(at.Version) {
			version := fmt.Sprintf("is of version %d", at.Version)
			if at.Version == 0 {
				version = "has a version that cannot be read"
			}
			out = append(out, Alert{ID: "version:" + c.String(), Severity: model.Warn, rank: rankDoubt, Cluster: &c,
				Says:  fmt.Sprintf("%s catalog %s: known are 16 (Bacula 9) and 1022 to 1026 (Bacula 11 to 15)", c, version),
				Brief: c.String() + " catalog has an unknown version",
				Do:    "see that its jobs are right, before anybody acts on them, and ask for a Switchyard that knows this version"})
		}
	}
	return out
}
