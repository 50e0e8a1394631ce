package bacula

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
)

func recorded(t testing.TB, name string) string {
	t.Helper()
	_, after, found := greeting(must(os.ReadFile(filepath.Join("testdata", name))))
	if !found {
		t.Fatalf("%s has no greeting", name)
	}
	return after
}

func TestReadSightOfBothGenerations(t *testing.T) {
	nine, err := readSight(model.Blue, recorded(t, "9.6.7-director.txt"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	want := model.Director{
		Name:     "blue-dir",
		Version:  "9.6.7 (10 December 2020)",
		PID:      27145,
		Started:  at(1795327577),
		Reloaded: at(1795327577),
	}
	if d := cmp.Diff(want, nine.Director); d != "" {
		t.Error(d)
	}
	if len(nine.Running) != 2 || len(nine.Ended) != 9 {
		t.Fatalf("%d running, %d ended", len(nine.Running), len(nine.Ended))
	}
	if d := cmp.Diff(model.Job{
		Key: model.JobKey{Job: "backup-chain1-regular.2026-11-22_06.07.40_11"}, ID: 11, Name: "backup-chain1-regular",
		Type: 'B', Level: 'I', Status: 'C', Outcome: model.Waiting, Client: "db1-fd", Storage: "blue-autochanger",
		Sched: at(1795327660), Start: at(1795327660), Note: "is waiting execution",
	}, nine.Running[1]); d != "" {
		t.Error(d)
	}
	if j := nine.Ended[0]; j.Outcome != model.Canceled || j.Name != "backup-chain1-regular" || !j.End.Equal(at(1795327597)) {
		t.Errorf("first ended job: %+v", j)
	}

	green, err := readSight(model.Green, recorded(t, "15.0.3-director.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if d := green.Director; d.Name != "green-dir" || d.PID != 11478 || !d.Reloaded.Equal(at(1795396001)) {
		t.Errorf("director: %+v", d)
	}
	if len(green.Running) != 1 || len(green.Ended) != 2 {
		t.Fatalf("%d running, %d ended", len(green.Running), len(green.Ended))
	}
	if j := green.Ended[1]; j.Outcome != model.Warned || j.Errors != 3 || j.Bytes != 222756 || j.Files != 2 || j.Key.Cluster != model.Green {
		t.Errorf("job with errors: %+v", j)
	}
	if got := names(recorded(t, "15.0.3-director.txt"), Jobs, StatusHeader); len(got) != 3 {
		t.Errorf("jobs: %v", got)
	}
	if got := names(recorded(t, "9.6.7-director.txt"), Jobs, StatusHeader); len(got) != 10 || got[9] != "backup-chain3-immutable" {
		t.Errorf("jobs: %v", got)
	}
}

func TestAnIdleDirectorAnswers(t *testing.T) {
	for _, file := range []string{"9.6.7-director-idle.txt", "15.0.3-director-idle.txt"} {
		said := recorded(t, file)
		s, err := readSight(model.Blue, said)
		if err != nil || len(s.Running)+len(s.Ended) > 0 || s.Director.PID == 0 {
			t.Errorf("%s: %+v, %v", file, s, err)
		}
		for _, last := range []Command{StatusRunning, StatusTerminated, StatusHeader} {
			_, err := readSight(model.Blue, said[:strings.Index(said, last.text)+len(last.text)+1])
			wants(t, err, model.ErrAnswer)
		}
	}
}

func TestACutAnswerIsNoAnswer(t *testing.T) {
	for _, file := range []string{"9.6.7-director.txt", "15.0.3-director.txt"} {
		said := recorded(t, file)
		for _, label := range []string{"header:", "running:", "terminated:", "pid="} {
			_, err := readSight(model.Blue, strings.Replace(said, "\n"+label, "\n", 1))
			wants(t, err, model.ErrAnswer)
		}
		_, err := readSight(model.Blue, said[:strings.Index(said, "header:")])
		wants(t, err, model.ErrAnswer)
	}
}

func TestARestrictedConsoleIsToldWhatToAllow(t *testing.T) {
	_, err := readSight(model.Blue, ".api 2\n.status dir header\n.status: is an invalid command.\n")
	wants(t, err, model.ErrNotAllowed, `".status"`, "CommandACL")
}

func TestResourceName(t *testing.T) {
	for job, want := range map[string]string{
		"backup-x.2026-11-22_06.06.37_16": "backup-x", "a.b.2026-11-22_06.06.37_116": "a.b", "odd": "odd",
		"x.2026-11-22_06.06.37": "x.2026-11-22_06.06.37",
	} {
		if got := resourceName(job); got != want {
			t.Errorf("%s: %s, want %s", job, got, want)
		}
	}
}

// director writes one answer per command for the fake, and returns what was asked so far.
func director(t *testing.T, file string) (dir string, asked func() string) {
	t.Helper()
	dir = t.TempDir()
	said := recorded(t, file)
	for _, cmd := range []Command{StatusHeader, StatusRunning, StatusTerminated, Jobs, Disabled, Clock} {
		_, answer, _ := strings.Cut(said, "\n"+cmd.text+"\n")
		for _, next := range Commands {
			answer, _, _ = strings.Cut(answer, "\n"+next.text+"\n")
		}
		if err := os.WriteFile(filepath.Join(dir, cmd.text), []byte(answer+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for cmd, text := range map[Command]string{
		showClients:   "Client: Name=db1-fd Enabled=1 Address=db1 FDport=9102 MaxJobs=1\n",
		showSchedules: "Schedule: Name=nightly Enabled=1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, cmd.text), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, func() string {
		b, _ := os.ReadFile(filepath.Join(dir, "asked"))
		os.Remove(filepath.Join(dir, "asked"))
		return strings.ReplaceAll(string(b), "\n", "|")
	}
}

func TestJobsAreAskedAgainWhenTheDirectorReloads(t *testing.T) {
	dir, asked := director(t, "9.6.7-director.txt")
	r := &DirectorReader{Cluster: model.Blue, Console: fake(t, "each", dir)}
	read := func() DirectorSight {
		t.Helper()
		s, err := r.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if s.Director.Name != "blue-dir" || len(s.Running) != 2 {
			t.Fatalf("sight: %+v", s)
		}
		return s
	}
	const first, jobs, last = "-- session|.api 2|.status dir running|.status dir " +
		"terminated|", ".jobs|show catalogs|show storages|show clients|show schedules|show disabled|time|", ".status dir header|.|quit|"
	if s := read(); len(s.Director.Jobs) != 10 || s.Director.Jobs[0] != "backup-badscript-regular" {
		t.Errorf("jobs: %v", s.Director.Jobs)
	}
	if got := asked(); got != first+jobs+last {
		t.Errorf("first read asked %s", got)
	}
	if s := read(); len(s.Director.Jobs) != 10 {
		t.Errorf("jobs forgotten: %v", s.Director.Jobs)
	}
	// Whoever switches a job off, nothing tells of it.
	const quiet = "-- session|.api 2|show clients|show schedules|show disabled|.status dir running|.status dir terminated|" + last
	if got := asked(); got != quiet {
		t.Errorf("quiet read asked %s", got)
	}
	replace(t, filepath.Join(dir, ".status dir header"), "reloaded_epoch=1795327577", "reloaded_epoch=1795327999")
	replace(t, filepath.Join(dir, ".jobs"), "backup-chain3-immutable", "backup-chain9-immutable")
	if s := read(); !slices.Contains(s.Director.Jobs, "backup-chain9-immutable") {
		t.Errorf("jobs after a reload: %v", s.Director.Jobs)
	}
	if got := asked(); got != quiet+"-- session|.api 2|"+jobs+last {
		t.Errorf("read after a reload asked %s", got)
	}
	r.JobsEvery = time.Nanosecond
	read()
	if got := asked(); got != first+jobs+last {
		t.Errorf("read with jobs due asked %s", got)
	}
}

// TestHandsAreSeenAtTheNextLook: nothing tells of a client or a schedule that somebody disables. Where there are so many that it takes long
// to show them, they are asked for less often, and what they said counts meanwhile.
func TestHandsAreSeenAtTheNextLook(t *testing.T) {
	dir, asked := director(t, "9.6.7-director.txt")
	r := &DirectorReader{Cluster: model.Blue, Console: fake(t, "each", dir)}
	read := func() model.Director {
		t.Helper()
		s, err := r.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return s.Director
	}
	if d := read(); len(d.Held)+len(d.Idle) > 0 {
		t.Errorf("%+v", d)
	}
	replace(t, filepath.Join(dir, "show clients"), "Enabled=1", "Enabled=0")
	replace(t, filepath.Join(dir, "show schedules"), "Enabled=1", "Enabled=0")
	if d := read(); !slices.Equal(d.Held, []string{"db1-fd"}) || !slices.Equal(d.Idle, []string{"nightly"}) {
		t.Errorf("at the next look: %q, %q", d.Held, d.Idle)
	}
	jobs := strings.TrimSpace(must(os.ReadFile(filepath.Join(dir, ".jobs"))))
	its, _, _ := strings.Cut(jobs, "\n")
	if err := os.WriteFile(filepath.Join(dir, "show jobs"), []byte("Job: name="+its+" JobType=66 level=Full Priority=10 Enabled=1\n"+
		"  --> Schedule: Name=nightly Enabled=0\n  --> Client: Name=db1-fd Enabled=0 Address=db1 FDport=9102 MaxJobs=1\n"+
		"Job: name=other JobType=66 level=Full Priority=10 Enabled=1\n  --> Schedule: Name=nightly2 Enabled=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	replace(t, filepath.Join(dir, "show schedules"), "nightly Enabled=0", "nightly Enabled=1")
	read()
	replace(t, filepath.Join(dir, "show schedules"), "nightly Enabled=1", "nightly Enabled=0")
	asked()
	if d := read(); !slices.Equal(d.Idle, []string{"nightly", its}) || !strings.Contains(asked(), "show jobs") {
		t.Errorf("whose schedule it is: %q", d.Idle)
	}
	if d := read(); !slices.Equal(d.Idle, []string{"nightly", its}) || strings.Contains(asked(), "show jobs") {
		t.Errorf("it is asked again: %q", d.Idle)
	}
	many := strings.Repeat("Schedule: Name=other Enabled=1\n  --> Run Level=Full at 1:05\n", 100<<20/60/64)
	if err := os.WriteFile(filepath.Join(dir, "show schedules"), []byte(many), 0o600); err != nil {
		t.Fatal(err)
	}
	if d := read(); len(d.Idle) != 0 {
		t.Errorf("of many: %+v", d)
	}
	asked()
	if d := read(); !slices.Equal(d.Held, []string{"db1-fd"}) || strings.Contains(asked(), "show clients") {
		t.Errorf("they are asked for again at once: %+v", d)
	}
}

func replace(t *testing.T, file, old, new string) {
	t.Helper()
	b := must(os.ReadFile(file))
	if !strings.Contains(b, old) {
		t.Fatalf("%s has no %s", file, old)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(b, old, new)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestForeignTextComesOutHarmless(t *testing.T) {
	said := strings.Replace(
		recorded(t, "9.6.7-director.txt"),
		"clientname=db2-fd",
		"clientname=\x1b[31mdb\u202e2\x00-fd"+strings.Repeat("界", 300),
		1,
	)
	s, err := readSight(model.Blue, said)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Running[0].Client; got != `\x1b[31mdb\u202e2\x00-fd`+strings.Repeat("界", 300) {
		t.Errorf("client %q", got)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, name := range []string{"9.6.7-director.txt", "9.6.7-director-idle.txt", "15.0.3-director.txt", "15.0.3-director-idle.txt",
		"9.6.7-client.txt", "15.0.3-client-idle.txt"} {
		f.Add(recorded(f, name))
	}
	f.Add("header:\r\n\r\n=\n==\njob=\njobid=-1\nrunning:\nepoch=9999999999999999999\n")
	f.Fuzz(func(t *testing.T, said string) { checkAnswer(t, said) })
}

// TestAnswersOfAnyShape cuts and mixes lines of real answers.
func TestAnswersOfAnyShape(t *testing.T) {
	var lines []string
	for _, name := range []string{"9.6.7-director.txt", "15.0.3-director.txt", "9.6.7-client.txt"} {
		lines = append(lines, strings.SplitAfter(recorded(t, name), "\n")...)
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(lines), rapid.String()), 0, 60).Draw(t, "lines")
		checkAnswer(t, strings.Join(parts, ""))
	})
}

type failing interface{ Fatalf(string, ...any) }

// checkAnswer holds what must be true of any text: no panic, everything bounded and clean, and an error or a whole answer.
func checkAnswer(t failing, said string) {
	jobs := []model.Job{}
	if s, err := readSight(model.Green, said); err == nil {
		if s.Director.PID < 0 || !strings.Contains(said, "header:") {
			t.Fatalf("director %+v", s.Director)
		}
		jobs = append(jobs, s.Running...)
		jobs = append(jobs, s.Ended...)
	} else if err.Error() != model.Clean(err.Error()) {
		t.Fatalf("error is not clean: %q", err)
	}
	if strings.Count(said, "\n") < len(jobs) {
		t.Fatalf("%d jobs from %d lines", len(jobs), strings.Count(said, "\n"))
	}
	for _, j := range jobs {
		for _, text := range []string{j.Key.Job, j.Name, j.Client, j.Storage, j.Note} {
			if text != model.Clean(text) {
				t.Fatalf("not clean: %q", text)
			}
		}
	}
	if version, err := readClientVersion(said); version != model.Clean(version) || err == nil && version == "" {
		t.Fatalf("a client's version: %q, %v", version, err)
	}
	names(said, Jobs)
}

// TestNothingOfWhatIsListedIsKept: a Director shows hundreds of kilobytes of clients and schedules once a minute, and its jobs, its version
// and its catalog's address are a few words of it.
func TestNothingOfWhatIsListedIsKept(t *testing.T) {
	const shown, most = 8 << 20, 1 << 20
	said := recorded(t, "9.6.7-director.txt")
	header := said[strings.Index(said, StatusHeader.text):]
	running := said[strings.Index(said, StatusRunning.text):]
	running = strings.TrimRight(strings.Split(running, "\n"+StatusHeader.text)[0], "\n")
	kept := heapOf(func() any {
		said := running + "\n" + Jobs.text + "\nbackup-a\n" + ShowCatalogs.text + "\nCatalog: name=MainCatalog address=10.0.0.1 DBport=3306 " +
			"db_name=bacula\n" +
			showClients.text + "\n" + strings.Repeat(
			"Client: Name=db1-fd Enabled=1 Address=db1\n",
			shown/42,
		) + header
		sight, err := readSight(model.Blue, said)
		if err != nil || len(sight.Running) == 0 || sight.Director.PID == 0 {
			t.Fatalf("%+v, %v", sight.Director, err)
		}
		uses := catalogUse(said)
		if uses.Address != "10.0.0.1" {
			t.Fatalf("%+v", uses)
		}
		return []any{sight, uses}
	})
	if kept > most {
		t.Errorf("of %d MB that were said %.1f MB are kept", shown>>20, float64(kept)/(1<<20))
	}
}

// heapOf is how many bytes are in use for what make gives.
func heapOf(make func() any) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	made := make()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(made)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}
