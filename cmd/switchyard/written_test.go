package main

import (
	"bufio"
	"io"
	"os"
	"regexp"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
)

// TestToWatchARunningJobWritesNothing looks at running jobs of both clusters from processes of their own: their bytes are told, and no Director wrote to its
// catalog because it was asked.
func TestToWatchARunningJobWritesNothing(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 4, Idle: true})
	cmd := program(t, "status", "--follow", "--config", w.ConfigPath())
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range model.Clusters {
		queue(t, w, c, "run job=backup-chain003-region1-regular level=Full yes")
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				w.Clock().Advance(200 * time.Millisecond)
			}
		}
	}()
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Signal(os.Interrupt) })
	defer late.Stop()
	told := map[model.Cluster]bool{}
	for lines := bufio.NewScanner(out); !(told[model.Blue] && told[model.Green]) && lines.Scan(); {
		for _, c := range model.Clusters {
			told[c] = told[c] || regexp.MustCompile(c.String()+` .* runs: .*\d`).MatchString(lines.Text())
		}
	}
	_ = cmd.Process.Signal(os.Interrupt)
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil || !told[model.Blue] || !told[model.Green] {
		t.Errorf("how far jobs are was told on %v, %v", told, err)
	}
	for _, c := range model.Clusters {
		if n := w.Cluster(c).Touched(); n > 0 {
			t.Errorf("%s wrote to its catalog %d times because it was asked", c, n)
		}
	}
}
