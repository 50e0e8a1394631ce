package bacula

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func TestAStorageTellsAllJobsOfItsDaemon(t *testing.T) {
	now := time.Unix(1795878450, 0)
	for file, c := range map[string]struct{ job, volume string }{
		"9.6.7-storage.txt":  {"backup-chain06-region1-immutable.2026-11-28_16.06.09_05", "blue-imm-region1-0002"},
		"15.0.3-storage.txt": {"backup-chain06-region1-immutable.2026-11-28_15.06.09_04", "green-imm-region1-0001"},
	} {
		said := recorded(t, file)
		jobs := map[string]model.Progress{}
		for _, name := range []string{"vault-region1", "sd-region1"} { // two resources of one daemon
			_, own, _ := strings.Cut(said, "\n"+statusStorage(name).text+"\n")
			for _, next := range []string{".status storage", StatusHeader.text} {
				own, _, _ = strings.Cut(own, next)
			}
			if err := readStorage(own, now, jobs); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			if len(jobs) != 2 {
				t.Errorf("%s: after %s there are %d jobs", file, name, len(jobs))
			}
		}
		p := jobs[c.job]
		if p.Bytes < 10e6 || p.Files != 2 || p.Rate < 190e3 || p.Volume != c.volume || p.Device != "vault-region1-drive-1" || !p.At.Equal(now) {
			t.Errorf("%s: %+v", file, p)
		}
	}
}

// storageJob is one job as a Storage Daemon lists it.
func storageJob(job string) string {
	return "\njobid=7\njob=" + job + "\nstatus=R\njobbytes=1000\njobfiles=2\nwrite_volume=v\nwrite_device=d\navebytes_sec=50\n\n"
}

func storageDir(t *testing.T, answers map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range answers {
		if err := os.WriteFile(filepath.Join(dir, statusStorage(name).text), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestStoragesAreAskedInOneSession(t *testing.T) {
	dir := storageDir(
		t,
		map[string]string{
			"a": storageJob("x.1"),
			"b": storageJob("x.1"),
			"c": "Storage resource \"c\": not found\nAutomatically selected Storage: a\n" + storageJob("x.1"),
			"d": "Failed to connect to Storage daemon d.\n====\n",
			"f": "running:\n\nerror=1\nerrmsg=broken\n",
		},
	)
	r := &StorageReader{Console: fake(t, "each", dir)}
	jobs, met := r.Running(t.Context(), []string{"f", "e", "d", "c", "b", "a", "a", "x\nreload"})
	if p := jobs["x.1"]; len(jobs) != 1 || p.Bytes != 1000 || p.Rate != 50 {
		t.Errorf("jobs %v", jobs)
	}
	if got := slices.Sorted(maps.Keys(met)); !slices.Equal(got, []string{"c", "d", "f", "x\nreload"}) {
		t.Errorf("not told by %q: %v", got, met)
	}
	wants(t, met["d"], model.ErrUnreachable, "storage d through director", "Failed to connect")
	asked := must(os.ReadFile(filepath.Join(dir, "asked")))
	if strings.Count(asked, "-- session") != 1 || strings.Count(asked, `storage="a"`) != 1 || strings.Count(asked, " running\n.\n") != 6 ||
		!strings.HasSuffix(asked, farewell) {
		t.Errorf("it asked %s", asked)
	}
}

// Two jobs whose names look the same are two jobs.
func TestAStoragesJobsKeepTheirNames(t *testing.T) {
	jobs := map[string]model.Progress{}
	if err := readStorage(storageJob("x.1")+strings.Replace(storageJob("x\u200b.1"), "1000", "9999", 1), time.Now(), jobs); err != nil {
		t.Fatal(err)
	}
	if len(jobs) != 2 || jobs["x.1"].Bytes != 1000 {
		t.Errorf("%+v", jobs)
	}
}

func TestASilentStorageIsNamedAndLeftAlone(t *testing.T) {
	dir := storageDir(t, map[string]string{"a": storageJob("x.1"), "b": storageJob("x.2"), "c": storageJob("x.3")})
	r := &StorageReader{Console: fake(t, "falls silent", dir, `storage="b"`)}
	r.Console.Timeout = time.Second
	for range 2 {
		jobs, met := r.Running(t.Context(), []string{"a", "b", "c"})
		if got := slices.Sorted(maps.Keys(jobs)); !slices.Equal(got, []string{"x.1", "x.3"}) {
			t.Errorf("jobs %v, %v", got, met)
		}
		wants(t, met["b"], model.ErrTimeout, "storage b through director")
	}
	if asked := must(os.ReadFile(filepath.Join(dir, "asked"))); strings.Count(asked, `storage="b"`) != 1 {
		t.Errorf("it was asked again at once: %s", asked)
	}
}

// A Director that hangs, or whose catalog is down, is no fault of a Storage Daemon.
func TestAHungDirectorPutsNoStorageToRest(t *testing.T) {
	for name, c := range map[string]Console{"after its greeting": fake(t, "falls silent", t.TempDir(), ""), "before": fake(t, "hangs",
		filepath.Join(t.TempDir(), "pid"))} {
		c.Timeout = 300 * time.Millisecond
		r := &StorageReader{Console: c}
		_, met := r.Running(t.Context(), []string{"a", "b"})
		wants(t, met["a"], model.ErrTimeout)
		wants(t, met["b"], model.ErrTimeout)
		if len(r.silent) != 0 {
			t.Errorf("%s: left alone: %v", name, r.silent)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	r := &StorageReader{Console: fake(t, "each", t.TempDir())}
	if _, met := r.Running(over, []string{"a"}); met["a"] == nil || len(r.silent) != 0 {
		t.Errorf("%v, %v", met, r.silent)
	}
}

func TestManySilentStoragesStopTheAsking(t *testing.T) {
	start := time.Unix(1795327660, 0)
	r := &StorageReader{Rest: time.Minute, Silent: 2, silent: map[string]time.Time{"a": start, "b": start.Add(30 * time.Second)}}
	wants(t, r.resting("c", start.Add(59*time.Second)), model.ErrTimeout, "2 other storages")
	if err := r.resting("c", start.Add(60*time.Second)); err != nil {
		t.Errorf("one is rested, c: %v", err)
	}
	wants(t, r.resting("b", start.Add(60*time.Second)), model.ErrTimeout, "asked again in 30s")
}
