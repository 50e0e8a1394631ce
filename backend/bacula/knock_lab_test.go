//go:build lab

package bacula

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

var (
	letsIn = regexp.MustCompile(`(?s)Director \{\s*Name = "?([^"\n]+?)"?\n.*?Password = "?([^"\n]+?)"?\n`)
	sdPort = regexp.MustCompile(`(?i)\bport = (\d+)`)
)

// TestTheLabIsGreeted greets the Storage Daemons of both generations again and again, rightly, with another password and without one: none
// keeps a thread of it.
func TestTheLabIsGreeted(t *testing.T) {
	dir := os.Getenv("SWITCHYARD_LAB")
	if dir == "" {
		t.Skip("SKIPPED: no lab: set SWITCHYARD_LAB to the directory of a running one (make lab)")
	}
	times := 100
	if testing.Short() {
		times = 5 // a wrong password is answered after a second
	}
	for _, file := range []string{"blue/blue-sd/bacula-sd.conf", filepath.Join("root", dir, "green/green-sd/bacula-sd.conf")} {
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		who, port := letsIn.FindSubmatch(raw), sdPort.FindSubmatch(raw)
		if who == nil || port == nil {
			t.Fatalf("%s: no Director and port in it", file)
		}
		right := Doorbell{Director: string(who[1]), Password: string(who[2]), Address: "127.0.0.1:" + string(port[1]), Timeout: 20 * time.Second}
		wrong, mute := right, right
		wrong.Password, mute.Password = "another", ""
		before := threads(t, filepath.Join(dir, file))
		for range times {
			if k := right.Knock(t.Context()); k.Answers != model.Holds || k.Knows != model.Holds || k.Why != "" {
				t.Fatalf("%s: %+v", file, k)
			}
			if k := wrong.Knock(t.Context()); k.Answers != model.Holds || k.Knows != model.Fails {
				t.Fatalf("%s, another password: %+v", file, k)
			}
			if k := mute.Knock(t.Context()); k.Answers != model.Holds || k.Knows != model.Unknown {
				t.Fatalf("%s, no password: %+v", file, k)
			}
		}
		for end := time.Now().Add(30 * time.Second); threads(t, filepath.Join(dir, file)) > before+2; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Errorf("%s: %d threads, %d before", file, threads(t, filepath.Join(dir, file)), before)
				break
			}
		}
	}
}

// threads are those of the Storage Daemon that runs with a configuration file.
func threads(t *testing.T, conf string) int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		raw, err := os.ReadFile(name)
		line := string(raw)
		if err != nil || !strings.Contains(line, "bacula-sd") ||
			!strings.Contains(line, filepath.Join(filepath.Base(filepath.Dir(conf)), "bacula-sd.conf")) {
			continue
		}
		tasks, err := os.ReadDir(filepath.Join(filepath.Dir(name), "task"))
		if err == nil {
			return len(tasks)
		}
	}
	t.Fatalf("no Storage Daemon runs with %s", conf)
	return 0
}
