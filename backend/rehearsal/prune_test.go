package rehearsal

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestWhatIsTooOldIsPruned plays ten days in which one client keeps jobs for five days and files for two: at the end of its jobs older ones
// go, with their logs, and their volumes are purged; nobody else's do, until their pool prunes. The replica follows.
func TestWhatIsTooOldIsPruned(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "dr-day", Chains: 4})
	const c = model.Green
	until(t, "the past is there", func() bool {
		return count(t, w, c, "SELECT COUNT(*) FROM Log WHERE JobId = (SELECT MIN(JobId) FROM Job)") > 0
	})
	dir := w.Cluster(c).Active()
	whole := contents(t, dir.WholePath())
	brief := strings.Replace(contents(t, dir.ConfPath()), "Name = \""+aClient+"\"", "Name = \""+aClient+"\"; Description = brief", 1)
	head, tail, _ := strings.Cut(brief, "Description = brief")
	tail = strings.Replace(tail, "File Retention = 60 days; Job Retention = 6 months", "File Retention = 2 days; Job Retention = 5 days", 1)
	if said := edit(t, w, c, dir.ConfPath(), head+tail); strings.Contains(said, "Please") {
		t.Fatal(say(t, w, c, "messages"))
	}
	const of, others = "ClientId = (SELECT ClientId FROM Client WHERE Name = ?)", "ClientId <> (SELECT ClientId FROM Client WHERE Name = ?)"
	before := count(t, w, c, unixOf+others, aClient)
	if err := w.Move(t.Context(), 10*day); err != nil {
		t.Fatal(err)
	}
	now := w.Clock().Now()
	// its last job ended within a day, and what grew too old since is for the next one
	old := func(days int) int64 { return now.Add(-time.Duration(days)*day - 25*time.Hour).Unix() }
	if n := count(t, w, c, unixOf+of+" AND JobTDate < ?", aClient, old(5)); n > 0 {
		t.Errorf("%d jobs of the client are older than it keeps them", n)
	}
	if n := count(t, w, c, unixOf+of+" AND JobTDate > ? AND Type = 'B'", aClient, now.Add(-4*day).Unix()); n < 6 {
		t.Errorf("%d jobs of the client are left of four days", n)
	}
	if n := count(t, w, c, unixOf+of+" AND JobTDate < ? AND PurgedFiles = 0", aClient, old(2)); n > 0 {
		t.Errorf("the files of %d jobs are older than they are kept", n)
	}
	if n := count(t, w, c, unixOf+others, aClient); n <= before {
		t.Errorf("others have %d jobs, and had %d", n, before)
	}
	for _, rows := range []string{"Log", "JobMedia"} {
		if n := count(t, w, c, "SELECT COUNT(*) FROM "+rows+" WHERE JobId NOT IN (SELECT JobId FROM Job)"); n > 0 {
			t.Errorf("%d rows of %s are of jobs that are gone", n, rows)
		}
	}
	purged := count(t, w, c, "SELECT COUNT(*) FROM Media WHERE VolStatus = 'Purged'")
	if bare := count(
		t,
		w,
		c,
		"SELECT COUNT(*) FROM Media WHERE VolJobs > 0 AND MediaId NOT IN (SELECT MediaId FROM JobMedia)",
	); purged == 0 ||
		purged != bare {
		t.Errorf("%d volumes are purged, and %d hold no job", purged, bare)
	}
	if err := w.play(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	if a, b := w.Primary().Replication().Executed, w.Replica().Replication().Executed; a != b {
		t.Errorf("the replica has %s of %s", b, a)
	}
	pruning := strings.ReplaceAll(whole, "Recycle = no; AutoPrune = no", "Recycle = no; AutoPrune = yes")
	if said := edit(t, w, c, dir.WholePath(), pruning); strings.Contains(said, "Please") {
		t.Fatal(said)
	}
	if err := w.Move(t.Context(), day); err != nil {
		t.Fatal(err)
	}
	if n := count(t, w, c, unixOf+"Type = 'B' AND JobTDate < ?", w.Clock().Now().Add(-8*day).Unix()); n > 0 {
		t.Errorf("%d backups are on volumes that are no longer kept", n)
	}
}

// TestRetentionsAreRead refuses a span that is none when it is loaded.
func TestRetentionsAreRead(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "dr-day", Chains: 1, Idle: true})
	dir := w.Cluster(model.Green).Active()
	whole := contents(t, dir.WholePath())
	for span, good := range map[string]bool{
		"1 year 2 weeks": true, "3600": true, "10d": true, "six months": false, "6 moons": false, "-1 days": false,
	} {
		said := edit(t, w, model.Green, dir.WholePath(), strings.Replace(whole, "Job Retention = 6 months", "Job Retention = "+span, 1))
		if strings.Contains(said, "Please") == good {
			t.Errorf("%s: %q", span, said)
		}
	}
}
