package ui

import (
	"fmt"
	"testing"

	"switchyard/model"
)

// TestWhichFailover asks which, and says of each why it is possible or not; what follows a failover is only there when it is to be done.
func TestWhichFailover(t *testing.T) {
	for _, size := range sizes {
		w := able(250)
		w.RDS = paired().RDS
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		d.press("f")
		d.see("FAIL OVER: which?")
		golden(t, fmt.Sprintf("failover-%dx%d", size[0], size[1]), d.screen())
	}
	s := able(20).Snapshot
	pair := *paired().RDS
	pair.TwoWriters = "two servers of the RDS pair take writes"
	s.RDS = &pair
	d := levered(t, model.DefaultPolicy(), 120, 40, s)
	d.press("f")
	d.see("quarantine")
}
