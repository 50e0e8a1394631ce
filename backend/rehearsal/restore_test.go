package rehearsal

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

const spare = "restore-test-region1-fd"

// set is the newest good set of a cell, oldest first.
func set(t *testing.T, w *World, c model.Cluster, name string) (ids []uint32) {
	t.Helper()
	rows, _, err := catalog(t, w, c).Backups(t.Context(), name, bacula.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !r.Outcome().Good() || r.Type != model.TypeBackup {
			continue
		}
		ids = append(ids, r.ID)
		if r.Level == 'F' {
			break
		}
	}
	slices.Reverse(ids)
	return ids
}

func joined(ids []uint32) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")
}

// queued is the JobId that a Director gave.
func queued(t *testing.T, said string) (id uint32) {
	t.Helper()
	_, tail, ok := strings.Cut(said, "Job queued. JobId=")
	if !ok {
		t.Fatalf("nothing was queued:\n%s", said)
	}
	fmt.Sscan(tail, &id)
	return id
}

func rowOf(t *testing.T, w *World, c model.Cluster, id uint32) bacula.Row {
	t.Helper()
	rows, err := catalog(t, w, c).Rows(t.Context(), []uint32{id})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	return rows[0]
}

// ended plays until a job has ended.
func ended(t *testing.T, w *World, c model.Cluster, id uint32) (r bacula.Row) {
	t.Helper()
	until(t, "the job ends", func() bool {
		w.Clock().Advance(time.Minute)
		r = rowOf(t, w, c, id)
		return !r.Outcome().Open()
	})
	return r
}

