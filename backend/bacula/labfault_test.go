//go:build lab

package bacula

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// breaks causes one of the lab's faults until the returned function heals it.
func breaks(t *testing.T, fault, target string) (heal func()) {
	t.Helper()
	run := func(args ...string) {
		t.Helper()
		args = append([]string{"--dir", os.Getenv("SWITCHYARD_LAB")}, args...)
		if out, err := exec.Command(filepath.Join(os.Getenv("SWITCHYARD_LAB"), "bin", "lab"), args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	healed := false
	heal = func() {
		if !healed {
			healed = true
			run("fault", fault, target, "heal")
		}
	}
	t.Cleanup(heal)
	if strings.HasPrefix(fault, "catalog-") { // 15.0.3 dies of a job of its own that is due while it has no catalog
		run("unschedule")
	}
	run("fault", fault, target)
	return heal
}

// Every fault is told by its kind within a bound, names its source, and is over when it is healed, with the same reader.
func TestLabFaults(t *testing.T) {
	for _, s := range lab(t, "switchyard.yaml") {
		s.catalog.Hosts = s.catalog.Hosts[:1]
		d := &DirectorReader{Cluster: s.cluster, Console: s.console}
		c := open(t, s)
		readDirector := func(ctx context.Context) error { _, err := d.Read(ctx); return err }
		readCatalog := func(ctx context.Context) error { _, err := c.Tick(ctx, 1, nil); return err }
		readStorage := func(ctx context.Context) error {
			c := s.console
			c.Timeout = 3 * time.Second
			_, met := (&StorageReader{Console: c}).Running(ctx, []string{"sd-region1"})
			return met["sd-region1"]
		}
		for _, f := range []struct {
			fault, target string
			read          func(context.Context) error
			kind          error
			names         string
			within        time.Duration
		}{
			{"director-killed", s.name, readDirector, model.ErrUnreachable, s.console.Address, 2 * time.Second},
			{"director-hung", s.name, readDirector, model.ErrTimeout, s.console.Address, 7 * time.Second},
			{"catalog-stopped", s.name, readCatalog, model.ErrUnreachable, s.catalog.Hosts[0], 5 * time.Second},
			{"catalog-hung", s.name, readCatalog, model.ErrTimeout, s.catalog.Hosts[0], 9 * time.Second},
			{"catalog-denied", s.name, readCatalog, model.ErrRefused, s.catalog.Hosts[0], 5 * time.Second},
			// the Director tries until SD Connect Timeout
			{"storage-hung", s.name, readStorage, model.ErrTimeout, "storage sd-region1", 7 * time.Second},
		} {
			if err := f.read(context.Background()); err != nil {
				t.Fatalf("%s: before %s: %v", s.name, f.fault, err)
			}
			heal := breaks(t, f.fault, f.target)
			began := time.Now()
			err := f.read(context.Background())
			took := time.Since(began)
			if !errors.Is(err, f.kind) || !strings.Contains(err.Error(), f.names) || took > f.within {
				t.Errorf("%s: %s: after %v: %v, want kind %v", s.name, f.fault, took, err, f.kind)
			}
			t.Logf("%s: %s: after %v: %v", s.name, f.fault, took.Round(time.Millisecond), err)
			heal()
			eventually(t, s.name+": it recovers from "+f.fault, func() bool { err = f.read(context.Background()); return err == nil })
		}
	}
}

func TestLabSlowCatalogIsStillRead(t *testing.T) {
	for _, s := range lab(t, "switchyard.yaml") {
		s.catalog.Hosts = s.catalog.Hosts[:1]
		c := open(t, s)
		heal := breaks(t, "catalog-slow", s.name)
		began := time.Now()
		rows, err := c.Tick(context.Background(), 1, nil)
		if err != nil || len(rows) == 0 {
			t.Errorf("%s: %d rows, %v", s.name, len(rows), err)
		}
		t.Logf("%s: first tick of a catalog that takes 2 s per statement: %v", s.name, time.Since(began).Round(time.Millisecond))
		heal()
	}
}

// A catalog that is down must not be felt by a Director that is watched: 15.0.3 dies of other status commands.
func TestLabDirectorOutlivesItsCatalog(t *testing.T) {
	for _, s := range lab(t, "switchyard.yaml") {
		d := &DirectorReader{Cluster: s.cluster, Console: s.console, JobsEvery: time.Nanosecond}
		first, err := d.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		s.catalog.Hosts = s.catalog.Hosts[:1]
		c := open(t, s)
		storages := &StorageReader{Console: s.console}
		heal := breaks(t, "catalog-stopped", s.name)
		for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(time.Second) {
			if _, err := d.Read(context.Background()); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			_, _ = c.Tick(context.Background(), 1, nil)
			if _, met := storages.Running(context.Background(), []string{"sd-region1", "vault-region1"}); len(met) > 0 {
				t.Fatalf("%s: a storage does not tell while the catalog is down: %v", s.name, met)
			}
		}
		heal()
		if last, err := d.Read(context.Background()); err != nil || last.Director.PID != first.Director.PID {
			t.Errorf("%s: pid %d became %d: %v", s.name, first.Director.PID, last.Director.PID, err)
		}
	}
}
