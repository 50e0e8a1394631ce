package push

import (
	"errors"
	"os"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/plan"
)

func restoring() *plan.StartRestore {
	return &plan.StartRestore{
		TaggedJob: plan.TaggedJob{Job: "restore-region1", Tag: "switchyard 7c1f"},
		JobIDs:    []uint32{21, 23},
		Source:    "db1-fd",
		Client:    "new fd",
		Where:     "/srv/restore/chain001-7c1f",
	}
}

func restore(t *testing.T, s *plan.StartRestore, answer string) (id uint32, said string, err error) {
	t.Helper()
	con, dir := console(t, answer)
	id, err = Restore(t.Context(), con, plan.Order{StartRestore: s}.Sends(), s.Job, s.Where, s.Files, s.Tag, s.Source, s.Client)
	return id, told(dir), err
}

// TestARestoreThatIsQueued has the words of both generations, sent as one command of one session.
func TestARestoreThatIsQueued(t *testing.T) {
	sample, err := os.ReadFile("testdata/restore-queued.txt")
	if err != nil {
		t.Fatal(err)
	}
	id, said, err := restore(t, restoring(), string(sample))
	want := `restore jobid=21,23 client="db1-fd" restoreclient="new fd" restorejob="restore-region1" where="/srv/restore/chain001-7c1f" ` +
		"replace=never comment=\"switchyard 7c1f\" all done yes\n.\nquit\n"
	if id != 24 || err != nil || said != want {
		t.Errorf("%d, %v, told\n%s, want\n%s", id, err, said, want)
	}
}

// TestARestoreThatCertainlyDidNotStart is what Directors say instead of queuing it, and what they stop at.
func TestARestoreThatCertainlyDidNotStart(t *testing.T) {
	for _, says := range []string{
		"Unable to get Job record for JobId=9999: ERR=sql_get.c:303 No Job found for JobId 9999\n",
		"You have selected the following JobId: 3\n\nNo files selected to be restored.\n",
		"No Jobs selected.\n",
		"Invalid JobId in list.\n",
		"Client \"nope\" not found.\nThe defined Client resources are:\n     1: db1-fd\n     2: db2-fd\n" +
			"Select Client (File daemon) resource (1-2): ",
		"22 files selected to be restored.\n\nThe defined Restore Job resources are:\n     1: restore-a\n     2: restore-b\n" +
			"Select Restore Job (1-2): ",
		"The full restore is not allowed.\nRestore not done.\n",
		"Invalid replace option: sometimes\nJob not run.\n",
		"Using Catalog \"MainCatalog\"\nJob 0 failed.\n",
		"No authorization for \"where\" specification.\n",
		"\"where\" specification not authorized.\n",
		"No Restore Job Resource found in bacula-dir.conf.\nYou must create at least one before running this command.\n",
	} {
		_, _, err := restore(t, restoring(), says)
		if !errors.Is(err, model.ErrNotDone) || strings.Contains(err.Error(), "restore jobid=") {
			t.Errorf("%q: %v", says, err)
		}
	}
	for _, says := range []string{"Building directory tree for JobId(s) 21,23 ...  \n", "", "The moon is up.\n"} {
		if _, _, err := restore(t, restoring(), says); err == nil || errors.Is(err, model.ErrNotDone) {
			t.Errorf("after %q it may yet start, and %v", says, err)
		}
	}
}

// TestWhatIsNoPathIsNotSaid, nor is what is no name.
func TestWhatIsNoPathIsNotSaid(t *testing.T) {
	for name, change := range map[string]func(*plan.StartRestore){
		"up":       func(s *plan.StartRestore) { s.Where = "/srv/../etc" },
		"quote":    func(s *plan.StartRestore) { s.Where = `/srv" yes` },
		"line":     func(s *plan.StartRestore) { s.Files = []string{"/a\nrun job=x yes"} },
		"file":     func(s *plan.StartRestore) { s.Files = []string{`/a" where="/`} },
		"client":   func(s *plan.StartRestore) { s.Client = `x" where="/` },
		"no name":  func(s *plan.StartRestore) { s.Source = "" },
		"dot name": func(s *plan.StartRestore) { s.Client = ".sql" },
	} {
		s := restoring()
		change(s)
		if _, said, err := restore(t, s, "Job queued. JobId=24\n"); !errors.Is(err, model.ErrNotDone) || said != "" {
			t.Errorf("%s: said %q, %v", name, said, err)
		}
	}
}
