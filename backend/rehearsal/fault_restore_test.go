package rehearsal

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal/cluster"
	"switchyard/model"
)

var restoreFaultCases = map[string]faultCase{
	"volume-corrupt": {"", restoreEnds, nil},
	"volume-missing": {"", restoreEnds, nil},
	"volume-error":   {"", volumesAreUsed, nil},
	"tree-slow":      {"blue", restoreAnswers, model.ErrTimeout},
	"client-full":    {spare, restoreEnds, nil},
	"client-gone":    {spare, restoreEnds, nil},
}

// aFull is the newest full backup on blue of a client's regular cell, and the volume that holds it.
func aFull(t testing.TB, w *World) (id uint32, volume string) {
	t.Helper()
	if err := w.Blue().Read("SELECT Job.JobId, CAST(VolumeName AS TEXT) FROM Job JOIN JobMedia ON JobMedia.JobId = Job.JobId JOIN Media ON "+
		"Media.MediaId = JobMedia.MediaId WHERE Type = 'B' AND Level = 'F' AND JobStatus = 'T' AND CAST(Name AS TEXT) LIKE "+
		"'backup-chain%-region1-regular' ORDER BY Job.JobId DESC LIMIT 1").Scan(&id, &volume); err != nil {
		t.Fatal(err)
	}
	return id, volume
}

// volumeOf is blue's newest volume.
func volumeOf(t testing.TB, w *World) (volume string) {
	t.Helper()
	newest := w.Blue().Read("SELECT CAST(VolumeName AS TEXT) FROM Media WHERE VolJobs > 0 ORDER BY MediaId DESC LIMIT 1")
	if err := newest.Scan(&volume); err != nil {
		t.Fatal(err)
	}
	return volume
}

func restoreLine(t testing.TB, w *World) string {
	id, _ := aFull(t, w)
	var client string
	const of = "SELECT CAST(Client.Name AS TEXT) FROM Job JOIN Client ON Client.ClientId = Job.ClientId WHERE JobId = ?"
	if err := w.Blue().Read(of, id).Scan(&client); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("restore jobid=%d client=%s restoreclient=%s restorejob=restore-region1-regular where=/srv/%d replace=never "+
		"all done yes", id, client, spare, w.Clock().Now().UnixNano())
}

// restoreEnds tells whether a restore ends well; one that waits for ever is canceled.
func restoreEnds(t *testing.T, w *World) error {
	id := queued(t, say(t, w, model.Blue, restoreLine(t, w)))
	for range 240 {
		w.Clock().Advance(30 * time.Second)
		var status string
		if err := w.Blue().Read("SELECT JobStatus FROM Job WHERE JobId = ?", id).Scan(&status); err != nil {
			return err
		}
		switch status {
		case "C", "R":
			pause(t.Context(), 4*time.Millisecond) // for the Director to see what is due, on a busy machine too
		case "T":
			if r := rowOf(t, w, model.Blue, id); r.Errors > 0 {
				return fmt.Errorf("job %d ended with %d errors", id, r.Errors)
			}
			return nil
		default:
			return fmt.Errorf("job %d ended %s: %s", id, status, logOf(t, w, model.Blue, id))
		}
	}
	say(t, w, model.Blue, fmt.Sprintf("cancel jobid=%d", id))
	return fmt.Errorf("job %d does not end", id)
}

func volumesAreUsed(t *testing.T, w *World) error {
	id, _ := aFull(t, w)
	all, err := catalog(t, w, model.Blue).Volumes(t.Context(), []uint32{id})
	if err != nil {
		return err
	}
	for _, v := range all[id] {
		if v.Status != "Used" {
			return fmt.Errorf("volume %s is in %s", v.Name, v.Status)
		}
	}
	return nil
}

// restoreAnswers tells whether a console is answered within a second.
func restoreAnswers(t *testing.T, w *World) error {
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Second) // in which it has surely asked, and half of what the tree takes
	defer stop()
	argv := w.Console(model.Blue, "act", 0)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(restoreLine(t, w) + "\n")
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %s", model.ErrTimeout, out)
	}
	return err
}