func logOf(t *testing.T, w *World, c model.Cluster, id uint32) string {
	t.Helper()
	lines, err := catalog(t, w, c).Log(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

// tree is what lies in a directory of a client: files by their paths, directories with nothing in them.
func tree(t *testing.T, w *World, client, where string) map[string][]byte {
	t.Helper()
	out, root := map[string][]byte{}, filepath.Join(w.ClientDir(client), where)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name := strings.TrimPrefix(path, root)
		if e.IsDir() {
			out[name+"/"] = nil
			return nil
		}
		out[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestARestoreLives restores a full backup with what followed it onto another client, on both clusters: what is said, the job's row, its
// log, its progress and its files agree.
func TestARestoreLives(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "settling", Idle: true})
	for _, c := range model.Clusters {
		name := map[model.Cluster]string{model.Blue: "backup-chain001-region1-regular", model.Green: "backup-chain012-region1-regular"}[c]
		client := name[len("backup-"):][:len("chain001")] + "-r1-fd"
		ids := set(t, w, c, name)
		if len(ids) < 3 {
			t.Fatalf("%s: the set is %v", c, ids)
		}
		said := say(t, w, c, `restore jobid=`+joined(ids)+` client="`+client+`" restoreclient="`+spare+`" restorejob="restore-region1-regular" `+
			`where="/srv/`+c.String()+`" replace=never comment="switchyard 7c1f" all done yes`)
		for _, want := range []string{"You have selected the following JobIds: " + joined(ids) + "\n\nBuilding directory tree for JobId(s) " +
			joined(ids) + " ...  \n", " files inserted into the tree and marked for extraction.\nBootstrap records written to ",
			"\n\nThe Job will require the following (*=>InChanger):\n   Volume(s)                 Storage(s)                SD Device(s)\n",
			"\nVolumes marked with \"*\" are in the Autochanger.\n\n\n", " files selected to be restored.\n\nUsing Catalog "} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is not in\n%s", c, want, said)
			}
		}
		id := queued(t, said)
		var files uint64
		_, tail, _ := strings.Cut(said, "Volumes marked with")
		_, tail, _ = strings.Cut(tail, "\n\n\n")
		fmt.Sscan(strings.ReplaceAll(tail[:strings.Index(tail, " files")], ",", ""), &files)
		w.Clock().Advance(40 * time.Second)
		if far := movedOn(t, w, c, spare); len(far) != 1 {
			t.Fatal(far)
		}
		r := ended(t, w, c, id)
		if r.Outcome() != model.OK || r.Type != 'R' || uint64(r.Files) != files || r.Bytes == 0 || r.Errors != 0 || r.Client != spare {
			t.Errorf("%s: %d files were selected, and the row is %+v", c, files, r)
		}
		sum := uint64(0)
		for _, of := range ids {
			sum += uint64(rowOf(t, w, c, of).Files)
		}
		got := tree(t, w, spare, "/srv/"+c.String())
		in := 0 // below the data directory, and itself
		for path, text := range got {
			if strings.HasPrefix(path, "/clone/datadir/") {
				in++
			}
			if text == nil {
				continue
			}
			body, check := text[:len(text)-65], strings.TrimSpace(string(text[len(text)-65:]))
			if !bytes.HasPrefix(text, []byte(path+"\n")) || fmt.Sprintf("%x", sha256.Sum256(body)) != check {
				t.Fatalf("%s: %s holds %q", c, path, text)
			}
		}
		if uint64(in) != files || sum <= files {
			t.Errorf("%s: %d records lie there, %d were selected, and the jobs hold %d in all", c, in, files, sum)
		}
		newest := fmt.Sprintf("from JobId %d of", ids[len(ids)-1])
		if text := string(got["/clone/datadir/ibdata1"]); !strings.Contains(text, newest) {
			t.Errorf("%s: what changes daily is %q", c, text)
		}
		if text := string(got["/clone/datadir/auto.cnf"]); !strings.Contains(text, fmt.Sprintf("from JobId %d of", ids[0])) {
			t.Errorf("%s: what never changes is %q", c, text)
		}
		log := logOf(t, w, c, id)
		for _, want := range []string{"Restoring files from JobId(s) " + joined(ids), "Where:                  /srv/" + c.String() + "\n",
			"Replace:                Never\n", "Termination:            Restore OK", "Start Restore Job restore-region1-regular.",
			"Files Expected:         " + fmt.Sprint(files), "Ready to read from volume \"" + c.String() + "-reg-"} {
			if !strings.Contains(log, want) {
				t.Errorf("%s: %q is not in the log\n%s", c, want, log)
			}
		}
		// Once more onto the same files: all counts as restored, and nothing is moved.
		again := ended(t, w, c, queued(t, say(t, w, c, `restore jobid=`+joined(ids)+` client="`+client+`" restoreclient="`+spare+
			`" restorejob="restore-region1-regular" where="/srv/`+c.String()+`" replace=never all done yes`)))
		if again.Outcome() != model.OK || again.Files != r.Files || again.Bytes != 0 {
			t.Errorf("%s: again: %+v", c, again)
		}
	}
}

