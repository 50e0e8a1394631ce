package plan

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// TestWhatASessionKnowsIsKept: who made the plan saw more jobs end than who carries it out; the plan stays what was approved, in its words
// too.
func TestWhatASessionKnowsIsKept(t *testing.T) {
	w, bare := pairWorld(false), pairWorld(false)
	after := w.Now.Add(-10 * time.Minute)
	for _, o := range []World{w, bare} {
		o.Snapshot.RDS.Emergency.Loss.After = after
	}
	for i, volume := range []string{"vol-1", "vol-2"} {
		j := record.TailJob{ID: uint32(70 + i), Job: "job-" + volume, Status: 'T', End: after.Add(time.Minute), Volumes: []string{volume}}
		w.State.Evidence[0].Claim.Tail.Jobs = append(w.State.Evidence[0].Claim.Tail.Jobs, j)
		if i == 0 {
			bare.State.Evidence[0].Claim.Tail.Jobs = []record.TailJob{j}
		}
	}
	for name, o := range map[string]World{"less is known": bare, "the same is known": w} {
		p, err := toEmergency.Plan(w, "p1")
		if err != nil {
			t.Fatal(err)
		}
		now, err := p.Renew(o)
		if err != nil {
			t.Fatal(err)
		}
		if !same(p.Steps, now.Steps) {
			t.Errorf("%s: the steps are\n%+v\nand were\n%+v", name, now.Steps, p.Steps)
		}
	}
}

// TestALostJobIsToldOnce: what both the evidence and the session know counts by the evidence, what ended before does not count, and all of
// it is told in the order of its ends.
func TestALostJobIsToldOnce(t *testing.T) {
	w := pairWorld(false)
	after := w.Now.Add(-10 * time.Minute)
	w.Snapshot.RDS.Emergency.Loss.After = after
	tail := w.State.Evidence[0].Claim.Tail
	tail.Jobs = []record.TailJob{
		{ID: 90, Job: "late", Status: 'T', End: after.Add(3 * time.Minute), Volumes: []string{"vol-1"}},
		{ID: 80, Job: "early", Status: 'T', End: after.Add(-time.Hour)},
	}
	ended := func(id uint32, name string, end time.Time) model.Job {
		return model.Job{Key: model.JobKey{Cluster: model.Green, Job: name}, ID: id, Status: 'T', Outcome: model.OK, End: end}
	}
	w.Snapshot.Clusters[model.Green].Recent = []model.Job{
		ended(91, "seen", after.Add(2*time.Minute)), ended(90, "late", after.Add(3*time.Minute)), ended(80, "early", after.Add(time.Minute)),
		ended(70, "old", after.Add(-time.Hour)),
	}
	made, err := w.takeover(FailoverEmergency)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, j := range made.lost().Jobs {
		names = append(names, j.Job)
	}
	if want := []string{"seen", "late"}; !slices.Equal(names, want) {
		t.Errorf("lost are %v, want %v", names, want)
	}
	if got := made.lost().Jobs[len(names)-1].Volumes; !slices.Equal(got, []string{"vol-1"}) {
		t.Errorf("the evidence's volumes are %v", got)
	}
}

// TestNothingIsWrittenToWhatIsLost: volumes of what is lost are Read-Only before any job is started: the canary would recycle one.
func TestNothingIsWrittenToWhatIsLost(t *testing.T) {
	w := pairWorld(false)
	w.Names = calm().Names
	last := model.Job{ID: 1, Bytes: 1, Client: "db-fd"}
	w.Snapshot.Cells = []board.CellView{{Cell: cell1}}
	w.Snapshot.Cells[0].On[model.Green] = board.Standing{Has: model.Holds, LastGood: &last, LastFull: &last}
	w.Snapshot.RDS.Emergency.Loss.After = w.Now.Add(-10 * time.Minute)
	lost := record.TailJob{ID: 7, Job: "lost", Status: 'T', End: w.Now.Add(-time.Minute), Volumes: []string{"vol-1"}}
	w.State.Evidence[0].Claim.Tail.Jobs = []record.TailJob{lost}
	p, err := toEmergency.Plan(w, "p1")
	if err != nil {
		t.Fatal(err)
	}
	sealed, started := -1, -1
	for i := range p.Steps {
		if o := &p.Steps[i].Order; o.ReadOnlyByHand != nil {
			sealed = i
		} else if o.StartJob != nil {
			started = i
		}
	}
	if sealed < 0 || started < sealed {
		t.Errorf("volumes are marked in step %d, and the canary starts in step %d", sealed+1, started+1)
	}
}

