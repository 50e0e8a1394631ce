//go:build lab

package push_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push"
	"switchyard/backend/bacula/push/check"
	"switchyard/backend/bacula/push/render"
	"switchyard/model"
)

// labSide is a real Director that includes a file of routed jobs.
type labSide struct {
	*push.Target
	console []string
	work    string
	was     string
}

// newLabSide lets a Director of the lab include a file with one cell of an estate of its own, until the test is over.
func newLabSide(t *testing.T, c model.Cluster) *labSide {
	t.Helper()
	dir := os.Getenv("SWITCHYARD_LAB")
	if dir == "" {
		t.Skip("SKIPPED: no lab: set SWITCHYARD_LAB to the directory of a running one (make lab)")
	}
	var conf struct {
		Clusters map[string]struct {
			Directors struct{ Active struct{ Address string } }
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "switchyard.yaml"))
	if err == nil {
		err = yaml.Unmarshal(text, &conf)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := c.String()
	s := &labSide{work: filepath.Join(dir, name, name+"-dir"),
		console: []string{"/usr/sbin/bconsole", "-n", "-c", filepath.Join(dir, name, "root.conf")}}
	var front []string
	if c == model.Green {
		front = []string{"/usr/sbin/chroot", filepath.Join(dir, "root")}
	}
	s.console = append(slices.Clone(front), s.console...)
	top := filepath.Join(s.work, "bacula-dir.conf")
	file := filepath.Join(s.work, "routed.conf")
	own, err := os.ReadFile(top)
	info, serr := os.Stat(top)
	if err := errors.Join(err, serr); err != nil {
		t.Fatal(err)
	}
	s.was = s.renders(1).Text
	t.Cleanup(func() {
		if err := os.WriteFile(top, own, 0o600); err != nil {
			t.Error(err)
		}
		s.says(t, "reload")
		for _, left := range []string{"routed.conf", "routed.conf.new", "routed.conf.last-good", "pushed.pw"} {
			_ = os.Remove(filepath.Join(s.work, left))
		}
	})
	for path, text := range map[string]string{file: s.was, filepath.Join(s.work, "pushed.pw"): "\"of-a-file\"\n"} {
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), likeFile(path, top)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(top, append(slices.Clone(own), "\n@"+file+"\n"...), info.Mode()); err != nil {
		t.Fatal(err)
	}
	s.says(t, "reload")
	// Nothing here may touch what the running Director keeps in its own.
	apart := regexp.MustCompile(`(?i)(working|pid) *directory *= *".*"`).
		ReplaceAllString(string(own)+"\n@"+file+"\n", `${1}Directory = "/tmp"`)
	printed := filepath.Join(t.TempDir(), "bacula-dir.conf")
	if err := os.WriteFile(printed, []byte(apart), 0o600); err != nil {
		t.Fatal(err)
	}
	tool := func(command string, limit time.Duration) check.Tool {
		script := fmt.Sprintf("f=$(mktemp) && cat >$f && %s $f; s=$?; rm -f $f; exit $s", command)
		return check.Tool{Argv: append(slices.Clone(front), "/bin/sh", "-c", script), Dir: "/", Timeout: limit}
	}
	tools := check.Tools{Conf: check.Tool{Argv: []string{"/bin/cat", printed}, Timeout: check.QuickLimit}, File: file,
		BDirJSON: tool("/usr/sbin/bdirjson -c", check.QuickLimit), Test: tool("/usr/sbin/bacula-dir -t -c", check.TestLimit)}
	s.Target = &push.Target{
		Cluster: c, Director: name + "-dir", File: file, Files: push.Local{}, Zone: time.UTC, Quiet: 70 * time.Second, Patience: 10 * time.Minute,
		Answer: 8 * time.Second, Now: time.Now, Own: tools.Conf.Print,
		Reach: push.Console{Console: bacula.Console{Name: name + "-dir", Argv: s.console,
			Address: conf.Clusters[name].Directors.Active.Address, Timeout: 40 * time.Second}},
		Sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-time.After(d):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
		Prove: func(ctx context.Context, w *push.Wanted) (against []string) {
			want := check.Want{Jobs: w.Jobs, Runs: w.Runs, CellOf: w.CellOf}
			want.Bacula, _ = check.ParseVersion([2]string{"9.6", "15.0"}[c])
			for _, f := range check.Prove(ctx, tools, w.Text, w.Canary, want).Findings {
				against = append(against, f.String())
			}
			return against
		},
	}
	return s
}

// likeFile gives a file the owner of another one.
func likeFile(path, like string) error {
	return exec.Command("chown", "--reference="+like, path).Run()
}

// renders are the first n of four cells that the lab's own estate does not have.
func (s *labSide) renders(n int) *push.Wanted {
	all := placements(4)
	for i := range all {
		all[i].Cell.Chain = "pushed-" + all[i].Cell.Chain
		all[i].Client = "pushed-" + all[i].Client
		all[i].Pool, all[i].Storage = "reg-region1", "sd-region1"
	}
	return wantedBy(all, n, render.Settings{Catalog: "MainCatalog", Messages: "Standard", Password: filepath.Join(s.work, "pushed.pw"),
		Data: "/data/{chain}"})
}

func (s *labSide) says(t *testing.T, line string) string {
	t.Helper()
	cmd := exec.Command(s.console[0], s.console[1:]...)
	cmd.Stdin = strings.NewReader(line + "\nquit\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// TestTheLabIsPushedTo pushes to real Directors of both generations, meets one that refuses, and puts back what was there.
func TestTheLabIsPushedTo(t *testing.T) {
	for _, c := range model.Clusters {
		t.Run(c.String(), func(t *testing.T) {
			s := newLabSide(t, c)
			see := func() push.Seen {
				t.Helper()
				seen, err := s.See(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return seen
			}
			before := see()
			if !before.Has(s.was) {
				t.Fatalf("it has not loaded what it had: %s", s.says(t, "messages"))
			}
			time.Sleep(time.Until(before.Loaded.Reloaded.Add(time.Second))) // a Director tells the second of its reload, and this is another one
			w := s.renders(4)
			wants := func(context.Context) (*push.Wanted, error) { return w, nil }
			began := time.Now()
			if err := s.Push(t.Context(), wants, push.SHA256(s.was)); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %v for a push of %d jobs", c, time.Since(began).Round(time.Millisecond), len(w.Jobs))
			after := see()
			if lacks := after.Lacks(w); lacks != "" || !after.Loaded.Reloaded.After(before.Loaded.Reloaded) ||
				after.Loaded.PID != before.Loaded.PID || len(after.Loaded.Jobs) != len(before.Loaded.Jobs)+3 {
				t.Errorf("it lacks %q: %d jobs, reloaded %v, process %d; before it %d, %v, %d", lacks, len(after.Loaded.Jobs),
					after.Loaded.Reloaded, after.Loaded.PID, len(before.Loaded.Jobs), before.Loaded.Reloaded, before.Loaded.PID)
			}
			if why, err := s.Ineffective(t.Context(), &after, w); err != nil || why != "" {
				t.Errorf("it is not effective: %s, %v", why, err)
			}
			for _, hand := range []struct{ off, on, says string }{
				{"disable job=backup-pushed-chain2-region1-regular", "enable job=backup-pushed-chain2-region1-regular",
					"chain2-region1-regular is switched off"},
				{"disable client=pushed-db3-fd", "enable client=pushed-db3-fd", "chain3-region1-regular has a client that is switched off"},
				{"disable schedule=backup-pushed-chain4-region1-regular", "enable schedule=backup-pushed-chain4-region1-regular",
					"chain4-region1-regular has a schedule that is switched off"},
			} {
				s.says(t, hand.off)
				seen := see()
				if why, err := s.Ineffective(t.Context(), &seen, w); err != nil || !strings.Contains(why, hand.says) {
					t.Errorf("%s: %q, %v: %s", hand.off, why, err, s.says(t, "show disabled"))
				}
				s.says(t, hand.on)
			}

			// A file that the Director refuses, which nothing proved before: it keeps what it had loaded.
			proven := s.Prove
			s.Prove = func(context.Context, *push.Wanted) []string { return nil }
			wrong := mistaken(w)
			err := s.Push(t.Context(), func(context.Context) (*push.Wanted, error) { return &wrong, nil }, push.SHA256(w.Text))
			if !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "the Director says") {
				t.Errorf("a file with a mistake: %v", err)
			}
			t.Logf("%s: %v", c, err)
			s.Prove = proven
			began = time.Now()
			if err := s.PutBack(t.Context(), push.SHA256(w.Text), true); err != nil {
				t.Errorf("putting it back: %v", err)
			}
			if seen := see(); seen.Lacks(w) != "" {
				t.Errorf("after it was put back %s", seen.Lacks(w))
			}
			wants = func(context.Context) (*push.Wanted, error) { return s.renders(1), nil }
			if err := s.Push(t.Context(), wants, push.SHA256(w.Text)); err != nil {
				t.Errorf("pushing what was there: %v", err)
			}
			t.Logf("%s: %v for the way back and one more push", c, time.Since(began).Round(time.Millisecond))
			last := see()
			if !last.Has(s.was) || last.Loaded.PID != before.Loaded.PID {
				t.Error("it has not loaded what it had at first")
			}
		})
	}
}

// mistaken is a whole file with a word in it that no Director knows.
func mistaken(w *push.Wanted) push.Wanted {
	wrong := *w
	at := strings.LastIndex(w.Text, "Job {")
	body := strings.Replace(w.Text[:at], "  Level = Incremental\n", "  Levle = Incremental\n", 1)
	wrong.Canary = model.CanaryName(body)
	wrong.Text = body + strings.Replace(w.Text[at:], w.Canary, wrong.Canary, 1)
	return wrong
}