// TestARestoreIsRefused asks for what cannot be: nothing is queued, and what asks back stays open until it is answered.
func TestARestoreIsRefused(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "dr-day", Idle: true})
	for _, c := range model.Clusters {
		name := "backup-chain001-region1-regular"
		ids := set(t, w, c, name)
		const client, job = "chain001-r1-fd", "restorejob=restore-region1-regular"
		of := "restore jobid=" + joined(ids)
		own := `client=` + client + ` ` + job
		for _, s := range []struct{ line, want string }{
			{"restore jobid=99999999 " + own + " all done yes", "Unable to get Job record for JobId=99999999"},
			{"restore jobid=1x " + own + " all done yes", [2]string{"Invalid JobId in list.\n", "No Jobs selected.\n"}[c]},
			{of + " " + job + " all done yes", "Defined Clients:\n     1: "},
			{of + " client=" + client + " all done yes", "The defined Restore Job resources are:\n     1: restore-region1-regular\n"},
			{of + " client=" + client + " restorejob=none all done yes", "Error: Restore Job resource \"none\" does not exist.\nThe defined"},
			{of + " client=nobody-fd " + job + " all done yes", "Client \"nobody-fd\" not found.\nThe defined Client resources are:\n"},
			{of + " " + own + " restoreclient=nobody-fd all done yes", "Restore Client \"nobody-fd\" not found.\nThe defined"},
			{of + " " + own + " replace=sometimes all done yes", "Invalid replace option: sometimes\nJob not run.\n"},
			{of + " " + own + ` comment="a;b" all done yes`, "Illegal character"},
			{of + " " + own + " all done yes frobnicate", "Unknown keyword: frobnicate\n"},
			{of + " " + own + " done yes", "No files selected to be restored.\n"},
			{of + " " + own + " all yes", "You are now entering file selection mode"},
			{of + " " + own + " all done", "OK to run? (yes/mod/no): "},
			{of + " " + own + " file=/etc/nothing done yes", "No database record found\nNo files selected to be restored.\n"},
			{"restore " + own + " file=/etc/nothing done yes", "No files selected to be restored.\n"},
		} {
			if said := say(t, w, c, s.line); !strings.Contains(said, s.want) || strings.Contains(said, "Job queued") {
				t.Errorf("%s: %s\n%s", c, s.line, said)
			}
		}
		// An answer goes on from where it asked.
		if said := say(t, w, c, of+" client="+client+" where=/srv/a all done yes", "1"); !strings.Contains(said, "Job queued. JobId=") {
			t.Error(said)
		}
		if said := say(t, w, c, of+" "+own+" where=/srv/b all done", "yes"); !strings.Contains(said, "Job queued. JobId=") {
			t.Error(said)
		}
		if said := say(t, w, c, of+" client="+client+" all done yes", "."); strings.Contains(said, "Job queued") {
			t.Error(said)
		}
	}
}

// TestARestoreObeys restores with every replace=, one file alone, into a place that tries to lead out, and what is the newest now.
func TestARestoreObeys(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "dr-day", Chains: 2, Idle: true})
	const c, client = model.Green, "chain001-r1-fd"
	const asks = ` client=` + client + ` restoreclient=` + spare + ` restorejob=restore-region1-regular `
	ids := set(t, w, c, "backup-chain001-region1-regular")
	run := func(args string) bacula.Row {
		return ended(t, w, c, queued(t, say(t, w, c, "restore "+args+" done yes")))
	}
	const file = "/clone/datadir/ibdata1"
	at := filepath.Join(w.ClientDir(spare), "srv", file)
	holds := func() string {
		text, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		_, tail, _ := strings.Cut(string(text), "from JobId ")
		return tail[:strings.Index(tail, " ")]
	}
	full, newest := ids[:1], ids[len(ids)-1:]
	for _, s := range []struct {
		ids   []uint32
		how   string
		then  uint32
		moves bool
	}{
		{full, "never", full[0], true}, {newest, "never", full[0], false}, {newest, "ifolder", full[0], false},
		{newest, "ifnewer", newest[0], true}, {full, "ifnewer", newest[0], false}, {full, "ifolder", full[0], true},
		{newest, "always", newest[0], true}, {full, "always", full[0], true},
	} {
		r := run("jobid=" + joined(s.ids) + asks + "where=/srv replace=" + s.how + " file=" + file)
		if holds() != fmt.Sprint(s.then) || r.Files != 1 || r.Outcome() != model.OK || s.moves != (r.Bytes > 0) {
			t.Errorf("%v %s: the file is of %s, want %d; %+v", s.ids, s.how, holds(), s.then, r)
		}
	}
	if r := run("jobid=" + joined(ids) + asks + `where="/../../../out" all`); r.Outcome() != model.OK {
		t.Errorf("%+v", r)
	}
	if got := tree(t, w, spare, "out"); got[file] == nil {
		t.Error("what leads out of the client's file system is not kept in it")
	}
	said := say(t, w, c, "restore"+asks+"fileset=fs-chain001-regular where=/srv/current select current all done yes")
	if !strings.Contains(said, "| JobId | Level | JobFiles") ||
		!strings.Contains(said, "You have selected the following JobIds: "+joined(ids)+"\n") {
		t.Errorf("the newest set is %v\n%s", ids, said)
	}
	if r := ended(t, w, c, queued(t, said)); r.Outcome() != model.OK {
		t.Errorf("%+v", r)
	}
	if n := len(tree(t, w, spare, "/srv/current")); n < int(rowOf(t, w, c, ids[0]).Files) {
		t.Errorf("%d records lie there", n)
	}
}