// TestNoVolumeIsNamedTwice: the step that raises numbers knows the volumes of what is lost, those that are found later, too, says what it
// sends of them, and gives people statements; what Bacula names no volume is told.
func TestNoVolumeIsNamedTwice(t *testing.T) {
	for _, login := range []bool{true, false} {
		w := pairWorld(false)
		w.Routing.Numbers = login
		w.Snapshot.RDS.Emergency.Loss.After = w.Now.Add(-10 * time.Minute)
		lost := record.TailJob{
			ID:      7,
			Job:     "lost",
			Status:  'T',
			End:     w.Now.Add(-time.Minute),
			Volumes: []string{"vol-0001", "it's mine", "vol-0002"},
		}
		w.State.Evidence[0].Claim.Tail.Jobs = []record.TailJob{lost}
		p, err := toEmergency.Plan(w, "p1")
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Order.Numbers != nil || s.Order.NumbersByHand != nil })
		o, said := p.Steps[i].Order, strings.Join(p.Steps[i].Shows(), "\n")
		n := cmp.Or(o.Numbers, o.NumbersByHand)
		want := []string{"vol-0001, vol-0002", "INSERT INTO Media, Read-Only", "ALTER TABLE Media AUTO_INCREMENT = "}
		if !login {
			want = []string{
				"ALTER TABLE Media AUTO_INCREMENT = ",
				"SELECT 'vol-0001', COALESCE(MAX(IF(LEFT(VolumeName, 4) = 'vol-', MediaType, '')), '')",
				"LEFT(VolumeName, 4) = 'vol-'",
				"SELECT 'vol-0002'",
			}
		}
		for _, s := range want {
			if !strings.Contains(said, s) {
				t.Errorf("by a login %v: it does not say %q:\n%s", login, s, said)
			}
		}
		if costs := strings.Join(p.Costs, "\n"); !strings.Contains(costs, `it's mine ('\'' is in it)`) ||
			!strings.Contains(costs, "no new one has their name") {
			t.Errorf("it costs\n%s", costs)
		}
		found := record.Found{
			Loss: &record.FoundLoss{Looked: 1, Jobs: []record.TailJob{{Job: "more", Volumes: []string{"vol-0002", "vol-0003", ""}}}},
		}
		names, never := n.Keep(Past{Found: []record.Found{found}})
		if !slices.Equal(names, []string{"vol-0001", "vol-0002", "vol-0003"}) || len(never) != 1 {
			t.Errorf("kept are %q, and never named %q", names, never)
		}
		for i := range p.Steps[:i] {
			if o := &p.Steps[i].Order; o.Service != nil && o.Service.Do == Start || o.StartJob != nil {
				t.Errorf("step %d starts before names are kept", i+1)
			}
		}
	}
}

// TestPeopleRaiseTheHighestMediaId where no lost volume is known: the statement for it is among theirs.
func TestPeopleRaiseTheHighestMediaId(t *testing.T) {
	p, err := toEmergency.Plan(pairWorld(false), "p1")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Order.NumbersByHand != nil })
	said := strings.Join(p.Steps[i].Shows(), "\n")
	if !strings.Contains(said, "ALTER TABLE Media AUTO_INCREMENT = 10050;") ||
		!strings.Contains(said, "VALUES (10049, 'no-volume-names-go-on-from-10050'") {
		t.Errorf("they are told\n%s", said)
	}
}
