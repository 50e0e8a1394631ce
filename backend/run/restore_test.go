package run_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/plan"
)

const spare = "restore-test-region1-fd"

// restoring is a restore of the newest full backup of a cell of the stand to a client that backs up nothing, and what is verified of it.
func (s *stand) restoring(tag, where string) (start plan.Order, follow plan.Order, verify *plan.VerifyRestore, volume string) {
	s.t.Helper()
	var id uint32
	var client, job string
	const newest = "SELECT Job.JobId, CAST(Job.Job AS TEXT), CAST(Client.Name AS TEXT), CAST(VolumeName AS TEXT) FROM Job " +
		"JOIN Client ON Client.ClientId = Job.ClientId JOIN JobMedia ON JobMedia.JobId = Job.JobId JOIN Media ON Media.MediaId = " +
		"JobMedia.MediaId " +
		"WHERE Type = 'B' AND Level = 'F' AND JobStatus = 'T' AND CAST(Job.Name AS TEXT) = 'backup-chain001-region1-regular' " +
		"ORDER BY Job.JobId DESC LIMIT 1"
	err := errors.New("not read")
	for end := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(end); { // the older past is loaded behind
		err = s.Blue().Read(newest).Scan(&id, &job, &client, &volume)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	tagged := plan.TaggedJob{Job: "restore-region1-regular", Tag: "switchyard " + tag, After: s.job.After}
	return plan.Order{StartRestore: &plan.StartRestore{TaggedJob: tagged, Cell: cell1, Point: job, JobIDs: []uint32{id}, Source: client,
			Client: spare, Where: where, Bytes: 5e9}}, plan.Order{FollowJob: &tagged},
		&plan.VerifyRestore{
			TaggedJob: tagged,
			Client:    spare,
			Where:     where,
			Bytes:     5e9,
			Parts:     1,
			NoCount:   "nobody counted",
			Format:    model.MyDumper,
		}, volume
}

// TestARestoreByHand is one on a world: its files are there, and what is verified is what was asked for.
func TestARestoreByHand(t *testing.T) {
	s := newStand(t)
	const where = "/srv/restores/chain001-7c1f"
	start, follow, verify, _ := s.restoring("7c1f", where)
	if sight, err := s.Look(t.Context(), start, s.resumed()); err != nil || sight.Verdict != model.Fails || !sight.Absent {
		t.Fatalf("before it was started: %+v, %v", sight, err)
	}
	if err := s.Do(t.Context(), start, plan.Past{}); err != nil {
		t.Fatal(err)
	}
	sight, err := s.Look(t.Context(), start, s.resumed())
	if err != nil || sight.Verdict != model.Holds || len(sight.Found) != 2 || sight.Found[1].Restoring == nil ||
		sight.Found[1].Restoring.Where != where {
		t.Fatalf("%+v, %v", sight, err)
	}
	if sight, err := s.Look(t.Context(), plan.Order{VerifyRestore: verify}, plan.Past{}); err != nil || sight.Verdict == model.Holds {
		t.Errorf("verified while it runs: %+v, %v", sight, err)
	}
	s.sees(follow, model.Holds, "ended ok")
	s.sees(plan.Order{VerifyRestore: verify}, model.Holds, "how many there must be nobody can tell (nobody counted)")
	sight, _ = s.Look(t.Context(), plan.Order{VerifyRestore: verify}, plan.Past{})
	if len(sight.Found) != 1 || sight.Found[0].Restored == nil {
		t.Fatalf("%+v", sight)
	}
	left := *sight.Found[0].Restored
	if left.Where != where || left.Client != spare || left.Format != model.MyDumper || left.Files == 0 || left.Bytes == 0 {
		t.Errorf("it left %+v", left)
	}
	n := 0
	_ = filepath.WalkDir(filepath.Join(s.ClientDir(spare), where), func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return nil
	})
	if n == 0 {
		t.Error("no file is there")
	}

	for says, change := range map[string]func(*plan.VerifyRestore){
		"as many as its set holds":                      func(v *plan.VerifyRestore) { v.Expect = left.Files },
		"1 files are missing of":                        func(v *plan.VerifyRestore) { v.Expect = left.Files + 1 },
		"1 files more than its set holds":               func(v *plan.VerifyRestore) { v.Expect = left.Files - 1 },
		`its log says that they are in "` + where + `"`: func(v *plan.VerifyRestore) { v.Where = "/srv/elsewhere" },
	} {
		v := *verify
		change(&v)
		want := model.Fails
		if v.Expect == left.Files {
			want = model.Holds
		}
		s.sees(plan.Order{VerifyRestore: &v}, want, says)
	}

	// A second one into the same directory finds all of it there, and Bacula calls it OK.
	again, follow, verify, _ := s.restoring("7c2a", where)
	if err := s.Do(t.Context(), again, plan.Past{}); err != nil {
		t.Fatal(err)
	}
	s.sees(follow, model.Holds, "ended ok")
	s.sees(plan.Order{VerifyRestore: verify}, model.Fails, "it wrote nothing: what is there was there before")
}

