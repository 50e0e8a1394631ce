package rds

import (
	"testing"
	"time"

	"switchyard/model"
)

func TestLoadReadsWeeksInPointsOfFiveMinutes(t *testing.T) {
	w := start(t)
	to := model.Now().Add(-time.Hour).Truncate(model.LoadEvery)
	from := to.AddDate(0, 0, -20)
	l, err := w.Load(t.Context(), home, "bacula", from, to)
	if err != nil {
		t.Fatal(err)
	}
	const points = 20 * 24 * 12
	for name, s := range map[string]model.Series{"cpu": l.CPU, "connections": l.Connections, "reads": l.ReadIOPS, "balance": l.IOBalance} {
		if len(s) != points || !s[0].At.Equal(from) || s[len(s)-1].At.Sub(s[0].At) != (points-1)*model.LoadEvery {
			t.Fatalf("%s: %d points from %v, want %d from %v", name, len(s), s[0].At, points, from)
		}
	}
	if l.CPU.Percentile(0.995) != 18 || l.Connections.Most() != 204 {
		t.Errorf("cpu %v, connections %v", l.CPU.Percentile(0.995), l.Connections.Most())
	}
	if l, err = w.Load(t.Context(), far, "bacula", from, to); err != nil || len(l.CPU) > 0 {
		t.Errorf("an AWS region without it has %d points: %v", len(l.CPU), err)
	}
}
