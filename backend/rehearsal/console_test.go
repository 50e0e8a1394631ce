package rehearsal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/backend/bacula"
	"switchyard/model"
)

func TestAJobLives(t *testing.T) {
	for _, c := range model.Clusters {
		w := world(t, Options{Scenario: "settling"})
		cat, dir := catalog(t, w, c), director(w, c, 0)
		name := "backup-chain012-region1-regular"
		if c == model.Blue {
			name = "backup-chain001-region1-regular"
		}
		said := say(t, w, c, `run job="`+name+`" level="Full" comment="switchyard 7c1f" yes`)
		_, tail, ok := strings.Cut(said, "Job queued. JobId=")
		if !ok {
			t.Fatalf("%s", said)
		}
		var id uint32
		fmt.Sscan(tail, &id)
		row := func() *bacula.Row {
			rows, err := cat.Tick(t.Context(), id, nil)
			if err != nil || len(rows) == 0 {
				t.Fatal(len(rows), err)
			}
			i := slices.IndexFunc(rows, func(r bacula.Row) bool { return r.ID == id })
			return &rows[i]
		}
		if err := cat.Comments(t.Context(), id, func(tag bacula.Tag) error {
			if tag.ID != id || tag.Comment != "switchyard 7c1f" {
				t.Errorf("%s: %+v", c, tag)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if r := row(); r.Status != 'C' || r.Name != name || !r.Start.IsZero() {
			t.Errorf("%s: created: %+v", c, r)
		}
		w.Clock().Advance(10 * time.Second)
		until(t, "it runs", func() bool { return row().Status == 'R' })
		w.Clock().Advance(30 * time.Second)
		sight, err := dir.Read(t.Context())
		if err != nil || len(sight.Running) == 0 {
			t.Fatal(sight.Running, err)
		}
		i := slices.IndexFunc(sight.Running, func(j model.Job) bool { return j.ID == id })
		j := sight.Running[i]
		progress, met := (&bacula.StorageReader{Console: dir.Console}).Running(t.Context(), []string{j.Storage})
		if p := progress[j.Key.Job]; len(met) > 0 || p.Bytes == 0 || p.Rate == 0 || p.Volume == "" || p.Device == "" {
			t.Errorf("%s: progress %+v, %v", c, progress, met)
		}
		if n := w.Cluster(c).Touched(); n != 0 {
			t.Errorf("%s: to ask a storage wrote %d times to the catalog", c, n)
		}
		// What a watcher must not ask: a Director of 15 writes for it.
		if far := movedOn(t, w, c, j.Client); far[j.Key.Job] == 0 {
			t.Errorf("%s: the client says %v", c, far)
		}
		if n := w.Cluster(c).Touched(); n != map[model.Cluster]int{model.Green: 1}[c] {
			t.Errorf("%s: to ask a client wrote %d times to the catalog", c, n)
		}
		until(t, "it ends", func() bool {
			w.Clock().Advance(time.Minute)
			return !row().Outcome().Open()
		})
		r := row()
		if r.Outcome() != model.OK || r.Bytes == 0 || r.End.Sub(r.Start) < time.Minute || r.TDate.Unix() != r.End.Unix() {
			t.Errorf("%s: ended: %+v", c, r)
		}
		log, err := cat.Log(t.Context(), id)
		if err != nil || !slices.ContainsFunc(log, func(l bacula.LogLine) bool { return strings.Contains(l.Text, "Backup OK") }) {
			t.Errorf("%s: log %v, %v", c, log, err)
		}
		if sight, err := dir.Read(
			t.Context(),
		); err != nil || len(sight.Ended) == 0 ||
			!slices.ContainsFunc(sight.Ended, func(j model.Job) bool { return j.ID == id }) {
			t.Errorf("%s: the Director forgot it: %v, %v", c, sight.Ended, err)
		}
	}
}

func TestADuplicateIsCanceled(t *testing.T) {
	w := world(t, Options{Scenario: "fresh", Chains: 1})
	cat := catalog(t, w, model.Blue)
	for range 2 {
		if said := say(t, w, model.Blue, "run job=backup-chain001-region1-regular yes"); !strings.Contains(said, "Job queued. JobId=") {
			t.Fatal(said)
		}
	}
	rows, err := cat.Tick(t.Context(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, second := rows[len(rows)-2], rows[len(rows)-1]
	until(t, "the second is canceled", func() bool {
		rows, err := cat.Tick(t.Context(), second.ID, nil)
		return err == nil && len(rows) > 0 && rows[len(rows)-1].Status == 'A'
	})
	why, err := cat.Why(t.Context(), second.ID)
	if want := fmt.Sprintf("JobId %d already running", first.ID); err != nil || !strings.Contains(why, want) {
		t.Errorf("%q, %v", why, err)
	}
}

func TestConsoleAnswers(t *testing.T) {
	w := world(t, Options{Scenario: "fresh"})
	const job = "backup-chain001-region1-regular"
	for _, c := range []struct{ line, want string }{
		{"run job=nope yes", "Job \"nope\" not found\nThe defined Job resources are:\n"},
		{"run job=" + job + " level=Bogus yes", "Level \"Bogus\" not valid.\nJob not run.\n"},
		{"run job=" + job, "OK to run? (yes/mod/no): "},
		{"cancel jobid=9999", "Warning Job JobId=9999 is not running.\n"},
		{"disable job=" + job, "Job \"" + job + "\" disabled\n"},
		{"show disabled", "Disabled Jobs:\n   " + job + "\n"},
		{"enable job=" + job, "Job \"" + job + "\" enabled\n"},
		{"show disabled", "No disabled Jobs.\n"},
		{"disable job=nope", "You must enter one of the following keywords: job, client, schedule, or storage.\n"},
		{"restore jobid=9999 client=x where=/x all done yes", "Unable to get Job record for JobId=9999"},
		{"@@@@", ""},
		{"sqlquery", "sqlquery: is an invalid command"},
		{"version", "dir-old Version: 9.6.7 (10 December 2020) "},
	} {
		if got := say(
			t,
			w,
			model.Blue,
			c.line,
		); !strings.Contains(got, "Enter a period to cancel a command.\n"+c.line+"\n") ||
			!strings.Contains(got, c.want) {
			t.Errorf("%s:\n%s", c.line, got)
		}
	}
	if err := w.Cluster(model.Blue).Directors()[0].Restart(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(w.Console(model.Blue, "watch", 0)[0], w.Console(model.Blue, "watch", 0)[1:]...)
	cmd.Stdin = strings.NewReader("run job=x yes\nreload\n")
	if out, _ := cmd.Output(); !strings.Contains(string(out), "run: is an invalid command.\nreload\nreload: is an invalid command.\n") {
		t.Errorf("the watcher's console: %s", out)
	}
}

// TestDirectorsPrintWhatRealOnesPrint compares an idle session, line by line without values, with what was recorded.
func TestDirectorsPrintWhatRealOnesPrint(t *testing.T) {
	w := world(t, Options{Scenario: "split", Chains: 1})
	name := regexp.MustCompile(`(blue|green)-dir|dir-(old|new)2`)
	shape := func(text string) string {
		var out []string
		for line := range strings.SplitSeq(text, "\n") {
			if key, _, ok := strings.Cut(line, "="); ok && key != "" {
				line = key + "="
			}
			out = append(out, name.ReplaceAllString(line, "DIR"))
		}
		return strings.Join(out[1:], "\n") // the first line has the port
	}
	for c, file := range [2]string{"9.6.7-director-idle.txt", "15.0.3-director-idle.txt"} {
		recorded, err := os.ReadFile(filepath.Join("..", "bacula", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		argv := w.Console(model.Cluster(c), "watch", 1) // the passive one is always idle
		cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
		cmd.Stdin = strings.NewReader(strings.Join(regexp.MustCompile(`(?m)^\..*$`).FindAllString(string(recorded), -1), "\n") + "\n")
		said, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(shape(string(recorded)), shape(string(said))); diff != "" {
			t.Errorf("%s:\n%s", file, diff)
		}
	}
}

// TestReload follows samples/bacula-*/reload*: a bad file keeps what was loaded, a good one moves the epoch, and 9.6 says nothing of
// either.
func TestReload(t *testing.T) {
	w := world(t, Options{Scenario: "settling", Chains: 8})
	for _, c := range model.Clusters {
		path := w.Cluster(c).Directors()[0].ConfPath()
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sees := func() (jobs []string, epoch time.Time) {
			sight, err := director(w, c, 0).Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return sight.Director.Jobs, sight.Director.Reloaded
		}
		reloads := func(text string) string {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			w.Clock().Advance(2 * time.Second)
			return say(t, w, c, "reload")
		}
		jobs, epoch := sees()
		one := string(good)[:strings.Index(string(good), "}\n")+2]
		_, named, _ := strings.Cut(one, `Name = "`)
		named, _, _ = strings.Cut(named, `"`)
		for name, bad := range map[string]string{
			"truncated":      string(good)[:len(good)-2],
			"quote":          strings.Replace(string(good), `Name = "`, `Name = ""`, 1),
			"twice":          string(good) + one,
			"unknown word":   strings.Replace(string(good), "  Enabled = ", "  Enalbed = ", 1),
			"an include":     string(good) + "@/nowhere/clients.conf\n",
			"not a resource": string(good) + "Jobs = 3\n",
		} {
			said := reloads(bad)
			if told := strings.Contains(said, "Please correct configuration file"); told != (c == model.Green) {
				t.Errorf("%s, %s: %q", c, name, said)
			}
			if has, at := sees(); !slices.Equal(has, jobs) || !at.Equal(epoch) {
				t.Errorf("%s, %s: the Director has %d jobs since %v", c, name, len(has), at)
			}
			if said := say(t, w, c, "messages"); !strings.Contains(said, "Resetting previous configuration") {
				t.Errorf("%s, %s: messages say %q", c, name, said)
			}
		}
		// A job that the file gives to a Director for the first time starts with a full backup; blue had its one before.
		level := map[model.Cluster]model.Level{model.Blue: 'I', model.Green: 'F'}[c]
		var other string
		for _, p := range w.estate.cells {
			name := "backup-" + p.Cell.Chain + "-" + p.Cell.Region + "-" + p.Cell.Kind.String()
			if !slices.Contains(jobs, name) {
				other = name
			}
		}
		said := reloads(string(good) + strings.Replace(strings.Replace(one, named, other, 1), "Enabled = yes", "Enabled = no", 1))
		has, at := sees()
		if want := append(
			slices.Clone(jobs),
			other,
		); strings.Contains(said, "Please") || !at.After(epoch) || len(has) != len(want) ||
			!slices.Contains(has, other) {
			t.Errorf("%s: after a good reload at %v the Director has %d jobs, want %d: %q", c, at, len(has), len(want), said)
		}
		if said := say(t, w, c, "run job="+other+" yes"); !strings.Contains(said, "Job queued.") {
			t.Errorf("%s: %s", c, said)
		}
		until(t, "it runs at level "+level.String(), func() bool {
			w.Clock().Advance(time.Second)
			sight, err := director(w, c, 0).Read(t.Context())
			return err == nil && slices.ContainsFunc(sight.Running, func(j model.Job) bool { return j.Name == other && j.Level == level })
		})
	}
}

// TestAReloadThatA96DoesNotSurvive takes a required directive out of a Job resource: 15.0.3 refuses the file, 9.6.7 ends with all that it
// runs.
func TestAReloadThatA96DoesNotSurvive(t *testing.T) {
	w := world(t, Options{Scenario: "settling", Chains: 8})
	for _, c := range model.Clusters {
		dir := w.Cluster(c).Directors()[0]
		good, err := os.ReadFile(dir.ConfPath())
		if err != nil {
			t.Fatal(err)
		}
		for _, directive := range []string{"Type = Backup", "Pool = "} {
			lines := strings.SplitAfter(string(good), "\n")
			i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), directive) })
			if err := os.WriteFile(dir.ConfPath(), []byte(strings.Join(slices.Delete(lines, i, i+1), "")), 0o600); err != nil {
				t.Fatal(err)
			}
			said := say(t, w, c, "reload")
			_, err := director(w, c, 0).Read(t.Context())
			switch c {
			case model.Blue:
				if err == nil || strings.Contains(said, "Please correct") {
					t.Errorf("%s without %q: it lives (%v) and says %q", c, directive, err, said)
				}
			case model.Green:
				if err != nil || !strings.Contains(said, "Please correct configuration file") {
					t.Errorf("%s without %q: %v, %q", c, directive, err, said)
				}
			}
			if err := os.WriteFile(dir.ConfPath(), good, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := dir.Restart(); err != nil {
				t.Fatal(err)
			}
			if _, err := director(w, c, 0).Read(t.Context()); err != nil {
				t.Errorf("%s does not start again: %v", c, err)
			}
		}
	}
}
