package plan

import (
	"fmt"
	"strings"

	"switchyard/model"
)

// costs says what a takeover takes and loses.
func (t *takeover) costs() (says []string) {
	names := t.jobsOpen()
	loss := t.Snapshot.RDS.Emergency.Loss
	if t.to == FailoverSwitchover {
		says = append(says, "nothing is lost: it waits until the replica has everything",
			fmt.Sprintf("green starts no job until the canary's backup and restore are good; what runs is waited for, %s at most, "+
				"then a person cancels it (c) and goes on", model.Span(drainLimit)))
		if len(names) > 0 {
			says = append(says, fmt.Sprintf("it waits for %s: %s; what is canceled has to be run again", model.Plural(len(names), "job"), firstFew(names)))
		}
	} else {
		says = append(says, "it loses "+loss.Says,
			"JobIds after that moment are issued again: whoever kept one means another job")
		if len(names) > 0 {
			says = append(says, fmt.Sprintf("what is open dies: %s: %s", model.Plural(len(names), "job"), firstFew(names)))
		}
		if dead := t.writing5m(); len(dead) > 0 {
			says = append(says, "volumes that were written then are to be marked Used: "+firstFew(dead))
		}
	}
	from := "no settings of " + t.p.ID + " are known: it is set as the replica is"
	if t.source != "" {
		from = "by " + t.source
	}
	says = append(says, fmt.Sprintf("%s is set to %s, %s", t.r.ID, strings.Join(t.settings.sets(), ", "), from),
		"AWS restarts it once: minutes in which nobody reaches green's catalog")
	if len(t.names) > 1 {
		says = append(
			says,
			t.names[1]+" stays stopped and masked, and points at the promoted server: unmask and start it when the other is to rest",
		)
	}
	says = append(says, t.terraform()...)
	for i := range says {
		says[i] = model.Clean(says[i])
	}
	return says
}

// writing5m are the volumes that jobs of green's tail were written to after the moment from which on everything is lost.
func (t *takeover) writing5m() (names []string) {
	if t.State == nil || t.lostAfter.IsZero() {
		return nil
	}
	seen := map[string]bool{}
	for _, p := range t.State.Evidence {
		if c := p.Claim.Tail; c != nil && p.Of.Cluster != nil && *p.Of.Cluster == model.Green {
			for _, j := range c.Jobs {
				for _, v := range j.Volumes {
					if j.End.After(t.lostAfter) && !seen[v] {
						seen[v] = true
						names = append(names, v)
					}
				}
			}
		}
	}
	return names
}

// terraform is what the code that describes the instances must be told, so that its next apply neither fails nor destroys.
func (t *takeover) terraform() []string {
	return []string{
		"code that describes it: freeze its pipeline now; then, for " + t.r.ID + ", remove replicate_source_db, write backup_retention_period = " +
			fmt.Sprint(
				t.settings.Retention,
			) + fmt.Sprintf(
			", multi_az = %v, deletion_protection = %v",
			t.settings.MultiAZ,
			t.settings.Protected,
		) +
			", and see that its plan is empty; untaint nothing, and let it not recreate " + t.p.ID,
	}
}

func (t *takeover) undo() []string {
	says := []string{
		"until the promotion, going back starts the Directors again on " + t.p.ID,
		"after it there is no way back: " + t.r.ID + " never follows " + t.p.ID + " again, and failing back is a switchover to a replica that is built anew",
	}
	if t.to == FailoverEmergency {
		says[0] = "until the promotion nothing is changed but Directors that are stopped and masked: unmask and start them"
		says = append(says, "when its AWS region is back, "+t.p.ID+" may take writes: nothing must write to it, see the alert")
	}
	return says
}
