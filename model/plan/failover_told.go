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
			says = append(
				says,
				fmt.Sprintf("it waits for %s: %s; what is canceled has to be run again", model.Plural(len(names), "job"), firstFew(names)),
			)
		}
	} else {
		says = append(says, "it loses "+loss.Says,
			"the JobIds, MediaIds and volumes' names of what is lost are given to nothing else: jobs and volumes number on above them, and new "+
				"volumes are named above them")
		if len(names) > 0 {
			says = append(says, fmt.Sprintf("what is open dies: %s: %s", model.Plural(len(names), "job"), firstFew(names)))
		}
		says = append(says, t.losses()...)
	}
	from := "no settings of " + t.p.ID + " are known: it is set as the replica is"
	if _, by := t.set(); by != "" {
		from = "by " + by
	} else if t.known.By != "" {
		from = "as it was planned: how " + t.p.ID + " is set is not seen now"
	}
	says = append(says, fmt.Sprintf("%s is set to %s, %s", t.r.ID, strings.Join(t.settings.sets(), ", "), from),
		"AWS restarts it once: minutes in which nobody reaches green's catalog")
	for _, c := range t.r.AWS.Value.Pending { // AWS applies at once what waits, with whatever is set at once
		says = append(says, fmt.Sprintf("%s, which waits on %s for its window of maintenance, is applied with it", c.What+" "+c.To, t.r.ID))
	}
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

// losses are the jobs that an emergency loses at most, by name, and the volumes that are to be marked Read-Only.
func (t *takeover) losses() (says []string) {
	l := t.lost()
	gone := l.gone()
	for _, j := range gone[max(0, len(gone)-lostNamed):] {
		on := "nobody has recorded on which volumes"
		if len(j.Volumes) > 0 {
			on = "on " + firstFew(j.Volumes)
		}
		says = append(says, fmt.Sprintf("it loses %d %s, ended %s UTC (%s), %s", j.ID, j.Job, j.End.UTC().Format("15:04:05"), j.Status, on))
	}
	if n := len(gone) - lostNamed + l.More; n > 0 {
		says = append(says, fmt.Sprintf("and %d ended jobs more; the step that tells what is lost names each", n))
	}
	if names := t.writtenTo(); len(names) > 0 {
		says = append(says, "volumes that were written then are to be marked Read-Only: "+firstFew(names)+"; those that the promoted catalog "+
			"does not have get a row, so that no new one has their name")
		if _, never := (&Numbers{Volumes: names}).Keep(Past{}); len(never) > 0 {
			says = append(says, "no row is made for what Bacula names no volume: "+firstFew(never))
		}
	}
	return says
}

// lostNamed bounds how many lost jobs a plan names; the step that looks for them names all.
const lostNamed = 20

// terraform is what the code that describes the instances must be told, so that its next apply neither fails nor destroys.
func (t *takeover) terraform() []string {
	return []string{
		"code that describes it: freeze its pipeline now; then, for " + t.r.ID + ", remove replicate_source_db, write " +
			"backup_retention_period = " +
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
		"after it there is no way back: " + t.r.ID + " never follows " + t.p.ID + " again, and failing back is a switchover to a replica " +
			"that is built anew",
	}
	if t.to == FailoverEmergency {
		says[0] = "until the promotion nothing is changed but Directors that are stopped and masked: unmask and start them"
		says = append(says, "when its AWS region is back, "+t.p.ID+" may take writes: nothing must write to it, see the alert")
	}
	return says
}