// TestARestoreThatLacksABlock is failed whatever Bacula calls it, with the words of its log.
func TestARestoreThatLacksABlock(t *testing.T) {
	s := newStand(t)
	start, _, verify, volume := s.restoring("7c1f", "/srv/restores/chain001-7c1f")
	if err := s.Fault("volume-corrupt", volume); err != nil {
		t.Fatal(err)
	}
	if err := s.Do(t.Context(), start, plan.Past{}); err != nil {
		t.Fatal(err)
	}
	s.sees(plan.Order{VerifyRestore: verify}, model.Fails, "errors: it ")
}

// TestARestoreThatIsRefused is certainly not started: of an unknown client, or of a JobId that the catalog does not have.
func TestARestoreThatIsRefused(t *testing.T) {
	s := newStand(t)
	for name, change := range map[string]func(*plan.StartRestore){
		"client": func(o *plan.StartRestore) { o.Client = "nope-fd" },
		"source": func(o *plan.StartRestore) { o.Source = "nope-fd" },
		"jobid":  func(o *plan.StartRestore) { o.JobIDs = []uint32{4_000_000_000} },
		"job":    func(o *plan.StartRestore) { o.Job = "nope" },
	} {
		start, _, _, _ := s.restoring("7c1f", "/srv/restores/x")
		change(start.StartRestore)
		if err := s.Do(t.Context(), start, plan.Past{}); !errors.Is(err, model.ErrNotDone) {
			t.Errorf("unknown %s: %v", name, err)
		}
		if sight, err := s.Look(t.Context(), start, s.resumed()); err != nil || sight.Verdict != model.Fails || !sight.Absent {
			t.Errorf("unknown %s: it is not seen absent: %+v, %v", name, sight, err)
		}
	}
}

// TestARestoreWhoseTreeOutlivesItsConsole is started once: as long as the Director builds its tree nothing proves that it will not be, and
// whoever looks then does not start it again.
func TestARestoreWhoseTreeOutlivesItsConsole(t *testing.T) {
	if testing.Short() {
		t.Skip("a Director takes its 40 s for a tree")
	}
	t.Parallel()
	s := newStand(t)
	start, _, _, _ := s.restoring("7c1f", "/srv/restores/chain001-7c1f")
	if err := s.Fault("tree-slow", "blue"); err != nil {
		t.Fatal(err)
	}
	s.hasty(20 * time.Second)
	ctx, killed := context.WithTimeout(t.Context(), 2*time.Second)
	defer killed()
	if err := s.Do(ctx, start, plan.Past{}); err == nil || errors.Is(err, model.ErrNotDone) {
		t.Fatalf("its console was not lost: %v", err)
	}
	sight, err := s.Look(t.Context(), start, s.resumed())
	if err != nil || sight.Verdict != model.Fails || sight.Absent ||
		!strings.Contains(sight.Says, "holds a console that may still give the command") {
		t.Fatalf("it is on its way, and called absent: %+v, %v", sight, err)
	}
	shows := errors.New("not there")
	for end := time.NewTimer(90 * time.Second); shows != nil; {
		select {
		case <-end.C:
			t.Fatal("its job does not show")
		case <-time.After(200 * time.Millisecond):
			var id uint32
			shows = s.Blue().Read("SELECT JobId FROM Job WHERE Comment = ?", start.StartRestore.Tag).Scan(&id)
		}
	}
	if sight, err = s.Look(t.Context(), start, s.resumed()); err != nil || sight.Verdict != model.Holds || len(sight.Found) != 2 {
		t.Fatalf("%+v, %v", sight, err)
	}
}