// TestAConsoleRestoresWhatItMay narrows the Console of who acts by the Director's own file.
func TestAConsoleRestoresWhatItMay(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "dr-day", Chains: 2, Idle: true})
	const c, client = model.Blue, "chain001-r1-fd"
	dir := w.Cluster(c).Active()
	whole := contents(t, dir.WholePath())
	of := "restore jobid=" + joined(set(t, w, c, "backup-chain001-region1-regular")) + " client=" + client +
		" restorejob=restore-region1-regular all done yes "
	narrowed := strings.Replace(whole, "WhereACL = *all*", "WhereACL = /srv/ours\n  RestoreClientACL = "+spare+", "+client, 1)
	head, tail, _ := strings.Cut(narrowed, "RestoreClientACL")
	narrowed = head + "RestoreClientACL" + strings.Replace(tail, "ClientACL = *all*", "BackupClientACL = *all*", 1)
	edit(t, w, c, dir.WholePath(), narrowed)
	for _, s := range []struct{ line, want string }{
		{of + "where=/srv/ours restoreclient=" + spare, "Job queued. JobId="},
		{of + "where=/srv/ours/below restoreclient=" + spare, "\"where\" specification not authorized.\n"},
		{of + "where=/etc restoreclient=" + spare, "\"where\" specification not authorized.\n"},
		{of + "where=/srv/ours restoreclient=chain002-r1-fd", "No authorization. Client \"chain002-r1-fd\".\n"},
	} {
		if said := say(t, w, c, s.line); !strings.Contains(said, s.want) {
			t.Errorf("%s\n%s", s.line, said)
		}
	}
}

// TestBlueOwesOnDrDay looks, at every hour of a week that a scenario may begin at, for what only blue can restore: a full backup that is
// kept, of which green has nothing as old. It restores one onto another client.
func TestBlueOwesOnDrDay(t *testing.T) {
	t.Parallel()
	for d := range 7 {
		for _, hour := range []int{2, 13} {
			now := noon.Truncate(day).Add(time.Duration(d)*day + time.Duration(hour)*time.Hour)
			t.Run(now.Format("Mon 15:04"), func(t *testing.T) { owes(t, now, d == 0 && hour == 13) })
		}
	}
}

func owes(t *testing.T, now time.Time, restores bool) {
	w := world(t, Options{Scenario: "dr-day", Chains: 4, Idle: true, Clock: clock.New(now, 0)})
	const stamp = "2006-01-02 15:04:05"
	week := now.Add(-7 * day).Format(stamp)
	var id, older uint32
	var name, at string
	if err := w.Blue().Read("SELECT JobId, CAST(Name AS TEXT), CAST(EndTime AS TEXT) FROM Job WHERE Type = 'B' AND Level = 'F' AND "+
		"JobStatus = 'T' AND CAST(Name AS TEXT) LIKE 'backup-%' AND EndTime > ? ORDER BY JobId LIMIT 1", week).
		Scan(&id, &name, &at); err != nil {
		t.Fatal(err)
	}
	if err := w.Primary().Read("SELECT COUNT(*) FROM Job WHERE Name = ? AND Level = 'F' AND JobStatus = 'T' AND EndTime > ? AND EndTime < ?",
		name, week, at).Scan(&older); err != nil || older > 0 {
		t.Errorf("green has %d older ones of %s (%v)", older, name, err)
	}
	if !restores {
		return
	}
	words := strings.Split(name, "-")
	r := ended(t, w, model.Blue, queued(t, say(t, w, model.Blue, fmt.Sprintf("restore jobid=%d client=%s-r%s-fd restoreclient=%s "+
		"restorejob=restore-region1-regular where=/srv/owed replace=never all done yes", id, words[1], words[2][len("region"):], spare))))
	if n := len(tree(t, w, spare, "/srv/owed")); r.Outcome() != model.OK || n < int(r.Files) {
		t.Errorf("%d records lie there; %+v", n, r)
	}
}