// TestRestoresMeetTrouble restores a set of three jobs while something is wrong: how it ends, what is there then, and what its log says.
func TestRestoresMeetTrouble(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "dr-day", Chains: 2, Idle: true})
	for _, c := range model.Clusters {
		ids := set(t, w, c, "backup-chain001-region1-regular")
		volumes, err := catalog(t, w, c).Volumes(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		last := volumes[ids[len(ids)-1]][0].Name
		start := func(where string) uint32 {
			return queued(t, say(t, w, c, `restore jobid=`+joined(ids)+` client=chain001-r1-fd restoreclient=`+spare+
				` restorejob=restore-region1-regular where=`+where+` replace=never all done yes`))
		}
		whole := ended(t, w, c, start("/srv/whole"+c.String()))
		for _, s := range []struct {
			fault, target string
			status        byte
			least         float64 // of the files
			most          float64
			log           []string
		}{
			{"volume-corrupt", last, 'E', 0.5, 1, []string{"Error: block_util.c:444 Volume data error at 0:", "Block checksum mismatch in block=",
				"SD termination status:  Error", "Termination:            *** Restore Error ***"}},
			{"client-full", spare, 'T', 0.5, 0.7, []string{"Error: restore.c:1478 Write error at byte=0", "Could not create /srv/",
				"No space left on device", "Termination:            Restore OK -- warning file count mismatch"}},
			{"client-gone", spare, 'f', 0, 0, []string{"Unable to connect to Client: " + spare, "*** Restore Error ***"}},
		} {
			if err := w.Fault(s.fault, s.target); err != nil {
				t.Fatal(err)
			}
			where := "/srv/" + s.fault + c.String()
			id := start(where)
			r := ended(t, w, c, id)
			part := float64(r.Files) / float64(whole.Files)
			if byte(r.Status) != s.status || part < s.least || part > s.most || r.Files == whole.Files || r.Bytes >= whole.Bytes || r.Errors == 0 {
				t.Errorf("%s %s: %+v of %+v", c, s.fault, r, whole)
			}
			if r.Files > 0 {
				if files, dirs := lies(t, w, where); files > int(r.Files) || files+dirs < int(r.Files) {
					t.Errorf("%s %s: %d files and %d directories lie there, the job tells of %d", c, s.fault, files, dirs, r.Files)
				}
			}
			log := logOf(t, w, c, id)
			for _, want := range s.log {
				if !strings.Contains(log, want) {
					t.Errorf("%s %s: %q is not in\n%s", c, s.fault, want, log)
				}
			}
			if err := w.Heal(s.fault, ""); err != nil {
				t.Fatal(err)
			}
		}
		// A volume that is missing is waited for, and read when it is back.
		if err := w.Fault("volume-missing", last); err != nil {
			t.Fatal(err)
		}
		id := start("/srv/late" + c.String())
		waits := func() bool {
			w.Clock().Advance(time.Minute)
			sight, err := director(w, c, 0).Read(t.Context())
			return err == nil && len(sight.Running) == 1 && sight.Running[0].Status == 'M'
		}
		until(t, "it waits for a mount", waits)
		w.Clock().Advance(6 * time.Hour)
		if !waits() {
			t.Errorf("%s: it does not wait", c)
		}
		if log := logOf(t, w, c, id); !strings.Contains(log, "Please mount read Volume \""+last+"\" for:") ||
			!strings.Contains(log, "ERR=No such file or directory") {
			t.Errorf("%s: %s", c, log)
		}
		if err := w.Heal("volume-missing", last); err != nil {
			t.Fatal(err)
		}
		if r := ended(t, w, c, id); r.Outcome() != model.OK || r.Files != whole.Files || r.Bytes != whole.Bytes {
			t.Errorf("%s: %+v", c, r)
		}
		// A client that goes in mid-restore leaves what came before.
		id = start("/srv/mid" + c.String())
		until(t, "half is there", func() bool {
			w.Clock().Advance(20 * time.Second)
			for _, bytes := range movedOn(t, w, c, spare) {
				return bytes > whole.Bytes/3
			}
			return false
		})
		if err := w.Fault("client-gone", spare); err != nil {
			t.Fatal(err)
		}
		r := ended(t, w, c, id)
		if files, _ := lies(t, w, "/srv/mid"+c.String()); r.Status != 'f' || files != int(r.Files) || files == 0 || r.Files >= whole.Files {
			t.Errorf("%s: %d files lie there; %+v", c, files, r)
		}
		if log := logOf(t, w, c, id); !strings.Contains(log, "Fatal error: bsock.c:520 Network error with FD during Restore: ERR=") {
			t.Errorf("%s: %s", c, log)
		}
		if err := w.Heal("client-gone", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// lies is how many files and directories lie in a directory of the spare client. A directory is made for its first file, and is a record
// of its own that comes later.
func lies(t *testing.T, w *World, where string) (files, dirs int) {
	for _, text := range tree(t, w, spare, where) {
		if text == nil {
			dirs++
		} else {
			files++
		}
	}
	return files, dirs
}

// TestASlowTreeIsQueuedAnyway lets a console go before its tree is built: one job is queued all the same, and it has the comment.
func TestASlowTreeIsQueuedAnyway(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "dr-day", Chains: 2, Idle: true})
	if err := w.Cluster(model.Blue).Active().Set(cluster.DirectorFault{Tree: 8 * time.Second}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	argv := w.Console(model.Blue, "act", 0)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(restoreLine(t, w) + ` comment="switchyard 7c1f"` + "\n")
	out, err := cmd.Output()
	if err == nil || strings.Contains(string(out), "Job queued") {
		t.Fatalf("%v: %s", err, out)
	}
	const tagged = "SELECT COUNT(*) FROM Job WHERE CAST(Comment AS TEXT) = 'switchyard 7c1f'"
	if n := count(t, w, model.Blue, tagged); n != 0 {
		t.Fatalf("%d jobs are queued before the tree is there", n)
	}
	until(t, "it is queued", func() bool { return count(t, w, model.Blue, tagged) == 1 })
}
