package board

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// leaseAlerts tell of configuration managers that are held by nobody who lives, and of those that are not held any more while their
// Directors are still pushed to. A lease that is over with its action is nobody's trouble: it ends by itself.
func (b *Board) leaseAlerts(now time.Time) (out []Alert) {
	if b.state == nil {
		return nil
	}
	for _, a := range slices.Backward(b.state.Actions) {
		for _, l := range a.Leases() {
			c := l.Cluster
			al := Alert{ID: "lease:" + c.String() + ":" + a.ID, Severity: model.Warn, rank: rankWaits, Cluster: &c, Action: a.ID, Since: a.LastAt}
			goes := a.State == record.ActionRunning && a.Acked == nil
			end := l.Until.UTC().Format("15:04")
			switch held := now.Before(l.Until); {
			case held && (!goes || orphaned(a, b.orphans, now)):
				al.Says = fmt.Sprintf("%s's configuration manager is held by action %d, which nobody carries out, until %s", c, a.Seq, end)
				al.Brief = fmt.Sprintf("%s's configuration manager is held by nobody", c)
				al.Do = fmt.Sprintf("wait until %s: it ends by itself; to end it now, run the release command of clusters.%s.push.hold for %s",
					end, c, l.Name)
			case !held && goes:
				al.Since = l.Until
				al.Says = fmt.Sprintf("action %d held %s's configuration manager until %s, and is not over: it may put an old file back", a.Seq, c, end)
				al.Brief = fmt.Sprintf("%s's configuration manager is held no more", c)
				al.Do = fmt.Sprintf("see what it waits for: :action %d; what is put back shows as drift, and :push %s mends it", a.Seq, c)
			default:
				continue
			}
			out = append(out, al)
		}
	}
	return out
}
