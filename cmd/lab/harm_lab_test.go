//go:build lab

package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// A Director that is watched for a minute while its catalog is down lives on and notes nothing: Bacula 15.0.3 dies of other questions in
// that state.
func TestDirectorsAreNotHarmedByBeingWatched(t *testing.T) {
	quiet(t)
	path := variant(t, "primaries", primaries)
	o := observe(t, path)
	follow(t, "--config", path)
	o.settled(t)
	was := map[string]identity{}
	logs := map[string]*tailer{}
	for _, c := range clusters {
		id, ok := here.alive(c + "-dir")
		if !ok {
			t.Fatalf("%s-dir does not run", c)
		}
		was[c], logs[c] = id, tailLogs(t, c)
	}
	began := time.Now()
	heal := []func(){breaks(t, "catalog-stopped", "blue"), breaks(t, "catalog-stopped", "green")}
	caused := time.Now()
	_, end := o.until(t, 90*time.Second, "both Directors answer for a minute without their catalogs", func(s *board.Snapshot) bool {
		return source(s, "blue director blue-dir").At.Sub(caused) > time.Minute &&
			source(s, "green director green-dir").At.Sub(caused) > time.Minute
	})
	looks := int(time.Minute/model.DefaultPolicy().DirectorEvery) - 2 // two answers may be late
	for _, c := range clusters {
		director := c + " director " + c + "-dir"
		if n := len(o.since(caused)[director]); n < looks {
			t.Errorf("%s answered %d times, want %d", director, n, looks)
		}
		if said := logs[c].added(t); said != "" {
			t.Errorf("%s noted while it was watched:\n%s", director, said)
		}
	}
	o.keptTime(t, began, end, "blue catalog", "green catalog")
	for _, h := range heal {
		h()
	}
	o.settled(t)
	for c, job := range map[string]string{"blue": "backup-chain01-region1-immutable", "green": "backup-chain09-region1-immutable"} {
		if is, ok := here.alive(c + "-dir"); !ok || is != was[c] {
			t.Errorf("%s-dir was process %v and is %v", c, was[c], is)
		}
		id, _ := startJob(t, c, job)
		o.until(t, 30*time.Second, c+" takes a backup as before", func(s *board.Snapshot) bool {
			for _, j := range s.Clusters[side(c)].Recent {
				if j.ID == uint32(id) {
					return j.Outcome == model.OK
				}
			}
			return false
		})
	}
}

// The test above proves something only as long as there is something to die of: "status dir" looks up the volumes of scheduled jobs, and
// 15.0.3 does not survive that without its catalog. A Bacula that was mended makes the test no worse.
func TestWhatWouldHarmADirector(t *testing.T) {
	quiet(t)
	ctx := context.WithoutCancel(t.Context())
	if err := here.startDaemons(ctx); err != nil { // with schedules
		t.Fatal(err)
	}
	t.Cleanup(func() { // after its catalog is there again, without which it does not start
		if err := starts("-dir")(here, ctx, "green"); err != nil {
			t.Error(err)
		}
		if _, err := here.unschedule(ctx); err != nil {
			t.Error(err)
		}
	})
	breaks(t, "catalog-stopped", "green")
	was, ok := here.alive("green-dir")
	if !ok {
		t.Fatal("green-dir does not run")
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, 50*time.Second) // it dies of it after 30 s
	defer cancel()
	_, err := here.console(limited, "green", "status dir")
	for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if is, ok := here.alive("green-dir"); !ok || is != was {
			t.Logf("a plain \"status dir\" without its catalog killed it after %.0f s", time.Since(began).Seconds())
			return
		}
	}
	t.Logf(
		"a plain \"status dir\" without its catalog did not kill it within %.0f s (%v): see the versions in %s",
		time.Since(began).Seconds(),
		err,
		here.path("versions.txt"),
	)
}

// tailer reads what a Director adds to its logs.
type tailer struct{ sizes map[string]int64 }

func tailLogs(t testing.TB, cluster string) *tailer {
	t.Helper()
	l := &tailer{map[string]int64{}}
	dir := here.path(cluster, cluster+"-dir")
	for _, path := range []string{dir + "/job.log", dir + "/daemon.log", here.path("log", cluster+"-dir.log")} {
		info, err := os.Stat(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		l.sizes[path] = 0
		if err == nil {
			l.sizes[path] = info.Size()
		}
	}
	return l
}

func (l *tailer) added(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	for path, size := range l.sizes {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.TrimSpace(string(b[min(size, int64(len(b))):])); text != "" {
			out.WriteString(filepath.Base(path) + ": " + text + "\n")
		}
	}
	return out.String()
}
