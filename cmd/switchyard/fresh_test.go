package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestADeadRegionIsNotWaitedFor carries backups out while AWS takes calls and never answers, in a world that would be waited for longer
// than a test may last.
func TestADeadRegionIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "") // no job of it ends, which would change what was approved
	s.tolerates("120s")
	if err := s.Fault("aws-unreachable", ""); err != nil {
		t.Fatal(err)
	}
	for _, on := range []string{"blue", "green"} {
		front := s.command(
			"backup",
			"--chain=chain002",
			"--region=region1",
			"--kind=regular",
			"--on="+on,
			"--apply",
			"--confirm=backup chain002 "+on,
			"--reason=both at once will do",
		)
		var out bytes.Buffer
		front.Stdout, front.Stderr = &out, &out
		if err := front.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- front.Wait() }()
		s.until("its first step has begun on "+on, func() bool {
			select {
			case err := <-ended:
				t.Fatalf("on %s it ended: %v\n%s", on, err, out.String())
			default:
			}
			a := s.action()
			return a != nil && strings.HasSuffix(a.Says, "on "+on+" now") && (a.Intent > 0 || a.Done > 0)
		})
		_ = front.Process.Kill() // who acts goes on without
		<-ended
	}
}
